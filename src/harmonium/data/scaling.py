"""Numbers of any kind and range, as the models take them: bytes, floats in [0, 1], or standardised columns."""

import math
from dataclasses import replace
from typing import Literal

import numpy as np

from harmonium.data.preparation import Preparation
from harmonium.errors import DataError

HAIR = 1e-4  # by which rounding may carry a float over 1
WHITE = 255  # of intensities
DULL = 16  # of 256 shades; pictures in as few were saved on another scale
PIXELS = 64  # in a row that may be a picture's
LEAST = 1e-12  # deviation of a column that varies
MANY = 10  # pictures that tell on which scale they are, or on which ground

Scale = Literal["auto", "none", "unit", "standardise"]


def as_examples(x: np.ndarray, where: str) -> tuple[np.ndarray, list[str]]:
    """Numbers as (examples, features), (examples, height, width) or (examples, height, width, 3).

    A last or second axis of one channel is dropped, three channels in the second axis go last, and a fourth channel
    that is the same everywhere is dropped. All else that is done is said in the notes.

    Raises
    ------
    DataError
        For another shape, no examples, what is no number, and values that are not finite.

    """
    if x.dtype.kind not in "biuf":
        texts = "; texts are learned by the recipe sentiment" if x.dtype.kind in "UO" and x.ndim == 1 else ""
        raise DataError(f"{where} has dtype {x.dtype}; give numbers{texts}")
    x, notes = as_pictures(x)
    if x.ndim == 1:
        x = x[:, None]
    if x.ndim not in (2, 3, 4) or (x.ndim == 4 and x.shape[-1] != 3):
        raise DataError(
            f"{where} has shape {x.shape}; it must be (examples, features), (examples, height, width) "
            "or, in colour, (examples, height, width, 3)"
        )
    if x.size == 0:
        raise DataError(f"{where} is empty (shape {x.shape}); give at least one example")
    if x.dtype.kind == "f":
        x = x.astype(np.float32) if x.dtype.itemsize < 4 else x
        check_finite(x, where)
    return x, notes


def check_finite(x: np.ndarray, where: str) -> None:
    """Raise `DataError`, beginning with `where`, for NaN, infinity, and numbers too large for single precision."""
    with np.errstate(over="ignore"):
        finite = np.isfinite(x) & (np.abs(x) < np.finfo(np.float32).max)
    if not finite.all():
        first = np.argwhere(~finite.reshape(len(x), -1).all(1))[0, 0]
        raise DataError(f"{where} is not finite in example {first}; remove or replace NaN and infinity")


