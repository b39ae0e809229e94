"""What speaks for the class of an example, and what against it: words, pixels and columns."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from harmonium.figures import drawing

ACROSS = 100  # letters of a line of a text
BARS = 12  # columns of a row that are drawn, those with the largest shares
BROAD = 2  # rows of a table, or pairs of pictures, beside each other
MOST = 24  # rows and pictures of a figure


def speaking_words(
    texts: Sequence[tuple[str, Sequence[str], Sequence[float]]], path: Path, *, title: str
) -> Path:
    """Draw texts whose words stand on blue where they speak for the text's class, and on orange where against it.

    Parameters
    ----------
    texts
        Of each text what is said above it, its words, and the share of each: above zero for the class. The deepest
        colour is that of the text's largest share.
    path
        The PNG file to write.
    title
        The heading.
    """
    lines: list[list[tuple[str, float | None]]] = []
    for head, words, shares in texts:
        largest = max((abs(share) for share in shares), default=0.0) or 1.0
        lines += [*([[]] if lines else []), [(head, None)], []]
        for word, share in zip(words, shares, strict=True):
            if sum(len(other) + 2 for other, _ in lines[-1]) + len(word) > ACROSS:
                lines.append([])
            lines[-1].append((word, share / largest))
    from matplotlib.patches import Rectangle

    figure = drawing.blank(0.082 * ACROSS + 0.2, 0.24 * len(lines) + 0.5)
    figure.suptitle(title, color=drawing.INK, fontsize=10)
    axes = figure.subplots()
    axes.set_xlim(-1, ACROSS)
    axes.set_ylim(len(lines) - 0.2, -0.6)
    axes.axis("off")
    for row, line in enumerate(lines):
        column = 0
        for word, depth in line:
            if depth is not None:
                colour = drawing.ORANGE if depth < 0 else drawing.BLUE
                corner, wide = (column - 0.5, row - 0.4), len(word) + 1
                axes.add_patch(Rectangle(corner, wide, 0.8, color=colour, alpha=0.8 * abs(depth), lw=0))
            style: dict[str, Any] = {"color": drawing.INK, "weight": "bold" if depth is None else "normal"}
            middle = column + len(word) / 2
            axes.text(middle, row, word, ha="center", va="center", fontsize=8.5, **style)
            column += len(word) + 2
    first, words, shares = texts[0]
    order = sorted(zip(shares, words, strict=True), reverse=True)[:10]
    said = f"{title}: for {first} speak most {', '.join(word for _, word in order)}"
    return drawing.save(figure, path, said)


def speaking_pixels(pictures: Sequence[tuple[str, Any, Any]], path: Path, *, title: str) -> Path:
    """Draw pictures, and beside each which of its pixels speak for its class (blue) and which against it (orange).

    Parameters
    ----------
    pictures
        Of each what is said above it, its pixels in [0, 1] (height, width) or (height, width, 3), and their shares
        (height, width) in nats. The deepest colour is that of the picture's largest share. The first 24 are drawn.
    path
        The PNG file to write.
    title
        The heading.
    """
    from matplotlib.colors import LinearSegmentedColormap

    colours = LinearSegmentedColormap.from_list("speaking", [drawing.ORANGE, "white", drawing.BLUE])
    shown = pictures[:MOST]
    across = min(BROAD, len(shown))
    down = -(-len(shown) // across)
    heads = [drawing.wrapped(head, 1.9) for head, _, _ in shown]
    above = max(drawing.height(head) for head in heads)
    high = above + 2.15
    figure = drawing.blank(4.6 * across, high * down + 0.5)
    figure.suptitle(title, fontsize=10, color=drawing.INK)
    axes = drawing.sheet(figure, 4.6 * across, high * down)
    scale = np.linspace(1, -1, 101)[:, None].repeat(5, 1)
    line: dict[str, Any] = {"fontsize": 8, "ha": "center", "va": "bottom"}
    for place, (head, (_, seen, shares)) in enumerate(zip(heads, shown, strict=True)):
        left, top = 4.6 * (place % across), high * (place // across) + above
        picture, given = np.asarray(seen, np.float32), np.asarray(shares, np.float32)
        least, most = min(0.0, float(picture.min())), max(1.0, float(picture.max()))
        drawing.put(axes, (picture - least) / (most - least), (left, top, 1.9, 2), vmin=0, vmax=1)
        largest = float(np.abs(given).max()) or 1.0
        beside = drawing.put(axes, given / largest, (left + 2, top, 1.9, 2), cmap=colours, vmin=-1, vmax=1)
        x, end, low, up = beside.get_extent()
        axes.plot([x, end, end, x, x], [low, low, up, up, low], color=drawing.INK, lw=0.8)
        drawing.put(axes, scale, (left + 3.98, top + 0.2, 0.08, 1.6), cmap=colours)
        axes.text(left + 0.95, top - 0.05, head, **line)
        axes.text(left + 2.95, top - 0.05, f"together {given.sum():+.1f} nats", **line)
        for below, value in ((0.2, largest), (1.0, 0.0), (1.8, -largest)):
            axes.text(left + 4.1, top + below, f"{value:+.2g}" if value else "0", fontsize=7, va="center")
    said = "beside each picture the share of its pixels in the log-odds, in nats"
    figure.supxlabel(said, fontsize=8, color=drawing.INK)
    return drawing.save(figure, path, f"{title}: {'; '.join(head for head, _, _ in shown)}")


def speaking_columns(
    rows: Sequence[tuple[str, Sequence[str], Sequence[float]]], path: Path, *, title: str
) -> Path:
    """Draw for rows of numbers a bar for each of the twelve columns that say most, to the right where for the class.

    Parameters
    ----------
    rows
        Of each what is said above it, its columns' names, and their shares in nats. The first 24 are drawn.
    path
        The PNG file to write.
    title
        The heading.
    """
    shown = rows[:MOST]
    across = min(BROAD, len(shown))
    down = -(-len(shown) // across)
    bars = min(BARS, max(len(names) for _, names, _ in shown))
    figure = drawing.blank(4.2 * across, down * (0.2 * bars + 0.7) + 0.5)
    figure.suptitle(title, fontsize=10, color=drawing.INK)
    panels = list(figure.subplots(down, across, squeeze=False).flat)
    for axes, (head, names, shares) in zip(panels, shown, strict=False):
        given = np.asarray(shares)
        order = np.argsort(-np.abs(given), kind="stable")[:BARS][::-1]
        colours = [drawing.ORANGE if given[place] < 0 else drawing.BLUE for place in order]
        axes.barh(range(len(order)), given[order], color=colours)
        axes.set_yticks(range(len(order)), [names[place] for place in order], fontsize=7)
        axes.axvline(0, color=drawing.INK, lw=0.6)
        axes.set_title(drawing.wrapped(head, 4.0), fontsize=8)
        axes.set_xlabel("share of the log-odds, nats", fontsize=7)
        axes.tick_params(axis="x", labelsize=7)
        axes.spines[["top", "right"]].set_visible(False)
    for axes in panels[len(shown) :]:
        axes.set_visible(False)
    return drawing.save(figure, path, f"{title}: {'; '.join(head for head, _, _ in shown)}")
