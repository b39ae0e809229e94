"""How a table's columns are called: whether its first line names them, and which names people use for what."""

import itertools
import re
from collections import Counter
from collections.abc import Sequence

from harmonium.data.table_cells import MISSING, is_number
from harmonium.data.table_dialect import LOOKED_AT
from harmonium.errors import DataError

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
PLAIN = re.compile(r"-?\d+\.?\d*")
RISING = 5  # numbers in even steps that are hardly a row by chance
ONE_WORD = 1.5  # words on average below which texts are addresses or sequences, and their letters count
FEW_ROWS = 10  # below which words that do not repeat say nothing


def is_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names columns: known names, or words above columns of numbers."""
    first = rows[0]
    below = [row for row in rows[1:LOOKED_AT] if row != first]  # where tables were joined names come again
    names = [cell.strip().lower().strip("\ufeff#") for cell in first]
    if (
        below
        and len(names) > 2
        and [name for name in names if name] == [str(n) for n in range(len(names) - (not names[0]))]
    ):
        return True  # as pandas calls columns without names
    if not below:
        return False
    if any(is_number(name) for name in names if name):
        return _are_rising(names, below)
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
    return _is_unlike(names, rows[1:LOOKED_AT])


def _are_rising(names: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names columns by numbers, as 400, 402, 404 or 2001, 2002, 2003, and others by words."""
    numbers = {k: float(name) for k, name in enumerate(names) if PLAIN.fullmatch(name)}
    words = {
        k: [row[k].strip().lower() for row in below]
        for k, name in enumerate(names)
        if name and k not in numbers
    }
    if len(numbers) < 3 or any(names[k] in cells for k, cells in words.items()):
        return False
    if not any(
        names[k] in (*TARGETS, *OTHERS) or all(map(is_number, cells)) or 2 * len(set(cells)) <= len(cells)
        for k, cells in words.items()
    ):
        return False
    row = list(numbers.values())
    steps = [after - before for before, after in itertools.pairwise(row)]
    rise = all(step > 0 for step in steps) or all(step < 0 for step in steps)
    even = rise and max(steps) - min(steps) <= 1e-6 * max(map(abs, row))
    return (even and len(row) >= RISING) or (
        rise and (even or len(row) >= RISING) and all(_is_outside(numbers[k], k, below) for k in numbers)
    )


def _is_outside(number: float, k: int, below: Sequence[Sequence[str]]) -> bool:
    """Whether all numbers of a column are smaller than this, or all are larger."""
    cells = [float(row[k]) for row in below if PLAIN.fullmatch(row[k].strip())]
    return not cells or not min(cells) <= number <= max(cells)


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
        elif name:
            words = sum(map(_length, cells.elements())) / len(below)
            letters = sum(map(len, cells.elements())) / len(below)
            alike = len(name) > letters / 2 if words < ONE_WORD else _length(name) > words / 2
            if alike:
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
