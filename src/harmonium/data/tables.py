"""Tables as people have them: CSV and TSV files of any dialect, read into columns of text."""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harmonium.data.foreign import FOREIGN, SPARSE, SPARSE_ROW
from harmonium.data.json_records import as_table, records
from harmonium.data.text import decoded, read_bytes
from harmonium.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

RECORDS = (".jsonl", ".ndjson", ".json")
SUFFIXES = frozenset({".csv", ".tsv", ".tab", ".data", ".dat", *RECORDS})
DELIMITERS = ("\t", ";", ",", "|")
NAMES = {"\t": "tabs", ";": "semicolons", ",": "commas", "|": "bars", " ": "blanks"}
TARGETS = (
    "target",
    "label",
    "labels",
    "class",
    "y",
    "category",
    "sentiment",
    "species",
    "diagnosis",
    "outcome",
)
TEXTS = (
    "text",
    "review",
    "sentence",
    "content",
    "message",
    "comment",
    "tweet",
    "title",
    "phrase",
    "document",
    "body",
)
OTHERS = (
    "id",
    "index",
    "name",
    "split",
    "set",
    "group",
    "x",
    "tokens",
    "words",
    "tags",
    "rating",
    "score",
    "polarity",
    "file",
    "filename",
    "file_name",
    "image",
    "image_id",
    "path",
)
NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?|[-+]?(nan|inf(inity)?)", re.IGNORECASE)
GROUPED = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?")  # with a comma between thousands
DOTTED = re.compile(r"[-+]?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?")  # with points there, and a comma before decimals
COMMA_NUMBER = re.compile(r"[-+]?(\d{1,3}(\.\d{3})+|\d+),\d+")  # 0,5 and 1.234,50
MEASURED = re.compile(r"([-+]?)([$€£¥]?)\s?([-+]?[\d.,]*\d)\s?([%$€£¥]?)")  # $1,234.50 and 45.3 %
SEPARATOR = re.compile(r"sep=(.)\n", re.IGNORECASE)  # which Excel writes, and takes away
MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?", "-", "#n/a", "#div/0!", "missing"})
LOOKED_AT = 200  # lines looked at to recognise the delimiter


