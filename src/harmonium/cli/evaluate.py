"""`harmonium evaluate RUN`."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tyro

from harmonium.cli import parse, prepare_jax


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

    from harmonium.cli.reporting import table
    from harmonium.metrics.table import metric
    from harmonium.runs.evaluate import doubt, evaluate
    from harmonium.training.progress import waiting

    with waiting("annealing" if options.log_likelihood else "scoring"):
        scores = evaluate(
            options.run,
            options.data,
            log_likelihood=options.log_likelihood,
            chains=options.chains,
            temperatures=options.temperatures,
        )
    if warning := doubt(scores):
        print(warning, file=sys.stderr)
    if options.json:
        print(json.dumps(scores))
        return 0
    table(
        [
            {"set": name}
            | {metric(key).label: metric(key).shown(value) for key, value in values.items() if key != "table"}
            for name, values in scores.items()
        ]
    )
    for name, values in scores.items():
        if "table" in values:
            print(f"\n{name}: {values['table']}")
    return 0
