"""What moves in a notebook: one output that is replaced, by IPython's own display, which needs no widgets."""

import time
from typing import Any

OFTEN = 0.25  # seconds between two looks


class Place:
    """The output of a notebook's cell in which something that changes is shown anew, at most four times a second.

    Parameters
    ----------
    content
        What is shown: anything that a notebook can show, as it is at that time.
    """

    def __init__(self, content: Any):
        self.content, self._handle, self._shown = content, None, 0.0

    def show(self) -> None:
        """Show the content as it is now, unless that was done a moment ago."""
        from IPython.display import display

        if self._handle is None:
            self._handle = display(self.content, display_id=True)
        elif time.monotonic() - self._shown > OFTEN:
            self._handle.update(self.content)
        else:
            return
        self._shown = time.monotonic()

    def clear(self) -> None:
        """Leave the place empty."""
        if self._handle is not None:
            self._handle.update({"text/plain": ""}, raw=True)
            self._handle = None
