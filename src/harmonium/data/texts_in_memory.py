"""Texts with a class each that come as lists, arrays and tables in memory."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harmonium.data.arrays import full, role
from harmonium.data.in_memory import as_table, refuse_loaded
from harmonium.data.labels import class_names
from harmonium.data.options import ReviewsOptions
from harmonium.data.split_names import split_called
from harmonium.data.table_names import refuse_repeated
from harmonium.data.text_columns import text_column
from harmonium.data.text_tables import Found, from_table
from harmonium.errors import DataError

WHERE = "the given texts"
TABLE = "the table"


def texts_from_memory(source: Any, options: ReviewsOptions) -> Found:
    """Texts of (texts, classes), of a DataFrame with a column for each, or of a mapping of names or of splits.

    Raises
    ------
    DataError
        For anything else, and where texts and classes differ in number.

    """
    refuse_loaded(source, WHERE)
    if not isinstance(source, Mapping):
        return _of_split(source, options, None)
    found = Found()
    for part, inside in _by_split(source).items():
        found.join(_of_split(inside, options, part))
    return found


def texts_of(values: Any, where: str) -> list[str]:
    """Texts out of a list, an array or a column of them; what is missing is empty.

    Raises
    ------
    DataError
        Beginning with `where`: for what is no text, with the remedy.

    """
    array = full(values, where) if hasattr(values, "shape") or hasattr(values, "__next__") else None
    if array is not None and array.ndim != 1 and array.shape[1:] != (1,):
        raise DataError(f"{where} has the shape {array.shape}; give one text for each example")
    cells = list(values) if array is None else array.ravel().tolist()
    return [_text(cell, f"{where}: number {number}") for number, cell in enumerate(cells, 1)]


def _by_split(source: Mapping[Any, Any]) -> dict[str | None, Any]:
    """What a mapping holds for each split, under the names of splits or those of arrays as x_train and y_train."""
    roles = {what: value for name, value in source.items() if (what := role(str(name))) is not None}
    if source and len(roles) == len(source):
        parts = dict.fromkeys(part for _, part in roles)
        if missing := next((part for part in parts if not {("x", part), ("y", part)} <= roles.keys()), ()):
            raise DataError(f"{WHERE}: give x and y for each split, and both for {missing}")
        return {part: (roles["x", part], roles["y", part]) for part in parts}
    named = {name: split_called(str(name)) for name in source}
    if strange := [name for name, part in named.items() if part is None]:
        raise DataError(
            f"{WHERE}: {strange[0]!r} names no split; call them train, valid and test, or where they are the columns "
            "of a table give a DataFrame of them"
        )
    return {named[name]: inside for name, inside in source.items()}


def _of_split(source: Any, options: ReviewsOptions, part: str | None) -> Found:
    if (table := as_table(source, TABLE)) is not None:
        names = list(table.columns)
        refuse_repeated(names, TABLE)
        written = table.astype(object).map(_written)
        text = options.text_column or (text_column(written, names) if len(names) > 1 else None)
        if text in names:
            written[text] = texts_of(table[text].astype(object), f"{TABLE}: {text}")
        return from_table(written, [], Path(TABLE), options, part)
    if not isinstance(source, tuple | list) or len(source) != 2 or isinstance(source[0], str):
        raise DataError(
            f"{WHERE}: give (texts, classes), a DataFrame with a column of texts and one of classes, or a path"
        )
    texts = texts_of(source[0], WHERE)
    labels = class_names(full(source[1], f"{WHERE}: the classes"), f"{WHERE}: the classes")
    if len(texts) != len(labels):
        raise DataError(
            f"{WHERE}: {len(texts):,} texts but {len(labels):,} classes; each text needs exactly one"
        )
    found = Found()
    for number, (text, label) in enumerate(zip(texts, labels, strict=True), 1):
        found.add(text, label, f"{part} {number}" if part else str(number), part)
    return found


def _text(cell: Any, where: str) -> str:
    if isinstance(cell, bytes):
        try:
            return cell.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise DataError(
                f"{where} holds bytes that are no UTF-8; decode them, as by one.decode('cp1252')"
            ) from None
    if isinstance(cell, list | tuple | set | dict) or hasattr(cell, "shape"):
        raise DataError(
            f"{where} is a {type(cell).__name__} and no text; join its words, as by ' '.join(words)"
        )
    if not isinstance(cell, str | int | float) and not _is_missing(cell):
        raise DataError(f"{where} is a {type(cell).__name__} and no text; give texts (str)")
    return _written(cell)


def _written(cell: Any) -> str:
    """A cell of a table as it would stand in a file: nothing where it is missing, and whole numbers as such."""
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "replace")
    if _is_missing(cell):
        return ""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _is_missing(cell: Any) -> bool:
    """Whether a cell is None, NaN, or what pandas has for these."""
    return (
        cell is None
        or type(cell).__name__ in ("NAType", "NaTType")
        or (isinstance(cell, float) and cell != cell)
    )
