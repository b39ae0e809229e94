"""`harmonium sample RUN`."""

import json as json_format
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar

import tyro

from harmonium.cli.parsing import parse, prepare_jax
from harmonium.errors import ConfigError

S = TypeVar("S")

HELP = """usage: harmonium sample RUN [OPTIONS]

Draw samples of a run's model, by the options of its recipe: harmonium sample RUN --help

a run of rbm, dbn, mcrbm:  pictures, as rows of Markov chains (--chains, --rows, --steps, --animate, ...)
a run of rnn-rbm:          music, as MIDI, picture and WAV (--seconds, --prime, --no-wav, ...)"""


@dataclass(frozen=True)
class Options(Generic[S]):
    """Draw samples of a run's model."""

    sampling: Annotated[S, tyro.conf.arg(name="")]
    json: bool = False
    """Print the files' paths as JSON."""


def run(arguments: Sequence[str]) -> int:
    """Draw, and print where the files lie."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(HELP)
        return 0
    name, *rest = arguments
    if name.startswith("-"):
        raise ConfigError(f"name the run before {name}: harmonium sample RUN [OPTIONS]")

    from harmonium.recipes.running import recipe_of, sample
    from harmonium.training import RunFolder

    rest = ["--out" if argument == "-o" else argument for argument in rest]
    kind = recipe_of(RunFolder.open(Path(name))).sampling
    options: Options[Any] = parse(Options[kind], rest, f"sample {name}")  # type: ignore[valid-type]
    prepare_jax()
    drawn = [str(path) for path in sample(name, options.sampling)]
    print(json_format.dumps(drawn) if options.json else "\n".join(drawn))
    return 0
