"""Splits that data come with: whether their numbers are on one scale."""

from collections.abc import Sequence

import numpy as np

from harmonium.data.scaling import DULL, HAIR, MANY
from harmonium.errors import DataError

BEYOND = 0.1  # by which pictures in [0, 1] that were resized may go past it
MOSTLY = 0.9  # share of pictures that go below 0, as nearly all do that were standardised
LOOKED_AT = 2000  # rows of a split
FEW, MOST = 10, 90  # per cent, between which the numbers of a column are compared


def check_splits_alike(x: np.ndarray, parts: Sequence[str | None], where: str) -> None:
    """Refuse splits whose numbers are surely on another scale than those of train.

    Parameters
    ----------
    x
        All examples, before they are scaled.
    parts
        The split that each comes with; None where the data do not say, which is taken for train.
    where
        How messages begin.

    Raises
    ------
    DataError
        Naming the split and both ranges, where one spreads sixteen times as wide as the other, and of pictures also
        where those of train are in [0, 1] and others are not, or nearly all of train go below 0 and others never
        do. Of rows, the columns are compared one by one, and half of those that vary must spread so.

    """
    if len(set(parts)) < 2:
        return
    homes = np.array([part or "train" for part in parts])
    values = tuple(range(1, x.ndim))
    lows, highs = x.min(values).astype(np.float64), x.max(values).astype(np.float64)
    train = np.flatnonzero(homes == "train")
    for part in ("valid", "test"):
        its = np.flatnonzero(homes == part)
        if not len(its) or not len(train):
            continue
        many = min(len(its), len(train)) >= MANY
        if (
            _pictures_are_unlike(lows[train], highs[train], lows[its], highs[its], many=many)
            if x.ndim > 2
            else many and _rows_are_unlike(_some(x, train), _some(x, its))
        ):
            raise DataError(
                f"{where}: the numbers of {part} go from {lows[its].min():.6g} to {highs[its].max():.6g}, and those of "
                f"train from {lows[train].min():.6g} to {highs[train].max():.6g}; bring both to one scale"
            )


def _pictures_are_unlike(
    lows: np.ndarray, highs: np.ndarray, its_lows: np.ndarray, its_highs: np.ndarray, *, many: bool
) -> bool:
    """Whether pictures are on another scale than those of train, by the lowest and the highest number of each."""
    low, high, its_low, its_high = lows.min(), highs.max(), its_lows.min(), its_highs.max()
    if many and not (high - low) / DULL <= its_high - its_low <= (high - low) * DULL:
        return True
    if low >= 0 and high <= 1 + HAIR:
        return bool(its_low < -BEYOND or its_high > 1 + BEYOND)
    return bool(many and its_low >= 0 and (lows < 0).mean() > MOSTLY)


def _rows_are_unlike(rows: np.ndarray, its: np.ndarray) -> bool:
    """Whether the middle one of the columns that vary spreads much wider, or less wide, than that of train."""
    spreads = [np.subtract(*np.percentile(some, (MOST, FEW), axis=0)) for some in (rows, its)]
    varies = (spreads[0] > 0) & (spreads[1] > 0)
    ratio = np.median(spreads[1][varies] / spreads[0][varies]) if varies.any() else 1
    return bool(not 1 / DULL <= ratio <= DULL)


def _some(x: np.ndarray, places: np.ndarray) -> np.ndarray:
    return x[places[:: max(1, len(places) // LOOKED_AT)]]
