"""Word embeddings: a table of nearest words, and a map."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from harmonium.figures import drawing

LABELLED = 220  # the first so many words have their names on the map; the rest are dots
COLORS = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#bcbd22", "#17becf")


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
    return drawing.save(_table(nearest, title), path)


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
    """Draw words as coloured dots, the first 220 with their names.

    Parameters
    ----------
    places
        (words, 2): where each word lies.
    words
        The words, the most important first.
    kinds
        Each word's kind. The nine commonest have colours; other words, and those of the kind "", are grey.
    path
        The PNG file to write.
    title
        The heading.
    """
    return drawing.save(_map(places, words, kinds, title), path)


def _map(places: np.ndarray, words: Sequence[str], kinds: Sequence[str], title: str) -> Any:
    common = [kind for kind, _ in Counter(kind for kind in kinds if kind).most_common(len(COLORS))]
    colors = dict(zip(common, COLORS, strict=False))
    figure = drawing.blank(11, 8.5)
    figure.suptitle(title, color=drawing.INK)
    axes = figure.subplots()
    for kind in [*common, None]:
        chosen = [n for n, its in enumerate(kinds) if its == kind or (kind is None and its not in colors)]
        color = drawing.GREY if kind is None else colors[kind]
        x, y = places[chosen].T
        axes.scatter(x, y, s=7, color=color, label=kind or "other", linewidths=0)
        for n in chosen:
            if n < LABELLED:
                axes.annotate(
                    words[n], places[n], xytext=(2, 1), textcoords="offset points", fontsize=5.5, color=color
                )
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    axes.legend(frameon=False, fontsize=8, markerscale=2, loc="center left", bbox_to_anchor=(1, 0.5))
    return figure
