"""What the commands print."""

import json
import math
import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from harmonium.metrics.table import metric, shown
from harmonium.terminal import printable, verbatim, wrapped
from harmonium.training import Reporter, Reports, RunFolder, Screen, Silent, TensorBoard
from harmonium.training.progress import waiting

MOST_COLUMNS = 6
NARROWEST = 8  # characters of a column of words, with what lies between columns
NUMBER = re.compile(r"-?[\d.,]+(e[-+]?\d+)? ?%?( ± .+)?")
MOST_ROWS = 3  # that lie on their side though they are too wide


def screen(*, quiet: bool = False, verbose: bool = False, tensorboard: Path | None = None) -> Reporter:
    """Return what shows progress, on stderr, so that stdout holds results only; or nothing, where it is to be quiet.

    Where `tensorboard` names a folder, the scores are written there too.
    """
    usual: Reporter = Silent() if quiet else Screen(verbose=verbose)
    return usual if tensorboard is None else Reports(usual, TensorBoard(tensorboard))


def conclude(folder: RunFolder, *, figures: bool, as_json: bool) -> int:
    """Draw the run, print its summary, and return the exit code."""
    from harmonium.runs.draw import draw_run

    summary = folder.summary() or {}
    drawn: list[Path] = []
    if figures and folder.records():
        with waiting("drawing"):
            drawn = draw_run(folder)
    if as_json:
        print(json.dumps(summary))
    else:
        print(wrapped(sentence(summary), sys.stdout))
        pictures = f", its pictures in {folder.figures}" if drawn else ""
        print(wrapped(f"the run lies in {folder.path}{pictures}", sys.stdout))
    if summary["status"] != "interrupted":
        return 0
    again = f"harmonium resume {shlex.quote(str(folder.path))}"
    Console(stderr=True).print(verbatim(f"interrupted; continue with: {again}"), soft_wrap=True)
    return 130


def conclude_seeds(folders: Sequence[RunFolder], *, figures: bool, as_json: bool) -> int:
    """Draw each run, print their scores with mean and standard deviation, and return the exit code."""
    from harmonium.runs.draw import draw_run
    from harmonium.runs.seeds import spread

    summaries = [folder.summary() or {} for folder in folders]
    for folder in folders:
        if figures and folder.records():
            with waiting(f"drawing {folder.path.name}"):
                draw_run(folder)
    scores = spread(folders)
    if as_json:
        runs = [{"run": str(f.path)} | summary for f, summary in zip(folders, summaries, strict=True)]
        print(json.dumps({"runs": runs, **scores}))
    else:
        rows = [_row(f.path.name, summary) for f, summary in zip(folders, summaries, strict=True)]
        whole = {"run": "mean ± sd", "status": ""}
        for split, metrics in scores.items():
            for name, of in metrics.items():
                whole[f"{split} {metric(name).label}"] = plus_minus(
                    name, of["mean"], of["standard_deviation"]
                )
        columns = list(dict.fromkeys(column for row in (*rows, whole) for column in row))
        table([{column: row.get(column, "") for column in columns} for row in (*rows, whole)])
        print(printable(f"the runs lie in {folders[0].path.parent}"))
    if all(summary["status"] != "interrupted" for summary in summaries):
        return 0
    Console(stderr=True).print("interrupted; the same command, with the same --out, goes on", soft_wrap=True)
    return 130


def _row(name: str, summary: dict[str, Any]) -> dict[str, str]:
    scores = {
        f"{split} {label}": value
        for split in ("test", "valid")
        for label, value in shown(summary[split] or {}).items()
    }
    return {"run": name, **scores, "status": summary["status"]}


def plus_minus(name: str, mean: float, deviation: float) -> str:
    """Return a mean and a standard deviation of a metric in words."""
    return f"{metric(name).shown(mean)} ± {metric(name).shown(deviation)}"


def sentence(summary: dict[str, Any]) -> str:
    """A run's result in one line."""
    parts = [f"{summary['recipe']} on {Path(summary['data']['name']).name}:"]
    for split in ("test", "valid"):
        scores = summary[split] or {}
        parts.extend(
            [f"{split} " + ", ".join(f"{label} {value}" for label, value in shown(scores).items()) + ";"]
            if scores
            else []
        )
    if summary["best_epoch"]:
        parts.append(f"best at epoch {summary['best_epoch']} of {summary['epochs']},")
    elif scores_of_last(summary):
        parts.append(f"no rule chose, so the last model, of epoch {summary['epochs']}, is the result;")
    before = summary.get("seconds_pretraining")
    after = f" after {duration(before)} of pre-training" if before else ""
    parts.append(f"{duration(summary['seconds_training'])} of training{after}")
    return " ".join(part for part in parts if part)


def scores_of_last(summary: dict[str, Any]) -> bool:
    """Return whether a run has scores that no rule chose: those of its last model."""
    return bool(summary["valid"]) and not summary["best_epoch"]


def duration(seconds: float) -> str:
    """Seconds as a person says them."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    hours, minutes = divmod(math.floor(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds % 60:.0f} s"


def table(rows: list[dict[str, str]], title: str | None = None, dispensable: Sequence[str] = ()) -> list[str]:
    """Print rows of the same fields as a table; one of many fields lies on its side.

    Where it is too wide for the screen, the fields that are `dispensable` are left out, the last one first; those that
    were are returned. Where many rows of many fields do not fit on their side, the last fields are left out, which is
    said.
    """
    left_out: list[str] = []
    missed: list[str] = []
    wide = Console().width
    while len(left_out) < len(dispensable) and _width(rows) > wide:
        left_out.append(dispensable[len(dispensable) - 1 - len(left_out)])
        rows = [{field: cell for field, cell in row.items() if field not in left_out} for row in rows]
    if not dispensable and len(rows[0]) > MOST_COLUMNS:
        first, *fields = rows[0]
        side = [{first: field} | {row[first]: row[field] for row in rows} for field in fields]
        if _width(side) <= wide or len(rows) <= MOST_ROWS:
            rows = side
        else:
            while _width(rows) > wide and len(rows[0]) > 2:
                missed.insert(0, list(rows[0])[-1])
                rows = [dict(list(row.items())[:-1]) for row in rows]
    shown = Table(
        title=title and verbatim(title), header_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0)
    )
    numbers = {field for field in rows[0] if _are_numbers([row[field] for row in rows])}
    for field in rows[0]:
        shown.add_column(verbatim(field), overflow="fold", no_wrap=field in numbers)
    for row in rows:
        shown.add_row(*map(verbatim, row.values()))
    # A number cut in two would be read as two, so a table may be wider than a very narrow window.
    least = sum(_width(rows, field) if field in numbers else NARROWEST for field in rows[0])
    Console(width=max(wide, least)).print(shown)
    if missed:
        said = f"columns that do not fit: {'; '.join(missed)}; a wider window or --json shows them"
        print(wrapped(said, sys.stdout))
    return left_out


def _are_numbers(cells: Sequence[str]) -> bool:
    """Whether all cells that are not empty are numbers, as 33.33% or 0.9 ± 0.1, and one is."""
    return any(cells) and all(NUMBER.fullmatch(cell) for cell in cells if cell)


def _width(rows: Sequence[dict[str, str]], *fields: str) -> int:
    return sum(2 + max(len(field), *(len(row[field]) for row in rows)) for field in fields or rows[0])
