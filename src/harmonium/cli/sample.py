"""`harmonium sample RUN`."""

import json as json_format
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from harmonium.cli.parsing import parse, use_compilation_cache
from harmonium.recipes.recipe import Sampling


@dataclass(frozen=True)
class Options:
    """Draw samples of a run's model: chains side by side, later pictures below earlier ones."""

    run: tyro.conf.Positional[Path]
    """The run's folder."""
    sampling: Annotated[Sampling, tyro.conf.arg(name="")]
    json: bool = False
    """Print the pictures' paths as JSON."""


def run(arguments: Sequence[str]) -> int:
    """Draw, and print where the pictures lie."""
    options = parse(Options, arguments, "sample")
    use_compilation_cache()

    from harmonium.recipes.running import sample

    drawn = [str(path) for path in sample(options.run, options.sampling)]
    print(json_format.dumps(drawn) if options.json else "\n".join(drawn))
    return 0
