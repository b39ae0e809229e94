"""Drawings of single signs made as MNIST's digits were: the ink cropped, fitted into a box and centred by its mass."""

import numpy as np

FAINTEST = 0.25  # of the strongest ink: less is paper, noise or the blur of an edge
SMALLEST = 0.02  # of the ink's pixels: a spot that is smaller is dirt
LARGEST = 320  # pixels of a side; larger pictures are looked at in this size


def is_made_like_mnist(x: np.ndarray) -> tuple[int, int] | None:
    """Side of the pictures and of the box of their ink, where grey pictures were made as MNIST's; else None.

    Parameters
    ----------
    x
        Pictures (examples, height, width), uint8 or floats in [0, 1].

    """
    if x.ndim != 3 or x.shape[1] != x.shape[2] or x.shape[1] < 16:
        return None
    some = x[:2000].astype(np.float64)
    side = x.shape[1]
    empty = np.array([not _border(one).any() for one in some])
    boxes = np.array([max(_box(one > 0)) if (one > 0).any() else 0 for one in some])
    box = int(np.median(boxes))
    within = np.abs(boxes - box) <= 1
    apart = np.array([_mass(one) for one in some if one.any()]) - side / 2
    made = 4 < box < side - 4 and empty.mean() > 0.9 and within.mean() > 0.9 and np.abs(apart).mean() < 0.5
    return (side, box) if made else None


def is_centred(image: np.ndarray, digits: tuple[int, int]) -> bool:
    """Whether one grey picture, uint8 on black, already has the size, the box and the centre of MNIST's."""
    side, box = digits
    if image.shape != (side, side) or not image.any():
        return False
    ink = image > 0
    centre = np.abs(_mass(image.astype(np.float64)) - side / 2).max()
    return bool(max(_box(ink)) <= box and centre < 1.5 and not (ink[0].any() or ink[-1].any()))


def as_digit(image: np.ndarray, digits: tuple[int, int]) -> np.ndarray:
    """A drawing, a screen cut-out or a photo of ink on paper as a picture of MNIST's kind.

    The ground may be dark or light, uneven and noisy: what differs from it on the side of the ink counts. One that is
    made so already is left as it is, and one without ink comes out black.

    Parameters
    ----------
    image
        Grey pixels (height, width) uint8.
    digits
        Side of the result, and of the box that the ink is fitted into, as (28, 20).

    Returns
    -------
    image
        Bright ink on black, (side, side) uint8.

    """
    from PIL import Image

    if is_centred(image, digits):
        return image
    side, box = digits
    picture = Image.fromarray(image)
    if max(picture.size) > LARGEST:
        picture.thumbnail((LARGEST, LARGEST), Image.Resampling.BOX)
    ink = _ink(np.asarray(picture, np.float64))
    if not ink.any():
        return np.zeros((side, side), np.uint8)
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    cropped = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = box / max(cropped.shape)
    size = [max(1, round(length * scale)) for length in cropped.shape]
    drawn = Image.fromarray((cropped * 255).astype(np.uint8))
    small = np.asarray(drawn.resize((size[1], size[0]), Image.Resampling.LANCZOS))
    result = np.zeros((side, side), np.uint8)
    top, left = (
        int(np.clip(round(side / 2 - at), 0, side - length))
        for at, length in zip(_mass(small.astype(np.float64)), small.shape, strict=True)
    )
    result[top : top + small.shape[0], left : left + small.shape[1]] = small
    return result


def _ink(pixels: np.ndarray) -> np.ndarray:
    """How much ink lies on each pixel, 0 to 1, without the ground's shades and specks."""
    from scipy import ndimage

    ground = _ground(pixels)
    difference = pixels - ground
    border = _border(difference)
    noise = 3 * 1.4826 * np.median(np.abs(border - np.median(border)))
    strength = max(np.abs(difference).max() * 1e-3, noise)
    bright, dark = (np.where(side > strength, side, 0).sum() for side in (difference, -difference))
    difference = difference if bright >= dark else -difference
    if noise > 1:
        difference = ndimage.median_filter(difference, 3)
    strongest = (
        np.percentile(difference[difference > 0.5 * difference.max()], 50) if difference.max() > 0 else 0
    )
    if strongest <= max(noise, 8):
        return np.zeros_like(pixels)
    ink = np.clip(difference / strongest, 0, 1)
    parts, count = ndimage.label(ink > FAINTEST, np.ones((3, 3)))
    sizes = np.bincount(parts.ravel(), minlength=count + 1)
    sizes[0] = 0
    kept = ndimage.binary_dilation((sizes >= SMALLEST * sizes.sum())[parts] & (parts > 0), np.ones((3, 3)))
    return np.where(kept & (ink > (FAINTEST / 2 if noise > 1 else 0)), ink, 0)


def _ground(pixels: np.ndarray) -> np.ndarray:
    """The shade of the ground at each pixel: a plane through the border, fitted without what differs much from it."""
    height, width = pixels.shape
    y, x = np.mgrid[:height, :width]
    design = np.stack([np.ones(pixels.size), y.ravel() / height, x.ravel() / width], 1)
    edge = np.zeros_like(pixels, bool)
    thick = max(1, round(0.04 * min(pixels.shape)))
    edge[:thick] = edge[-thick:] = edge[:, :thick] = edge[:, -thick:] = True
    rows, values = design[edge.ravel()], pixels[edge]
    middle = np.median(values)
    near = np.abs(values - middle) <= 40
    if near.mean() < 0.6:  # the ink touches the border all round
        return np.full_like(pixels, middle)
    fitted, *_ = np.linalg.lstsq(rows[near], values[near], rcond=None)
    return (design @ fitted).reshape(pixels.shape)


def _border(pixels: np.ndarray) -> np.ndarray:
    return np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])


def _box(ink: np.ndarray) -> tuple[int, int]:
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    return int(rows[-1] - rows[0]) + 1, int(columns[-1] - columns[0]) + 1


def _mass(image: np.ndarray) -> np.ndarray:
    """Row and column of the centre of mass."""
    total = image.sum()
    rows, columns = np.arange(image.shape[0]), np.arange(image.shape[1])
    return np.array([image.sum(1) @ rows / total, image.sum(0) @ columns / total])
