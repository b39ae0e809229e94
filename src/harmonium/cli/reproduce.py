"""`harmonium reproduce ROW`."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tyro

from harmonium.cli import parse, prepare_jax
from harmonium.terminal import printable


@dataclass(frozen=True)
class Options:
    """Run a published row again and compare its scores with the published ones; without a row, list them.

    For example: harmonium reproduce logistic-regression
    """

    row: tyro.conf.Positional[str] = ""
    """The row, as the list names it."""
    seed: int = 0
    """Which of its seeds."""
    runs: Path = Path("runs")
    """The run lies in ROW/seed-N of this folder; one that lies there is not repeated, and an unfinished one goes on."""
    first_epoch: bool = False
    """Make only the first epoch, and say whether today's program gives the published numbers."""
    json: bool = False
    """Print as JSON."""
    quiet: bool = False
    """Say nothing until the result."""


def run(arguments: Sequence[str]) -> int:
    """List the rows, or run one and print a table of its scores beside the published ones."""
    options = parse(Options, arguments, "reproduce")
    if not options.row:
        return _list(as_json=options.json)
    from harmonium.runs.published import row

    one = row(options.row)
    prepare_jax(quiet=options.quiet)

    from harmonium.cli.reporting import screen, table
    from harmonium.metrics.table import metric
    from harmonium.runs.reproduce import reproduce, still_stands, validations_alike

    if options.first_epoch:
        stands = still_stands(one, options.seed)
        said = {None: "has no published curve to compare with", True: "repeats", False: "differs"}[stands]
        print(
            json.dumps(stands)
            if options.json
            else f"the first epoch of {one.name}, seed {options.seed}: {said}"
        )
        return 0
    report = screen(quiet=options.quiet, verbose=False)
    finished, scores = reproduce(one.name, options.seed, runs=options.runs, report=report)
    same, of_all = validations_alike(finished, one.name, options.seed)
    if options.json:
        lines = [{**vars(of), "repeats": of.repeats} for of in scores]
        curves = {"validations": of_all, "validations_alike": same}
        print(json.dumps({"run": str(finished.path), "scores": lines, **curves}))
        return 0
    rows = []
    for of in scores:
        shown = metric(of.name).shown
        spread = "" if of.spread is None else f" ± {shown(of.spread)}"
        rows.append(
            {
                "set": of.split,
                "score": metric(of.name).label,
                "this run": shown(of.found),
                f"published, seed {options.seed}" if of.same_seed else "published, mean": shown(of.published)
                + spread,
                "": "repeats" if of.repeats else "differs",
            }
        )
    if rows:
        table(rows)
    else:
        print(f"{one.name} has no published scores to compare with")
    if same < of_all:
        print(_why(same, of_all))
    print(printable(f"the run lies in {finished.path}"))
    return 0


def _why(same: int, of_all: int) -> str:
    """Return why a run is not the published one, as far as its curves tell."""
    if not same:
        return (
            f"none of its {of_all} validations is the published one: the program or the data are others, or a chain "
            "of samples parted from the published one in the first epoch, by rounding"
        )
    return (
        f"the first {same} of its {of_all} validations are the published ones: processors of different kinds round "
        "differently, and in a long training such differences grow"
    )


def _list(*, as_json: bool) -> int:
    from harmonium.cli.reporting import table
    from harmonium.metrics.table import metric
    from harmonium.runs.published import listed

    rows = listed()
    if as_json:
        print(json.dumps(rows))
        return 0
    shown = []
    for one in rows:
        known, spread = metric(one["score"]), one["standard_deviation"]
        value = "" if one["mean"] is None else f"{known.label} {known.shown(one['mean'])}"
        shown.append(
            {
                "row": one["row"],
                "test score": value + ("" if spread is None else f" ± {known.shown(spread)}"),
                "seeds": str(one["seeds"]),
                "minutes a seed": f"{one['minutes']:g}",
                "command": one["command"],
            }
        )
    table(shown, dispensable=["command"])
    print("run one and compare: harmonium reproduce ROW")
    return 0
