"""The colours and sizes that all pictures share, and how they are written."""

import io
import math
import os
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from harmonium.figures import fonts
from harmonium.files import explained, write_atomically
from harmonium.memory import give_back

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

# Colours that the colour-blind tell apart (Okabe & Ito 2008).
BLUE, ORANGE, GREEN, INK, GREY = "#0072b2", "#d55e00", "#009e73", "#222222", "#8c8c8c"
SEVERAL = (BLUE, ORANGE, GREEN, "#cc79a7", "#56b4e9", "#e69f00", "#8a7a00", INK)
DASHES = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (5, 1.5, 1, 1.5)))
DPI = 150
POINTS = 9  # font size of labels
NARROWEST = 800  # pixels of a picture with a title


def blank(width: float, height: float) -> "Figure":
    """An empty figure of `width` x `height` inches, laid out so that nothing overlaps."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=DPI, layout="constrained")


def sheet(figure: "Figure", width: float, height: float) -> "Axes":
    """Axes without lines over the whole figure, on which places are inches from the left and from above.

    One for many pictures, since matplotlib takes 50 ms to draw axes of its own for each.
    """
    axes = figure.subplots()
    axes.set(xlim=(0, width), ylim=(height, 0), aspect="equal", autoscale_on=False)
    axes.axis("off")
    return axes


def put(axes: "Axes", image: np.ndarray, box: tuple[float, float, float, float], **shown: Any) -> "AxesImage":
    """Show an image on a sheet, as large as fits into the middle of a `box` (left, top, width, height)."""
    left, top, width, height = box
    scale = min(width / image.shape[1], height / image.shape[0])
    across, down = scale * image.shape[1] / 2, scale * image.shape[0] / 2
    x, y = left + width / 2, top + height / 2
    extent = (x - across, x + across, y + down, y - down)
    return axes.imshow(image, interpolation="nearest", extent=extent, **{"cmap": "gray", **shown})


def wrapped(label: str, width: float) -> str:
    """The label, broken into lines of at most about `width` inches."""
    return textwrap.fill(label, int(width * 120 / POINTS))  # a letter is some 0.6 of its size wide


def height(label: str) -> float:
    """How high the lines of a label are together, in inches."""
    return 1.5 * POINTS / 72 * (1 + label.count("\n"))


def save(figure: "Figure", path: Path, description: str) -> Path:
    """Write a figure as PNG, with a text in its place for those who do not see it. Returns `path`.

    Characters that no font on the machine has are drawn as their numbers in Unicode, and not as boxes; a line at the
    foot says so.
    """
    content, said = io.BytesIO(), {"Description": " ".join(description.split())}
    fonts.fit_letters(figure)
    figure.savefig(content, format="png", metadata=said)
    figure.clear()  # else it lies in memory, a cycle of references, until Python looks for those
    give_back()
    return write(path, content)


def lay_out(figure: "Figure") -> None:
    """Give everything in a figure its final place, with the letters that `save` draws, before more is added."""
    fonts.fit_letters(figure)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")


def labelled(pixels: np.ndarray, title: str, caption: str) -> "Figure":
    """A figure of uint8 pixels, enlarged by a whole factor and never resampled, under a title and over a caption."""
    from matplotlib.figure import Figure

    from harmonium.figures.pixels import Pixels

    factor = enlargement(pixels)
    pixels = pixels.repeat(factor, 0).repeat(factor, 1)
    high, wide = pixels.shape[0], max(pixels.shape[1], NARROWEST)
    head, foot = wrapped(title, wide / DPI - 0.2), wrapped(caption, wide / DPI - 0.2)
    above, below = (round(DPI * (height(text) + 0.12)) for text in (head, foot))
    whole = above + high + below
    figure = Figure(figsize=(wide / DPI, whole / DPI), dpi=DPI)
    colours = pixels if pixels.ndim == 3 else np.stack([pixels] * 3, -1)
    figure.add_artist(Pixels(colours, (wide - pixels.shape[1]) // 2, below))
    style: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": POINTS, "color": INK}
    figure.text(0.5, 1 - above / whole / 2, head, **style)
    figure.text(0.5, below / whole / 2, foot, **style)
    return figure


def framed(pixels: np.ndarray, value: int = 0) -> np.ndarray:
    """Tiles with a line of one pixel around all of them, as between them."""
    return np.pad(pixels, ((1, 1), (1, 1), *((0, 0) for _ in pixels.shape[2:])), constant_values=value)


def enlargement(pixels: np.ndarray, least: int = NARROWEST) -> int:
    """The whole factor that makes a picture's longer side at least this many pixels."""
    return max(1, math.ceil(least / max(pixels.shape[:2])))


def write(path: str | os.PathLike[str], content: io.BytesIO) -> Path:
    """Write a picture's bytes, and make its folder where it is missing. Returns `path`."""
    path = Path(path)
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, content.getvalue())
    return path
