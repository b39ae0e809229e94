"""A run as a notebook shows it: scores and a curve. Everything that comes from the run's files is escaped."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harmonium.errors import HarmoniumError
from harmonium.metrics.table import metric, shown
from harmonium.runs.scores import scores_of

if TYPE_CHECKING:
    from harmonium.runs.run import Run

WIDTH, HEIGHT, MARGIN = 360, 120, 8  # pixels of the curve
COLOURS = {"train": "#8a8f98", "valid": "#1f6fb2"}


def run_in_html(run: Run) -> str:
    """Return the run as HTML: what it is, its scores by set, and the curve of its first validation score."""
    try:
        config, summary, records = run.folder.config(), run.folder.summary() or {}, run.folder.records()
    except HarmoniumError as error:
        return f"<p><b>{escape(str(run.path))}</b>: damaged: {escape(str(error))}</p>"
    status = summary.get("status", "unfinished")
    title = f"{config.get('recipe')} on {Path(str(config.get('data'))).name}: {status}"
    rows = []
    for split in ("valid", "test"):
        cells = "".join(
            f"<td>{escape(label)} <b>{escape(value)}</b></td>"
            for label, value in shown(scores_of(summary, split)).items()
        )
        rows.append(f"<tr><th>{split}</th>{cells}</tr>" if cells else "")
    return (
        f"<div><p><b>{escape(title)}</b><br><code>{escape(str(run.path))}</code></p>"
        f"<table>{''.join(rows)}</table>{curve(records)}</div>"
    )


def curve(records: Sequence[Any]) -> str:
    """Return the first validation score, or without one the first training score, against its epochs, as SVG.

    Records that hold something else than numbers are passed over; "" where fewer than two are left.

    Examples
    --------
    >>> curve([{"epoch": 1, "valid": {"nll": 2.0}}, {"epoch": 2, "valid": {"nll": 1.0}}])[:4]
    '<svg'
    """
    kept = [record for record in records if isinstance(record, dict)]
    names = [name for split in ("valid", "train") for record in kept for name in _scores(record, split)]
    if not names:
        return ""
    name = names[0]
    lines = {
        split: [(at, _scores(r, split)[name]) for at, r in enumerate(kept) if name in _scores(r, split)]
        for split in COLOURS
    }
    points = [point for line in lines.values() for point in line]
    if len({at for at, _ in points}) < 2:
        return ""
    low, high = min(value for _, value in points), max(value for _, value in points)
    last = max(at for at, _ in points)

    def place(at: int, value: float) -> str:
        x = MARGIN + (WIDTH - 2 * MARGIN) * at / last
        y = MARGIN + (HEIGHT - 2 * MARGIN) * (high - value) / ((high - low) or 1)
        return f"{x:.1f},{y:.1f}"

    shown_lines = {split: line for split, line in lines.items() if len(line) > 1}
    drawn = "".join(
        f'<polyline fill="none" stroke="{COLOURS[split]}" stroke-width="1.5" '
        f'points="{" ".join(place(*point) for point in line)}"><title>{split}</title></polyline>'
        for split, line in shown_lines.items()
    )
    legend = ", ".join(f'<b style="color:{COLOURS[split]}">{split}</b>' for split in shown_lines)
    known = metric(name)
    said = f"{known.axis}: {known.shown(low)} to {known.shown(high)}, {len(kept)} validations"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" role="img" '
        f'style="background:#fff;border:1px solid #ddd">{drawn}</svg><br><small>{legend}: {escape(said)}</small>'
    )


def _scores(record: dict[str, Any], split: str) -> dict[str, float]:
    return {name: value for name, value in scores_of(record, split).items() if math.isfinite(value)}
