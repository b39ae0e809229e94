"""`harmonium demonstrate NAME`."""

import json as json_format
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import tyro

from harmonium.cli import parse
from harmonium.terminal import printable


@dataclass(frozen=True)
class Options:
    """Show what the book shows without training.

    convolution: a photo beside what two random 9x9 filters make of it (section 6.5).
    hmc: hybrid Monte Carlo on a 5-d Gaussian, whose mean and covariance it must find (section 11.4).
    """

    name: tyro.conf.Positional[Literal["convolution", "hmc"]]
    """What to show."""
    out: Path | None = None
    """The picture to write; without it, NAME.png."""
    seed: int = 0
    """Decides the random filters, or the chains."""
    json: bool = False
    """Print what was found as JSON."""


def run(arguments: Sequence[str]) -> int:
    """Draw, and print what was found and where the picture lies."""
    options = parse(Options, arguments, "demonstrate")

    from harmonium.runs import demonstrate as demonstrations

    out = options.out or Path(f"{options.name}.png")
    if options.name == "convolution":
        found: dict[str, Any] = {"picture": str(demonstrations.convolution(out, seed=options.seed))}
    else:
        found = demonstrations.hmc(out, seed=options.seed)
    if options.json:
        print(json_format.dumps(found))
        return 0
    for name, value in found.items():
        print(
            f"{name.replace('_', ' ')}: {printable(_shown(value)) if isinstance(value, str) else _shown(value)}"
        )
    return 0


def _shown(value: Any) -> str:
    """Numbers to four digits, a matrix a line a row."""
    if isinstance(value, list) and isinstance(value[0], list):
        return "".join(f"\n  {_shown(row)}" for row in value)
    if isinstance(value, list):
        return "  ".join(f"{number:7.4f}" for number in value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)
