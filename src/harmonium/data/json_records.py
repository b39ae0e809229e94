"""Records in JSON: an object on each line, or a list of objects, as rows of a table."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harmonium.data.annotated import plain, spans
from harmonium.data.labels import shown
from harmonium.data.split_names import split_called, splits_among
from harmonium.errors import DataError
from harmonium.memory import check_fits

if TYPE_CHECKING:
    import pandas as pd

Record = Mapping[str, Any]
BYTES_A_CELL = 64  # of a table of what JSON may hold, its number or text included


def records(text: str, where: str) -> list[Record]:
    r"""The objects of a JSON file.

    Parameters
    ----------
    text
        An object on each line, a list of objects, an object that holds such a list alone, or one for each split, or an
        object of columns, as lists or as pandas writes them. Rows may be lists of texts and numbers, and no objects.
    where
        How messages begin.

    Raises
    ------
    DataError
        Naming the line, for what is no JSON, and for values that are no objects.

    Examples
    --------
    >>> records('{"a": 1}\n{"a": 2}', "mine") == records('[{"a": 1}, {"a": 2}]', "mine") == [{"a": 1}, {"a": 2}]
    True
    >>> records('{"version": 2, "data": [{"a": 1}]}', "mine")
    [{'a': 1}]

    """
    try:
        content = _found(json.loads(text))
    except (ValueError, RecursionError):
        lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
        content = [_object(line, f"{where}, line {number}") for number, line in lines]
    if not content or not all(isinstance(one, Mapping) for one in content):
        raise DataError(
            f'{where}: holds no objects; write one for each example, as {{"text": …, "label": …}}'
        )
    return [plain(one) for one in content]


def as_table(found: Sequence[Record], where: str, *, texts: bool) -> tuple["pd.DataFrame", str]:
    """Records as the columns of a table, and what to say of them.

    An object in a record is taken apart (a column "a.b"), and so is a list of numbers (columns "a.0", "a.1", …).

    Parameters
    ----------
    found
        The records.
    where
        How messages begin.
    texts
        Whether the table is known to hold texts; then all its cells are strings, and what is missing is empty.

    Raises
    ------
    DataError
        For lists of different lengths, and objects inside lists.

    """
    import pandas as pd

    if texts and any(spans(one) for one in found):
        raise DataError(
            f"{where}: labels parts of its texts, and not each text; train what labels words: harmonium train "
            f"slot-filling --data {where}"
        )
    try:
        flat = [_flat(one) for one in found]
        spread = [_spread(one) for one in flat]
    except RecursionError as error:
        raise DataError(f"{where}: its objects lie too deep in each other; write plain ones") from error
    names = list(dict.fromkeys(name for one in flat for name in one))
    if not names:
        raise DataError(f"{where}: its objects hold no fields; write a name and a value for each")
    said = f"{len(found):,} objects of JSON with {len(names)} field{'s' * (len(names) != 1)}"
    check_fits(len(found) * len(names) * BYTES_A_CELL, where)
    if texts:
        rows = [[_written(one.get(name)) for name in names] for one in flat]
        return pd.DataFrame(rows, columns=names, dtype=str), said
    columns = list(dict.fromkeys(name for one in spread for name in one))
    widths = {len(one) for one in spread}
    if len(columns) > len(names) and len(widths) > 1:
        raise DataError(f"{where}: its lists have different lengths; give each example as many numbers")
    check_fits(len(found) * len(columns) * BYTES_A_CELL, where)
    for one in spread:
        for name, value in one.items():
            if isinstance(value, list):
                raise DataError(
                    f"{where}: the field {name} holds a list, as {shown(json.dumps(value))}, where a number or a word "
                    "must be"
                )
    return pd.DataFrame(spread, columns=columns), said


def _found(content: Any) -> list[Any]:
    """The list of objects that a JSON file is, or holds."""
    if isinstance(content, list):
        return _rows(content) or _beside_texts(content) or content
    if not isinstance(content, Mapping):
        return []
    if (of_splits := _of_splits(content)) is not None:
        return of_splits
    columns, rows = content.get("columns"), content.get("data")
    if isinstance(columns, list) and isinstance(rows, list) and all(_fits(row, columns) for row in rows):
        return [dict(zip(map(str, columns), row, strict=True)) for row in rows]
    inside = list(content.values())
    if inside and all(isinstance(value, Mapping) and value.keys() == inside[0].keys() for value in inside):
        if all(name.isdigit() for name in content):
            return inside  # rows by their numbers
        return [{name: column[place] for name, column in content.items()} for place in inside[0]]
    lists = [_beside_texts(value) or value for value in content.values() if isinstance(value, list) and value]
    of_objects = [value for value in lists if all(isinstance(one, Mapping) for one in value)]
    if len(of_objects) == 1:
        return of_objects[0]
    if lists and len(lists) == len(content) and len({len(value) for value in lists}) == 1:
        return [dict(zip(content, row, strict=True)) for row in zip(*lists, strict=True)]
    return [content]


def _of_splits(content: Record) -> list[Any] | None:
    """The objects or rows of a list for each split, as {"train": [["a text", "its class"], …]}; None of others."""
    named = {name: split for name in content if (split := split_called(name))}
    splits = (
        named if len(named) == len(content) else {name: s for name, (s, _) in splits_among(content).items()}
    )
    if not splits or not all(isinstance(content[name], list) for name in splits):
        return None
    found = {name: _rows(content[name]) or content[name] for name in splits}
    if not all(isinstance(one, Mapping) for those in found.values() for one in those):
        return None
    return [{"split": splits[name], **one} for name, those in found.items() for one in those]


def _rows(content: list[Any]) -> list[dict[str, Any]]:
    """Rows of equally many texts or numbers as objects whose fields are the numbers of the columns; none of others."""
    width = len(content[0]) if content and isinstance(content[0], list) else 0
    cells = all(
        isinstance(row, list) and len(row) == width and all(isinstance(one, str | int | float) for one in row)
        for row in content
    )
    numbers = [str(n) for n in range(1, width + 1)]
    return [dict(zip(numbers, row, strict=True)) for row in content] if cells and width > 1 else []


def _beside_texts(content: list[Any]) -> list[Any]:
    """The objects of pairs of a text and an object, as spaCy's ["Oslo is cold", {"entities": [[0, 4, "LOC"]]}]."""
    pairs = [one for one in content if one is not None]
    fit = all(
        isinstance(one, list) and len(one) == 2 and isinstance(one[0], str) and isinstance(one[1], Mapping)
        for one in pairs
    )
    return [{"text": text, **said} for text, said in pairs] if fit else []


