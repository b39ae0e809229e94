"""Rows of numbers out of a table: which column is the class, which are features, and which are neither."""

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from harmonium.data.assembly import Demand, Examples, assembled
from harmonium.data.class_columns import (
    column_named,
    has_fractions,
    one_hot,
    several_classes,
    target_column,
)
from harmonium.data.class_copies import without_copies
from harmonium.data.dataset import Dataset
from harmonium.data.labels import class_names, shown
from harmonium.data.new_numbers import as_learned
from harmonium.data.number_lists import spread_lists
from harmonium.data.options import refuse_given
from harmonium.data.preparation import Preparation
from harmonium.data.scaling import DULL, PIXELS, scaled
from harmonium.data.split_columns import split_column
from harmonium.data.table_columns import (
    TOLD,
    belonging,
    in_one_spelling,
    stand_ins,
    with_numbers,
    without_names,
    words_among_numbers,
    words_in,
)
from harmonium.data.table_names import PLAIN, refuse_repeated
from harmonium.data.tables import read_table
from harmonium.data.understood import Reading
from harmonium.errors import DataError

if TYPE_CHECKING:
    import pandas as pd


def load_table(
    table: "pd.DataFrame", parts: Sequence[str | None], reading: Reading, demand: Demand
) -> Dataset:
    """A table with a class and numbers in each row.

    Parameters
    ----------
    table
        The rows.
    parts
        The split that each row comes with; None where nothing is said.
    reading
        What was noticed so far; its source begins messages.
    demand
        What is asked for; see `load`.

    Raises
    ------
    DataError
        For missing values, with their columns; for columns of words that are too many; for a column that is not there.

    """
    where, options = reading.source, demand.options
    refuse_given(options, "tables", "size", "grey")
    refuse_repeated([str(name) for name in table.columns], where)
    groups = None
    if options.group:
        grouping = column_named(table, options.group, "--group", where)
        groups = [str(value) for value in table[grouping]]
        table = table.drop(columns=grouping)
    known = demand.preparation
    others = [
        str(name) for name in table.columns if name not in (options.target, *(known.columns if known else ()))
    ]
    if (found := split_column(table, others, where, labelled=options.target is not None)) is not None:
        parts, table = found.parts, table.drop(columns=list(found.names))
        reading = reading.noting(found.said)
    as_given = table
    table, read = with_numbers(table, where, (known.categories or ()) if known else ())
    reading = reading.noting(*read)
    given = options.target or (known.target if known and known.target in table.columns else None)
    labels: list[str] | None = None
    ones, spelt, how = ([], [], "") if given else one_hot(table)
    several = [] if ones else several_classes(table, given)
    target = None
    if not ones:
        target, how = target_column(table, given, where, needed=demand.labels)
        if several and demand.labels and target in several:
            raise DataError(
                f"{where}: {', '.join(several[:TOLD])} are called as classes, and several hold 1 in one row, which no "
                "model here learns; name one with --target, and remove those that it is not to be learned from"
            )
        reading = reading.noting(*_other_classes([name for name in several if name != target]))
    if ones:
        labels, table = spelt, table.drop(columns=ones)
        reading = reading.noting(
            f"the class is that of the columns {', '.join(ones[:TOLD])} which holds 1{how}"
        )
    elif target is not None:
        labels = _labels(as_given[target], f"{where}: the column {target}")
        table = table.drop(columns=target)
        reading = reading.noting(f"the class is the column {target}{how}")
    elif demand.labels:
        last = str(table.columns[-1])
        raise DataError(
            f"{where}: no column is a class; the last, {last}, holds {table[last].nunique():,} different values in "
            f"{len(table):,} rows. Name the class with --target, or train what needs none, as denoising-autoencoder"
        )
    elif how:
        reading = reading.noting(how)
    table, spread = spread_lists(table, where)
    reading = reading.noting(*spread)
    if known and known.columns:
        reading = reading.noting(*_beside(table, known.columns))
        x = known_columns(table, known, where)
        preparation = Preparation(columns=known.columns, categories=known.categories, target=target)
    else:
        table, copied = without_copies(table, labels or [], target)
        table, left_out = without_names(table, parts)
        reading = reading.noting(*copied, *left_out, *stand_ins(table), *words_among_numbers(table))
        reading = reading.noting(*([] if groups else belonging(table)))
        table, merged = in_one_spelling(table)
        reading = reading.noting(*merged)
        categories = words_in(table, where)
        x = features(table, categories, where)
        preparation = Preparation(
            columns=tuple(map(str, table.columns)), categories=categories or None, target=target
        )
    if side := _side(x):
        x = x.reshape(-1, side, side)
        reading = reading.noting(f"rows of {side * side} intensities are pictures of {side}x{side}")
    names = [str(n) for n in range(len(table))]
    if any(parts):
        names = [f"{part} {n}" for n, part in enumerate(parts)]
    return assembled(Examples(x, labels, names, parts, groups), reading, preparation, demand, where)


