"""Many small images as one large one (section 15.1)."""

from collections.abc import Sequence

import numpy as np

from harmonium.errors import DataError

Channels = tuple[np.ndarray | None, np.ndarray | None, np.ndarray | None, np.ndarray | None]


def tile_images(
    x: np.ndarray | Channels,
    image_shape: Sequence[int],
    tile_shape: Sequence[int],
    tile_spacing: Sequence[int] = (0, 0),
    *,
    scale_rows_to_unit_interval: bool = True,
    output_pixel_values: bool = True,
) -> np.ndarray:
    """Lay images out as tiles of one large image.

    Parameters
    ----------
    x
        One image a row, flat or (images, height, width). Images past the last tile are left out, and tiles past the
        last image stay zero. Four such arrays are the channels red, green, blue and alpha of one picture; None stands
        for black, or for opaque alpha.
    image_shape
        (height, width) of each image.
    tile_shape
        (rows, columns) of tiles.
    tile_spacing
        Pixels of zeros between rows and between columns.
    scale_rows_to_unit_interval
        Stretch each image to [0, 1] by itself.
    output_pixel_values
        Return uint8 from 0 to 255, and not values in the dtype of `x`.

    Returns
    -------
    np.ndarray
        (height, width), or (height, width, 4) for channels.

    Raises
    ------
    DataError
        Where the sizes do not fit.

    Examples
    --------
    Three images of 1x2 pixels on four tiles, one pixel apart:

    >>> images = np.array([[0.0, 1.0], [2.0, 0.0], [0.0, 5.0]])
    >>> tile_images(images, (1, 2), (2, 2), (1, 1)).tolist()
    [[0, 254, 0, 254, 0], [0, 0, 0, 0, 0], [0, 254, 0, 0, 0]]
    """
    if isinstance(x, tuple):
        return _tile_channels(
            x, image_shape, tile_shape, tile_spacing, scale_rows_to_unit_interval, output_pixel_values
        )
    (height, width), (rows, columns), (gap_down, gap_across) = image_shape, tile_shape, tile_spacing
    if x.ndim < 2 or x[0].size != height * width:
        raise DataError(f"images of shape {x.shape[1:]} cannot be laid out as tiles of {height}x{width}")
    shown = x.reshape(len(x), height, width)[: rows * columns]
    if scale_rows_to_unit_interval:
        shown = _unit_interval(shown)
    if output_pixel_values:
        shown = (shown * 255).astype(np.uint8)
    tiles = np.zeros((rows * columns, height + gap_down, width + gap_across), shown.dtype)
    tiles[: len(shown), :height, :width] = shown
    laid = tiles.reshape(rows, columns, height + gap_down, width + gap_across).swapaxes(1, 2)
    picture = laid.reshape(rows * (height + gap_down), columns * (width + gap_across))
    return picture[: len(picture) - gap_down, : picture.shape[1] - gap_across]


def _tile_channels(
    channels: Channels,
    image_shape: Sequence[int],
    tile_shape: Sequence[int],
    tile_spacing: Sequence[int],
    scale: bool,
    pixels: bool,
) -> np.ndarray:
    given = next((channel for channel in channels if channel is not None), None)
    if len(channels) != 4 or given is None:
        raise DataError(
            "channels must be four arrays (red, green, blue, alpha), at least one of them not None"
        )
    opaque = 255 if pixels else 1
    size = [(s + gap) * n - gap for s, gap, n in zip(image_shape, tile_spacing, tile_shape, strict=True)]
    picture = np.zeros((*size, 4), np.uint8 if pixels else given.dtype)
    for i, (channel, default) in enumerate(zip(channels, (0, 0, 0, opaque), strict=True)):
        if channel is None:
            picture[..., i] = default
        else:
            picture[..., i] = tile_images(
                channel,
                image_shape,
                tile_shape,
                tile_spacing,
                scale_rows_to_unit_interval=scale,
                output_pixel_values=pixels,
            )
    return picture


def _unit_interval(images: np.ndarray) -> np.ndarray:
    if not np.issubdtype(images.dtype, np.floating):
        images = images.astype(np.float32)
    shifted = images - images.min((1, 2), keepdims=True)
    # The small number, the book's, leaves a constant image black where it would be 0/0.
    return shifted / (shifted.max((1, 2), keepdims=True) + 1e-8)
