"""Several runs in one picture: their learning curves, and any pictures side by side."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harmonium.figures import drawing
from harmonium.figures.curves import against_epochs, epochs
from harmonium.metrics.table import metric as described

Record = Mapping[str, Any]


def compared_curves(records: Mapping[str, Sequence[Record]], path: Path, *, title: str) -> Path:
    """Draw each metric of the validation set against the epochs, one line a run.

    `records` holds for each run's label the lines of its metrics.jsonl, as `learning_curves` takes them.
    """
    metrics = dict.fromkeys(m for lines in records.values() for r in lines for m in r.get("valid", {}))
    width = 5.2 * max(1, len(metrics))
    labels = {label: drawing.wrapped(label, width - 1) for label in records}
    figure = drawing.blank(width, 3.8 + sum(map(drawing.height, labels.values())))
    figure.suptitle(title, color=drawing.INK)
    shown = {}
    for axes, metric in zip(figure.subplots(1, len(metrics), squeeze=False)[0], metrics, strict=True):
        scale = described(metric).scale
        for number, (label, lines) in enumerate(records.items()):
            points = [
                (epoch, r["valid"][metric] * scale)
                for epoch, r in zip(epochs(lines), lines, strict=True)
                if metric in r.get("valid", {})
            ]
            if points:
                (shown[label],) = axes.plot(*zip(*points, strict=True), f"C{number}", lw=1.6)
        against_epochs(axes, f"validation {described(metric).axis}")
    names = [labels[label] for label in shown]
    figure.legend([*shown.values()], names, loc="outside lower left", frameon=False, fontsize=drawing.POINTS)
    return drawing.save(figure, path)


def side_by_side(pictures: Mapping[str, Path], path: Path) -> Path:
    """Put picture files beside each other, each under its label."""
    from matplotlib.image import imread

    images = [imread(picture) for picture in pictures.values()]
    labels = [drawing.wrapped(label, 3.6) for label in pictures]
    height = 3.6 * max(image.shape[0] / image.shape[1] for image in images)
    figure = drawing.blank(3.6 * len(images), height + max(map(drawing.height, labels)))
    panels = figure.subplots(1, len(images), squeeze=False)[0]
    for axes, label, image in zip(panels, labels, images, strict=True):
        axes.imshow(image, cmap="gray", interpolation="nearest")
        axes.set_title(label, fontsize=drawing.POINTS)
        axes.axis("off")
        axes.set_anchor("S")
    return drawing.save(figure, path)
