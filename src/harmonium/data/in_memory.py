"""Data that come as arrays and tables in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from harmonium.data.arrays import (
    first_number,
    full,
    load_arrays,
    names_of_classes,
    refuse_masked,
    role,
    with_names,
)
from harmonium.data.assembly import Demand
from harmonium.data.catalogue import CATALOGUE
from harmonium.data.dataset import Dataset, Split
from harmonium.data.labels import class_names
from harmonium.data.options import refuse_given
from harmonium.data.rows import load_table
from harmonium.data.split_names import split_called
from harmonium.data.three_splits import ThreeSplits
from harmonium.data.understood import Reading
from harmonium.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

TARGET = ("y", "target", "class", "label")  # what labels that come apart from their table are called
HOME = "\0split"  # a column that no table has


def from_memory(source: Any, demand: Demand) -> Dataset:
    """A data set of arrays: (x, y), x alone, a DataFrame, or a mapping of names or of splits.

    Raises `DataError` as `load_arrays` and `load_table` do.
    """
    reading = Reading("the given data")
    refuse_loaded(source, reading.source)
    if (table := as_table(source, reading.source)) is not None:
        return load_table(table, [None] * len(table), replace(reading, source="the table"), demand)
    if isinstance(source, Mapping):
        given = dict(source)
        if all(isinstance(value, tuple | list) and len(value) == 2 for value in given.values()):
            given = _by_name(given)
        elif given and all(
            hasattr(value, "columns") and not role(str(name)) for name, value in given.items()
        ):
            return _tables(given, reading, demand)
    elif isinstance(source, tuple | list):
        given, reading = _of_a_sequence(source, reading)
    else:
        given = {"x": source}
    given = {str(name): value for name, value in given.items() if value is not None}
    roles = {name: what for name in given if (what := role(name)) is not None}
    known = demand.preparation
    by_name = known is None or bool(
        known.columns
    )  # a run that learned from arrays takes columns by their places
    if by_name and any(
        kind == "x" and as_table(given[name], name) is not None for name, (kind, _) in roles.items()
    ):
        return _labelled_tables({what: given[name] for name, what in roles.items()}, reading, demand)
    return load_arrays(given, reading, demand)


def as_table(source: Any, where: str) -> "pd.DataFrame | None":
    """A DataFrame, or an array whose columns have names, as a table with a name of text for each column, else None.

    Raises `DataError`, beginning with `where`, for columns with names of several levels, and for masked values.
    """
    import pandas as pd

    if isinstance(source, np.ndarray) and source.dtype.names and source.ndim == 1:
        refuse_masked(source, where)
        return pd.DataFrame(np.asarray(source))
    if not (hasattr(source, "columns") and hasattr(source, "iloc")):
        return None
    if source.columns.nlevels > 1:
        raise DataError(
            f"{where}: its columns have names of {source.columns.nlevels} levels; give each one name, as by "
            "df.columns = ['_'.join(map(str, name)) for name in df.columns]"
        )
    table: pd.DataFrame = source.reset_index(drop=True).rename(columns=str)
    return table


def refuse_loaded(source: Any, where: str) -> None:
    """Raise `DataError`, beginning with `where`, for what `load` and its like return, which is prepared already."""
    if isinstance(source, ThreeSplits):
        named = source.name in CATALOGUE or Path(source.name).exists()
        own = f"data={source.name!r}" if named else "the arrays that it was made of"
        raise DataError(
            f"{where}: is a {type(source).__name__}, which is prepared already; give what it was loaded from, {own}"
        )
    if isinstance(source, Split):
        raise DataError(f"{where}: is a Split; give its examples and labels, (split.x, split.y)")


def _of_a_sequence(source: Sequence[Any], reading: Reading) -> tuple[dict[str, Any], Reading]:
    """What a tuple or list holds, by name: (x, y), a pair for each split as Keras gives them, or x alone."""
    where = reading.source
    if len(source) in (2, 3) and all(map(_is_split, source)):
        parts = ("train", "test") if len(source) == 2 else ("train", "valid", "test")
        said = f"the {len(source)} pairs of x and y are taken as {', '.join(parts[:-1])} and {parts[-1]}"
        return _by_name(dict(zip(parts, source, strict=True))), reading.noting(said)
    if len(source) > 1 and all(
        isinstance(one, tuple | list) and len(one) == 2 and np.ndim(one[1]) == 0 < _depth(one[0])
        for one in source
    ):
        raise DataError(f"{where}: is a list of pairs; give all x and all y apart: data=tuple(zip(*pairs))")
    if len(source) == 2:
        return {"x": source[0], "y": source[1]}, reading
    if len({one.shape for one in source if hasattr(one, "shape")}) > 1:
        raise DataError(
            f"{where}: holds {len(source)} arrays; give (x, y), or a mapping of names such as x_train and y_train"
        )
    return {"x": source}, reading


def _is_split(one: Any) -> bool:
    """Whether this is a pair of many examples, of several numbers each, and as many labels."""
    if not isinstance(one, tuple | list) or len(one) != 2 or _depth(one[0]) < 2:
        return False
    return hasattr(one[1], "__len__") and len(one[0]) == len(one[1])


def _depth(one: Any) -> int:
    """The number of axes of an array or of nested lists."""
    if hasattr(one, "shape"):
        return len(one.shape)
    return 1 + _depth(one[0]) if isinstance(one, list | tuple) and one else 0


def _by_name(splits: Mapping[str, Any]) -> dict[str, Any]:
    """The arrays of pairs (x, y) by split, under the names x_train, y_train and so on."""
    return {
        f"{kind}_{part}": value
        for part, pair in splits.items()
        for kind, value in zip("xy", pair, strict=True)
    }


def _tables(tables: Mapping[str, Any], reading: Reading, demand: Demand) -> Dataset:
    """Tables by split as one."""
    import pandas as pd

    named = {name: split_called(str(name)) for name in tables}
    if wrong := [name for name, split in named.items() if split is None]:
        raise DataError(f"{reading.source}: {wrong[0]!r} names no split; call them train, valid and test")
    parts = [named[name] for name, table in tables.items() for _ in range(len(table))]
    known = [as_table(table, f"{reading.source} ({name})") for name, table in tables.items()]
    return load_table(pd.concat(known, ignore_index=True), parts, reading, demand)


def _labelled_tables(
    given: Mapping[tuple[str, str | None], Any], reading: Reading, demand: Demand
) -> Dataset:
    """Tables, one alone or one for each split, whose labels come apart from them and become a column of their own."""
    import pandas as pd

    where = reading.source
    xs = {part: value for (kind, part), value in given.items() if kind == "x"}
    if "train" in xs:
        xs.pop(None, None)
    if not demand.scores and not {None, "train"} & xs.keys():
        raise DataError(f"{where}: holds no x to train on; call it x_train")
    names = next(table for part, x in xs.items() if (table := as_table(x, where)) is not None).columns
    classes = names_of_classes(given.get(("classes", None)), where)
    labelled = any(kind == "y" for kind, _ in given)
    tables, labels, groups = [], [], []
    ys = [full(y, f"{where}: y") for (kind, _), y in given.items() if kind == "y"]
    first, said = first_number(ys, classes)
    reading = reading.noting(*said)
    for part, x in xs.items():
        at = where if len(xs) == 1 else f"{where} ({part or 'train'})"
        table, y = as_table(x, f"{at}: x"), given.get(("y", part))
        if table is None:
            table = pd.DataFrame(full(x, f"{at}: x"), columns=names)
            reading = reading.noting(
                f"the columns of the array x of {part} are those of the table, in its order"
            )
        if labelled and y is None:
            if part in (None, "train"):
                raise DataError(f"{at}: holds x but no y; give both")
            reading = reading.noting(skipped={f"without labels, in {part}": len(table)})
            continue
        if labelled:
            array = full(y, f"{at}: y")
            of_part = with_names(class_names(array, f"{at}: y"), array, classes, f"{at}: y", first)
            if len(of_part) != len(table):
                raise DataError(
                    f"{at}: {len(table):,} examples but {len(of_part):,} labels; each example needs exactly one label"
                )
            reading = reading.noting(*_in_another_order(x, y))
            labels += of_part
        groups += [str(one) for one in np.ravel(given.get(("group", part), ())).tolist()]
        tables.append(table.assign(**{HOME: part or "train"}))
    whole = pd.concat(tables, ignore_index=True)
    parts = [None] * len(whole) if len(xs) == 1 else whole[HOME].tolist()
    whole, options = whole.drop(columns=HOME), demand.options
    if labelled:
        refuse_given(options, "data whose labels come apart from their table", "target")
        target = _free(getattr(given.get(("y", next(iter(xs)))), "name", None), whole.columns)
        whole, options = whole.assign(**{target: labels}), replace(options, target=target)
    if len(groups) == len(whole):
        group = _free("group", whole.columns)
        whole, options = whole.assign(**{group: groups}), replace(options, group=group)
    return load_table(whole, parts, reading, replace(demand, options=options))


def _free(wanted: Any, taken: "Sequence[str]") -> str:
    """A name for a column of labels or groups that no other column has."""
    named = (wanted,) if isinstance(wanted, str) else ()
    return next(
        name for name in (*named, *TARGET, *map(str, range(len(taken) + 1))) if name not in set(taken)
    )


def _in_another_order(x: Any, y: Any) -> list[str]:
    """What to say of labels whose index holds the same rows as that of the table, but in another order."""
    its, others = getattr(x, "index", None), getattr(y, "index", None)
    if its is None or others is None or callable(others) or its.equals(others) or not its.is_unique:
        return []
    if set(its) != set(others):
        return []
    return [
        "x and y are matched by their order; their indices hold the same rows in another (y.loc[x.index])"
    ]
