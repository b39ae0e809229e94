"""Examples of data that are no pictures: numbers by class, texts, and tagged sentences."""

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from harmonium.figures import drawing

BINS = 18
PANELS = 12  # columns of a table that are drawn
BROAD = 4  # panels beside each other
LETTER = 0.074  # inches in width for each letter
LINE = 0.22  # inches from one line of text to the next
WIDE = 96  # letters of a line
LINES = 3  # of a text; of longer ones the beginning is shown


def histograms(
    columns: Mapping[str, np.ndarray], labels: Sequence[str] | None, path: Path, *, title: str
) -> Path:
    """Draw how often each column of a table has which values, in the colour of each class.

    Parameters
    ----------
    columns
        For each column's name its numbers, (rows,). The first twelve are drawn.
    labels
        The class of each row, where there are classes; of more than eight all rows are drawn as one.
    path
        The PNG file to write.
    title
        The heading.
    """
    shown = dict(list(columns.items())[:PANELS])
    kinds = sorted(set(labels or ()))
    one = not kinds or len(kinds) > len(drawing.SEVERAL)
    across = min(BROAD, len(shown))
    down = -(-len(shown) // across)
    figure = drawing.blank(2.3 * across + 0.2, 1.7 * down + 0.7)
    more = f", {len(shown)} of {len(columns):,} columns" if len(shown) < len(columns) else ""
    figure.suptitle(title + more, fontsize=10, color=drawing.INK)
    grid = figure.subplots(down, across, squeeze=False)
    own = np.array(labels) if labels is not None else None
    for axes, (name, values) in zip(grid.flat, shown.items(), strict=False):
        edges = np.histogram_bin_edges(values, BINS)
        if one or own is None:
            axes.hist(values, edges, color=drawing.BLUE)
        else:
            for kind, colour in zip(kinds, drawing.SEVERAL, strict=False):
                axes.hist(
                    values[own == kind], edges, histtype="stepfilled", color=colour, alpha=0.5, label=kind
                )
        axes.set_title(drawing.wrapped(name, 2.1), fontsize=8)
        axes.tick_params(labelsize=7)
        axes.spines[["top", "right"]].set_visible(False)
    for axes in list(grid.flat)[len(shown) :]:
        axes.set_visible(False)
    if not one:
        handles, names = grid.flat[0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside lower center", ncols=4, fontsize=8, frameon=False)
    return drawing.save(figure, path, f"{title}: histograms of the columns {', '.join(shown)}")


def texts(examples: Mapping[str, Sequence[str]], path: Path, *, title: str) -> Path:
    """Draw texts below the names of their classes.

    Parameters
    ----------
    examples
        For each class some texts, of which the first lines are shown.
    path
        The PNG file to write.
    title
        The heading.
    """
    lines: list[tuple[str, bool]] = []
    for name, those in examples.items():
        lines.append((name, True))
        for text in those:
            wrapped = textwrap.wrap(text, WIDE) or [""]
            cut = wrapped[:LINES]
            if len(wrapped) > LINES:
                cut[-1] += " …"
            lines += [(("- " if not place else "   ") + line, False) for place, line in enumerate(cut)]
    figure, axes = _sheet(len(lines), title)
    for place, (line, is_name) in enumerate(lines):
        colour, weight = (drawing.BLUE, "bold") if is_name else (drawing.INK, "normal")
        axes.text(0, place, line, fontsize=8.5, color=colour, weight=weight, va="center", parse_math=False)
    return drawing.save(figure, path, f"{title}: texts of the classes {', '.join(examples)}")


def tagged(sentences: Sequence[tuple[Sequence[str], Sequence[str]]], path: Path, *, title: str) -> Path:
    """Draw sentences, with the label of each word below it; a colour for each type, none for O.

    Parameters
    ----------
    sentences
        Words and their labels.
    path
        The PNG file to write.
    title
        The heading.
    """
    types = list(dict.fromkeys(label[2:] for _, labels in sentences for label in labels if label != "O"))
    colours = {name: drawing.SEVERAL[place % len(drawing.SEVERAL)] for place, name in enumerate(types)}
    placed: list[tuple[float, float, str, str]] = []
    row = 0.0
    for words, labels in sentences:
        left = 0.0
        for word, label in zip(words, labels, strict=True):
            width = max(len(word), 0.75 * len(label) if label != "O" else 0) + 1.5
            if left and left + width > WIDE:
                left, row = 0.0, row + 2.2
            placed.append((left, row, word, label))
            left += width
        row += 3
    figure, axes = _sheet(row, title)
    for left, at, word, label in placed:
        axes.text(left, at, word, fontsize=8.5, color=drawing.INK, va="center", parse_math=False)
        if label != "O":
            style: dict[str, Any] = {"fontsize": 6.5, "weight": "bold", "va": "center", "parse_math": False}
            axes.text(left, at + 0.95, label, color=colours[label[2:]], **style)
    said = f"{title}: sentences with the labels of their words, as {' '.join(sentences[0][0])}"
    return drawing.save(figure, path, said)


def _sheet(lines: float, title: str) -> tuple[Any, Any]:
    """An empty figure for this many lines of text under a title, one unit of its axes a letter and a line."""
    figure = drawing.blank(LETTER * WIDE + 0.3, LINE * (lines + 1) + 0.4)
    figure.suptitle(title, fontsize=10, color=drawing.INK)
    axes = figure.subplots()
    axes.set_xlim(0, WIDE)
    axes.set_ylim(lines, -1)
    axes.axis("off")
    return figure, axes