def read_rows(path: str | os.PathLike[str], preparation: Preparation, shape: Sequence[int]) -> np.ndarray:
    """Read new rows as those were prepared that a run learned from.

    Parameters
    ----------
    path
        A table (.csv, .tsv), with the columns of the run's, or an array (.npy, or x of .npz), of one example or of
        several. A column of the class, and others that the run did not learn from, are left out.
    preparation
        The run's own; see `ThreeSplits.preparation`.
    shape
        Of the run's examples.

    Returns
    -------
    x
        Rows as the model takes them (rows, *shape): uint8 or float32.

    Raises
    ------
    DataError
        For a column that is missing, missing values, and rows of another length.

    """
    return scaled_rows(read_numbers(Path(path), preparation, shape), preparation, shape)


def read_numbers(path: Path, preparation: Preparation, shape: Sequence[int]) -> np.ndarray:
    """Read new rows as `read_rows` does, but before they are scaled."""
    size = math.prod(shape)
    if path.suffix.lower() in (".npy", ".npz"):
        from harmonium.data.arrays import read_array

        x = read_array(path)
        x = (
            x.reshape(1, *shape) if x.shape in (tuple(shape), (size, 1)) else x
        )  # (size, 1) is one flat example
    else:
        x = known_columns(read_table(path)[0], preparation, str(path))
    if x.size != len(x) * size:
        raise DataError(
            f"{path}: its rows have {x.size // max(1, len(x)):,} numbers; the run learned from {size:,}"
        )
    return x


def known_columns(table: "pd.DataFrame", preparation: Preparation, where: str) -> np.ndarray:
    """The numbers of those columns of a table that a run learned from, (rows, columns), in its order.

    Raises `DataError`, beginning with `where`, for a column that is missing, and missing values.
    """
    wanted = list(preparation.columns)
    table = spread_lists(table, where)[0]
    if wanted and set(wanted) <= set(map(str, table.columns)):
        table = table.set_axis(list(map(str, table.columns)), axis=1)[wanted]
    elif preparation.target in table.columns and table.shape[1] == len(wanted) + 1:
        table = table.drop(columns=preparation.target)
    named = not all(str(name).isdigit() for name in table.columns)
    missing = [name for name in wanted if name not in table.columns]
    if named and missing and not all(name.isdigit() for name in wanted):
        raise DataError(f"{where}: has no column {missing[0]!r}, from which the run learned")
    if not named and len(table) > 1 and _are_names(table.iloc[0], wanted):
        table = table.iloc[1:]
    if wanted and table.shape[1] != len(wanted):
        raise DataError(
            f"{where}: has {table.shape[1]} columns of features; the run learned from {len(wanted)}"
        )
    if wanted:
        table = table.set_axis(wanted, axis=1)
    words = preparation.categories or {}
    table = in_one_spelling(with_numbers(table, where, words)[0], words)[0]
    return features(table, words, where)


def _are_names(row: "pd.Series", wanted: Sequence[str]) -> bool:
    """Whether a first row that was read as numbers holds the names of the columns, which are numbers."""
    return all(map(PLAIN.fullmatch, wanted)) and row.tolist() == list(map(float, wanted))


