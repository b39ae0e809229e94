"""A bar for what takes a while, on a terminal alone."""

import sys
from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")
MANY = 100  # files, under which reading takes no time


def waiting(items: Sequence[T], title: str) -> Iterator[T]:
    """Go through the items, with a bar on the screen where there are many and someone looks."""
    if len(items) < MANY or not sys.stderr.isatty():
        yield from items
        return
    from rich.progress import track

    from harmonium.console import SCREEN

    yield from track(items, title, console=SCREEN, transient=True)
