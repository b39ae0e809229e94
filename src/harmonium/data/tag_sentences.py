"""Lines that hold a sentence each: words joined with their tags, or all words in one cell and all labels in another."""

import re
from collections.abc import Sequence
from pathlib import Path

from harmonium.data.tag_lines import IOB, Rows
from harmonium.errors import DataError

TAGGED = re.compile(r"\S+/[^\s/]+")  # Anna/NNP, the/at, as the Brown corpus is written
SURELY = re.compile(r"\S+[/_|][A-Z$.,:'`()#-]{1,6}")  # Anna_NNP
SEVERAL = re.compile(r"(?:^|[\t,;\"'\[ ])(?:O|[BIES]-[^\s'\",]+)(?:['\", ]+(?:O|[BIES]-[^\s'\",]+)){2}")
QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")
ENDS = ("BOS", "EOS")  # beside which the intent of ATIS is written
MOST_OF = 0.95  # share of the words that must be joined with tags
OFTEN = 3  # times that a tag must occur on average
MOST_LEFT_OUT = 0.1  # of the lines whose words and labels do not fit


def are_sentences(lines: Sequence[str]) -> bool:
    """Whether most lines hold words joined with their tags, or the labels of several words."""
    joined = joined_words([(n, line.split()) for n, line in enumerate(lines)])
    return joined is not None or sum(bool(SEVERAL.search(line)) for line in lines) > 0.8 * len(lines) > 0


def joined_words(rows: Rows) -> Rows | None:
    """Words and tags of lines as Anna/NNP lives/VBZ, each a sentence where most hold several; None of others."""
    filled = [columns for _, columns in rows if columns]
    words = [word for columns in filled for word in columns]
    fits = [word for word in words if TAGGED.fullmatch(word)]
    tags = {word.rpartition("/")[2] for word in fits}
    if len(fits) > MOST_OF * len(words) and OFTEN * len(tags) <= len(
        fits
    ):  # paths and addresses end all differently
        pattern = r"(\S+)/(\S+)"
    elif sum(bool(SURELY.fullmatch(word)) for word in words) > MOST_OF * len(words):
        pattern = r"(\S+)[/_|](\S+)"
    else:
        return None
    several = 2 * sum(len(columns) > 1 for columns in filled) > len(filled)
    found: Rows = []
    for number, columns in rows:
        for word in columns:
            match = re.fullmatch(pattern, word)
            found.append((number, [match[1], match[2]] if match else [word]))
        if several or not columns:
            found.append((number, []))
    return found


def words_of_cells(rows: Rows, path: Path) -> tuple[Rows, tuple[str, ...]]:
    """Cut lines with all words in one cell and all labels in the other into a line for each word, and say so.

    Lines are left as they are where most hold one label. Raises `DataError`, with the line, where words and labels of
    many lines differ in number.
    """
    filled = [(number, columns) for number, columns in rows if columns]
    several = [number for number, columns in filled if len(columns) > 1 and _holds_labels(columns[-1])]
    if 2 * len(several) <= len(filled):
        return rows, ()
    found: Rows = []
    odd: list[tuple[int, int, int]] = []
    ended = all(
        tuple(_parts(columns[0])[:: max(1, len(_parts(columns[0])) - 1)]) == ENDS for _, columns in filled
    )
    for number, columns in filled:
        words, labels = _parts(columns[0]), _parts(columns[-1])
        if len(words) != len(labels):
            odd.append((number, len(words), len(labels)))
            continue
        pairs = list(zip(words, labels, strict=True))[1:-1] if ended else zip(words, labels, strict=True)
        found += [(number, [word, label]) for word, label in pairs]
        found.append((number, []))
    if len(odd) > MOST_LEFT_OUT * len(filled):
        number, words_there, labels_there = odd[0]
        raise DataError(
            f"{path}, line {number}: holds {words_there} words and {labels_there} labels; write as many of both, with "
            "blanks between them"
        )
    notes = ["each line holds a sentence, and as many labels as words"]
    notes += ["BOS and EOS, and the intents beside them, are left out"] if ended else []
    if odd:
        notes.append(
            f"{len(odd):,} lines whose words and labels differ in number are left out, as line {odd[0][0]}"
        )
    return found, tuple(notes)


def _holds_labels(cell: str) -> bool:
    parts = _parts(cell)
    return len(parts) > 1 and bool(IOB.fullmatch(parts[0]))


def _parts(cell: str) -> list[str]:
    """The words of a cell: between blanks, or as Python or NumPy writes a list of them."""
    cell = cell.strip()
    if cell.startswith("[") and cell.endswith("]") and (quoted := QUOTED.findall(cell)):
        return [(one or other).strip() or "_" for one, other in quoted]
    return cell.split()
