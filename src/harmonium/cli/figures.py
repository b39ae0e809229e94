"""`harmonium figures RUN`."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tyro

from harmonium.cli.parsing import parse


@dataclass(frozen=True)
class Options:
    """Draw a run into its folder figures/: learning curves, filters, confusions, mistakes."""

    run: tyro.conf.Positional[Path]
    """The run's folder."""
    json: bool = False
    """Print the pictures' paths as JSON."""


def run(arguments: Sequence[str]) -> int:
    """Draw, and print where the pictures lie."""
    options = parse(Options, arguments, "figures")

    from harmonium.recipes.running import recipe_of
    from harmonium.training import RunFolder

    folder = RunFolder.open(options.run)
    drawn = [str(path) for path in recipe_of(folder).draw(folder)]
    print(json.dumps(drawn) if options.json else "\n".join(drawn))
    return 0
