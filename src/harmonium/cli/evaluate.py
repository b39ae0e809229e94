"""`harmonium evaluate RUN`."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tyro

from harmonium.cli.parsing import parse, prepare_jax
from harmonium.errors import ConfigError

TRUSTED = 0.1  # the share of the chains that an estimate must be worth


@dataclass(frozen=True)
class Options:
    """Score a run's best model on every held-out example."""

    run: tyro.conf.Positional[Path]
    """The run's folder."""
    data: str | None = None
    """Score on this data set, or your own files, instead of what the run was trained on."""
    log_likelihood: bool = False
    """Estimate the log-probability of held-out examples, in nats: exactly where the model is small enough, else by
    annealed importance sampling. What is found for the run's own data is kept in its log-likelihood.json."""
    chains: int | None = None
    """Chains of --log-likelihood, each an independent estimate; without it 100, for rnn-rbm 20."""
    temperatures: int | None = None
    """Steps that each of those chains takes from independent units to the model; more make the estimate sharper;
    without it 10000, for rnn-rbm 100 at each step of the music."""
    json: bool = False
    """Print the scores as JSON."""


def run(arguments: Sequence[str]) -> int:
    """Print a row of scores for each set."""
    options = parse(Options, arguments, "evaluate")

    from harmonium.cli.reporting import table
    from harmonium.recipes.running import recipe_of
    from harmonium.training import RunFolder

    folder = RunFolder.open(options.run)
    recipe = recipe_of(folder)
    chains, temperatures = (
        default if given is None else given
        for given, default in zip((options.chains, options.temperatures), recipe.annealing, strict=True)
    )
    if options.log_likelihood:
        if chains < 2 or temperatures < 2:
            raise ConfigError("--chains and --temperatures must be at least 2")
        prepare_jax()
        scores = recipe.log_likelihood(folder, options.data, chains=chains, temperatures=temperatures)
        if options.data is None:
            folder.write_log_likelihood(scores)
    else:
        scores = recipe.evaluate(folder, options.data)
    worth = min(
        (s["effective_sample_size"] for s in scores.values() if "effective_sample_size" in s), default=None
    )
    if worth is not None and worth < TRUSTED * chains:
        print(
            f"the {chains} chains are worth only {worth:.1f} independent ones: trust neither the estimate nor "
            f"its error; give more --temperatures",
            file=sys.stderr,
        )
    if options.json:
        print(json.dumps(scores))
        return 0
    table(
        [
            {"set": name, "examples": f"{values['examples']:,.0f}"}
            | {
                metric.replace("_", " "): f"{value:.2%}" if metric.endswith("_rate") else f"{value:.4f}"
                for metric, value in values.items()
                if metric not in ("examples", "table")
            }
            for name, values in scores.items()
        ]
    )
    for name, values in scores.items():
        if "table" in values:
            print(f"\n{name}: {values['table']}")
    return 0
