"""Several runs in one picture."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harmonium.figures import drawing
from harmonium.figures.curves import NAMES, epochs

Record = Mapping[str, Any]


def compared_curves(records: Mapping[str, Sequence[Record]], path: Path, *, title: str) -> Path:
    """Draw each metric of the validation set against the epochs, one line a run; `records` by the run's label."""
    metrics = dict.fromkeys(m for lines in records.values() for r in lines for m in r.get("valid", {}))
    figure = drawing.blank(5.2 * max(1, len(metrics)), 3.8)
    figure.suptitle(title, color=drawing.INK)
    for axes, metric in zip(figure.subplots(1, len(metrics), squeeze=False)[0], metrics, strict=True):
        scale = 100 if metric.endswith("_rate") else 1
        for label, lines in records.items():
            points = [
                (epoch, r["valid"][metric] * scale)
                for epoch, r in zip(epochs(lines), lines, strict=True)
                if metric in r.get("valid", {})
            ]
            if points:
                axes.plot(*zip(*points, strict=True), label=label, lw=1.6)
        axes.set_xlabel("epoch")
        axes.set_ylabel(f"validation {NAMES.get(metric, metric.replace('_', ' '))}")
        axes.grid(alpha=0.25, lw=0.6)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
    return drawing.save(figure, path)


def side_by_side(pictures: Mapping[str, Path], path: Path) -> Path:
    """Put pictures beside each other, each under its label."""
    from matplotlib.image import imread

    images = {label: imread(picture) for label, picture in pictures.items()}
    height = max(image.shape[0] / image.shape[1] for image in images.values())
    figure = drawing.blank(3.6 * len(images), 3.6 * height + 0.3)
    for axes, (label, image) in zip(
        figure.subplots(1, len(images), squeeze=False)[0], images.items(), strict=True
    ):
        axes.imshow(image, cmap="gray", interpolation="nearest")
        axes.set_title(label, fontsize=9)
        axes.axis("off")
    return drawing.save(figure, path)
