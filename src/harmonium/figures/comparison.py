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
    held = dict.fromkeys(m for lines in records.values() for r in lines for m in r.get("valid", {}))
    metrics = [metric for metric in held if not described(metric).error_of]
    columns = min(2, max(1, len(metrics)))
    rows, width = -(-len(metrics) // columns), 5.2 * columns
    labels = {label: drawing.wrapped(label, width - 1) for label in records}
    figure = drawing.blank(width, 3.6 * rows + 0.2 + sum(map(drawing.height, labels.values())))
    figure.suptitle(title, color=drawing.INK)
    shown = {}
    panels = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axes in panels[len(metrics) :]:
        axes.axis("off")
    for axes, metric in zip(panels, metrics, strict=False):
        scale = described(metric).scale
        for number, (label, lines) in enumerate(records.items()):
            points = [
                (epoch, r["valid"][metric] * scale)
                for epoch, r in zip(epochs(lines), lines, strict=True)
                if metric in r.get("valid", {})
            ]
            if points:
                color = drawing.SEVERAL[number % len(drawing.SEVERAL)]
                dashes = drawing.DASHES[number // len(drawing.SEVERAL) % len(drawing.DASHES)]
                # Later lines are thinner, so that one that lies on another leaves it to be seen.
                wide = max(1.0, 4.0 - 3.0 * number / max(1, len(records) - 1)) if len(records) < 6 else 1.4
                marker = "o" if len(points) == 1 else None
                xy = zip(*points, strict=True)
                (shown[label],) = axes.plot(*xy, color=color, ls=dashes, lw=wide, marker=marker, ms=4)
        against_epochs(axes, f"validation {described(metric).axis}")
    names = [labels[label] for label in shown]
    figure.legend([*shown.values()], names, loc="outside lower left", frameon=False, fontsize=drawing.POINTS)
    drawn = ", ".join(described(metric).title for metric in metrics)
    said = f"{title}: {drawn} against epochs, of {', '.join(records)}"
    return drawing.save(figure, path, said)


def side_by_side(pictures: Mapping[str, Path], path: Path) -> Path:
    """Put picture files beside each other, each under its label."""
    from matplotlib.image import imread

    images = [imread(picture) for picture in pictures.values()]
    labels = [drawing.wrapped(label, 3.6) for label in pictures]
    height = 3.6 * max(image.shape[0] / image.shape[1] for image in images)
    columns = min(3, len(images))
    rows = -(-len(images) // columns)
    figure = drawing.blank(3.6 * columns, rows * (height + max(map(drawing.height, labels))))
    panels = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axes in panels[len(images) :]:
        axes.axis("off")
    for axes, label, image in zip(panels, labels, images, strict=False):
        axes.imshow(image, cmap="gray", interpolation="nearest")
        axes.set_title(label, fontsize=drawing.POINTS)
        axes.axis("off")
        axes.set_anchor("S")
    return drawing.save(figure, path, f"side by side: {', '.join(pictures)}")
