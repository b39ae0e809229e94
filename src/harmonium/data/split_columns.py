"""The column of a table that names the split of each row."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harmonium.data.labels import shown
from harmonium.data.split_names import split_called
from harmonium.data.table_names import TARGETS, column_called
from harmonium.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

NAMES = ("split", "subset", "partition", "usage", "set")
SURE = NAMES[:3]  # which are called so for nothing else
FLAG = re.compile(r"(?:is|in)[\W_]*(.+)", re.IGNORECASE)  # is_test, isTrain, in_test_set
TRUE, FALSE = ("true", "1", "1.0", "yes"), ("false", "0", "0.0", "no")
FEW = 10  # different values of a column that may name splits
SHOWN = 4  # of them


@dataclass(frozen=True)
class SplitColumn:
    """The splits that a table names: in which columns, that of each row, and what to say of it."""

    names: tuple[str, ...]
    parts: list[str | None]
    said: str


def split_column(
    table: "pd.DataFrame", names: Sequence[str], where: str, *, labelled: bool = False
) -> SplitColumn | None:
    """Find the column that names each row's split, as split or is_test, and read it.

    Parameters
    ----------
    table
        The rows.
    names
        Columns that may be it.
    where
        How messages begin.
    labelled
        Whether the column of the class is known not to be among those.

    Returns
    -------
    found
        None where there is no such column.

    Raises
    ------
    DataError
        For a column called split whose values name no splits, and for one of which only some do.

    """
    own = column_called(names, NAMES)
    if own is None:
        return _flags(table, names, labelled or column_called(names, TARGETS) is not None)
    values = [str(value) for value in table[own]]
    kinds = sorted(set(values))
    known = {value: split for value in kinds if (split := split_called(value))}
    if len(known) == len(kinds):
        alike = {split: [value for value in kinds if known[value] == split] for split in known.values()}
        same = "".join(
            f"; {' and '.join(those)} are both {split}"
            for split, those in alike.items()
            if len({value.lower() for value in those}) > 1
        )
        said = f"the column {own} names the split of each row{same}"
        return SplitColumn((own,), [known[value] for value in values], said)
    odd = [value for value in kinds if value not in known]
    if {"train"} < set(known.values()) or (own.strip().lower() in SURE and len(kinds) <= FEW):
        raise DataError(
            f"{where}: the column {own} holds {', '.join(repr(shown(value)) for value in odd[:SHOWN])}, which name no "
            "split; write train, valid or test in each row, or rename or remove the column"
        )
    return None


def _flags(table: "pd.DataFrame", names: Sequence[str], labelled: bool) -> SplitColumn | None:
    """Columns as is_test that hold true and false; is_valid may be a class where no other is known."""
    splits = {}
    for name in names:
        match = FLAG.fullmatch(name.strip())
        split = split_called(match[1]) if match else None
        cells = {str(value).strip().lower() for value in table[name]} if split else set()
        if split and (split != "valid" or labelled) and cells <= {*TRUE, *FALSE} and len(cells) == 2:
            splits[name] = split
    flags = {name: [str(value).strip().lower() in TRUE for value in table[name]] for name in splits}
    if not flags or any(sum(row) > 1 for row in zip(*flags.values(), strict=True)):
        return None
    other = "test" if set(splits.values()) == {"train"} else "train"
    parts: list[str | None] = [other] * len(table)
    for name, those in flags.items():
        parts = [splits[name] if true else part for part, true in zip(parts, those, strict=True)]
    several = "columns" if len(flags) > 1 else "column"
    said = f"the {several} {', '.join(flags)} {'tell' if len(flags) > 1 else 'tells'} the split of each row"
    return SplitColumn(tuple(flags), parts, f"{said}, {other} where false")
