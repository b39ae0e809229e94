"""`harmonium evaluate RUN`."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro

from harmonium.cli import parse, prepare_jax
from harmonium.terminal import printable, wrapped


@dataclass(frozen=True)
class Options:
    """Score a run's model on every held-out example."""

    run: tyro.conf.Positional[Path]
    """The run's folder."""
    data: str | None = None
    """Score on this data set, or all of your own files, instead of what the run was trained on; where they lie in
    folders train and test, on test."""
    log_likelihood: bool = False
    """Estimate the log-probability of held-out examples, in nats: exactly where the model is small enough, else by
    annealed importance sampling, and of music from the notes that the model finds likely. What is found for the run's
    own data is kept in its log-likelihood.json."""
    chains: int | None = None
    """Chains of --log-likelihood, each an independent estimate; without it 100, for rnn-rbm 50 at each step."""
    temperatures: int | None = None
    """Steps that each of those chains takes from independent units to the model; more make the estimate sharper;
    without it 10000; rnn-rbm takes none."""
    seconds: float | None = None
    """In place of --temperatures: add temperatures where the estimate needs them, for about this many seconds."""
    tempered: bool = False
    """Estimate by chains at --temperatures (50 without it) that exchange their states, for a machine whose modes lie
    so far apart that annealing does not find them all."""
    sweeps: int | None = None
    """Gibbs steps of every chain of --tempered at every temperature; without it 2000."""
    json: bool = False
    """Print the scores as JSON."""


def run(arguments: Sequence[str]) -> int:
    """Print a row of scores for each set."""
    options = parse(Options, arguments, "evaluate")
    prepare_jax()

    from harmonium.metrics.likelihoods import doubt
    from harmonium.runs.evaluate import keep, scored
    from harmonium.runs.opened import opened
    from harmonium.training.progress import waiting

    likelihood = options.log_likelihood
    how = {
        name: getattr(options, name) for name in ("chains", "temperatures", "seconds", "tempered", "sweeps")
    }
    with waiting("estimating" if likelihood else "scoring"):
        scores = scored(opened(options.run), options.data, likelihood, **how)
    if warning := doubt(scores):
        print(wrapped(f"the likelihood {warning}", sys.stderr), file=sys.stderr)
    _print(scores, as_json=options.json)
    keep(options.run, options.data, likelihood, scores)  # after printing, in case it fails
    return 0


def _print(scores: Mapping[str, Mapping[str, Any]], *, as_json: bool) -> None:
    from harmonium.cli.reporting import table
    from harmonium.metrics.table import shown

    if as_json:
        print(json.dumps(scores), flush=True)
        return
    numbers = {
        name: {key: value for key, value in found.items() if key not in ("table", "layers")}
        for name, found in scores.items()
    }
    table([{"set": name} | shown(found) for name, found in numbers.items()])
    _print_layers(scores)
    for name, values in scores.items():
        if "table" in values:
            lines = map(printable, values["table"].split("\n"))
            print(f"\n{printable(name)}: " + "\n".join(lines), flush=True)


def _print_layers(scores: Mapping[str, Mapping[str, Any]]) -> None:
    """Print what each layer of a stack adds to its likelihood, and name those that add nothing."""
    from harmonium.cli.reporting import table
    from harmonium.runs.evaluate import layers_that_lose

    def between(line: Mapping[str, float], what: str) -> str:
        ends = [f"{line[f'{what}_{end}']:.2f}" for end in ("at_least", "at_most") if f"{what}_{end}" in line]
        return " to ".join(dict.fromkeys(ends))

    for name, values in scores.items():
        if "layers" not in values:
            continue
        print(f"\n{printable(name)}: log p of each layer's input, in nats", flush=True)
        table(
            [
                {
                    "layer": f"{line['layer']:.0f}",
                    "by its own RBM": between(line, "input"),
                    "by the RBM below": between(line, "below"),
                    "gain": between(line, "gain"),
                }
                for line in values["layers"]
            ]
        )
        for sentence in layers_that_lose(values["layers"]):
            print(wrapped(sentence, sys.stdout), flush=True)