def read_table(path: Path, *, texts: bool = False) -> tuple["pd.DataFrame", list[str]]:
    """A file of rows as columns of text, and what was guessed of it.

    Parameters
    ----------
    path
        The file: JSON, or columns between tabs, semicolons, commas, bars or blanks, with or without a first line of
        names, quotes around what holds those, decimals with a point or, between semicolons, a comma, in any encoding
        that `decoded` knows.
    texts
        Whether the table is known to hold texts, which may hold quotes of their own.

    Returns
    -------
    table
        Its columns, of numbers where all are numbers, or of strings where it holds texts; called "1", "2", … where the
        file names none.
    notes
        Sentences on the encoding, the delimiter and the header.

    Raises
    ------
    DataError
        For an empty file, and for rows of different lengths, with the line.

    """
    import pandas as pd

    if path.suffix.lower() in FOREIGN:
        raise DataError(f"{path}: {FOREIGN[path.suffix.lower()]}")
    text, encoding = decoded(read_bytes(path), str(path))
    notes = [] if encoding == "utf-8" else [f"the file is in {encoding}"]
    if not text.strip():
        raise DataError(f"{path}: is empty; give a row on each line")
    if path.suffix.lower() in RECORDS:
        table, said = as_table(records(text, str(path)), str(path), texts=texts)
        return table, [*notes, said]
    if SPARSE_ROW.fullmatch(text.lstrip().split("\n", 1)[0]):
        raise DataError(f"{path}: {SPARSE}")
    given = SEPARATOR.match(text)
    text = text[given.end() :] if given else text
    text, comment = _without_comments(text) if not texts else (text, "")
    delimiter = given[1] if given and given[1] in DELIMITERS else _delimiter(text, path)
    if not texts and delimiter == " ":
        text = "\n".join(" ".join(line.split()) for line in text.split("\n"))
    rows = _rows(
        text if texts else "\n".join(text.split("\n", LOOKED_AT)[:LOOKED_AT]), delimiter, texts, path
    )
    width = len(rows[0])
    told = _names_in(comment, width)
    header = is_header(rows) and not told
    names = [name.strip() or f"unnamed {n}" for n, name in enumerate(told or rows[0], 1)]
    if not header and not told:
        names = [str(n) for n in range(1, width + 1)]
    elif header and len(rows) == 1:
        raise DataError(f"{path}: holds a line of names and nothing below it; give rows")
    if repeated := [name for name, count in Counter(names).items() if count > 1]:
        raise DataError(f"{path}: two columns are called {repeated[0]!r}; rename one")
    notes.append(
        f"{width} column{'s' * (width > 1)} between {NAMES[delimiter]}, "
        + (f"the first line names them: {_some(names)}" if header or told else "without a line of names")
    )
    if texts:
        return pd.DataFrame(rows[header:], columns=names, dtype=str), notes
    comma = delimiter == ";" and any(
        COMMA_NUMBER.fullmatch(cell.strip()) for row in rows[header:] for cell in row
    )
    if comma:
        notes.append("decimals are written with a comma")
    try:
        table = pd.read_csv(
            io.StringIO(text),
            sep=delimiter,
            header=None,
            names=names,
            skiprows=int(header),
            decimal="," if comma else ".",
            na_values=sorted(MISSING | {word.upper() for word in MISSING}),
            skipinitialspace=True,
            low_memory=False,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise DataError(
            f"{path}: cannot be read as a table ({error}); each row must have {width} columns"
        ) from error
    if bare := [name for name in table if str(name).startswith("unnamed ") and table[name].isna().all()]:
        table = table.drop(columns=bare)
        notes.append(f"left out, since empty: {_some(bare)}")
    for name in table:
        if (
            table[name].dtype.kind not in "biuf"
            and (read := _as_numbers(table[name], comma=comma)) is not None
        ):
            table[name], what = read
            notes.append(f"{what} in {name}")
    return table, notes


def _without_comments(text: str) -> tuple[str, str]:
    """A table without the lines above it that begin with #, and the last of those, which may name its columns."""
    lines = text.split("\n")
    first = next((n for n, line in enumerate(lines) if not line.startswith("#")), 0)
    return ("\n".join(lines[first:]), lines[first - 1].strip("# \t")) if first else (text, "")


def _names_in(comment: str, width: int) -> list[str]:
    """As many names as there are columns, out of a comment; none where it holds other than those."""
    splits = (re.split(rf"{sign}+", comment) for sign in (",", ";", "\t", " "))
    return next((names for names in splits if len(names) == width and any(names)), [])


def _as_numbers(column: "pd.Series", *, comma: bool) -> "tuple[pd.Series, str] | None":
    """A column of numbers with signs between thousands, or with one unit around each; None for another.

    Parameters
    ----------
    column
        Its cells as strings.
    comma
        Whether decimals are written with a comma.

    Returns
    -------
    The numbers, and what was done.

    """
    import pandas as pd

    cells = column.dropna().astype(str).str.strip()
    found = [MEASURED.fullmatch(cell) for cell in cells]
    units = {match[2] or match[4] for match in found if match}
    if not found or not all(found) or len(units) != 1:
        return None
    texts = [match[1] + match[3] for match in found if match]
    form = DOTTED if comma else GROUPED
    if not all(form.fullmatch(one) or NUMBER.fullmatch(one) for one in texts):
        return None
    between, point = (".", ",") if comma else (",", ".")
    parted = any(form.fullmatch(one) and between in one for one in texts)
    plain = [one.replace(between, "").replace(point, ".") if form.fullmatch(one) else one for one in texts]
    numbers = pd.Series(pd.to_numeric(plain), index=cells.index).reindex(column.index)
    unit = units.pop()
    what = [f"{'points' if comma else 'commas'} part the thousands"] if parted else []
    what += [f"the sign {unit} was taken off the numbers"] if unit else []
    return (numbers, " and ".join(what)) if what else None


def is_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names columns: known names, or words above columns of numbers."""
    first, below = rows[0], rows[1:LOOKED_AT]
    names = [cell.strip().lower().strip("\ufeff#") for cell in first]
    if (
        below
        and len(names) > 2
        and [name for name in names if name] == [str(n) for n in range(len(names) - (not names[0]))]
    ):
        return True  # as pandas calls columns without names
    if not below or sum(is_number(name) for name in names if name) > 0:
        return False
    known = {*TARGETS, *TEXTS, *OTHERS}
    if any(name in known for name in names) and not any(
        name in (row[k].strip().lower() for row in below) for k, name in enumerate(names)
    ):
        return True
    return any(
        name and all(is_number(row[k]) or row[k].strip().lower() in MISSING for row in below)
        for k, name in enumerate(names)
    )


def is_number(cell: str) -> bool:
    """Whether a cell holds a number, perhaps of money or per cent."""
    cell = cell.strip()
    bare = measured[1] + measured[3] if (measured := MEASURED.fullmatch(cell)) else cell
    return any(form.fullmatch(bare) for form in (NUMBER, COMMA_NUMBER, GROUPED))


def column_called(names: Sequence[str], known: Sequence[str]) -> str | None:
    """The column whose name is among those known, in any letters; the first of them."""
    lower = {str(name).strip().lower(): str(name) for name in names}
    return next((lower[name] for name in known if name in lower), None)


def _delimiter(text: str, path: Path) -> str:
    """Return the character between the columns: the one that occurs equally often in most lines."""
    lines = [line for line in text.split("\n", LOOKED_AT)[:LOOKED_AT] if line.strip()]
    if path.suffix.lower() in (".tsv", ".tab") and any("\t" in line for line in lines):
        return "\t"
    scores = {}
    for sign in DELIMITERS:
        counts = Counter(len(next(csv.reader([line], delimiter=sign), [])) - 1 for line in lines)
        usual, times = max(((n, c) for n, c in counts.items() if n), key=lambda item: item[1], default=(0, 0))
        scores[sign] = (times / len(lines) if usual else 0.0, usual)
    best = max(DELIMITERS, key=lambda sign: scores[sign])
    if scores[best][0]:
        return best
    cells = [line.split() for line in lines]
    numbers = [is_number(cell) for row in cells for cell in row]
    if len(cells[0]) > 1 and len({len(row) for row in cells}) == 1 and sum(numbers) > len(numbers) / 2:
        return " "
    return "\t" if path.suffix.lower() in (".tsv", ".tab") else ","


def _rows(text: str, delimiter: str, texts: bool, path: Path) -> list[list[str]]:
    rows = _parsed(text, delimiter, csv.QUOTE_MINIMAL if _is_quoted(text, delimiter) else csv.QUOTE_NONE)
    if not rows:
        raise DataError(f"{path}: its cells are all empty; give a row on each line")
    width = Counter(len(row) for row in rows[:LOOKED_AT]).most_common(1)[0][0]
    for number, row in enumerate(rows, 1):
        if texts and len(row) > width == 2:
            row[1:] = [delimiter.join(row[1:])]
        if len(row) != width:
            raise DataError(
                f"{path}: row {number} has {len(row)} columns where most have {width}; quote what holds a "
                f"{NAMES[delimiter][:-1]}, or remove the row"
            )
    return rows


def _is_quoted(text: str, delimiter: str) -> bool:
    """Tell whether quotes enclose cells and are no part of them: each that begins a cell has one that ends it."""
    sign = re.escape(delimiter)
    begins = len(re.findall(rf'(?:^|{sign})"', text, re.MULTILINE))
    whole = len(re.findall(rf'(?:^|(?<={sign}))"(?:[^"]|"")*"(?={sign}|$)', text, re.MULTILINE))
    return whole == begins > 0


def _parsed(text: str, delimiter: str, quoting: int) -> list[list[str]]:
    csv.field_size_limit(2**30)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, quoting=quoting)  # type: ignore[arg-type]
    return [row for row in reader if any(cell.strip() for cell in row)]


def _some(names: Sequence[str], most: int = 6) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most:,} more" if len(names) > most else "")
