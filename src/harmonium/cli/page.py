"""`harmonium page RUN… -o page.html`."""

import json as json_format
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from harmonium.cli import parse, prepare_jax
from harmonium.terminal import printable


@dataclass(frozen=True)
class Options:
    """Write a page to play with runs in the browser: draw, repair, dream, type, compose.

    For example: harmonium page runs/lenet-20261125-101500 -o page.html
    """

    runs: tyro.conf.Positional[tuple[Path, ...]] = ()
    """The runs' folders; without any, the ready-made models."""
    out: Annotated[Path, tyro.conf.arg(aliases=["-o"])] = Path("page.html")
    """An .html file that holds all of it; or a folder, for a web server."""
    json: bool = False
    """Print the file's path as JSON."""


def run(arguments: Sequence[str]) -> int:
    """Write the page, and print where it lies."""
    options = parse(Options, arguments, "page")
    prepare_jax()

    from harmonium.runs.live_page import page
    from harmonium.training.progress import waiting

    with waiting("writing"):
        path = str(page(options.runs, out=options.out))
    print(json_format.dumps(path) if options.json else printable(path))
    return 0
