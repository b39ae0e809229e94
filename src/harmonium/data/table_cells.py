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
MISSING = frozenset({"", "na", "n/a", "n.a.", "nan", "null", "?", "-", "--"}) | OF_PROGRAMS | NO_NUMBER


def is_number(cell: str) -> bool:
    """Whether a cell holds a number, perhaps of money or per cent."""
    cell = GAP.sub("", cell.strip()) if GAPPED.fullmatch(cell.strip()) else cell.strip()
    bare = measured[1] + measured[3] if (measured := MEASURED.fullmatch(cell)) else cell
    return any(form.fullmatch(bare) for form in (NUMBER, COMMA_NUMBER, GROUPED))


def has_comma(cell: str, delimiter: str) -> bool:
    """Whether a cell of a table with this sign between its columns holds a number with a comma before its decimals.

    Between semicolons 1,234 is one, since those stand there for that reason; between others it may be 1234.
    """
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
