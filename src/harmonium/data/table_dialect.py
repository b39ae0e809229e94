"""How a table is written: which sign is between its columns, and whether quotes enclose cells or are letters."""

import contextlib
import csv
import io
import itertools
import re
from collections import Counter
from pathlib import Path
from typing import Any

from harmonium.data.table_cells import is_number
from harmonium.errors import DataError

DELIMITERS = ("\t", ";", ",", "|")
NAMES = {"\t": "tabs", ";": "semicolons", ",": "commas", "|": "bars", " ": "blanks"}
MOST_TITLES = 10  # lines above a table that are looked at
LOOKED_AT = 200  # lines looked at to recognise the delimiter


def delimiter_of(text: str, path: Path) -> str:
    """Return the character between the columns: the one that occurs equally often in most lines."""
    lines = [line for line in text.split("\n", LOOKED_AT)[:LOOKED_AT] if line.strip()]
    if path.suffix.lower() in (".tsv", ".tab") and any("\t" in line for line in lines):
        return "\t"
    scores = {}
    for sign in DELIMITERS:
        counts = Counter(len(next(csv.reader([line], delimiter=sign), [])) - 1 for line in lines)
        scores[sign] = max(_most_often(counts), _most_often(_columns_between(sign, text)))
    best = max(DELIMITERS, key=lambda sign: scores[sign])
    if scores[best][0]:
        return best
    cells = [line.split() for line in lines]
    numbers = [is_number(cell.strip('"')) for row in cells for cell in row]
    alike = (
        len({len(row) for row in cells[1:] or cells}) == 1
        and len(cells[0]) <= len(cells[-1]) <= len(cells[0]) + 1
    )
    numeric = [all(map(is_number, column)) for column in zip(*cells, strict=False)] if alike else []
    if len(cells[0]) > 1 and alike and (2 * sum(numbers) > len(numbers) or sum(numeric) > 1):
        return " "
    return "\t" if path.suffix.lower() in (".tsv", ".tab") else ","


def _columns_between(sign: str, text: str) -> Counter[int]:
    """How many rows have how many signs between their cells, where quotes may enclose cells of several lines."""
    counts: Counter[int] = Counter()
    lines = (
        line.group() for line in re.finditer(r"[^\n]*\n|[^\n]+", text)
    )  # one by one, since texts may be long
    reader = csv.reader(lines, delimiter=sign, strict=True)
    with contextlib.suppress(csv.Error):
        counts.update(len(row) - 1 for row in itertools.islice(reader, LOOKED_AT) if row)
        return counts
    return Counter()


def _most_often(counts: Counter[int]) -> tuple[float, int]:
    """The share of rows that have the commonest number of signs above 0, and that number."""
    usual, times = max(((n, c) for n, c in counts.items() if n), key=lambda item: item[1], default=(0, 0))
    return (times / counts.total() if usual else 0.0, usual)


def without_titles(text: str, delimiter: str) -> tuple[str, list[str]]:
    """A table of numbers without the lines above it that are empty or hold one title, and those titles."""
    lines = text.split("\n", LOOKED_AT)
    rows = [next(csv.reader([line], delimiter=delimiter), []) for line in lines[:LOOKED_AT]]
    width = Counter(len(row) for row in rows if row).most_common(1)[0][0]
    titles = 0
    for row in rows[:MOST_TITLES]:
        filled = [cell for cell in row if cell.strip()]
        alone = len(row) < width if width == 2 else len(filled) == 1 and bool(row[0].strip())
        if width == 1 or (filled and (not alone or is_number(filled[0]) or delimiter == " ")):
            break
        titles += 1
    said = [cell.strip() for row in rows[:titles] for cell in row if cell.strip()]
    return "\n".join(lines[titles:]).lstrip("\n"), said


