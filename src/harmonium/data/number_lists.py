"""Columns of a table that hold a list of numbers in each cell, as the pictures of FER2013 are written."""

import re
from typing import TYPE_CHECKING

import numpy as np

from harmonium.memory import check_fits

if TYPE_CHECKING:
    import pandas as pd

NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
BARE = re.compile(
    rf"\s*{NUMBER}(?:(?:\s*[,;]\s*|\s+){NUMBER}){{3,}}\s*"
)  # of fewer, a telephone's number may be
ENCLOSED = re.compile(rf"\s*[\[(]\s*{NUMBER}(?:(?:\s*[,;]\s*|\s+){NUMBER})+\s*,?\s*[\])]\s*")
SIGNS = str.maketrans("[](),;", "      ")
FIRST = 20  # cells that are looked at before all are
BYTES = 8  # of a number while it is read


def spread_lists(table: "pd.DataFrame", where: str) -> tuple["pd.DataFrame", list[str]]:
    """A table in which a column whose cells are lists of equally many numbers has become that many columns.

    Parameters
    ----------
    table
        The rows. Numbers stand between blanks, commas or semicolons, at least four, or two in brackets.
    where
        How a message begins.

    Returns
    -------
    table
        With the columns a.0, a.1, … in the place of a.
    notes
        Which columns were spread.

    """
    import pandas as pd

    notes, parts = [], []
    for name in table.columns:
        numbers = _numbers(table[name], where)
        if numbers is None:
            parts.append(table[[name]])
            continue
        count = numbers.shape[1]
        names = [f"{name}.{n}" for n in range(count)]
        parts.append(pd.DataFrame(numbers, index=table.index, columns=names))
        notes.append(f"each cell of the column {name} holds {count:,} numbers, which are a column each")
    return (pd.concat(parts, axis=1), notes) if notes else (table, [])


def _numbers(column: "pd.Series", where: str) -> np.ndarray | None:
    """The numbers in the cells of a column (rows, numbers); None where they are no lists, or of different lengths."""
    if column.dtype.kind in "biuf" or not len(column) or column.isna().any():
        return None
    some = [str(cell) for cell in column.iloc[:FIRST]]
    if not any(all(map(form.fullmatch, some)) for form in (BARE, ENCLOSED)):
        return None
    count = len(some[0].translate(SIGNS).split())
    check_fits(len(column) * count * BYTES, where)
    found = np.empty((len(column), count), np.float64)
    for row, cell in enumerate(column):
        words = str(cell).translate(SIGNS).split()
        if len(words) != count:
            return None
        try:
            found[row] = words
        except ValueError:
            return None
    small = found.min() >= 0 and found.max() <= np.iinfo(np.int16).max and (found == np.rint(found)).all()
    return found.astype(np.int16) if small else found
