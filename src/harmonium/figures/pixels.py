"""Pixels that a figure shows as they are."""

from typing import Any

import numpy as np
from matplotlib.artist import Artist


class Pixels(Artist):
    """A picture in a figure, pixel by pixel: `Figure.figimage` would resample it as floats, in 30 times its memory."""

    def __init__(self, colours: np.ndarray, left: int, below: int):
        """Place uint8 colours, (height, width, 3), this many pixels from the left and from below."""
        super().__init__()
        opaque = np.full((*colours.shape[:2], 1), 255, np.uint8)
        self.colours, self.left, self.below = np.concatenate([colours, opaque], -1), left, below

    def draw(self, renderer: Any) -> None:
        """Hand the pixels to what draws the figure, which wants the lowest row first."""
        context = renderer.new_gc()
        renderer.draw_image(context, self.left, self.below, self.colours[::-1])
        context.restore()
