"""`harmonium demonstrate NAME`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import tyro

from harmonium.cli.parsing import parse


@dataclass(frozen=True)
class Options:
    """Show what the book shows without training.

    convolution: a photo beside what two random 9x9 filters make of it (section 6.5).
    """

    name: tyro.conf.Positional[Literal["convolution"]]
    """What to show."""
    out: Path = Path("convolution.png")
    """The picture to write."""
    seed: int = 0
    """Decides the random filters."""


def run(arguments: Sequence[str]) -> int:
    """Draw, and print where the picture lies."""
    options = parse(Options, arguments, "demonstrate")

    from harmonium.recipes.demonstrations import convolution

    print(convolution(options.out, seed=options.seed))
    return 0
