"""New rows that hold words or numbers unlike those which a run learned from."""

from collections.abc import Iterator

import numpy as np

from harmonium.data.new_numbers import as_learned
from harmonium.data.preparation import Preparation

FAR = 10  # standard deviations from the training set's mean
TOLD = 3  # columns of a row


def unlike_training(x: np.ndarray, preparation: Preparation) -> list[str]:
    """A note on each new row that holds words or numbers unlike those of the training set; "" for all others.

    Parameters
    ----------
    x
        Rows before they are scaled, (rows, ...).
    preparation
        The run's own, which knows the words of each column, and how its numbers are scaled. A number is unlike where it
        lies more than ten standard deviations from its column's mean, if columns are standardised; if their range
        becomes [0, 1], or they lay in it, more than half of that range beyond its ends.

    """
    rows = x.reshape(len(x), -1)
    found: list[list[str]] = [[] for _ in rows]
    columns = list(_columns(preparation, rows.shape[1]))
    if sum(width for _, width, _ in columns) != rows.shape[1]:  # a damaged run, refused where rows are scaled
        return [""] * len(rows)
    offsets, scales = preparation.offsets, preparation.scales
    unit = preparation.bounded
    if not (offsets or preparation.real) and x.ndim == 2 and not as_learned(x, preparation).bytes:
        offsets, scales, unit = (0.0,) * rows.shape[1], (1.0,) * rows.shape[1], True
    scaled = len(offsets) == rows.shape[1]
    place = 0
    for name, width, of_words in columns:
        its = rows[:, place : place + width]
        if of_words:
            for row in np.flatnonzero(~its.any(1)):
                found[row].append(f"{name} holds a word that is not in the training set")
        elif scaled:
            away = (its[:, 0] - offsets[place]) / scales[place]
            for row in np.flatnonzero(np.abs(away - 0.5) > 1 if unit else np.abs(away) > FAR):
                found[row].append(f"{name} is far outside the range of the training set")
        place += width
    return [
        "; ".join(some[:TOLD]) + (f"; and {len(some) - TOLD:,} more" if len(some) > TOLD else "")
        for some in found
    ]


def unlike_rows(x: np.ndarray, preparation: Preparation) -> list[str]:
    """Say how many rows are unlike those of the training set, and what is unlike in the first of them, if any."""
    notes = unlike_training(x, preparation)
    first = next((number for number, note in enumerate(notes) if note), None)
    if first is None:
        return []
    count = sum(map(bool, notes))
    return [
        f"{count:,} of {len(notes):,} rows are unlike those that the run learned from; in row {first + 1:,} "
        f"{notes[first]}"
    ]


def _columns(preparation: Preparation, values: int) -> Iterator[tuple[str, int, bool]]:
    """Each column's name, how many values of a row are its own, and whether those are words, each 0 or 1."""
    for column in preparation.columns:
        words = (preparation.categories or {}).get(column)
        yield column, len(words or " "), bool(words)
    if not preparation.columns:
        yield from ((f"number {n}", 1, False) for n in range(1, values + 1))
