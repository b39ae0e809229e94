"""One file a chapter: a dataclass with the book's settings, and `run()` that wires the rooms."""
