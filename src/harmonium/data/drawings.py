"""Drawings of single signs made as MNIST's digits were: the ink cropped, fitted into a box and centred by its mass."""

import numpy as np

FAINTEST = 0.25  # of the strongest ink: less is paper, noise or the blur of an edge
SMALLEST = 0.02  # of the ink's pixels: a spot that is smaller is dirt
LEAST_INK = 8  # shades between ink and ground; less is none
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
    made = 4 < box < side - 4 and empty.mean() > 0.9 and within.mean() > 0.9 and np.abs(apart).mean() < 0.6
    return (side, box) if made else None


def is_centred(image: np.ndarray, digits: tuple[int, int]) -> bool:
    """Whether one grey picture, uint8 on black, already has the size, the box and the centre of MNIST's."""
    side, box = digits
    if image.shape != (side, side) or not image.any():
        return False
    ink = image > 0
    centre = np.abs(_mass(image.astype(np.float64)) - side / 2).max()
    return max(_box(ink)) <= box and bool(centre < 2)


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
    """How much ink lies on each pixel, 0 to 1, without the ground's shades, ruled lines and specks."""
    from scipy import ndimage

    dark = _is_dark(pixels)
    plane = _plane(pixels)
    difference = (plane - pixels) if dark else (pixels - plane)
    photo = _is_photo(pixels)
    if photo:
        difference = ndimage.median_filter(_local_difference(pixels, dark), 3)
        opened = ndimage.grey_opening(difference, (3, 3))
        if (
            opened.max() > 0.6 * difference.max()
        ):  # what is lost then is thinner than the strokes: lines of the paper
            difference = opened
    if difference.max() < LEAST_INK:
        return np.zeros_like(pixels)
    strongest = np.median(difference[difference > 0.5 * difference.max()])
    ink = np.clip(difference / strongest, 0, 1)
    parts, count = ndimage.label(ink > FAINTEST, np.ones((3, 3)))
    kept = _kept(parts, count)
    near = ndimage.binary_dilation(kept[parts], np.ones((3, 3)))
    return np.where(near & (ink > (FAINTEST / 2 if photo else 0)), ink, 0)


def _kept(parts: np.ndarray, count: int) -> np.ndarray:
    """Which parts of the ink are strokes: not the edge of a desk beside the paper, and not specks."""
    sizes = np.bincount(parts.ravel(), minlength=count + 1)
    sizes[0] = 0
    edges = np.zeros(count + 1, bool)
    for side in (parts[0], parts[-1], parts[:, 0], parts[:, -1]):
        edges |= np.bincount(side, minlength=count + 1) > 0.6 * len(side)
    if (sizes[~edges] > 20).any():
        sizes[edges] = 0
    return sizes >= max(1, SMALLEST * sizes.sum())


def _is_dark(pixels: np.ndarray) -> bool:
    """Whether the ink is darker than the ground."""
    ground = np.median(_border(pixels))
    if ground >= 192 or ground < 64:
        return bool(ground >= 192)
    dark, bright = (_local_difference(pixels, side, percentile=50) for side in (True, False))
    return bool(np.maximum(dark, 0).sum() > np.maximum(bright, 0).sum())


def _is_photo(pixels: np.ndarray) -> bool:
    """Whether the ground is noisy or uneven, as a camera sees paper, and no screen draws it."""
    border = _border(pixels)
    shades, counts = np.unique(np.rint(border), return_counts=True)
    even = np.abs(border - shades[counts.argmax()]) <= 2
    saturated = (border <= 2) | (border >= 253)
    noise = (
        np.median(np.abs(pixels[:, 2:] - 2 * pixels[:, 1:-1] + pixels[:, :-2])) if pixels.shape[1] > 2 else 0
    )
    return bool((even | saturated).mean() < 0.5 or noise > 1.5)


def _local_difference(pixels: np.ndarray, dark: bool, percentile: int = 75) -> np.ndarray:
    """By how much each pixel differs from the ground around it, on the ink's side; shadows are part of the ground."""
    from PIL import Image
    from scipy import ndimage

    height, width = pixels.shape
    scale = max(1.0, max(height, width) / 80)
    small = np.asarray(
        Image.fromarray(pixels.astype(np.float32)).resize((round(width / scale), round(height / scale)))
    )
    window = max(3, round(0.3 * min(small.shape)))
    ground = ndimage.percentile_filter(
        small, percentile if dark else 100 - percentile, window, mode="nearest"
    )
    ground = ndimage.gaussian_filter(ground, window / 4, mode="nearest")
    wide = np.asarray(Image.fromarray(ground).resize((width, height), Image.Resampling.BILINEAR))
    difference = (wide - pixels) if dark else (pixels - wide)
    return difference - max(0.0, float(np.median(difference)))


def _plane(pixels: np.ndarray) -> np.ndarray:
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
