"""Samples of a generative model: chains as rows of images, or as an animation."""

import io
import math
from pathlib import Path

import numpy as np

from harmonium.figures import drawing
from harmonium.figures.tiles import tile_images

MILLISECONDS = 80  # for which each frame of an animation is shown
SMALLEST = 480  # pixels of an animation's longer side; a smaller one is enlarged by a whole factor
LEVEL = 16  # greys of 256 that become one in an animation, which more than halves its file


def samples(
    images: np.ndarray,
    path: Path,
    *,
    title: str = "samples",
    steps: int | None = None,
    step: str = "Gibbs step",
) -> Path:
    """Draw samples as a grid of tiles, with a caption that says which way chains run.

    Parameters
    ----------
    images
        (rows, chains, height, width) or (rows, chains, height, width, 3), with values in [0, 1]: in each row the
        states of all chains at one time, and below it their later ones.
    path
        The PNG file to write.
    title
        The heading.
    steps
        Steps of a chain from one row to the next; None where nobody knows.
    step
        What such a step is called.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     samples(np.zeros((3, 10, 8, 8)), Path(folder, "samples.png"), steps=1000).name
    'samples.png'
    """
    rows, chains = images.shape[:2]
    several = step[:-1] + "ies" if step.endswith("y") else step + "s"
    caption = f"each column is a chain, which runs downwards: {chains} of them"
    if steps is not None and rows > 1:
        caption += f"; {steps:,} {step if steps == 1 else several} from one row to the next"
    pixels = _tiled(images.reshape(-1, *images.shape[2:]), images.shape[:2])
    return drawing.save(drawing.labelled(pixels, title, caption), path, f"{title}: {caption}")


def animation(frames: np.ndarray, path: Path) -> Path:
    """Write a GIF in which each frame shows all chains as tiles.

    Parameters
    ----------
    frames
        (frames, chains, height, width) or (frames, chains, height, width, 3), with values in [0, 1].
    path
        The GIF file to write.
    """
    from PIL import Image

    columns = math.ceil(math.sqrt(frames.shape[1]))
    tile_shape = (math.ceil(frames.shape[1] / columns), columns)
    large = [_tiled(chains, tile_shape) // LEVEL * 17 for chains in frames]
    factor = drawing.enlargement(large[0], SMALLEST)
    first, *others = (Image.fromarray(pixels.repeat(factor, 0).repeat(factor, 1)) for pixels in large)
    content = io.BytesIO()
    said = f"{frames.shape[1]} chains side by side, {len(frames)} steps one after the other"
    first.save(
        content,
        "gif",
        save_all=True,
        append_images=others,
        duration=MILLISECONDS,
        loop=0,
        comment=said.encode(),
    )
    return drawing.write(path, content)


def _tiled(images: np.ndarray, tile_shape: tuple[int, ...]) -> np.ndarray:
    images = np.clip(images, 0, 1)
    channels = tuple(np.moveaxis(images, -1, 0)) if images.ndim == 4 else (images,)
    shape, spacing = images.shape[1:3], (1, 1)
    layers = [tile_images(c, shape, tile_shape, spacing, scale_rows_to_unit_interval=False) for c in channels]
    return drawing.framed(np.stack(layers, -1) if len(layers) > 1 else layers[0])
