"""The lines of a file of tagged words, cut into columns."""

import csv
import io
import re
from collections import Counter

from harmonium.data.labels import shown

COMMENT = re.compile(r"#\s*([\w.]+\s*=|newdoc|newpar|sent|text\b|id\b)")
IOB = re.compile(r"O|[BIESLU][-_]\S+")

Rows = list[tuple[int, list[str]]]  # number and columns of each line; no columns where a sentence ends


def rows_of_lines(text: str) -> Rows:
    """Return each line's number and columns: no columns where a sentence ends, and no entry for a comment."""
    lines = [line.strip(" \t\r") for line in text.split("\n")]
    filled = [line for line in lines if line and not COMMENT.match(line)]
    if all("\t" in line for line in filled):
        between = r" *\t[ \t]*"
    elif all("," in line and not re.search(r"[ \t]", line) for line in filled):
        between = ","
    else:
        between = r"[ \t]+"
    rows = [
        (n, re.split(between, line) if line else [])
        for n, line in enumerate(lines, 1)
        if not COMMENT.match(line)
    ]
    return [
        (n, [] if columns[:1] == ["-DOCSTART-"] or "-DOCSTART- " in columns[0] else columns)
        if columns
        else (n, [])
        for n, columns in rows
    ]


def rows_of_csv(text: str) -> Rows:
    """The columns of each line of a CSV file, as `rows_of_lines` gives them."""
    reader = csv.reader(io.StringIO(text))
    return [(reader.line_num, row if any(row) else []) for row in reader]


def without_sources(rows: Rows) -> Rows:
    """Leave out lines that begin with # and have another number of columns than most: they name a text's source."""
    usual = Counter(len(columns) for _, columns in rows if columns).most_common(1)
    return [
        (n, columns)
        for n, columns in rows
        if columns[:1] != ["#"] or not usual or len(columns) == usual[0][0]
    ]


def wider(rows: Rows) -> tuple[str, ...]:
    """What to say of lines with more columns than most, where a word may hold a blank."""
    usual = Counter(len(columns) for _, columns in rows if columns).most_common(1)
    wide = [(n, columns) for n, columns in rows if usual and len(columns) > usual[0][0]]
    if not wide:
        return ()
    number, columns = wide[0]
    more = f", and so have {len(wide) - 1:,} others" if len(wide) > 1 else ""
    return (
        f"line {number}, {shown(' '.join(columns))!r}, has {len(columns)} columns where most have {usual[0][0]}{more}: "
        "where a word holds a blank, put tabs between all columns, or _ for the blank",
    )
