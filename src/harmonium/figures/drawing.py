"""The colours and sizes that all pictures share, and how they are written."""

import io
import math
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from harmonium.files import explained, write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, INK, GREY = "#0072b2", "#d55e00", "#009e73", "#222222", "#8c8c8c"  # Okabe & Ito 2008
DPI = 150
POINTS = 9  # font size of labels
SMALLEST_SIDE = 480  # pixels: a picture below this is enlarged by a whole factor


def blank(width: float, height: float) -> "Figure":
    """An empty figure of `width` x `height` inches, laid out so that nothing overlaps."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=DPI, layout="constrained")


def wrapped(label: str, width: float) -> str:
    """The label, broken into lines of at most about `width` inches."""
    return textwrap.fill(label, int(width * 120 / POINTS))  # a letter is some 0.6 of its size wide


def height(label: str) -> float:
    """How high the lines of a label are together, in inches."""
    return 1.5 * POINTS / 72 * (1 + label.count("\n"))


def save(figure: "Figure", path: Path) -> Path:
    """Write a figure as PNG. Returns `path`."""
    content = io.BytesIO()
    figure.savefig(content, format="png")
    return write(path, content)


def save_pixels(pixels: np.ndarray, path: Path) -> Path:
    """Write uint8 pixels, (height, width) or (height, width, channels), as PNG. Returns `path`."""
    from PIL import Image

    content = io.BytesIO()
    Image.fromarray(pixels).save(content, format="png", optimize=True)
    return write(path, content)


def enlargement(pixels: np.ndarray) -> int:
    """The whole factor that makes a picture's longer side at least 480 pixels."""
    return max(1, math.ceil(SMALLEST_SIDE / max(pixels.shape[:2])))


def write(path: Path, content: io.BytesIO) -> Path:
    """Write a picture's bytes, and make its folder where it is missing. Returns `path`."""
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, content.getvalue())
    return path
