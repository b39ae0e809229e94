"""`harmonium predict RUN INPUT…`."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tyro

from harmonium.cli.parsing import parse


@dataclass(frozen=True)
class Options:
    """Classify picture files of any size: each is scaled to the size the model was trained on."""

    run: tyro.conf.Positional[Path]
    """The run's folder."""
    inputs: tyro.conf.Positional[tuple[Path, ...]]
    """Picture files, or folders of them."""
    invert: bool = False
    """Turn dark on light into light on dark, as MNIST's digits are."""
    json: bool = False
    """Print the classes and all probabilities as JSON."""


def run(arguments: Sequence[str]) -> int:
    """Print each file's likeliest class."""
    options = parse(Options, arguments, "predict")

    from harmonium.cli.reporting import table
    from harmonium.recipes.running import predict

    predictions = predict(options.run, options.inputs, invert=options.invert)
    if options.json:
        print(json.dumps(predictions))
        return 0
    rows = []
    for found in predictions:
        ranked = sorted(found["probabilities"].items(), key=lambda item: -item[1])
        others = ", ".join(f"{name} {p:.1%}" for name, p in ranked[1:3])
        row = {
            "file": found["file"],
            "class": found["class"],
            "probability": f"{ranked[0][1]:.1%}",
            "then": others,
        }
        rows.append(row)
    table(rows)
    return 0