def with_names_for_all(text: str, delimiter: str) -> str:
    """A table whose first line lacks the name of the column of rows' names, as R writes it, with an empty one there."""
    lines = [line for line in text.split("\n", LOOKED_AT)[:LOOKED_AT] if line.strip()]
    rows = [next(csv.reader([line], delimiter=delimiter), []) for line in lines]
    below = rows[1:]
    if not below or {len(row) for row in below} != {len(rows[0]) + 1} or any(map(is_number, rows[0])):
        return text
    if any(row[-1].strip() for row in below):
        return f'""{delimiter}{text}'
    head, _, rest = text.partition("\n")
    return f"{head}{delimiter}\n{rest}"  # each line below ends in the sign


def rows_of(text: str, delimiter: str, texts: bool, path: Path, *, empty: bool = False) -> list[list[str]]:
    """Return the cells of each row; further signs belong to the text where `texts` have one column beside another.

    Rows whose cells are all empty are among them where `empty` asks for those.

    Raises `DataError`, naming the row, for rows of different lengths.
    """
    rows = _quoted_or_not(text, delimiter, empty)
    if not rows:
        raise DataError(f"{path}: its cells are all empty; give a row on each line")
    width = Counter(len(row) for row in rows[:LOOKED_AT]).most_common(1)[0][0]
    class_last = len({row[-1] for row in rows}) < len({row[0] for row in rows})
    for number, row in enumerate(rows, 1):
        if texts and len(row) > width == 2:
            text_at = slice(0, -1) if class_last else slice(1, None)
            row[text_at] = [delimiter.join(row[text_at])]
        if len(row) != width:
            raise DataError(
                f"{path}: row {number} has {len(row)} columns where most have {width}; quote what holds a "
                f"{NAMES[delimiter][:-1]}, or remove the row"
            )
    return rows


def _quoted_or_not(text: str, delimiter: str, empty: bool) -> list[list[str]]:
    """The rows, by whichever reading of quotes makes them alike: as what encloses cells, or as letters of the text."""
    plain = _parsed(text, delimiter, csv.QUOTE_NONE, empty)
    if '"' not in text:
        return plain
    quoted = _strictly(text, delimiter, empty)
    if not quoted and '\\"' in text:  # as Spark writes quotes within a cell
        quoted = _strictly(text, delimiter, empty, doublequote=False, escapechar="\\")
    alike, plain_alike = (len({len(row) for row in rows}) == 1 for rows in (quoted, plain))
    of_several_lines = len(plain) > len(quoted)
    if alike and not (plain_alike and of_several_lines and delimiter == "\t"):  # a text of lines has no tabs
        return quoted
    if plain_alike or not _is_quoted(text, delimiter):
        return plain
    return _parsed(text, delimiter, csv.QUOTE_MINIMAL, empty)


def _is_quoted(text: str, delimiter: str) -> bool:
    """Tell whether quotes enclose cells and are no part of them: each that begins a cell has one that ends it."""
    sign = re.escape(delimiter)
    begins = len(re.findall(rf'(?:^|{sign})"', text, re.MULTILINE))
    whole = len(re.findall(rf'(?:^|(?<={sign}))"(?:[^"]|"")*"(?={sign}|$)', text, re.MULTILINE))
    return whole == begins > 0


def _strictly(text: str, delimiter: str, empty: bool, **dialect: Any) -> list[list[str]]:
    """The rows, with quotes around cells; none where those do not fit."""
    try:
        return _parsed(text, delimiter, csv.QUOTE_MINIMAL, empty, strict=True, **dialect)
    except csv.Error:
        return []


def _parsed(text: str, delimiter: str, quoting: int, empty: bool, **dialect: Any) -> list[list[str]]:
    csv.field_size_limit(2**30)
    lines = io.StringIO(text)
    reader = csv.reader(lines, delimiter=delimiter, quoting=quoting, **dialect)  # type: ignore[arg-type]
    return [row for row in reader if any(cell.strip() for cell in row) or (empty and len(row) > 1)]
