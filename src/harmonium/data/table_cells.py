"""What a cell of a table holds: a number in any of the ways that people write it, or nothing."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?|[-+]?(nan|inf(inity)?)", re.IGNORECASE)
GROUPED = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?")  # with a comma between thousands
DOTTED = re.compile(r"[-+]?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?")  # with points there, and a comma before decimals
COMMA_NUMBER = re.compile(r"[-+]?(\d{1,3}(\.\d{3})+|\d+),\d+")  # 0,5 and 1.234,50
MEASURED = re.compile(r"([-+]?)([$€£¥]?)\s?([-+]?[\d.,]*\d)\s?([%$€£¥]?)")  # $1,234.50 and 45.3 %
# Thousands parted by a blank or an apostrophe; what begins with a zero is a telephone's number.
GAPPED = re.compile(r"\D{0,3}[1-9]\d{0,2}([ '\u2019\u00a0\u202f]\d{3})+([.,]\d+)?\D{0,3}")
GAP = re.compile(r"(?<=\d)[ '\u2019\u00a0\u202f](?=\d{3}(?!\d))")
NO_NUMBER = frozenset(
    {"none", "missing"}
)  # which stand for a missing number, and among words are one of them
OF_PROGRAMS = {
    "#n/a",
    "#div/0!",
    "#null!",
    "#num!",
    "#value!",
    "#ref!",
    "#name?",
    ".",
}  # Excel's, SPSS's, SAS's
MINUS = re.compile(r"(?<![\w.])[\u2212\u2013](?=\.?\d)|(?<=\d[eE])\u2212(?=\d)")  # as typesetters write it
BESIDE = re.compile(
    r"([(<>\u2264\u2265~\u2248=]+)?\s*([-+]?\d[\d.,]*)\s*(\)|[^\W\d_]{1,4}(?:/[^\W\d_]{1,4})?)?"
)
THOUSANDS = re.compile(r"[-+]?[1-9]\d{0,2}\.\d{3}")
DATE = re.compile(
    r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2}))([T ]+\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?"
    r"( ?[ap]m)?(Z|[-+]\d{2}:?\d{2})?)?",
    re.IGNORECASE,
)
MISSING = frozenset({"", "\\n", "na", "n/a", "n.a.", "nan", "null", "?", "-", "--"}) | OF_PROGRAMS | NO_NUMBER


def is_number(cell: str) -> bool:
    """Whether a cell holds a number, perhaps of money or per cent."""
    cell = GAP.sub("", cell.strip()) if GAPPED.fullmatch(cell.strip()) else cell.strip()
    bare = measured[1] + measured[3] if (measured := MEASURED.fullmatch(cell)) else cell
    return any(form.fullmatch(bare) for form in (NUMBER, COMMA_NUMBER, GROUPED))


def holds_dates(column: "pd.Series") -> bool:
    """Whether all cells of a column that are not missing are dates, with or without a time."""
    cells = column.dropna()
    return len(cells) > 0 and all(DATE.fullmatch(str(cell).strip()) for cell in cells)


def sign_beside(cell: str) -> str | None:
    """What makes a cell no number though one stands in it, as the mg of 4.3 mg, or < and (); None where none does."""
    found = BESIDE.fullmatch(cell.strip())
    return None if found is None else (found[1] or "") + (found[3] or "")


def has_comma(cell: str, delimiter: str) -> bool:
    """Whether a cell of a table with this sign between its columns holds a number with a comma before its decimals.

    Between semicolons 1,234 is one, since those stand there for that reason; between others, or beside a sign of money
    or per cent, it may be 1234.
    """
    found = MEASURED.fullmatch(cell)
    if found and (found[2] or found[4]):
        bare = found[1] + found[3]
        return bool(COMMA_NUMBER.fullmatch(bare)) and not GROUPED.fullmatch(bare)
    return bool(COMMA_NUMBER.fullmatch(cell)) and (delimiter == ";" or not GROUPED.fullmatch(cell))


def as_numbers(column: "pd.Series", *, comma: bool) -> "tuple[pd.Series, str] | None":
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
    gaps = any(GAPPED.fullmatch(cell) for cell in cells)
    if gaps:
        cells = cells.map(lambda cell: GAP.sub("", cell) if GAPPED.fullmatch(cell) else cell)
        comma = comma or cells.str.contains(",").any()
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
    what += ["blanks or apostrophes part the thousands"] if gaps else []
    what += [f"the sign {unit} was taken off the numbers"] if unit else []
    return (numbers, " and ".join(what)) if what else None


def may_be_thousands(column: "pd.Series") -> bool:
    """Whether a column's points may part thousands: whole numbers below 1000 beside others with three decimals."""
    if column.dtype.kind != "f":
        return False
    numbers = column.dropna().abs()
    fractions = numbers[numbers % 1 != 0]
    three = (fractions * 1000 - (fractions * 1000).round()).abs() < 1e-6
    return 0 < len(fractions) < len(numbers) and bool(
        three.all() and fractions.min() >= 1 and numbers.max() < 1000
    )


def with_thousands(
    table: "pd.DataFrame", written: "pd.DataFrame", *, sure: bool
) -> "tuple[pd.DataFrame, list[str]]":
    """A table of numbers such as 2.553 beside others such as 957, whose points may part thousands.

    Parameters
    ----------
    table
        The numbers, with points taken for those of decimals.
    written
        The cells of its columns of fractions.
    sure
        Whether points part thousands where no other number tells that they stand before decimals.

    Returns
    -------
    The table, with whole numbers in the place of fractions where that is sure, and what to say.

    """
    cells = {name: written[name].dropna().str.strip() for name in written}
    pointed = {name: column.str.fullmatch(THOUSANDS.pattern) for name, column in cells.items()}
    alike = {
        name: bool((pointed[name] | column.str.fullmatch(r"[-+]?\d{1,3}")).all())
        for name, column in cells.items()
    }
    mixed = [name for name in cells if alike[name] and pointed[name].any() and not pointed[name].all()]
    sure = sure and all(alike.values())
    notes = [
        f"{name} holds {cells[name][pointed[name]].iloc[0]} beside {cells[name][~pointed[name]].iloc[0]}: "
        + (
            "points part the thousands"
            if sure
            else "points are taken for those of decimals; write thousands without"
        )
        for name in mixed
    ]
    if mixed and sure:
        parted = {
            name: table[name].where(
                table[name].isna() | ~pointed[name].reindex(table.index, fill_value=False),
                (1000 * table[name]).round(),
            )
            for name in cells
        }
        table = table.assign(**parted)
    return table, notes