def scaled_rows(x: np.ndarray, preparation: Preparation, shape: Sequence[int]) -> np.ndarray:
    """Rows of numbers on the scale that a run's model takes, (rows, *shape)."""
    x = x.reshape(len(x), -1) if len(preparation.offsets) > 1 else x.reshape(len(x), *shape)
    return scaled(x, as_learned(x, preparation)).reshape(len(x), *shape)


def features(table: "pd.DataFrame", categories: dict[str, tuple[str, ...]], where: str) -> np.ndarray:
    """The columns as numbers (rows, features), each word of a column of words as a column of 0 and 1.

    Raises
    ------
    DataError
        For missing values, with their columns, and for words where numbers must be.

    """
    if table.shape[1] == 0:
        raise DataError(f"{where}: holds no columns beside that of the class; give numbers to learn from")
    if missing := {str(name): int(count) for name, count in table.isna().sum().items() if count}:
        named = ", ".join(f"{name} ({count:,})" for name, count in list(missing.items())[:TOLD])
        named += f" and {len(missing) - TOLD:,} more columns" if len(missing) > TOLD else ""
        raise DataError(
            f"{where}: values are missing in {named}; fill them in, as with the column's mean, or remove those rows"
        )
    columns = []
    for name in table.columns:
        column = table[name]
        if str(name) in categories:
            columns += [(column.astype(str) == word).to_numpy(np.float32) for word in categories[str(name)]]
        elif column.dtype.kind in "biuf":
            numbers = column.to_numpy()
            if not (np.abs(numbers.astype(np.float64)) < np.finfo(np.float32).max).all():
                raise DataError(
                    f"{where}: the column {name} holds infinity, or numbers near it; remove those rows"
                )
            columns.append(numbers)
        else:
            wrong = next(str(word) for word in column if not isinstance(word, (int, float)))
            raise DataError(f"{where}: the column {name} holds {shown(wrong)!r} where a number must be")
    if not columns:
        raise DataError(f"{where}: has no column beside that of the class; give examples too")
    whole = all(column.dtype.kind in "biu" for column in columns)
    small = whole and min(c.min() for c in columns) >= 0 and max(c.max() for c in columns) <= 255
    return np.stack(columns, 1, dtype=np.int16 if small else None, casting="unsafe")


def _other_classes(names: Sequence[str]) -> list[str]:
    """Say which columns are learned from, though they are called as classes."""
    if not names:
        return []
    named = ", ".join(names[:TOLD])
    return [f"{named}: called as classes, and taken for features; remove from the table what is a class"]


def _beside(table: "pd.DataFrame", known: Sequence[str]) -> list[str]:
    """Say which columns of a table a run did not learn from, if they have names."""
    names = list(map(str, table.columns))
    others = [name for name in names if name not in known]
    if not set(known) <= set(names) or not others:
        return []
    named = ", ".join(others[:TOLD]) + (f" and {len(others) - TOLD:,} more" if len(others) > TOLD else "")
    return [f"left out are the columns that the run did not learn from: {named}"]


def _labels(column: "pd.Series", where: str) -> list[str]:
    if has_fractions(column):
        raise DataError(
            f"{where} holds {column[column % 1 != 0].dropna().iloc[0]:g}, and no model here predicts numbers that are "
            "not whole; name the class with --target, or train what needs none, as denoising-autoencoder"
        )
    if column.isna().any():
        count, first = int(column.isna().sum()), int(np.argmax(column.isna())) + 1
        raise DataError(
            f"{where} is missing in {count:,} row{'s' * (count > 1)}, first in row {first:,} of its {len(column):,}; "
            "fill it in, or remove those rows"
        )
    return class_names(column.to_numpy() if column.dtype.kind in "biuf" else column.to_numpy(object), where)


def _side(x: np.ndarray) -> int:
    """The side of the square pictures that rows of whole numbers 0 to 255 are; 0 where they are none."""
    side = math.isqrt(x.shape[1])
    square = side * side == x.shape[1] >= PIXELS and x.dtype.kind in "iuf"
    fits = square and x.min() >= 0 and DULL < x.max() <= 255 and (x == np.rint(x)).all()
    return side if fits else 0
