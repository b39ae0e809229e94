"""The filters of a layer as tiles, filter responses of a photo, and rows of images."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from harmonium.figures import drawing
from harmonium.figures.tiles import tile_images

MOST_UNITS = 400


def filters(weights: np.ndarray, path: Path, *, title: str = "filters") -> Path:
    """Draw the weights of each unit as a tile that runs from black to white over its own range, which the caption says.

    Parameters
    ----------
    weights
        (units, height, width), or (units, height, width, 3), which is drawn in colour. Units past the 400th are left
        out.
    path
        The PNG file to write.
    title
        The heading.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     filters(np.random.default_rng(0).random((20, 8, 8)), Path(folder, "filters.png")).name
    'filters.png'
    """
    whole = len(weights)
    weights = np.asarray(weights)[:MOST_UNITS]
    which = f"{whole}" if whole == len(weights) else f"the first {len(weights)} of {whole}"
    caption = (
        f"{which} unit{'s' * (whole != 1)}, each tile from its own lowest weight (black) to its highest (white); all "
        f"lie from {weights.min():.3g} to {weights.max():.3g}"
    )
    return drawing.save(drawing.labelled(filter_tiles(weights), title, caption), path, f"{title}: {caption}")


def filter_tiles(weights: np.ndarray) -> np.ndarray:
    """Return the weights of each unit, as `filters` takes them, as tiles of uint8 pixels with lines around all."""
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
    return drawing.framed(pixels)


def filtered(
    photo: np.ndarray, responses: Sequence[np.ndarray], path: Path, *, names: Sequence[str] = ()
) -> Path:
    """Draw a photo (height, width, 3) beside the results of operations on it, each (height, width) (section 6.5).

    At most three stand side by side, each from its own lowest value in black to its highest in white. `names` are
    theirs; without them they are the responses of random filters.
    """
    height, width = photo.shape[:2]
    names = names or [f"random filter {number}" for number in range(1, len(responses) + 1)]
    columns = min(3, 1 + len(responses))
    rows = -(-(1 + len(responses)) // columns)
    figure = drawing.blank(3.4 * columns, rows * (3.32 * height / width + 0.25) + 0.25)
    title = "a photo, and what is made of it: each from its own lowest value (black) to its highest (white)"
    figure.suptitle(drawing.wrapped(title, 3.4 * columns - 0.2), fontsize=10, color=drawing.INK)
    first, *others = panels = list(figure.subplots(rows, columns, squeeze=False).flat)
    first.imshow(photo)
    first.set_title("photo", fontsize=10)
    for axes, response, name in zip(others, responses, names, strict=False):
        axes.imshow(response, cmap="gray")
        axes.set_title(name, fontsize=10)
    for axes in panels:
        axes.axis("off")
    return drawing.save(figure, path, f"a photo, and beside it: {', '.join(names)}")


def image_rows(rows: Mapping[str, np.ndarray], path: Path, *, title: str) -> Path:
    """Draw rows of images, each beside its name.

    Parameters
    ----------
    rows
        For each row's name its images, (images, height, width) or (images, height, width, 3), with values in [0, 1].
        Where values go beyond, all rows are drawn on the one scale that holds them.
    path
        The PNG file to write.
    title
        The heading.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     rows = {"clean": np.ones((5, 8, 8)), "noisy": np.random.default_rng(0).random((5, 8, 8))}
    ...     image_rows(rows, Path(folder, "rows.png"), title="five images").name
    'rows.png'
    """
    longest = max(len(images) for images in rows.values())
    figure = drawing.blank(0.55 * longest + 1.2, 0.62 * len(rows) + 0.4)
    figure.suptitle(title, fontsize=10, color=drawing.INK)
    low = min(0.0, *(float(images.min()) for images in rows.values()))
    high = max(1.0, *(float(images.max()) for images in rows.values()))
    axes = drawing.sheet(figure, 0.55 * longest, 0.62 * len(rows))
    for row, (name, images) in enumerate(rows.items()):
        top = 0.62 * row
        for column, image in enumerate(images):
            box = (0.55 * column, top, 0.51, 0.58)
            drawing.put(axes, (image - low) / (high - low), box, vmin=0, vmax=1)
        axes.text(-0.05, top + 0.29, name, ha="right", va="center", fontsize=8)
    return drawing.save(figure, path, f"{title}: rows of images, from above {', '.join(rows)}")
