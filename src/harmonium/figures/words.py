"""Word embeddings: a table of nearest words, and a map."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from harmonium.figures import drawing

LABELLED = 300  # words, the first, that are named on the map where there is room; the others are dots
KINDS = tuple(zip(drawing.SEVERAL[:7], "osD^vPX", strict=True))  # for those who see few colours, a shape too


def neighbours(nearest: Mapping[str, Sequence[str]], path: Path, *, title: str) -> Path:
    """Draw a table of the words nearest to some words or classes (section 12.8.2).

    Parameters
    ----------
    nearest
        For the head of each column the words below it, the nearest first.
    path
        The PNG file to write.
    title
        The heading.
    """
    first = next(iter(nearest))
    said = f"{title}: a table of words; below {first}: {', '.join(nearest[first])}"
    return drawing.save(_table(nearest, title), path, said)


def _table(nearest: Mapping[str, Sequence[str]], title: str) -> Any:
    rows = max(map(len, nearest.values()))
    widths = [max(map(len, (word, *near))) + 2 for word, near in nearest.items()]
    edges = np.cumsum([0, *widths])
    across = max(edges[-1], len(title) + 2)  # letters
    edges = edges * across / edges[-1]
    figure = drawing.blank(0.082 * across + 0.2, 0.24 * (rows + 1) + 0.5)
    figure.suptitle(title, color=drawing.INK, fontsize=10)
    axes = figure.subplots()
    axes.set_xlim(0, across)
    axes.set_ylim(rows + 0.5, -0.7)
    axes.axis("off")
    for left, (word, near) in zip(edges, nearest.items(), strict=False):
        axes.text(left, 0, word, fontsize=8.5, weight="bold", color=drawing.BLUE, va="center")
        for row, name in enumerate(near, 1):
            axes.text(left, row, name, fontsize=8.5, color=drawing.INK, va="center")
    axes.axhline(0.5, color=drawing.GREY, lw=0.6)
    return figure


def word_map(
    places: np.ndarray, words: Sequence[str], kinds: Sequence[str], path: Path, *, title: str
) -> Path:
    """Draw words as coloured marks, with the names of as many of the first 300 as find room beside theirs.

    Parameters
    ----------
    places
        (words, 2): where each word lies.
    words
        The words, the most important first.
    kinds
        Each word's kind. The seven commonest have colours and shapes; other words, and those of the kind "", are grey.
    path
        The PNG file to write.
    title
        The heading.
    """
    said = f"{title}: a map of {len(words)} words, near where they are alike"
    return drawing.save(_map(places, words, kinds, title), path, said)


def _map(places: np.ndarray, words: Sequence[str], kinds: Sequence[str], title: str) -> Any:
    common = [kind for kind, _ in Counter(kind for kind in kinds if kind).most_common(len(KINDS))]
    looks = dict(zip(common, KINDS, strict=False))
    figure = drawing.blank(11, 8.5)
    figure.suptitle(title, color=drawing.INK)
    axes = figure.subplots()
    for kind in [*common, None]:
        mine = [n for n, its in enumerate(kinds) if its == kind or (kind is None and its not in looks)]
        color, marker = (drawing.GREY, ".") if kind is None else looks[kind]
        x, y = places[mine].T
        axes.scatter(x, y, s=11, color=color, marker=marker, label=kind or "other", linewidths=0)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    axes.legend(frameon=False, fontsize=8, markerscale=2, loc="center left", bbox_to_anchor=(1, 0.5))
    colors = [looks[kind][0] if kind in looks else drawing.GREY for kind in kinds]
    _write_names(figure, axes, places[:LABELLED], words[:LABELLED], colors)
    return figure


def _write_names(
    figure: Any, axes: Any, places: np.ndarray, words: Sequence[str], colors: Sequence[str]
) -> None:
    """Write each word beside its mark, on the first side where no earlier word stands, or leave it out."""
    drawing.lay_out(figure)
    pixels = axes.transData.transform(places)
    high = 6.5 / 72 * figure.dpi
    taken = np.empty((0, 4))  # left, right, bottom and top of what has been written, in pixels
    for word, (x, y), place, color in zip(words, pixels, places, colors, strict=False):
        wide = 0.62 * high * len(word)
        for dx, dy, ha, va in SIDES:
            left = x + dx - (wide if ha == "right" else wide / 2 if ha == "center" else 0)
            bottom = y + dy - (high if va == "top" else high / 2 if va == "center" else 0)
            box = np.array([left, left + wide, bottom, bottom + high])
            clash = (
                (taken[:, 0] < box[1])
                & (box[0] < taken[:, 1])
                & (taken[:, 2] < box[3])
                & (box[2] < taken[:, 3])
            )
            if not clash.any():
                taken = np.vstack([taken, box])
                offset = (dx * 72 / figure.dpi, dy * 72 / figure.dpi)
                axes.annotate(
                    word,
                    place,
                    xytext=offset,
                    textcoords="offset points",
                    fontsize=6.5,
                    color=color,
                    ha=ha,
                    va=va,
                )
                break


# Where a name may stand beside its mark: pixels to the right and upwards, and which of its edges is there.
SIDES = (
    (5, 0, "left", "center"), (-5, 0, "right", "center"), (0, 5, "center", "bottom"), (0, -5, "center", "top"),
    (4, 4, "left", "bottom"), (-4, 4, "right", "bottom"), (4, -4, "left", "top"), (-4, -4, "right", "top"),
)  # fmt: skip
