"""`harmonium figures RUN…`."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tyro

from harmonium.cli import parse
from harmonium.errors import ConfigError
from harmonium.terminal import printable


@dataclass(frozen=True)
class Options:
    """Draw runs, each into its folder figures/, and two or more of them in common pictures to compare."""

    runs: tyro.conf.Positional[tuple[Path, ...]]
    """The runs' folders."""
    data: str | None = None
    """Where the runs' data lie now, if they were moved."""
    out: Path | None = None
    """The folder of the common pictures; without it, the first run's figures/."""
    json: bool = False
    """Print the pictures' paths as JSON."""


def run(arguments: Sequence[str]) -> int:
    """Draw, and print where the pictures lie."""
    options = parse(Options, arguments, "figures")
    if not options.runs:
        raise ConfigError("name at least one run's folder; list your runs with: harmonium runs")

    from harmonium.runs.draw import draw
    from harmonium.training.progress import waiting, watch

    watch()
    with waiting("drawing"):
        drawn = [str(path) for path in draw(options.runs, out=options.out, data=options.data)]
    print(json.dumps(drawn) if options.json else "\n".join(map(printable, drawn)))
    return 0
