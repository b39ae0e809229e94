"""`harmonium evaluate RUN`."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro

from harmonium.cli import parse, prepare_jax
from harmonium.terminal import printable


@dataclass(frozen=True)
class Options:
    """Score a run's model on every held-out example."""

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
    prepare_jax()

    from harmonium.runs.evaluate import doubt, keep, scored
    from harmonium.runs.opened import opened
    from harmonium.training.progress import waiting

    likelihood = options.log_likelihood
    with waiting("annealing" if likelihood else "scoring"):
        scores = scored(opened(options.run), options.data, likelihood, options.chains, options.temperatures)
    if warning := doubt(scores):
        print(warning, file=sys.stderr)
    _print(scores, as_json=options.json)
    keep(options.run, options.data, likelihood, scores)  # after they are seen, should the folder refuse them
    return 0


def _print(scores: Mapping[str, Mapping[str, Any]], *, as_json: bool) -> None:
    from harmonium.cli.reporting import table
    from harmonium.metrics.table import metric

    if as_json:
        print(json.dumps(scores), flush=True)
        return
    table(
        [
            {"set": name}
            | {metric(key).label: metric(key).shown(value) for key, value in values.items() if key != "table"}
            for name, values in scores.items()
        ]
    )
    for name, values in scores.items():
        if "table" in values:
            print(f"\n{printable(name)}: {values['table']}", flush=True)
