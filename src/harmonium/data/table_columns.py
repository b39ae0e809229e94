"""Which columns of a table of numbers are features, and what they hold."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from numbers import Integral, Real
from typing import TYPE_CHECKING

from harmonium.data.class_columns import has_fractions
from harmonium.data.labels import one_spelling, shown
from harmonium.data.table_cells import MISSING, holds_dates, is_number, sign_beside
from harmonium.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

MOST_WORDS = 20  # different ones in a column of words that becomes columns of 0 and 1
STAND_INS = (-9, -99, -999, -9999, -99999)  # which old programs write for missing values
UNREAD = (
    "durations; give them as numbers, as with .dt.total_seconds()",
    "complex numbers; give their real and imaginary parts, or their sizes, as columns of their own",
)
NUMERAL = re.compile(r"[-+]?((0|[1-9]\d{0,16})(\.\d*)?|\.\d+)([eE][-+]?\d+)?")  # but no code such as 007
MOST_SIGNS = 3  # units and the like beside the numbers of one column
TOLD = 6  # columns that are named
MOSTLY = 0.8  # of a column's cells
# Names of columns that number the rows, without blanks and signs: Sr. No., row_num, #.
NUMBERS = re.compile(
    r"|index|level0|row|no|nr|lfdnr|passengerid|unnamed(0\d*|1)|"
    r"(row|s|sr|sl|serial|ser|case|record|item)(no|num|nr|number|index)"
)
SAVED = re.compile(r"unnamed[: _]*\d+(\.\d+)?", re.IGNORECASE)  # what pandas calls the index that it saved
COUNTS = 0.9  # the share of steps by which such an index goes on by one, where tables were joined
NUMBER = re.compile(
    r"(.*[\W_])?(id|ID|Id)|.*[a-z](ID|Id)|imageid|(id|ID|Id)[\W_].*"
)  # id, image_id, CustomerID, ID_REF
# What rows of several may belong to: a patient, a speaker.
OWNER = re.compile(
    r"(?i)(patient|subject|participant|person|user|customer|client|speaker|author|student|animal|session|household)s?"
    r"([\W_]?(no|nr|num|number|code|name))?"
)
MOST_OWNED = 10  # different ones at least, below which they may be kinds


def with_numbers(
    table: "pd.DataFrame", where: str, words: Collection[str] = ()
) -> tuple["pd.DataFrame", list[str]]:
    """The table with numbers where objects and strings all are numbers, and what to say of those.

    Columns that are known to hold `words` stay, and codes such as 007.

    Raises
    ------
    DataError
        For complex numbers and durations, with what to make of them.

    """
    import pandas as pd

    read: dict[str, pd.Series] = {}
    written = []
    for name, dtype in zip(table.columns, table.dtypes, strict=True):
        if dtype.kind in "biufM" or isinstance(dtype, pd.CategoricalDtype) or str(name) in words:
            continue
        cells = table[name].dropna()
        if (odd := next((cell for cell in cells if isinstance(cell, complex | timedelta)), None)) is not None:
            raise DataError(f"{where}: the column {name} holds {UNREAD[isinstance(odd, complex)]}")
        if not all(isinstance(cell, Real | Decimal) for cell in cells):
            cells = cells.astype(str).str.strip()
            cells = cells[~cells.str.lower().isin(MISSING)]
            if not all(map(NUMERAL.fullmatch, cells)):
                continue
            written += [str(name)] * bool(len(cells))
        if len(cells):
            plain = cells.map(lambda cell: cell if isinstance(cell, str | Integral) else float(cell))
            read[name] = pd.to_numeric(plain).reindex(table.index)
    more = f" and {len(written) - TOLD:,} more" if len(written) > TOLD else ""
    said = f"numbers that are written as text are read as numbers: {', '.join(written[:TOLD])}{more}"
    return table.assign(**read), [said] if written else []


def without_names(
    table: "pd.DataFrame", parts: Sequence[str | None] = ()
) -> tuple["pd.DataFrame", list[str]]:
    """The table without the columns that tell rows apart and no more, and what to say of those.

    They are those that number the rows, of all or of each of their `parts`, columns of words in which each row has one
    of its own, and dates.
    """
    notes = []
    numbering = [name for name in table.columns if numbers_rows(table[name], parts)]
    if numbering and len(numbering) < table.shape[1]:
        table = table.drop(columns=numbering)
        they = "it numbers" if len(numbering) == 1 else "they number"
        notes.append(f"left out, since {they} the rows: {', '.join(map(str, numbering))}")
    words = [name for name in table.columns if table[name].dtype.kind not in "biuf"]
    dates = [name for name in words if holds_dates(table[name])]
    own = [name for name in words if name not in dates and table[name].nunique() == len(table) > MOST_WORDS]
    for those, why in ((own, "each row has one of its own"), (dates, "no model here reads dates")):
        if those and len(those) < table.shape[1]:
            table = table.drop(columns=those)
            notes.append(f"left out, since {why}: {', '.join(map(str, those))}")
    return table, notes


def numbers_rows(column: "pd.Series", parts: Sequence[str | None]) -> bool:
    """Whether a column tells each row, of all or of its part, from the others: by its name, or since it counts them."""
    name = str(column.name).strip()
    if has_fractions(column):
        return False
    counts = column.dtype.kind in "iuf"
    if SAVED.fullmatch(name) and counts and (column.diff().iloc[1:] == 1).mean() > COUNTS:
        return True
    called = NUMBERS.fullmatch(re.sub(r"[\W_]", "", name.lower())) or NUMBER.fullmatch(name)
    if not called and not (counts and len(column) > MOST_WORDS):
        return False
    of_parts = [those for _, those in column.groupby(list(parts), dropna=False)] if any(parts) else []
    return any(
        all(those.is_unique and (called or those.diff().iloc[1:].nunique() == 1) for those in several)
        for several in ([column], of_parts)
        if several
    )


def in_one_spelling(
    table: "pd.DataFrame", categories: Mapping[str, Sequence[str]] | None = None
) -> tuple["pd.DataFrame", list[str]]:
    """The table with words that differ in capitals, or blanks at their ends, written alike, and what to say of it.

    Parameters
    ----------
    table
        The columns.
    categories
        The words of each column that a run knows, which are the spelling; without it, the commonest is.

    """
    spelt, notes = {}, []
    for name in table.columns:
        if table[name].dtype.kind in "biufM" or table[name].isna().any():
            continue
        cells = [str(cell).strip() for cell in table[name]]
        if categories is not None:
            known = categories.get(str(name), ())
            folded = {word.casefold(): word for word in reversed(known)}
            spelt[name] = [cell if cell in known else folded.get(cell.casefold(), cell) for cell in cells]
            continue
        spelt[name], merged = one_spelling(cells)
        notes += [f"in {name}, {note.removeprefix('the classes ')}" for note in merged]
    return table.assign(**spelt), notes


def belonging(table: "pd.DataFrame") -> list[str]:
    """What to say of columns that name what rows belong to, such as patient_id, where each names several rows."""
    return [
        f"{name} is learned from, and repeats: where the rows of one belong together, keep them in one split "
        f"(--group {name})"
        for name in map(str, table.columns)
        if (NUMBER.fullmatch(name.strip()) or OWNER.fullmatch(name.strip()))
        and MOST_OWNED <= table[name].nunique() <= len(table) / 2
    ]


def stand_ins(table: "pd.DataFrame") -> list[str]:
    """What to say of numbers such as -999 that stand in a column of none below zero, where they often mean missing."""
    notes = []
    for name in table.columns:
        column = table[name]
        if column.dtype.kind not in "if" or column.min() not in STAND_INS:
            continue
        if (count := int((column == column.min()).sum())) and column[column != column.min()].min() >= 0:
            notes.append(
                f"{name} holds {column.min():g} in {count:,} rows and nothing else below 0: if it stands for missing "
                "values, fill them in, or remove those rows"
            )
    return notes


def words_among_numbers(table: "pd.DataFrame") -> list[str]:
    """What to say of columns of numbers that are taken for words, since words or units stand among them."""
    notes = []
    for name in table.columns:
        if table[name].dtype.kind in "biuf":
            continue
        counts = table[name].dropna().astype(str).str.strip().value_counts()
        odd = counts[[not is_number(cell) for cell in counts.index]]
        if 0 < odd.sum() < (1 - MOSTLY) * counts.sum():
            notes.append(
                f"{name} holds numbers, and {shown(odd.index[0])!r} in {odd.iloc[0]:,} rows: each of its values is "
                "taken as a word; where that stands for a missing number, fill it in, or remove those rows"
            )
        elif (
            len(odd) > 1
            and len(signs := {sign_beside(cell) for cell in odd.index}) == 1
            and None not in signs
        ):
            notes.append(
                f"{name} holds numbers as {shown(odd.index[0])!r}: each of its values is taken as a word; write them "
                f"without {signs.pop()} where they are to be numbers"
            )
    return notes


def words_in(table: "pd.DataFrame", where: str) -> dict[str, tuple[str, ...]]:
    """The columns of words, and which words each holds.

    Raises
    ------
    DataError
        Where one holds more than twenty different words.

    """
    found = {
        str(name): tuple(sorted({str(word) for word in table[name].dropna()}))
        for name in table.columns
        if table[name].dtype.kind not in "biuf"
    }
    many = {name: words for name, words in found.items() if len(words) > MOST_WORDS}
    for name in many:
        cells = table[name].dropna().astype(str).str.strip()
        odd = [cell for cell in cells if not is_number(cell)]
        signs = Counter(sign for cell in odd if (sign := sign_beside(cell)) is not None)
        measured = sum(count for _, count in signs.most_common(MOST_SIGNS))
        if not odd:
            raise DataError(
                f"{where}: the column {name} holds numbers that are written in several ways, as "
                f"{shown(cells.iloc[0])!r}; write all alike, as 1234.5"
            )
        if 2 * (len(odd) - measured) < len(cells):
            raise DataError(
                f"{where}: {len(odd):,} of {len(cells):,} cells of the column {name} are no numbers, as "
                f"{shown(odd[0])!r}; write a number alone in each, or remove those rows, or the column"
            )
    if many:
        name, words = next(iter(many.items()))
        others = f"; so do {', '.join(list(many)[1:6])}" if len(many) > 1 else ""
        repeats = len(words) <= len(table) / 2
        raise DataError(
            f"{where}: the column {name} holds {len(words):,} different words, as {shown(words[0])!r}{others}; remove "
            f"{'them' if others else 'it'}, or name one with --target where it is the class"
            + (", or with --group where it tells which rows belong together" if repeats else "")
        )
    return found
