"""`harmonium demonstrate NAME`."""

import json as json_format
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import tyro

from harmonium.cli import parse, prepare_jax
from harmonium.errors import ConfigError
from harmonium.metrics.table import METRICS
from harmonium.terminal import wrapped


@dataclass(frozen=True)
class Options:
    """Show what the book shows without training.

    convolution: a photo beside what two random 9x9 filters make of it (section 6.5).
    max-pooling: what is left of a photo's edges, and of a matrix, by tiles of several sizes (section 6.6).
    hmc: hybrid Monte Carlo on a Gaussian, whose mean and covariance it must find (section 11.3).
    """

    name: tyro.conf.Positional[Literal["convolution", "max-pooling", "hmc"]]
    """What to show."""
    out: Path | None = None
    """The picture to write; without it, NAME.png."""
    image: Path | None = None
    """A picture of your own, for convolution and max-pooling."""
    dimensions: int = 5
    """Of hmc's Gaussian."""
    chains: int = 3
    """Chains of hmc, side by side."""
    burn_in: int = 1000
    """Steps of each chain of hmc before its draws."""
    draws: int = 10_000
    """Draws of each chain of hmc; the book makes 1000."""
    leapfrogs: int = 20
    """Leapfrog steps from one draw of hmc to the next; of the book's sampler."""
    sampler: Literal["book", "jittered", "nuts"] = "book"
    """Of hmc: the book's; hybrid Monte Carlo of jittered lengths; or the no-U-turn sampler, which needs no setting."""
    seed: int = 0
    """Decides the random filters, or the chains."""
    json: bool = False
    """Print what was found as JSON."""

    def __post_init__(self) -> None:
        if self.out is not None and self.out.suffix == "":
            object.__setattr__(self, "out", self.out.with_suffix(".png"))
        if self.image is not None and self.name == "hmc":
            raise ConfigError("--image means nothing to hmc, which needs no picture")


def run(arguments: Sequence[str]) -> int:
    """Draw, and print what was found and where the picture lies."""
    options = parse(Options, arguments, "demonstrate")
    prepare_jax(one_core=options.name == "hmc")

    from harmonium.runs import demonstrate as demonstrations
    from harmonium.training.progress import waiting

    out, image, seed = options.out or Path(f"{options.name}.png"), options.image, options.seed
    with waiting("computing"):
        if options.name == "convolution":
            picture = demonstrations.convolution(out, image=image, seed=seed)
            found: dict[str, Any] = {"picture": str(picture)}
        elif options.name == "max-pooling":
            found = demonstrations.max_pooling(out, image=image, seed=seed)
        else:
            found = demonstrations.hmc(
                out,
                dimensions=options.dimensions,
                chains=options.chains,
                burn_in=options.burn_in,
                draws=options.draws,
                leapfrogs=options.leapfrogs,
                sampler=options.sampler,
                seed=seed,
            )
    if options.json:
        print(json_format.dumps(found))
        return 0
    for name, value in found.items():
        known = METRICS.get(name)
        title = known.title if known else name.replace("_", " ")
        for line in f"{title}: {known.shown(value) if known else _shown(value)}".split("\n"):
            print(wrapped(line, sys.stdout).rstrip())
    return 0


def _shown(value: Any) -> str:
    """Numbers to four digits, a matrix a line a row."""
    if isinstance(value, list) and isinstance(value[0], list):
        return "".join(f"\n  {_shown(row)}" for row in value)
    if isinstance(value, list):
        return "  ".join(f"{number:7.4f}" for number in value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)
