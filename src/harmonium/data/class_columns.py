"""Which column of a table of numbers is the class, and which columns spell it in 0 and 1."""

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from harmonium.data.labels import FEW
from harmonium.data.scaling import PIXELS, WHITE
from harmonium.data.table_cells import holds_dates
from harmonium.data.table_names import TARGETS, column_called
from harmonium.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

MOST_LABELS = 50  # different values in a column that is taken for the class by its place
SURE = TARGETS[: TARGETS.index("class")]  # names that a feature hardly has
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
ANOTHER = " (--target names another)"
ONES = {"1", "1.0", "true"}
ZEROS = {"0", "0.0", "false"}
SEXES = {"m", "f", "i", "male", "female", "man", "woman"}  # of animals too: a feature more often than a class
SEVERAL = re.compile(
    r"(?:target|label|class|category|y)s?(?:[ _.-]?\d+|[ _.-].+)", re.IGNORECASE
)  # class1, label_red
LOOKED_AT = 200  # rows that tell most features from the class


def target_column(
    table: "pd.DataFrame", given: str | None, where: str, *, needed: bool
) -> tuple[str | None, str]:
    """The column of the class, and what to say of how it was found.

    Parameters
    ----------
    table
        The rows.
    given
        The column's name, where it is given.
    where
        How messages begin.
    needed
        Whether there must be a class; else a column of fractions that is called like one is a feature.

    """
    names = [str(name) for name in table.columns]
    if given is not None:
        return column_named(table, given, "--target", where), ""
    last, placed = names[-1], _by_place(table, needed=needed)
    likely = column_called(names, LIKELY)
    likely = likely if likely is not None and _fits(table[likely]) else None
    known = class_called(names)
    if known is not None and known.strip().lower() not in SURE and known != last:
        known = likely or (placed[0] if _is_none(table[known]) and placed[0] else known)
    if known is not None and not needed and has_fractions(table[known]):
        return None, f"{known} holds numbers that are no classes, and is taken as a feature{ANOTHER}"
    if (found := known or likely) is None:
        return placed
    others = [name for name in names if name.strip().lower() in (*TARGETS, *LIKELY)]
    others += [last] if _fits(table[last]) else []
    guessed = found not in (class_called(names),) or any(name != found for name in others)
    return found, ANOTHER if guessed else ""


def class_called(names: Sequence[str], more: Sequence[str] = ()) -> str | None:
    """The column with a usual name of classes, or one of `more`; y before the last column is a coordinate beside x."""
    lower = [name.strip().lower() for name in names]
    coordinate = len(lower) > 2 and "x" in lower and lower[-1] != "y"
    known = [name for name in (*TARGETS, *more) if not (name == "y" and coordinate)]
    return column_called(names, known)


def has_fractions(column: "pd.Series") -> bool:
    """Whether a column holds numbers that are not whole."""
    return column.dtype.kind == "f" and bool((column.dropna() % 1 != 0).any())


def _fits(column: "pd.Series") -> bool:
    """Whether a column may be the class: its words or whole numbers are few, and repeat."""
    few = 1 < column.nunique() <= min(MOST_LABELS, len(column) / 2) and not has_fractions(column)
    return few and not (_holds_words(column) and holds_dates(column))


def _is_none(column: "pd.Series") -> bool:
    """Whether a column cannot be the class, whatever its name."""
    many = len(column) >= FEW and column.nunique() > len(column) / 2
    return many or column.nunique() < 2 or has_fractions(column)


def _by_place(table: "pd.DataFrame", *, needed: bool) -> tuple[str | None, str]:
    """The last column, else the first, else the only one of words, where it may be the class.

    The first comes before the last where it alone holds words and no column has a name, as in UCI's letters, and where
    the others are the intensities of a square picture, and it looks more like classes than the last of those.
    """
    names = [str(name) for name in table.columns]
    bare = _bare(table)
    names = [name for name in names if name not in bare] if bare and _are_features(table, bare) else names
    fit = [
        name
        for name in names
        if len(names) > 1 and (needed or _holds_words(table[name])) and _fits(table[name])
    ]
    first, last = names[0], names[-1]
    worded = [name for name in names if _holds_words(table[name])]
    unnamed = all(map(str.isdigit, names))
    if unnamed and first in fit and table[last].isna().any() and not table[first].isna().any():
        fit = [name for name in fit if name != last]  # no class is missing
    if first in fit and worded == [first] and unnamed and not set(map(str.lower, table[first])) <= SEXES:
        return first, f", the first and the only one of words{ANOTHER}"
    rivals = first in fit and last in fit and _hold_intensities(table.iloc[:, 1:])
    if rivals and _like_classes(table[first]) > _like_classes(table[last]):
        return first, f", the first{ANOTHER}"
    if last in fit:
        return last, f", the last{ANOTHER}"
    if first in fit:
        doubt = f"; no model here predicts numbers, as those of {last}, the last"
        said = "" if unnamed or _holds_words(table[last]) else doubt
        return first, f", the first{ANOTHER.removesuffix(')')}{said})"
    if len(worded) == 1 and worded[0] in fit:
        return worded[0], f", the only one of words{ANOTHER}"
    return None, ""


