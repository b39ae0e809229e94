"""Learning curves, from the lines of a run's metrics.jsonl."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harmonium.figures import drawing
from harmonium.metrics.table import metric as described

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Record = Mapping[str, Any]
COLORS = {"train": drawing.GREY, "valid": drawing.BLUE, "test": drawing.ORANGE}


def learning_curves(records: Sequence[Record], path: Path, *, title: str) -> Path:
    """Draw every metric of a run against its epochs, with the best validation marked.

    Parameters
    ----------
    records
        The lines of metrics.jsonl. Each has `epoch` and `update`, and under `train`, `valid` and, where it was scored,
        `test` a map from metric to value; `best` is true at each new best. A validation within an epoch is drawn at its
        place in it.
    path
        The PNG file to write.
    title
        The heading.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     records = [{"epoch": n, "update": 9 * n, "valid": {"nll": 1 / n}} for n in range(1, 5)]
    ...     learning_curves(records, Path(folder, "curves.png"), title="a run").name
    'curves.png'
    """
    best = chosen(records)
    said = f"; the best validation is that of epoch {best['epoch']}" if best else ""
    return drawing.save(
        _figure(records, title), path, f"{title}: {len(records)} validations against epochs{said}"
    )


def chosen(records: Sequence[Record]) -> Record | None:
    """Return the last record that a rule has called the best; None where no rule chose.

    Records of version 0.1 say it by the test scores that they hold and others do not.
    """
    if any("best" in record for record in records):
        return next(record for record in reversed(records) if record.get("best"))
    if all("test" in record for record in records):
        return None
    return next((record for record in reversed(records) if "test" in record), None)


def _figure(records: Sequence[Record], title: str) -> Any:
    # The metrics of the validation set come first, since one of them chooses the best model.
    metrics = list(
        dict.fromkeys(
            m
            for split in ("valid", "train")
            for r in records
            for m in r.get(split, {})
            if not described(m).error_of
        )
    )
    columns = 2 if len(metrics) > 1 else 1
    rows = max(1, -(-len(metrics) // columns))
    figure = drawing.blank(5.2 * columns, 3.6 * rows + 0.2)
    figure.suptitle(title, color=drawing.INK)
    best, panels = chosen(records), list(figure.subplots(rows, columns, squeeze=False).flat)
    for axes, metric in zip(panels, metrics, strict=False):
        _panel(axes, records, metric, best)
    for axes in panels[len(metrics) :]:
        axes.axis("off")
    if not metrics:
        panels[0].text(0.5, 0.5, "no scores are on record", ha="center", color=drawing.INK)
    return figure


def _panel(axes: "Axes", records: Sequence[Record], metric: str, best: Record | None) -> None:
    scale = described(metric).scale
    at_epochs = epochs(records)
    values: list[float] = []
    for split, color in COLORS.items():
        points = [
            (epoch, r[split][metric] * scale)
            for epoch, r in zip(at_epochs, records, strict=True)
            if metric in r.get(split, {})
        ]
        if points:
            marker = "o" if len(points) < 30 else None
            axes.plot(*zip(*points, strict=True), color=color, label=split, lw=1.6, marker=marker, ms=3)
            values += [value for _, value in points]
    if best is not None and metric in best.get("valid", {}):
        at, value = at_epochs[records.index(best)], best["valid"][metric] * scale
        axes.plot([at], [value], "o", ms=8, mfc="none", mec=drawing.INK, label=f"best, epoch {best['epoch']}")
    if min(values) > 0 and max(values) > 10 * min(values):
        axes.set_yscale("log")
        _plain_numbers(axes)
    against_epochs(axes, described(metric).axis)
    axes.legend(frameon=False)


def against_epochs(axes: "Axes", what: str) -> None:
    """Label axes on which a metric is drawn against epochs, and give them a grid."""
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.set_xlabel("epoch")
    axes.set_ylabel(what)
    axes.grid(alpha=0.25, lw=0.6, which="both")
    axes.spines[["top", "right"]].set_visible(False)


def _plain_numbers(axes: "Axes") -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def epochs(records: Sequence[Record]) -> list[float]:
    """Each record's time in epochs: a whole number at an epoch's end, a fraction for a validation within one.

    Examples
    --------
    >>> epochs([{"epoch": 1, "update": 50}, {"epoch": 1, "update": 100}, {"epoch": 2, "update": 150}])
    [0.5, 1.0, 1.5]
    """
    per_epoch = max((r["update"] / r["epoch"] for r in records), default=1.0)
    return [r["update"] / per_epoch for r in records]
