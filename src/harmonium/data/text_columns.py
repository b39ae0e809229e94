"""Which column of a table holds texts, and which the class of each row."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harmonium.data.class_columns import class_called, column_named
from harmonium.data.labels import shown
from harmonium.data.table_names import TARGETS, TEXTS, column_called
from harmonium.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

# Columns that shops and forums keep beside a text, where none has a usual name of classes.
OPINIONS = ("polarity", "stars", "rating", "score", "emotion", "intent", "topic", "genre")

# What programs write for a missing text or class; "none" may be a class.
GAPS = frozenset({"nan", "null", "na", "n/a", "<na>", "#n/a", "\\n"})


def with_gaps(cells: "pd.Series") -> list[str]:
    """The cells of a column of texts or classes, "" where a word of programs such as NaN stands for a missing one."""
    texts = [str(cell) for cell in cells]
    return ["" if text.strip().lower() in GAPS else text for text in texts]


def checked_columns(
    table: "pd.DataFrame", given: Sequence[tuple[str | None, str]], where: str
) -> list[str | None]:
    """The columns of these names, in any letters, each of which comes with its option.

    Raises
    ------
    DataError
        Naming the column, the option and what columns there are.

    """
    return [None if name is None else column_named(table, name, option, where) for name, option in given]


def text_column(table: "pd.DataFrame", names: Sequence[str]) -> str:
    """Return the column with a usual name of texts, or the one with the longest cells of those that repeat least."""
    known = column_called(names, TEXTS)
    lengths = {name: float(table[name].str.len().mean()) for name in names}
    words = {name: float(table[name].str.count(r"\S+").mean()) for name in names}
    kinds = {name: table[name].nunique() for name in names}
    longest = max((n for n in names if 2 * kinds[n] > max(kinds.values())), key=lambda name: lengths[name])
    if known is None or (known.strip().lower() == "title" and words[known] < words[longest]):
        return longest  # what a title stands above
    return known if lengths[known] * 4 > lengths[longest] else longest


def class_column(table: "pd.DataFrame", names: Sequence[str], path: Path, *, what: str = "text") -> str:
    """Return the column with a usual name of classes, or one with such a word in it, or the one that repeats most.

    Of the latter two, those count that are filled in at least half of the rows.

    Raises
    ------
    DataError
        Where a column repeats one value alone and no other can be a class.

    """
    if (known := class_called(names, OPINIONS)) is not None:
        return known
    filled = {name: [cell for cell in with_gaps(table[name]) if cell.strip()] for name in names}
    kinds = {name: len(set(cells)) for name, cells in filled.items()}
    fit = [
        name
        for name in names
        if 1 < kinds[name] <= max(2, len(table) / 2) and 2 * len(filled[name]) >= len(table)
    ]
    if not fit:
        single = [name for name in names if kinds[name] == 1 and len(filled[name]) == len(table)]
        if single:
            raise DataError(
                f"{path}: every {what} is of the class {shown(str(table[single[0]].iloc[0]))!r}; give {what}s of at "
                "least two"
            )
        return names[0]
    words = {name: [word for word in re.split(r"[\W_]+", name.lower()) if word] for name in fit}
    called = [name for name in fit if {*TARGETS, *OPINIONS} & {*words[name]}]
    return min(called or fit, key=lambda name: (len(words[name]) * bool(called), kinds[name]))
