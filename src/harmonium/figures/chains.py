"""What a generative model dreams."""

import io
import math
from pathlib import Path

import numpy as np

from harmonium.figures import drawing
from harmonium.figures.tiles import tile_images

MILLISECONDS = 80  # a frame


def samples(images: np.ndarray, path: Path) -> Path:
    """Draw one row of tiles a row of `images`, (rows, chains, height, width) or (…, 3), values in [0, 1]."""
    return drawing.save_pixels(_tiled(images.reshape(-1, *images.shape[2:]), images.shape[:2]), path)


def animation(frames: np.ndarray, path: Path) -> Path:
    """Write a GIF of `frames`, (frames, chains, height, width) or (…, 3): the chains as tiles of each frame."""
    from PIL import Image

    columns = math.ceil(math.sqrt(frames.shape[1]))
    tile_shape = (math.ceil(frames.shape[1] / columns), columns)
    first, *others = (Image.fromarray(_tiled(chains, tile_shape)) for chains in frames)
    content = io.BytesIO()
    first.save(content, "gif", save_all=True, append_images=others, duration=MILLISECONDS, loop=0)
    return drawing.write(path, content)


def _tiled(images: np.ndarray, tile_shape: tuple[int, ...]) -> np.ndarray:
    images = np.clip(images, 0, 1)
    channels = tuple(np.moveaxis(images, -1, 0)) if images.ndim == 4 else (images,)
    shape, spacing = images.shape[1:3], (1, 1)
    layers = [tile_images(c, shape, tile_shape, spacing, scale_rows_to_unit_interval=False) for c in channels]
    pixels = np.stack(layers, -1) if len(layers) > 1 else layers[0]
    factor = drawing.enlargement(pixels)
    return pixels.repeat(factor, 0).repeat(factor, 1)