def _fits(row: Any, columns: Sequence[Any]) -> bool:
    return isinstance(row, list) and len(row) == len(columns)


def _object(line: str, where: str) -> Record:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{where}: is no JSON ({str(error)[:80]}); write an object on each line") from error
    if isinstance(found, list) and (pairs := _beside_texts([found])):
        found = pairs[0]
    if not isinstance(found, Mapping):
        raise DataError(f"{where}: holds {shown(line)}, which is no object; write one on each line")
    return found


def _flat(one: Record, before: str = "") -> dict[str, Any]:
    """An object without objects in it."""
    found: dict[str, Any] = {}
    for name, value in one.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{before}{name}.")
        else:
            found[f"{before}{name}"] = value
    return found


def _spread(one: Record) -> dict[str, Any]:
    """A record whose lists of numbers, also inside each other, are fields of their own."""
    found: dict[str, Any] = {}
    for name, value in one.items():
        numbers = _numbers(value) if isinstance(value, list) else None
        if numbers is None:
            found[name] = value
        else:
            found |= {f"{name}.{place}": number for place, number in enumerate(numbers)}
    return found


def _numbers(values: list[Any]) -> list[Any] | None:
    """The numbers of a list, row by row; None where it holds others."""
    found: list[Any] = []
    for value in values:
        inside = _numbers(value) if isinstance(value, list) else [value]
        if inside is None or not all(isinstance(one, int | float) for one in inside):
            return None
        found += inside
    return found


def _written(value: Any) -> str:
    """A value as it would stand in a table of texts; words in a list with blanks between them."""
    if value is None:
        return ""
    if isinstance(value, list):
        return " ".join(map(str, value))
    return str(value)
