"""Which column of a table of numbers is the class, and which are no features."""

import re
from typing import TYPE_CHECKING

from harmonium.data.labels import shown
from harmonium.data.table_cells import is_number
from harmonium.data.tables import TARGETS, column_called
from harmonium.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

MOST_WORDS = 20  # different ones in a column of words that becomes columns of 0 and 1
STAND_INS = (-9, -99, -999, -9999, -99999)  # which old programs write for missing values
MOSTLY = 0.8  # of a column's cells
MOST_LABELS = 50  # different numbers in a last column that is taken for the class
NUMBERS = ("index", "unnamed: 0", "unnamed 1", "row", "no", "passengerid")
NUMBER = re.compile(
    r"(.*[\W_])?(id|ID|Id)|.*[a-z](ID|Id)|imageid|(id|ID|Id)[\W_].*"
)  # id, image_id, CustomerID, ID_REF
# What tables that are known by many call their class.
LIKELY = (
    "survived",
    "churn",
    "churned",
    "exited",
    "attrition",
    "loan_status",
    "purchased",
    "variety",
    "stroke",
)
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
    likely = column_called(names, LIKELY)
    if likely is not None and 1 < table[likely].nunique() <= min(MOST_LABELS, len(table) / 2):
        return likely, " (--target names another)"
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
    numbering = [name for n, name in enumerate(table.columns) if _numbers_rows(table[name], first=n == 0)]
    if numbering and len(numbering) < table.shape[1]:
        table = table.drop(columns=numbering)
        notes.append(f"left out, since it numbers the rows: {', '.join(map(str, numbering))}")
    words = [name for name in table.columns if table[name].dtype.kind not in "biuf"]
    dates = [name for name in words if _holds_dates(table[name])]
    own = [name for name in words if name not in dates and table[name].nunique() == len(table) > MOST_WORDS]
    for those, why in ((own, "each row has one of its own"), (dates, "no model here reads dates")):
        if those and len(those) < table.shape[1]:
            table = table.drop(columns=those)
            notes.append(f"left out, since {why}: {', '.join(map(str, those))}")
    return table, notes


def _numbers_rows(column: "pd.Series", *, first: bool) -> bool:
    """Whether a column tells each row from the others: by its name, or as the first one that counts from row to row."""
    name = str(column.name).strip()
    if column.nunique() < len(column):
        return False
    if name.lower() in NUMBERS or NUMBER.fullmatch(name):
        return True
    counts = first and column.dtype.kind in "iu" and len(column) > MOST_WORDS
    return counts and column.diff().iloc[1:].nunique() == 1


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


def words_among_numbers(table: "pd.DataFrame") -> list[str]:
    """What to say of columns of numbers that are taken for words, since one or two words stand among them."""
    notes = []
    for name in table.columns:
        if table[name].dtype.kind in "biuf":
            continue
        counts = table[name].dropna().astype(str).str.strip().value_counts()
        odd = counts[[not is_number(cell) for cell in counts.index]]
        if 0 < odd.sum() < (1 - MOSTLY) * counts.sum():
            notes.append(
                f"{name} holds numbers, and {shown(odd.index[0])!r} in {odd.iloc[0]:,} rows: each of its values is "
                "taken as a word; where that stands for a missing number, fill it in, or remove those rows"
            )
    return notes


def words_in(table: "pd.DataFrame", where: str) -> dict[str, tuple[str, ...]]:
    """The columns of words, and which words each holds.

    Raises
    ------
    DataError
        Where one holds more than twenty different words.

    """
    found = {
        str(name): tuple(sorted({str(word) for word in table[name].dropna()}))
        for name in table.columns
        if table[name].dtype.kind not in "biuf"
    }
    many = {name: words for name, words in found.items() if len(words) > MOST_WORDS}
    if many:
        name, words = next(iter(many.items()))
        odd = next((word for word in words if not is_number(word)), words[0])
        others = f"; so do {', '.join(list(many)[1:6])}" if len(many) > 1 else ""
        raise DataError(
            f"{where}: the column {name} holds {len(words):,} different words, as {shown(odd)!r}{others}; remove "
            f"{'them' if others else 'it'}, or name one with --target where it is the class"
        )
    return found


def column_named(table: "pd.DataFrame", name: str, option: str, where: str) -> str:
    """The column of this name, in any letters. Raises `DataError`, naming the option, where there is none."""
    names = [str(column) for column in table.columns]
    if name in names:
        return name
    if (near := column_called(names, [name.strip().lower()])) is not None:
        return near
    raise DataError(f"{where}: has no column {name!r} ({option}); it has {', '.join(names[:8])}")
