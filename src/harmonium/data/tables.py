"""Tables as people have them: CSV and TSV files of any dialect, read into columns of text."""

import io
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harmonium.data.foreign import FOREIGN, SPARSE, SPARSE_ROW
from harmonium.data.json_records import as_table, records
from harmonium.data.table_cells import MISSING, NO_NUMBER, as_numbers, has_comma, is_number
from harmonium.data.table_dialect import (
    DELIMITERS,
    LOOKED_AT,
    NAMES,
    delimiter_of,
    rows_of,
    with_names_for_all,
    without_titles,
)
from harmonium.data.text import decoded, read_bytes
from harmonium.errors import DataError, in_one_line

if TYPE_CHECKING:
    import pandas as pd

RECORDS = (".jsonl", ".ndjson", ".json")
SUFFIXES = frozenset({".csv", ".tsv", ".tab", ".data", ".dat", *RECORDS})
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
WITHOUT_BLANKS = re.compile(
    r"[\u0e00-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]"
)  # Thai to Burmese, Khmer, kana, Han
FEW_ROWS = 10  # below which words that do not repeat say nothing
SEPARATOR = re.compile(r"sep=(.)\n", re.IGNORECASE)  # which Excel writes, and takes away


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
    delimiter = given[1] if given and given[1] in DELIMITERS else delimiter_of(text, path)
    text = text.lstrip("\n")
    if not texts:
        text, titles = without_titles(text, delimiter)
        notes += [f"left out, since it stands above the table: {_some(titles)}"] if titles else []
    if not texts and delimiter == " ":
        text = "\n".join(" ".join(line.split()) for line in text.split("\n"))
    text = text if texts else with_names_for_all(text, delimiter)
    rows = rows_of(
        text if texts else "\n".join(text.split("\n", LOOKED_AT)[:LOOKED_AT]), delimiter, texts, path
    )
    width = len(rows[0])
    told = _names_in(comment, width)
    units = not texts and not told and has_units(rows)
    header = (is_header(rows) or units) and not told
    names = [name.strip() or f"unnamed {n}" for n, name in enumerate(told or rows[0], 1)]
    if not header and not told:
        names = [str(n) for n in range(1, width + 1)]
    elif header and len(rows) == 1:
        raise DataError(f"{path}: holds a line of names and nothing below it; give rows")
    refuse_repeated(names, path)
    notes.append(
        f"{width} column{'s' * (width > 1)} between {NAMES[delimiter]}, "
        + (f"the first line names them: {_some(names)}" if header or told else "without a line of names")
    )
    if units:
        words = _some([cell.strip() for cell in rows[1] if cell.strip()])
        notes.append(
            f"left out, since it holds units or explanations and no numbers: the second line, {words}"
        )
    first = header + units
    if texts:
        return pd.DataFrame(rows[first:], columns=names, dtype=str), notes
    comma = delimiter != "," and any(
        has_comma(cell.strip(), delimiter) for row in rows[first:] for cell in row
    )
    if comma:
        notes.append("decimals are written with a comma")

    def parsed(missing: frozenset[str], **settings: Any) -> "pd.DataFrame":
        try:
            return pd.read_csv(
                io.StringIO(text),
                sep=delimiter,
                header=None,
                names=names,
                skiprows=first,
                decimal="," if comma else ".",
                na_values=sorted(missing | {word.upper() for word in missing}),
                skipinitialspace=True,
                low_memory=False,
                **settings,
            )
        except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
            raise DataError(
                f"{path}: cannot be read as a table ({in_one_line(error)}); each row must have {width} columns"
            ) from error

    table = parsed(MISSING)
    if bare := [name for name in table if str(name).startswith("unnamed ") and table[name].isna().all()]:
        table = table.drop(columns=bare)
        notes.append(f"left out, since empty: {_some(bare)}")
    for name in table:
        if (
            table[name].dtype.kind not in "biuf"
            and (read := as_numbers(table[name], comma=comma)) is not None
        ):
            table[name], what = read
            notes.append(f"{what} in {name}")
    gaps = table.isna()
    worded = [c for c in table if gaps[c].any() and (gaps[c].all() or table[c].dtype.kind not in "biuf")]
    if worded:
        as_words = parsed(MISSING - NO_NUMBER, usecols=worded, dtype=str, keep_default_na=False)
        for c in worded:
            if as_words[c].notna().any():
                table[c] = table[c].astype(object).where(~gaps[c], as_words[c])
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
    if any(
        name and all(is_number(row[k]) or row[k].strip().lower() in MISSING for row in below)
        for k, name in enumerate(names)
    ):
        return True
    return _is_unlike(names, below)


def _is_unlike(names: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether words name columns of words: none occurs below its own, where words repeat or texts are longer."""
    if len(below) < FEW_ROWS:
        return False
    repeats = False
    for k, name in enumerate(names):
        cells = Counter(row[k].strip().lower() for row in below)
        if name in cells and name:
            return False
        if name and min(cells.values()) > 1 and len(cells) <= len(below) / 2:
            repeats = True
        elif name and _length(name) > sum(map(_length, cells.elements())) / len(below) / 2:
            return False
    return repeats


def _length(cell: str) -> int:
    """How long a text is: its words, or where its language puts no blanks between them its letters."""
    return len(cell) if WITHOUT_BLANKS.search(cell) else len(cell.split())


def has_units(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the second row explains the columns, as mm and kg do: words above at least two columns of numbers."""
    if len(rows) < 3 or any(is_number(cell) for cell in (*rows[0], *rows[1])):
        return False
    below = rows[2:LOOKED_AT]

    def holds_numbers(k: int) -> bool:
        cells = [row[k].strip() for row in below if row[k].strip().lower() not in MISSING]
        return bool(cells) and all(map(is_number, cells))

    numeric = [k for k in range(len(rows[0])) if holds_numbers(k)]
    words = [k for k in range(len(rows[0])) if k not in numeric and rows[1][k].strip()]
    of_rows = any(rows[1][k].strip() in {row[k].strip() for row in below} for k in words)
    return (
        len(numeric) > 1 and not of_rows and any(rows[1][k].strip().lower() not in MISSING for k in numeric)
    )


def refuse_repeated(names: Sequence[str], where: object) -> None:
    """Raise `DataError` where two columns have one name."""
    if repeated := [name for name, count in Counter(names).items() if count > 1]:
        raise DataError(f"{where}: two columns are called {repeated[0]!r}; rename one")


def column_called(names: Sequence[str], known: Sequence[str]) -> str | None:
    """The column whose name is among those known, in any letters; the first of them."""
    lower = {str(name).strip().lower(): str(name) for name in names}
    return next((lower[name] for name in known if name in lower), None)


def _some(names: Sequence[str], most: int = 6) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most:,} more" if len(names) > most else "")
