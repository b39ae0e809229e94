"""New numbers, brought to the scale of those that a run learned from, or refused."""

import numpy as np

from harmonium.data.preparation import Preparation
from harmonium.data.scaling import DULL, HAIR, MANY
from harmonium.errors import DataError

NARROW, WIDE = 0.1, 300  # standard deviations, between which pictures on the same scale spread


def check_alike(x: np.ndarray, preparation: Preparation, where: str, *, real: bool) -> None:
    """Refuse new numbers that cannot be on the scale of those that a run learned from.

    Rows of a model that takes any numbers (`real`) may lie beyond those of the training set.

    Raises
    ------
    DataError
        Beginning with `where`. Of intensities, for numbers outside 0 to 255, and for those which are neither in [0, 1]
        nor use more than a sixteenth of 0 to 255; for bytes, if the run's numbers were no intensities. Of pictures that
        are scaled as a whole, for numbers that spread much wider than the training set's, or, if they are not a few
        alone, much narrower.

    """
    low, high = float(x.min()), float(x.max())
    whole = preparation.bytes or (x.ndim > 2 and bool((x == np.rint(x)).all()))
    if preparation.real and x.ndim > 2 and (_are_bytes(x) or (whole and high > DULL)):
        raise _no_intensities(where)  # pictures of whole numbers are learned as intensities alone
    if len(preparation.offsets) == 1 and x[0].size > 1:
        _check_spread(low, high, preparation, where, few=len(x) < MANY)
    bright = whole and low >= 0 and DULL < high <= 255
    if (
        preparation.offsets
        or preparation.real
        or (real and x.ndim == 2 and not preparation.bytes)
        or x.dtype == np.uint8
        or bright
        or (low >= 0 and high <= 1 + HAIR)
    ):
        return
    raise DataError(
        f"{where} holds values {low:.6g} to {high:.6g}, and the run learned from intensities: give those, from 0 to "
        "255 or from 0 to 1"
    )


def _check_spread(low: float, high: float, preparation: Preparation, where: str, *, few: bool) -> None:
    (offset,), (scale,) = preparation.offsets, preparation.scales
    narrow, wide = (1 / DULL, DULL) if preparation.bounded else (NARROW, WIDE)
    if high - low > wide * scale or (high - low < narrow * scale and not few):
        own = (
            f"from {offset:.4g} to {offset + scale:.4g}"
            if preparation.bounded
            else f"of mean {offset:.4g} and standard deviation {scale:.4g}"
        )
        raise DataError(
            f"{where} holds values {low:.6g} to {high:.6g}, and the run learned from values {own}: give those of that "
            "scale"
        )


def as_learned(x: np.ndarray, preparation: Preparation) -> Preparation:
    """How new numbers are scaled, where those that a run learned from were prepared as `preparation` says.

    Intensities may go from 0 to 255 or from 0 to 1, whichever of the two the run learned from.
    """
    if preparation.bytes and x.min() >= 0 and x.max() <= 1 and (x.dtype.kind in "fb" or x.ndim > 2):
        return Preparation()
    if preparation.bytes or (not preparation.offsets and _are_bytes(x)):
        return Preparation(bytes=True)
    return preparation.scale()


def from_intensities(x: np.ndarray, preparation: Preparation, where: str) -> np.ndarray:
    """Intensities of new pictures, bytes or from 0 to 1, as numbers like those of a run, yet to be scaled.

    Raises `DataError`, beginning with `where`, where the run's numbers are no intensities.
    """
    if preparation.real:
        raise _no_intensities(where)
    if preparation.bytes:
        return x
    whole = x.dtype == np.uint8
    if preparation.top == 255:
        return x if whole else x * np.float32(255)
    part = (x / np.float32(255) if whole else x).astype(np.float32, copy=False)
    if preparation.offsets and preparation.bounded:
        return np.float32(preparation.offsets[0]) + part * np.float32(preparation.scales[0])
    return part


def _no_intensities(where: str) -> DataError:
    return DataError(
        f"{where}: the run learned from numbers that are no intensities, among which those of pictures have no place; "
        "give an array (.npy) prepared as its own were"
    )


def _are_bytes(x: np.ndarray) -> bool:
    """Whether new examples are intensities up to 255; floats are where they are whole, and some above 16."""
    integers = x.dtype.kind in "iu"
    fits = x.min() >= 0 and (1 if integers else DULL) < x.max() <= 255
    pictures = x.ndim > 2 or x.dtype == np.uint8
    return bool(fits and pictures and (integers or (x == np.rint(x)).all()))