def as_pictures(x: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Pictures as (examples, height, width), or in colour (examples, height, width, 3), and what was done to them.

    Numbers of another shape stay as they are.
    """
    if x.ndim != 4:
        return x, []
    if 1 in (x.shape[1], x.shape[-1]):
        return (x[..., 0] if x.shape[-1] == 1 else x[:, 0]), []
    notes = []
    if x.shape[-1] != 3 and x.shape[1] in (3, 4):
        x = np.moveaxis(x, 1, -1)
        notes.append("channels were moved from the second axis to the last")
    if x.shape[-1] == 4 and x.size and (x[..., 3] == x[0, 0, 0, 3]).all():
        x = x[..., :3]
        notes.append("a fourth channel, the same everywhere, was dropped")
    return x, notes


def square_side(x: np.ndarray) -> int:
    """The side of the square pictures that rows of bytes are, (examples, side * side); 0 where they are none."""
    if x.ndim != 2 or x.dtype != np.uint8 or x.shape[1] < PIXELS or x.max() <= DULL:
        return 0
    side = math.isqrt(x.shape[1])
    return side if side * side == x.shape[1] else 0


def is_bytes(x: np.ndarray, where: str, scale: Scale) -> bool:
    """Whether numbers are intensities from 0 to 255, and not features.

    Raises
    ------
    DataError
        For pictures of whole numbers outside 0 to 255, or within a sixteenth of it, unless a scale is given.

    """
    if x.dtype == np.uint8 and scale in ("auto", "none"):
        whole = pictures = True
    else:
        side = math.isqrt(x.shape[1])
        pictures = x.ndim > 2 or (x.shape[1] >= PIXELS and side * side == x.shape[1])
        whole = x.dtype.kind in "iu" or bool((x == np.rint(x)).all())
    low, high = float(x.min()), float(x.max())
    if scale not in ("auto", "none") or not (whole and pictures) or (low >= 0 and high <= 1):
        return False
    if x.ndim == 2 and x.dtype != np.uint8 and (low < 0 or high > 255):
        return False
    if low < 0 or high > 255:
        raise DataError(
            f"{where} holds whole numbers {low:g} to {high:g}; bring them to 0..255 or [0, 1], or let --scale unit do "
            "it, scale='unit' in Python"
        )
    if low < high <= DULL and scale == "auto":
        raise DataError(
            f"{where} holds whole numbers {low:g} to {high:g}, at most a sixteenth of 0..255: nearly black. Multiply "
            f"them by {255 // int(high)}, or divide them by {high:g}, or let --scale unit do it, "
            "scale='unit' in Python (--scale none takes them as they are)"
        )
    return True


def check_bright(x: np.ndarray, where: str, scale: Scale, *, top: int) -> None:
    """Refuse pictures in which nothing can be seen; their intensities go from 0 to `top`.

    Raises
    ------
    DataError
        Where all values are the same, or pictures in [0, 1] use a sixteenth of it, unless a scale is given.

    """
    low, high = float(x.min()), float(x.max())
    if low == high:
        raise DataError(
            f"{where} holds the number {low:g} alone, so that there is nothing to learn; look whether the right files "
            "or array were given, and whether they were damaged when they were saved or converted"
        )
    if x.ndim > 2 and scale == "auto" and low >= 0 and high <= top * DULL / 255 and (high < 1 or top > 1):
        raise DataError(
            f"{where} holds values {low:.4g} to {high:.4g} of 0 to {top}, at most a sixteenth: nearly black. Divide "
            f"them by {high:.4g}, or let --scale unit do it, scale='unit' in Python (--scale none takes them as they "
            "are)"
        )


def shades(x: np.ndarray, preparation: Preparation) -> np.ndarray | None:
    """Numbers that are yet to be scaled, as bytes or from 0 to 1; None where standardised ones were no intensities."""
    if not preparation.offsets or preparation.bounded:
        return scaled(x, preparation)
    return x / preparation.top if x.min() >= 0 and x.max() <= preparation.top + HAIR else None


def fit_scale(x: np.ndarray, *, scale: Scale, real: bool) -> Preparation:
    """How training examples that are no bytes are to be scaled.

    Parameters
    ----------
    x
        Training examples, floats.
    scale
        As the setting of that name says.
    real
        Whether the model takes any finite numbers; else it needs [0, 1].

    """
    low, high = float(x.min()), float(x.max())
    within = low >= 0 and high <= 1 + HAIR
    if scale == "none" or (scale == "auto" and within):
        return Preparation(real=not within)
    if scale == "auto" and real and x.ndim > 2:
        if max(-low, high) <= DULL:
            return Preparation(real=True)  # such as pictures that were standardised, or are in [-1, 1]
        if low >= 0 and high <= WHITE:
            return Preparation(offsets=(0.0,), scales=(float(WHITE),), bounded=True)
    if scale == "auto":
        scale = "standardise" if real else "unit"
    axes = 0 if x.ndim == 2 else None  # pictures keep their contrasts
    if scale == "standardise":
        offsets, scales = x.mean(axes, dtype=np.float64), x.std(axes, dtype=np.float64)
    else:
        offsets = x.min(axes).astype(np.float64)
        scales = x.max(axes) - offsets
    offsets, scales = np.atleast_1d(offsets), np.atleast_1d(scales)
    scales = np.where(scales < LEAST * np.maximum(1, np.abs(offsets)), 1, scales)
    return Preparation(
        offsets=tuple(offsets.tolist()), scales=tuple(scales.tolist()), bounded=scale == "unit"
    )


def on_their_scale(x: np.ndarray, how: Preparation, scale: Scale) -> list[str]:
    """What to say of pictures whose numbers the setting `auto` took as they are, or for intensities."""
    if scale != "auto" or x.ndim < 3:
        return []
    others = "(--scale unit or standardise brings them to another scale)"
    if how.real:
        return [
            f"the pictures' numbers go from {x.min():.4g} to {x.max():.4g} and are taken as they are {others}"
        ]
    if how.bounded and how.scales == (WHITE,):
        return [
            f"the pictures' numbers, up to {x.max():.6g}, are taken for intensities, of which 255 is white {others}"
        ]
    return []


def scaled(x: np.ndarray, preparation: Preparation) -> np.ndarray:
    """Examples as prepared, uint8 or float32; what rounding carried over 1 is 1."""
    if preparation.bytes and x.dtype == np.uint8:
        return x
    if preparation.bytes or preparation.offsets:
        return preparation.scaled(x)
    x = x.astype(np.float32, copy=False)
    over = x.size and 1 < float(x.max()) <= 1 + HAIR
    return np.minimum(x, 1) if over else x


def merged(first: Preparation, second: Preparation) -> Preparation:
    """The first, with the second's way to scale numbers."""
    names = ("offsets", "scales", "top", "bounded", "bytes", "real")
    return replace(first, **{name: getattr(second, name) for name in names})


def squared(x: np.ndarray) -> np.ndarray:
    """Turn rows of n² values into pictures (n, n), and rows of 3·n² values, channels first, into colour (n, n, 3)."""
    if x.ndim != 2 or x.dtype.kind not in "biuf":
        return x
    side = math.isqrt(x.shape[1])
    if side * side == x.shape[1] and side > 2:
        return x.reshape(-1, side, side)
    side = math.isqrt(x.shape[1] // 3)
    return (
        np.moveaxis(x.reshape(-1, 3, side, side), 1, -1) if side * side * 3 == x.shape[1] and side >= 8 else x
    )