def _like_classes(column: "pd.Series") -> tuple[bool, float]:
    """How much the numbers of a column are like classes: whether they follow each other, and their balance."""
    follow = column.dtype.kind in "iu" and int(column.max()) - int(column.min()) + 1 == column.nunique()
    return follow, -float(column.value_counts(normalize=True).iloc[0])


def _hold_intensities(table: "pd.DataFrame") -> bool:
    """Whether columns are those of a square picture in whole numbers up to 255."""
    side = math.isqrt(table.shape[1])
    square = side * side == table.shape[1] >= PIXELS and all(kind.kind in "iu" for kind in table.dtypes)
    return square and table.min(axis=None) >= 0 and table.max(axis=None) <= WHITE


def _holds_words(column: "pd.Series") -> bool:
    return column.dtype.kind not in "biuf"


def one_hot(table: "pd.DataFrame") -> "tuple[list[str], list[str], str]":
    """The class of each row where a column for each class holds 1 in its rows and 0 in others.

    Such columns begin with a usual name of classes, as label_cat and label_dog; or they are the last of the table, or
    its only ones of that form, and no other column is called like a class, or may be one by its place.

    Returns
    -------
    names
        The columns; none where there are no such.
    labels
        The class of each row: the rest of the column's name, or the whole.
    how
        What to say of how they were found.

    """
    names = [str(name) for name in table.columns]
    known, likely = class_called(names), column_called(names, LIKELY)
    begun = [name for name in names if name.lower().partition("_")[0] in TARGETS and name.partition("_")[2]]
    if len(begun) > 1:
        prefix = begun[0].lower().partition("_")[0]
        first = known and TARGETS.index(known.strip().lower()) <= TARGETS.index(prefix)
        ones = _ones(table[begun])
        if not first and not (likely and prefix not in SURE) and _is_one_hot(ones, begun):
            return begun, [name.partition("_")[2] for name in ones[begun].idxmax(axis=1)], ""
    if known or likely or not (bare := _bare(table)) or _are_features(table, bare):
        return [], [], ""
    titles = [str(n) for n in range(len(bare))] if all(map(str.isdigit, names)) else bare
    called = dict(zip(bare, titles, strict=True))
    return bare, [called[name] for name in _ones(table[bare])[bare].idxmax(axis=1)], ANOTHER


def _ones(table: "pd.DataFrame") -> "pd.DataFrame":
    """Those columns that hold 0 and 1, or false and true, and both of them, as 0 and 1."""
    found = {}
    for name in map(str, table.columns):
        column = table[name]
        if column.head(LOOKED_AT).nunique() > 2 or column.nunique() != 2:
            continue
        cells = column.astype(str).str.strip().str.lower()
        if cells.isin(ONES | ZEROS).all():
            found[name] = cells.isin(ONES).astype(int)
    return type(table)(found)


def _is_one_hot(ones: "pd.DataFrame", names: Sequence[str]) -> bool:
    held = len(names) > 1 and all(name in ones for name in names)
    return held and bool((ones[list(names)].sum(axis=1) == 1).all())


def _bare(table: "pd.DataFrame") -> list[str]:
    """Columns beside each other of which one in each row holds 1, and which no name calls classes."""
    names = [str(name) for name in table.columns]
    ones = _ones(table)
    end = next((n for n, name in enumerate(reversed(names)) if name not in ones), len(names))
    for size in range(2, end + 1):
        if size < len(names) and _is_one_hot(ones, names[-size:]):
            return names[-size:]
    alone = list(ones)
    at = names.index(alone[0]) if alone else 0
    beside = names[at : at + len(alone)] == alone and len(alone) < len(names)
    return alone if beside and not end and not _fits(table[names[-1]]) and _is_one_hot(ones, alone) else []


def _are_features(table: "pd.DataFrame", ones: Sequence[str]) -> bool:
    """Whether columns such as sex_male and sex_female were a feature, since another of two values may be the class."""
    begun = {name.rpartition("_")[0] for name in ones}
    first = table.iloc[:, 0]
    return len(begun) == 1 and "" not in begun and _fits(first) and first.nunique() == 2


def several_classes(table: "pd.DataFrame", target: str | None) -> list[str]:
    """The columns of 0 and 1 that are called as classes, as Class1 and Class2, where several hold 1 in one row.

    Parameters
    ----------
    table
        The columns.
    target
        The column of the class, which is not among those; None where it is not known.

    """
    names = [str(name) for name in table.columns if SEVERAL.fullmatch(str(name).strip()) and name != target]
    ones = _ones(table[names])
    held = list(ones)
    one_of_them = target is not None and SEVERAL.fullmatch(target.strip())
    return held if held and (one_of_them or ones.sum(axis=1).max() > 1) else []


def column_named(table: "pd.DataFrame", name: str, option: str, where: str) -> str:
    """The column of this name, in any letters. Raises `DataError`, naming the option, where there is none."""
    names = [str(column) for column in table.columns]
    if name in names:
        return name
    if (near := column_called(names, [name.strip().lower()])) is not None:
        return near
    raise DataError(f"{where}: has no column {name!r} ({option}); it has {', '.join(names[:8])}")
