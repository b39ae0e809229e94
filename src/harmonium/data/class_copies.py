"""Columns of a table that say the class once more."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from harmonium.data.class_columns import LIKELY, LOOKED_AT, has_fractions
from harmonium.data.table_names import TARGETS

if TYPE_CHECKING:
    import pandas as pd

AGAIN = {*TARGETS, *LIKELY, "pred", "prediction", "predicted", "classname", "classes"} - {"y"}
REPEATS = 5  # rows of each class on average, below which another column may equal it by chance


def without_copies(
    table: "pd.DataFrame", labels: Sequence[str], target: str | None
) -> "tuple[pd.DataFrame, list[str]]":
    """The table without the columns that say the class once more, and what to say of those.

    A copy has one value for each class; so have columns of 0 and 1, one for each class, together. With two classes a
    column may be a good feature and no copy, so that it is left out only if its name is like that of a class, and else
    stays with a note. With fewer than five rows a class no copies are looked for.

    Parameters
    ----------
    table
        The columns beside that of the class.
    labels
        The class of each row.
    target
        The name of the class's column.

    """
    equal = _equal(table, labels)
    doubtful = [
        name for name in equal if len(set(labels)) == 2 and not _is_called_alike(name, target or "class")
    ]
    again = [name for name in equal if name not in doubtful]
    notes = [
        f"{name} and the class are the same one to one: if it was made from the class, remove it from the table"
        for name in doubtful
    ]
    if again and len(again) < table.shape[1]:
        table = table.drop(columns=again)
        notes.append(f"left out, since it and the class are the same one to one: {', '.join(again)}")
    return table, notes


def _is_called_alike(name: str, target: str) -> bool:
    """Whether a column is called like a class or its prediction, or by the name of another and more."""
    words = set(re.split(r"[\W_]+", name.lower()))
    inside = min(name.lower(), target.lower(), key=len)
    return bool(words & AGAIN) or (len(inside) > 2 and inside in name.lower() and inside in target.lower())


def _equal(table: "pd.DataFrame", labels: Sequence[str]) -> list[str]:
    """The columns whose values and the classes are the same, one to one."""
    import pandas as pd

    codes, classes = pd.factorize(pd.Series(list(labels), dtype=object))
    if not 1 < len(classes) <= len(codes) / REPEATS:
        return []
    found: list[str] = []
    told: dict[int, list[str]] = {}
    for name in map(str, table.columns):
        column = table[name]
        if column.head(LOOKED_AT).nunique() > len(classes) or column.isna().any() or has_fractions(column):
            continue
        values, kinds = pd.factorize(column)
        if len(kinds) not in (2, len(classes)):
            continue
        pairs = set(zip(values.tolist(), codes.tolist(), strict=True))
        if len(kinds) == len(pairs) == len(classes):
            found.append(name)
        elif len(kinds) == 2 and len(pairs) == len(classes):
            few = min(([code for value, code in pairs if value == side] for side in (0, 1)), key=len)
            if len(few) == 1:
                told.setdefault(few[0], []).append(name)
    if len(told) == len(classes):
        found += [name for names in told.values() for name in names]
    return found
