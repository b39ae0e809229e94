"""Which column of a table of numbers is the class, and which are no features."""

import re
from typing import TYPE_CHECKING

from harmonium.data.labels import shown
from harmonium.data.tables import TARGETS, column_called
from harmonium.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

MOST_WORDS = 20  # different ones in a column of words that becomes columns of 0 and 1
STAND_INS = (-9, -99, -999, -9999, -99999)  # which old programs write for missing values
MOST_LABELS = 50  # different numbers in a last column that is taken for the class
NUMBERS = ("id", "index", "unnamed: 0", "unnamed 1", "row", "no", "passengerid", "image_id", "imageid")
DATE = re.compile(
    r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2}))([T ]+\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?"
    r"( ?[ap]m)?(Z|[-+]\d{2}:?\d{2})?)?",
    re.IGNORECASE,
)


def target_column(
    table: "pd.DataFrame", given: str | None, where: str, *, needed: bool
) -> tuple[str | None, str]:
    """The column of the class, and how it was found where that was a guess."""
    names = [str(name) for name in table.columns]
    if given is not None:
        return column_named(table, given, "--target", where), ""
    if (known := column_called(names, TARGETS)) is not None:
        return known, ""
    for place, name in (("last", names[-1]), ("first", names[0])):
        column = table[name]
        kinds = column.nunique()
        words = column.dtype.kind not in "biuf"
        whole = not words and (column.dropna() % 1 == 0).all()
        if (
            len(names) > 1
            and 1 < kinds <= MOST_LABELS
            and kinds <= len(column) / 2
            and (words or (needed and whole))
        ):
            return name, f", the {place} (--target names another)"
    worded = [name for name in names if table[name].dtype.kind not in "biuf"]
    if (
        len(worded) == 1
        and len(names) > 1
        and 1 < table[worded[0]].nunique() <= min(MOST_LABELS, len(table) / 2)
    ):
        return worded[0], ", the only one of words (--target names another)"
    return None, ""


def one_hot(table: "pd.DataFrame") -> list[str]:
    """The columns of 0 and 1, as label_cat and label_dog, of which one in each row holds 1 for its class."""
    names = [str(name) for name in table.columns if str(name).lower().partition("_")[0] in TARGETS]
    names = [name for name in names if name.partition("_")[2]]
    if len(names) < 2 or not all(table[name].dtype.kind in "biuf" for name in names):
        return []
    ones = table[names]
    return names if ones.isin([0, 1]).all(axis=None) and (ones.sum(axis=1) == 1).all() else []


def without_names(table: "pd.DataFrame") -> tuple["pd.DataFrame", list[str]]:
    """The table without the columns that tell rows apart and no more, and what to say of those.

    They are one that numbers the rows, columns of words in which each row has one of its own, and dates.
    """
    notes = []
    name = column_called([str(name) for name in table.columns], NUMBERS)
    if name is not None and table.shape[1] > 1 and table[name].nunique() == len(table):
        table = table.drop(columns=name)
        notes.append(f"left out, since it numbers the rows: {name}")
    words = [name for name in table.columns if table[name].dtype.kind not in "biuf"]
    dates = [name for name in words if _holds_dates(table[name])]
    own = [name for name in words if name not in dates and table[name].nunique() == len(table) > MOST_WORDS]
    for those, why in ((own, "each row has one of its own"), (dates, "no model here reads dates")):
        if those and len(those) < table.shape[1]:
            table = table.drop(columns=those)
            notes.append(f"left out, since {why}: {', '.join(map(str, those))}")
    return table, notes


def _holds_dates(column: "pd.Series") -> bool:
    cells = column.dropna()
    return len(cells) > 0 and all(DATE.fullmatch(str(cell).strip()) for cell in cells)


def stand_ins(table: "pd.DataFrame") -> list[str]:
    """What to say of numbers such as -999 that stand in a column of none below zero, where they often mean missing."""
    notes = []
    for name in table.columns:
        column = table[name]
        if column.dtype.kind not in "if" or column.min() not in STAND_INS:
            continue
        if (count := int((column == column.min()).sum())) and column[column != column.min()].min() >= 0:
            notes.append(
                f"{name} holds {column.min():g} in {count:,} rows and nothing else below 0: if it stands for missing "
                "values, fill them in, or remove those rows"
            )
    return notes


def words_in(table: "pd.DataFrame", where: str) -> dict[str, tuple[str, ...]]:
    """The columns of words, and which words each holds.

    Raises
    ------
    DataError
        Where one holds more than twenty different words.

    """
    found = {}
    for name in table.columns:
        if table[name].dtype.kind in "biuf":
            continue
        words = sorted({str(word) for word in table[name].dropna()})
        if len(words) > MOST_WORDS:
            raise DataError(
                f"{where}: the column {name} holds {len(words):,} different words, as {shown(words[0])!r}; remove it, "
                "or name it with --target where it is the class"
            )
        found[str(name)] = tuple(words)
    return found


def column_named(table: "pd.DataFrame", name: str, option: str, where: str) -> str:
    """The column of this name, in any letters. Raises `DataError`, naming the option, where there is none."""
    names = [str(column) for column in table.columns]
    if name in names:
        return name
    if (near := column_called(names, [name.strip().lower()])) is not None:
        return near
    raise DataError(f"{where}: has no column {name!r} ({option}); it has {', '.join(names[:8])}")
