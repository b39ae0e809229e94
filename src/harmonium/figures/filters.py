"""What the units of a layer look for, and what a filter makes of a photo."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from harmonium.figures import drawing
from harmonium.figures.tiles import tile_images

SMALLEST_SIDE = 480  # pixels: a picture below this is enlarged by a whole factor
MOST_UNITS = 400


def filters(weights: np.ndarray, path: Path) -> Path:
    """Draw one tile a unit, each stretched to its own range.

    `weights` is (units, height, width); (units, height, width, 3) is drawn in colour. Units past the 400th are
    left out.
    """
    weights = np.asarray(weights)[:MOST_UNITS]
    columns = math.ceil(math.sqrt(len(weights)))
    tile_shape = (math.ceil(len(weights) / columns), columns)
    if weights.ndim == 4:
        low, high = weights.min((1, 2, 3), keepdims=True), weights.max((1, 2, 3), keepdims=True)
        channels = np.moveaxis((weights - low) / (high - low + 1e-8), -1, 0)
        red, green, blue = channels
        pixels = tile_images(
            (red, green, blue, None),
            weights.shape[1:3],
            tile_shape,
            (1, 1),
            scale_rows_to_unit_interval=False,
        )[..., :3]
    else:
        pixels = tile_images(weights, weights.shape[1:], tile_shape, (1, 1))
    factor = max(1, math.ceil(SMALLEST_SIDE / max(pixels.shape[:2])))
    return drawing.save_pixels(pixels.repeat(factor, 0).repeat(factor, 1), path)


def filtered(photo: np.ndarray, responses: Sequence[np.ndarray], path: Path) -> Path:
    """Draw a photo (height, width, 3) beside what each filter makes of it, (height, width) (section 6.5)."""
    height, width = photo.shape[:2]
    figure = drawing.blank(3.4 * (1 + len(responses)), 3.4 * height / width + 0.25)
    first, *others = figure.subplots(1, 1 + len(responses))
    first.imshow(photo)
    first.set_title("photo", fontsize=10)
    for number, (axes, response) in enumerate(zip(others, responses, strict=True), 1):
        axes.imshow(response, cmap="gray")
        axes.set_title(f"random filter {number}", fontsize=10)
    for axes in (first, *others):
        axes.axis("off")
    return drawing.save(figure, path)
