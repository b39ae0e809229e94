"""Tables as people have them: CSV and TSV files of any dialect, read into columns of text."""

import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harmonium.data.foreign import FOREIGN, SPARSE, SPARSE_ROW
from harmonium.data.json_records import as_table, records
from harmonium.data.table_cells import (
    MINUS,
    MISSING,
    NO_NUMBER,
    as_numbers,
    has_comma,
    may_be_thousands,
    with_thousands,
)
from harmonium.data.table_dialect import (
    DELIMITERS,
    LOOKED_AT,
    NAMES,
    delimiter_of,
    rows_of,
    with_names_for_all,
    without_titles,
)
from harmonium.data.table_names import has_units, is_header, refuse_repeated
from harmonium.data.text import decoded, read_bytes
from harmonium.errors import DataError, in_one_line

if TYPE_CHECKING:
    import pandas as pd

RECORDS = (".jsonl", ".ndjson", ".json")
SUFFIXES = frozenset({".csv", ".tsv", ".tab", ".data", ".dat", *RECORDS})
SEPARATOR = re.compile(r"sep=(.)\n", re.IGNORECASE)  # which Excel writes, and takes away


def read_table(path: Path, *, texts: bool = False, empty: bool = False) -> tuple["pd.DataFrame", list[str]]:
    """A file of rows as columns of text, and what was guessed of it.

    Parameters
    ----------
    path
        The file: JSON, or columns between tabs, semicolons, commas, bars or blanks, with or without a first line of
        names, quotes around what holds those, decimals with a point or, between semicolons, a comma, in any encoding
        that `decoded` knows.
    texts
        Whether the table is known to hold texts, which may hold quotes of their own.
    empty
        Whether rows of texts whose cells are all empty are among them.

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
    whole = text
    if not text.strip():
        raise DataError(f"{path}: is empty; give a row on each line")
    if path.suffix.lower() in RECORDS:
        table, said = as_table(records(text, str(path)), str(path), texts=texts)
        return table, [*notes, said]
    if SPARSE_ROW.fullmatch(text.lstrip().split("\n", 1)[0]):
        raise DataError(f"{path}: {SPARSE}")
    given = SEPARATOR.match(text)
    text = text[given.end() :] if given else text
    text, comment = _without_comments(MINUS.sub("-", text)) if not texts else (text, "")
    delimiter = given[1] if given and given[1] in DELIMITERS else delimiter_of(text, path)
    text = text.lstrip("\n")
    if not texts:
        text, titles = without_titles(text, delimiter)
        notes += [f"left out, since it stands above the table: {_some(titles)}"] if titles else []
    if not texts and delimiter == " ":
        text = "\n".join(" ".join(line.split()) for line in text.split("\n"))
    text = text if texts else with_names_for_all(text, delimiter)
    beginning = text if texts else "\n".join(text.split("\n", LOOKED_AT)[:LOOKED_AT])
    rows = rows_of(beginning, delimiter, texts, path, empty=empty)
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
    if header:
        text, repeated = _without_repeats(text, whole)
        rows = [rows[0], *(row for row in rows[1:] if row != rows[0])]
        notes += [f"left out, since it repeats the names: line {_some(repeated)}"] if repeated else []
    if texts:
        return pd.DataFrame(rows[first:], columns=names, dtype=str), notes
    comma = delimiter != "," and any(
        has_comma(cell.strip(), delimiter) for row in rows[first:] for cell in row
    )
    if comma:
        notes.append("decimals are written with a comma")

    def parsed(missing: frozenset[str], *, commas: bool = False, **settings: Any) -> "pd.DataFrame":
        try:
            return pd.read_csv(
                io.StringIO(text),
                sep=delimiter,
                header=None,
                names=names,
                skiprows=first,
                decimal="," if comma or commas else ".",
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
    quoted = [name for name in table if delimiter == "," and _hold_commas(table[name])]
    if quoted:
        table[quoted] = parsed(MISSING, commas=True, usecols=quoted)[quoted]
        if read_so := [name for name in quoted if table[name].dtype.kind == "f"]:
            notes.append(f"decimals are written with a comma in {_some(read_so)}")
    for name in table:
        is_word = table[name].dtype.kind not in "biuf"
        if is_word and (read := as_numbers(table[name], comma=comma or name in quoted)) is not None:
            table[name], what = read
            notes.append(f"{what} in {name}")
    fractions = [name for name in table if table[name].dtype.kind == "f"]
    if not comma and any(map(may_be_thousands, (table[name] for name in fractions))):
        as_written = parsed(MISSING, usecols=fractions, dtype=str)
        table, parted = with_thousands(table, as_written, sure=delimiter == ";")
        notes += parted
    gaps = table.isna()
    worded = [c for c in table if gaps[c].any() and (gaps[c].all() or table[c].dtype.kind not in "biuf")]
    if worded:
        as_words = parsed(MISSING - NO_NUMBER, usecols=worded, dtype=str, keep_default_na=False)
        for c in worded:
            if as_words[c].notna().any():
                table[c] = table[c].astype(object).where(~gaps[c], as_words[c])
    for c in (c for c in worded if set(table[c].dropna()) == {"+"}):  # of which - is the other
        table[c] = parsed(MISSING - {"-"}, usecols=[c], dtype=str, keep_default_na=False)[c]
    return table, notes


def _without_comments(text: str) -> tuple[str, str]:
    """A table without the lines above it that begin with #, and the last of those, which may name its columns."""
    lines = text.split("\n")
    first = next((n for n, line in enumerate(lines) if not line.startswith("#")), 0)
    return ("\n".join(lines[first:]), lines[first - 1].strip("# \t")) if first else (text, "")


def _without_repeats(text: str, whole: str) -> tuple[str, list[str]]:
    """A table without lines further down that repeat its first, and their numbers in the `whole` file."""
    lines = text.split("\n")
    above = whole.count("\n") - text.count("\n")
    repeated = [n for n, line in enumerate(lines) if n and line == lines[0]]
    kept = [line for n, line in enumerate(lines) if not n or line != lines[0]] if repeated else []
    return ("\n".join(kept) if repeated else text), [str(above + n + 1) for n in repeated]


def _hold_commas(column: "pd.Series") -> bool:
    """Whether a column of strings holds numbers with a comma before their decimals."""
    return column.dtype.kind not in "biuf" and any(
        has_comma(str(cell).strip(), ",") for cell in column.dropna()
    )


def _names_in(comment: str, width: int) -> list[str]:
    """As many names as there are columns, out of a comment; none where it holds other than those."""
    splits = (re.split(rf"{sign}+", comment) for sign in (",", ";", "\t", " "))
    return next((names for names in splits if len(names) == width and any(names)), [])


def _some(names: Sequence[str], most: int = 6) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most:,} more" if len(names) > most else "")
