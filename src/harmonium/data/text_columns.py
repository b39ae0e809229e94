"""Which column of a table holds texts, and which the class of each row."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harmonium.data.class_columns import class_called
from harmonium.data.labels import shown
from harmonium.data.table_names import TEXTS, column_called
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


def checked_columns(table: "pd.DataFrame", given: Sequence[tuple[str | None, str]], where: str) -> None:
    """Refuse names of columns that a table does not have; each comes with its option.

    Raises
    ------
    DataError
        Naming the column, the option and what columns there are.

    """
    names = [str(name) for name in table.columns]
    for name, option in given:
        if name is not None and name not in names:
            raise DataError(f"{where}: has no column {name!r} ({option}); it has {', '.join(names[:8])}")


def text_column(table: "pd.DataFrame", names: Sequence[str]) -> str:
    """Return the column with a usual name of texts, or the one with the longest cells of those that repeat least."""
    known = column_called(names, TEXTS)
    lengths = {name: float(table[name].str.len().mean()) for name in names}
    kinds = {name: table[name].nunique() for name in names}
    longest = max((n for n in names if 2 * kinds[n] > max(kinds.values())), key=lambda name: lengths[name])
    return known if known is not None and lengths[known] * 4 > lengths[longest] else longest


def class_column(table: "pd.DataFrame", names: Sequence[str], path: Path, *, what: str = "text") -> str:
    """Return the column with a usual name of classes, or the one whose values repeat most.

    Raises
    ------
    DataError
        Where a column repeats one value alone and no other can be a class.

    """
    if (known := class_called(names, OPINIONS)) is not None:
        return known
    kinds = {name: table[name].nunique() for name in names}
    fit = [name for name in names if 1 < kinds[name] <= max(2, len(table) / 2)]
    if not fit:
        if min(kinds.values()) == 1:
            name = min(names, key=lambda name: kinds[name])
            raise DataError(
                f"{path}: every {what} is of the class {shown(str(table[name].iloc[0]))!r}; give {what}s of at least "
                "two"
            )
        return names[0]
    return min(fit, key=lambda name: kinds[name])
