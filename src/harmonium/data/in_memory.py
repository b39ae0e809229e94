"""Data that come as arrays and tables in memory."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from harmonium.data.arrays import load_arrays
from harmonium.data.assembly import Demand
from harmonium.data.dataset import Dataset
from harmonium.data.rows import load_table
from harmonium.data.split_names import split_called
from harmonium.data.understood import Reading
from harmonium.errors import DataError


def from_memory(source: Any, demand: Demand) -> Dataset:
    """A data set of arrays: (x, y), x alone, a DataFrame, or a mapping of names or of splits.

    Raises `DataError` as `load_arrays` and `load_table` do.
    """
    reading = Reading("the given data")
    if hasattr(source, "columns") and hasattr(source, "iloc"):
        table = source.reset_index(drop=True).rename(columns=str)
        return load_table(table, [None] * len(table), replace(reading, source="the table"), demand)
    if isinstance(source, Mapping):
        given = dict(source)
        if all(isinstance(value, tuple | list) and len(value) == 2 for value in given.values()):
            given = {
                f"{kind}_{part}": value
                for part, pair in source.items()
                for kind, value in zip("xy", pair, strict=True)
            }
        elif given and all(hasattr(value, "columns") for value in given.values()):
            return _tables(given, reading, demand)
    elif isinstance(source, tuple | list) and len(source) == 2:
        given = {"x": source[0], "y": source[1]}
    else:
        given = {"x": source}
    return load_arrays(given, reading, demand)


def _tables(tables: Mapping[str, Any], reading: Any, demand: Demand) -> Dataset:
    """Tables by split as one."""
    import pandas as pd

    named = {name: split_called(name) for name in tables}
    if wrong := [name for name, split in named.items() if split is None]:
        raise DataError(f"{reading.source}: {wrong[0]!r} names no split; call them train, valid and test")
    parts = [named[name] for name, table in tables.items() for _ in range(len(table))]
    return load_table(pd.concat(list(tables.values()), ignore_index=True), parts, reading, demand)
