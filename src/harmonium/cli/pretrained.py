"""`harmonium pretrained`."""

import json as json_format
from collections.abc import Sequence
from dataclasses import dataclass

from harmonium.cli import parse


@dataclass(frozen=True)
class Options:
    """List the ready-made models, which need no training.

    For example: harmonium predict pretrained/lenet my-digit.png
    """

    json: bool = False
    """Print all that is known of them as JSON."""


def run(arguments: Sequence[str]) -> int:
    """Print a row for each."""
    options = parse(Options, arguments, "pretrained")

    from harmonium.cli.reporting import table
    from harmonium.metrics.table import metric
    from harmonium.runs.ready_made import ready_made

    models = ready_made()
    if options.json:
        print(json_format.dumps(models))
        return 0
    rows = []
    for one in models:
        score = next(iter(one["test"].items()), None)
        shown = f"{metric(score[0]).label} {metric(score[0]).shown(score[1])}" if score else ""
        rows.append(
            {
                "model": one["name"].removeprefix("pretrained/"),
                "learned from": one["data"],
                "on the test set": shown,
                "size": f"{one['bytes'] / 1e6:.1f} MB",
            }
        )
    table(rows)
    print(
        "pretrained/NAME is taken where a run is: predict, sample, figures, evaluate, page, and in Python hm.load"
    )
    return 0
