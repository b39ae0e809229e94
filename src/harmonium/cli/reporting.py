"""What the commands print."""

import json
import math
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from harmonium.training import RunFolder, Screen

MOST_COLUMNS = 6


def screen() -> Screen:
    """Progress goes to stderr, so that stdout holds results only."""
    return Screen(Console(stderr=True))


def conclude(folder: RunFolder, *, figures: bool, as_json: bool) -> int:
    """Draw the run, print its summary, and return the exit code."""
    from harmonium.recipes.running import recipe_of

    summary = folder.summary() or {}
    drawn = recipe_of(folder).draw(folder) if figures and folder.records() else []
    if as_json:
        print(json.dumps(summary))
    else:
        print(sentence(summary))
        print(f"the run lies in {folder.path}" + (f", its pictures in {folder.figures}" if drawn else ""))
    if summary["status"] != "interrupted":
        return 0
    Console(stderr=True).print(f"interrupted; continue with: harmonium resume {folder.path}", soft_wrap=True)
    return 130


def sentence(summary: dict[str, Any]) -> str:
    """A run's result in one line."""
    parts = [f"{summary['recipe']} on {Path(summary['data']['name']).name}:"]
    for split in ("test", "valid"):
        scores = summary[split] or {}
        parts.extend(
            [f"{split} " + ", ".join(score(k, v) for k, v in scores.items()) + ";"] if scores else []
        )
    parts.append(
        f"best at epoch {summary['best_epoch']} of {summary['epochs']}," if summary["best_epoch"] else ""
    )
    parts.append(f"{duration(summary['seconds_training'])} of training")
    return " ".join(part for part in parts if part)


def score(name: str, value: float) -> str:
    """A metric in words: rates as percent, the rest in nats."""
    return f"{name.removesuffix('_rate')} {value:.2%}" if name.endswith("_rate") else f"{name} {value:.4f}"


def duration(seconds: float) -> str:
    """Seconds as a person says them."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    hours, minutes = divmod(math.floor(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds % 60:.0f} s"


def table(rows: list[dict[str, str]], title: str | None = None) -> None:
    """Print rows of the same fields as a table; one of many fields lies on its side."""
    if len(rows[0]) > MOST_COLUMNS:
        first, *fields = rows[0]
        rows = [{first: field} | {row[first]: row[field] for row in rows} for field in fields]
    shown = Table(title=title, header_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for field in rows[0]:
        shown.add_column(field, overflow="fold")
    for row in rows:
        shown.add_row(*row.values())
    Console().print(shown)
