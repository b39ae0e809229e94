"""A classifier's mistakes: the confusion matrix, and the misclassified images."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from harmonium.figures import drawing

MOST_NUMBERS = 25  # with more classes the counts would not be legible, and are left out


def confusion_matrix(counts: np.ndarray, classes: Sequence[str], path: Path, *, title: str) -> Path:
    """Draw how often each true class (row) was taken for each class (column).

    Only errors are coloured; the right answers on the diagonal stay grey, since they are so many more.

    Parameters
    ----------
    counts
        (classes, classes), from `harmonium.metrics.confusion_counts`.
    classes
        The names of the classes.
    path
        The PNG file to write. Its folder is made where it is missing.
    title
        The heading, above the number of errors.

    Returns
    -------
    Path
        `path`.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     counts = np.array([[9, 1], [2, 8]])
    ...     confusion_matrix(counts, ["cat", "dog"], Path(folder, "confusion.png"), title="pets").name
    'confusion.png'
    """
    wrong = counts - np.diag(np.diag(counts))
    true, taken = np.unravel_index(wrong.argmax(), wrong.shape)
    most = f"most often {classes[true]} is taken for {classes[taken]}" if wrong.any() else "no errors"
    said = f"{title}: confusion matrix, {wrong.sum():,} of {counts.sum():,} wrong; {most}"
    return drawing.save(_confusion_figure(counts, classes, title), path, said)


def _confusion_figure(counts: np.ndarray, classes: Sequence[str], title: str) -> Any:
    number = len(classes)
    side = min(max(4.0, 0.52 * number + 1.6), 14.0)
    figure = drawing.blank(side + 0.6, side)
    axes = figure.subplots()
    share = 100 * counts / np.maximum(counts.sum(1, keepdims=True), 1)
    errors = np.ma.masked_array(share, mask=np.eye(number, dtype=bool))
    axes.set_facecolor("#ececec")
    drawn = axes.imshow(
        errors, cmap="YlOrRd", vmin=0, vmax=max(float(errors.max()), 1e-3) if number > 1 else 1
    )
    figure.colorbar(drawn, ax=axes, shrink=0.7, label="share of the true class (%)")
    if number <= MOST_NUMBERS:
        dark = float(errors.max()) * 0.6 if number > 1 else 1.0
        for row, column in np.argwhere(counts > 0):
            light = row != column and share[row, column] > dark
            color = "white" if light else drawing.GREY if row == column else drawing.INK
            axes.text(
                column, row, f"{counts[row, column]:,}", ha="center", va="center", fontsize=7, color=color
            )
        upright = max(len(name) for name in classes) <= 3
        axes.set_xticks(
            range(number), classes, rotation=0 if upright else 45, ha="center" if upright else "right"
        )
        axes.set_yticks(range(number), classes)
    axes.set_xlabel("taken for")
    axes.set_ylabel("true class")
    wrong = int(counts.sum() - np.trace(counts))
    axes.set_title(f"{title}\n{wrong:,} of {int(counts.sum()):,} wrong", fontsize=10)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    return figure


def mistakes(
    images: np.ndarray,
    true: np.ndarray,
    probabilities: np.ndarray,
    classes: Sequence[str],
    path: Path,
    *,
    title: str,
    most: int = 60,
) -> Path:
    """Draw misclassified images, the most confident mistakes first, each under "true → taken for" and its probability.

    Parameters
    ----------
    images
        All images, (examples, height, width) or (examples, height, width, 3).
    true
        The class of each, from 0.
    probabilities
        (examples, classes), from the model.
    classes
        The names of the classes.
    path
        The PNG file to write.
    title
        The heading, before the number of mistakes.
    most
        How many mistakes are drawn at most.
    """
    wrong = int((probabilities.argmax(1) != true).sum())
    said = f"{title}: misclassified images, the most confident mistakes first; {wrong:,} of {len(true):,} are wrong"
    return drawing.save(_mistakes_figure(images, true, probabilities, classes, title, most), path, said)


def _mistakes_figure(
    images: np.ndarray,
    true: np.ndarray,
    probabilities: np.ndarray,
    classes: Sequence[str],
    title: str,
    most: int,
) -> Any:
    predicted, confidence = probabilities.argmax(1), probabilities.max(1)
    wrong = np.flatnonzero(predicted != true)
    shown = wrong[np.argsort(-confidence[wrong], kind="stable")][:most]
    columns = min(10, max(5, len(shown)))
    rows = max(1, math.ceil(len(shown) / columns))
    long_names = max(len(name) for name in classes) > 3
    # Inches of a tile, and of the lines above its image.
    wide, high, head = (1.25, 1.45, 0.25) if long_names else (0.95, 1.12, 0.16)
    figure = drawing.blank(columns * wide, rows * high + 0.75)
    heading = f"{title}: {len(wrong):,} of {len(true):,} wrong"
    if len(shown) < len(wrong):
        heading += f", the {len(shown)} most confident shown"
    figure.suptitle(heading if len(wrong) else f"{title}: no mistakes among {len(true):,}", fontsize=10)
    if len(wrong):
        caption = "above each: its true class → what it was taken for, and the probability of that"
        figure.supxlabel(caption, fontsize=8, color=drawing.INK)
    axes = drawing.sheet(figure, columns * wide, rows * high)
    arrow = "\n→ " if long_names else " → "
    for place, i in enumerate(shown):
        row, column = divmod(place, columns)
        left, top = column * wide, row * high + head
        drawing.put(axes, images[i], (left, top, wide - 0.09, high - head - 0.06))
        said = f"{classes[true[i]]}{arrow}{classes[predicted[i]]}  {confidence[i]:.0%}"
        axes.text(left + wide / 2 - 0.045, top - 0.03, said, fontsize=6.5, ha="center", va="bottom")
    return figure
