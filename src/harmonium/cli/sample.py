"""`harmonium sample RUN`."""

import json as json_format
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar

import tyro

from harmonium.cli import parse, prepare_jax
from harmonium.errors import ConfigError
from harmonium.terminal import printable

S = TypeVar("S")

HELP = """usage: harmonium sample RUN [OPTIONS]

Draw samples of a run's model, by the options of its recipe:
harmonium sample RUN --help
"""


@dataclass(frozen=True)
class Options(Generic[S]):
    """Draw samples of a run's model."""

    sampling: Annotated[S, tyro.conf.arg(name="")]
    data: str | None = None
    """Where the run's data lie now, if they were moved."""
    json: bool = False
    """Print the files' paths as JSON."""


def run(arguments: Sequence[str]) -> int:
    """Draw, and print where the files lie."""
    if not arguments or arguments[0] in ("-h", "--help"):
        from harmonium.cli.help import rows, width
        from harmonium.recipes.shared.options import MusicSampling, Sampling
        from harmonium.runs.sample import generative

        pictures, music = (", ".join(generative(kind)) for kind in (Sampling, MusicSampling))
        entries = (
            (pictures, "pictures, as rows of Markov chains (--chains, --rows, --steps, --animate, ...)"),
            (music, "music, as MIDI, picture and WAV (--seconds, --prime, --no-wav, ...)"),
        )
        print(f"{HELP}\n{rows('runs of', entries, width())}")
        return 0
    name, *rest = arguments
    if name.startswith("-"):
        raise ConfigError(f"name the run before {name}: harmonium sample RUN [OPTIONS]")

    from harmonium.recipes.shared.from_config import recipe_of
    from harmonium.runs.opened import opened
    from harmonium.runs.sample import sample, sampling_of, wanted
    from harmonium.training.progress import waiting

    rest = ["--out" if argument == "-o" else argument for argument in rest]
    folder = opened(name)
    kind = sampling_of(recipe_of(folder), Path(name))
    options: Options[Any] = parse(Options[kind], rest, f"sample {name}")  # type: ignore[valid-type]
    prepare_jax()
    with waiting("sampling"):
        paths = sample(name, options.sampling, data=options.data)
    drawn, first = [str(path) for path in paths], wanted(folder, options.sampling)
    if paths[0] != first:
        print(printable(f"{first} exists already, so the name is {paths[0].name}"), file=sys.stderr)
    print(json_format.dumps(drawn) if options.json else "\n".join(map(printable, drawn)))
    return 0
