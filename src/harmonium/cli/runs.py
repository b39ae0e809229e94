"""`harmonium runs` and `harmonium runs remove RUN…`."""

import csv
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import tyro

from harmonium.cli import parse
from harmonium.errors import ConfigError
from harmonium.terminal import printable, wrapped

if TYPE_CHECKING:
    from harmonium.runs.listing import Found


@dataclass(frozen=True)
class Options:
    """List the runs in a folder, those of seeds and searches too, the newest last.

    harmonium runs remove RUN ... removes some.
    """

    folder: tyro.conf.Positional[Path] = Path("runs")
    """The folder that holds the runs' folders."""
    recipe: str | None = None
    """Only runs of this recipe."""
    status: str | None = None
    """Only runs that are finished, interrupted, diverged, unfinished or damaged."""
    data: str | None = None
    """Only runs on this data set."""
    sort: Literal["date", "run", "recipe", "data", "valid", "test", "epochs", "time"] = "date"
    """What decides the order; by a score the best come first, each metric for itself."""
    csv: bool = False
    """Print a table with commas, of all that the summaries say."""
    json: bool = False
    """Print the summaries as JSON."""


@dataclass(frozen=True)
class Remove:
    """Remove runs, or folders of the runs of seeds or a search, after a question."""

    runs: tyro.conf.Positional[tuple[Path, ...]]
    """The folders."""
    yes: bool = False
    """Ask nothing."""


def run(arguments: Sequence[str]) -> int:
    """Print a row a run, or remove some."""
    if arguments and arguments[0] == "remove":
        return _remove(parse(Remove, arguments[1:], "runs remove"))
    options = parse(Options, arguments, "runs")

    from harmonium.runs.listing import as_json, in_order, listed

    runs = listed(options.folder, recipe=options.recipe, status=options.status, data=options.data)
    runs = in_order(runs, options.sort)
    for one in runs:
        if one.complaint:
            print(printable(f"damaged: {one.complaint}"), file=sys.stderr)
    if options.json:
        print(f"[{', '.join(map(as_json, runs))}]")
    elif options.csv:
        _print_csv(runs)
    elif runs:
        _print_table(runs, options.folder)
    else:
        print(printable(f"no such runs in {options.folder}; train something: harmonium train lenet"))
    return 2 if any(one.complaint for one in runs) else 0


def _print_table(runs: Sequence["Found"], folder: Path) -> None:
    from harmonium.cli.reporting import duration, table
    from harmonium.metrics.table import metric

    rows = []
    for one in runs:
        scored = one.valid or one.test
        rows.append(
            {
                "run": str(one.path.relative_to(folder)),
                "metric": metric(scored[0]).label if scored else "",
                "valid": metric(one.valid[0]).shown(one.valid[1]) if one.valid else "",
                "test": metric(one.test[0]).shown(one.test[1]) if one.test else "",
                "status": one.status,
                "epochs": "" if one.epochs is None else str(one.epochs),
                "note": one.note,
                "data": Path(one.data).name,
                "time": "" if one.seconds is None else duration(one.seconds),
                "recipe": one.recipe,
            }
        )
    empty = [field for field in rows[0] if not any(row[field] for row in rows)]
    rows = [{field: cell for field, cell in row.items() if field not in empty} for row in rows]
    dispensable = [field for field in ("epochs", "note", "data", "time", "recipe") if field in rows[0]]
    left_out = table(rows, dispensable=dispensable)
    if left_out:
        names = ", ".join(reversed(left_out))
        said = f"in {folder}; columns that do not fit: {names}; a wider window or --csv shows them"
        print(wrapped(said, sys.stdout))


def _print_csv(runs: Sequence["Found"]) -> None:
    rows = []
    for one in runs:
        summary = one.summary or {}
        scores = {
            f"{split}_{name}": value
            for split in ("valid", "test")
            if getattr(one, split)
            for name, value in (summary.get(split) or {}).items()
        }
        rows.append(
            {
                "run": str(one.path),
                "recipe": one.recipe,
                "data": one.data,
                "status": one.status,
                "epochs": one.epochs,
                "best_epoch": summary.get("best_epoch"),
                "seconds_training": one.seconds,
                "seed": summary.get("seed"),
                "note": one.note,
                **scores,
            }
        )
    fields = dict.fromkeys(field for row in rows for field in row)
    writer = csv.DictWriter(sys.stdout, list(fields), restval="")
    writer.writeheader()
    for row in rows:
        seen = {field: printable(str(value)) for field, value in row.items() if value is not None}
        writer.writerow(seen if sys.stdout.isatty() else row)


def _remove(options: Remove) -> int:
    from harmonium.runs.listing import removable, remove

    if not options.runs:
        raise ConfigError("name at least one run's folder; list your runs with: harmonium runs")
    held = [removable(path) for path in options.runs]
    count, size = sum(runs for runs, _ in held), sum(size for _, size in held) / 1e6
    what = f"{count} run{'s' * (count > 1)} ({size:.1f} MB)"
    if not options.yes:
        if not sys.stdin.isatty():
            raise ConfigError(
                f"cannot ask whether to remove {what}, since the input is no terminal; give --yes"
            )
        question = f"remove {what}: {', '.join(map(str, options.runs))}? [y/N] "
        print(printable(question), end="", flush=True, file=sys.stderr)
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            print("nothing was removed")
            return 0
    remove(options.runs)
    print(f"removed {what}")
    return 0
