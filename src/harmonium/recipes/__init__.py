"""One file a chapter: its settings, the phases of its training, and how its runs are scored, predicted, drawn, sampled."""
