"""Columns of the CoNLL tasks of 2011 and 2012 (OntoNotes), where brackets say what is named: (PERSON*, *, *)."""

import re
from collections.abc import Sequence

from harmonium.data.tag_lines import Rows

WORD, NAMES = 3, 10  # the columns of the word and of the names, counted from 0
CELL = re.compile(r"(\([^*()]+)?\*?\)?")


def is_bracketed(rows: Rows) -> bool:
    """Whether lines begin documents as those tasks' do, and all names stand in brackets."""
    if not any(columns[:2] == ["#begin", "document"] for _, columns in rows):
        return False
    filled = [columns for _, columns in rows if columns and not columns[0].startswith("#")]
    return bool(filled) and all(len(columns) > NAMES and CELL.fullmatch(columns[NAMES]) for columns in filled)


def without_documents(rows: Rows) -> Rows:
    """The same lines without those that begin and end documents."""
    return [(n, [] if columns and columns[0] in ("#begin", "#end") else columns) for n, columns in rows]


def labels_of(cells: Sequence[str]) -> list[str]:
    """Labels of IOB for a sentence's column of brackets.

    Examples
    --------
    >>> labels_of(["(PERSON*", "*)", "*", "(GPE)"])
    ['B-PERSON', 'I-PERSON', 'O', 'B-GPE']

    """
    labels: list[str] = []
    name = ""
    for cell in cells:
        if cell.startswith("("):
            name = cell.strip("(*)")
            labels.append(f"B-{name}")
        else:
            labels.append(f"I-{name}" if name else "O")
        name = "" if cell.endswith(")") else name
    return labels
