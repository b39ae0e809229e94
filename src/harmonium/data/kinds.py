"""What kind of data lie at a path, found by the names and the first lines of the files."""

import csv
import io
import json
import re
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Literal

from harmonium.data import images
from harmonium.data.annotated import SPANS, plain
from harmonium.data.array_files import called_like_idx, is_idx
from harmonium.data.catalogue import CATALOGUE, CONTENTS, unknown
from harmonium.data.foreign import way_from
from harmonium.data.matlab import holds_rolls
from harmonium.data.paired_tags import pairs_of_files
from harmonium.data.pickled_batches import is_pickle
from harmonium.data.roll_files import PICKLES, holds_pieces
from harmonium.data.sources import there
from harmonium.data.table_dialect import delimiter_of
from harmonium.data.table_files import is_table
from harmonium.data.table_names import TEXTS
from harmonium.data.tables import RECORDS
from harmonium.data.tables import SUFFIXES as TABLES
from harmonium.data.tag_sentences import are_sentences
from harmonium.data.text import decoded
from harmonium.data.walk import is_about, walk
from harmonium.errors import DataError

Kind = Literal["pictures", "texts", "tags", "music"]
NAMED: dict[str, Kind] = {"labelled sentences": "tags", "classified texts": "texts"}
PICTURES = (*images.SUFFIXES, ".heic")
ENDINGS: dict[str, Kind] = {
    **dict.fromkeys((*PICTURES, ".npz", ".npy", ".pkl", ".pickle", ".mat"), "pictures"),
    **dict.fromkeys((".mid", ".midi", ".kar", ".rmi", ".abc", ".musicxml", ".mxl", ".mscz", ".krn"), "music"),
    **dict.fromkeys(
        (".iob", ".iob2", ".bio", ".conll", ".conllu", ".conllup", ".conllx", ".testa", ".testb"), "tags"
    ),
}
LINES = (".txt", ".text", *TABLES, ".train", ".dev", ".test")  # of any kind
UNKNOWN = (
    ".docx",
    ".doc",
    ".pdf",
    ".rtf",
    ".zip",
    ".exe",
    ".md",
    ".py",
    ".html",
)  # which hold nothing that is read
LOOKED_AT = 2**16  # bytes of a file
ALIKE = 0.9  # the share of a table's rows with equally many cells
FEW_COLUMNS = 3  # of a table in which a few words are a text
MANY_WORDS = 6  # that are a text in any table, and no name or address


def kind_of(source: str) -> Kind:
    """The kind of a named data set, or of what lies at a path; numbers in rows count as pictures.

    Raises
    ------
    DataError
        Where there is nothing, or nothing that is known.

    """
    if source in CATALOGUE:
        content = CONTENTS[CATALOGUE[source].kind]
        return NAMED.get(content) or ("music" if content == "music" else "pictures")
    path = Path(source).expanduser()
    if not path.exists():
        raise unknown(source, "a file or folder")
    with there(source, "a file or folder") as unpacked:
        if unpacked != path:
            return kind_of(str(unpacked))
    if path.is_file():
        return _of_file(path)
    if pairs_of_files(path):
        return "tags"
    walked = walk(path, {*ENDINGS, *LINES}, "data")
    kinds = Counter(kind for file in walked.files if (kind := ENDINGS.get(file.suffix.lower())))
    if kinds:
        return kinds.most_common(1)[0][0]
    lines = [file for file in walked.files if file.suffix.lower() in LINES and not is_about(file)]
    if not lines:
        if any("ubyte" in file.name or (called_like_idx(file) and is_idx(file)) for file in path.iterdir()):
            return "pictures"
        return _of_unknown(path)
    inside = [file for file in lines if file.parent != path and file.suffix.lower() in (".txt", ".text")]
    if 2 * len(inside) > len(lines):
        return "pictures" if is_table(inside[len(inside) // 2]) else "texts"
    return _of_file(max(lines, key=lambda file: file.stat().st_size))  # others tell of it


def _of_unknown(path: Path) -> Kind:
    """The kind of files whose endings say nothing, as rt-polarity.pos, or that have none."""
    files = walk(path, {entry.suffix.lower() for entry in path.rglob("*")}, "data").files
    for file in files:
        if file.suffix.lower() not in UNKNOWN and not is_about(file):
            if is_pickle(file):
                return "pictures"
            with suppress(DataError):
                rows = is_table(file)
                return "tags" if _of_lines(file) == "tags" else "pictures" if rows else "texts"
    remedy = way_from([file.suffix.lower() for file in files])
    others = [file.name for file in files if not is_about(file)]
    found = f", but {others[0]}" if others else ""
    raise DataError(
        f"{path}: holds no pictures, texts, tagged words or MIDI files{found}{remedy and '; '}{remedy}"
    )


def _of_file(path: Path) -> Kind:
    name = path.name.lower().removesuffix(".gz")
    suffix = Path(name).suffix
    if suffix == ".mat":
        return "music" if holds_rolls(path) else "pictures"
    if name.endswith((".npz", *PICKLES, ".json")) and holds_pieces(path):
        return "music"
    if suffix in ENDINGS:
        return ENDINGS[suffix]
    if suffix in LINES:
        return _of_lines(path)
    try:
        return _of_lines(path) if suffix not in UNKNOWN else "pictures"
    except DataError:
        return "pictures"  # as IDX files without a suffix, or with one that nobody knows


def _of_lines(path: Path) -> Kind:
    with path.open("rb") as file:
        head = file.read(LOOKED_AT)
    text, _ = decoded(head[: len(head) // 2 * 2], str(path))
    lines = text.split("\n")[: 1000 if len(head) < LOOKED_AT else -1]
    if path.suffix.lower() in RECORDS:
        return _of_json(text)
    filled = [line for line in lines if line.strip() and not line.startswith(("# ", "#\t"))]
    cells = [re.split(r"[\t ,]+", line.strip()) for line in filled]
    last = sum(bool(re.fullmatch(r"O|[BIESLUbies][-_]\S+", row[-1])) for row in cells)
    first = sum(bool(len(row) > 1 and re.fullmatch(r"O|[BIES]-\S+", row[0])) for row in cells)
    if filled and (max(last, first) > 0.8 * len(filled) or are_sentences(filled)):
        return "tags"
    spaceless = sum(bool(re.search(r"[^\W\d_a-zA-Z]{5,}", line)) for line in filled[1:])
    if spaceless > 0.5 * len(filled[1:]) > 0:
        return "texts"
    if filled and (rows := _rows("\n".join(lines), path)):
        return "texts" if _hold_texts(rows) else "pictures"
    wordy = sum(any(_words(cell) >= 3 for cell in re.split(r"[\t;]|,(?!\s)", line)) for line in filled[1:])
    return "texts" if wordy > 0.5 * len(filled[1:]) > 0 else "pictures"


def _rows(text: str, path: Path) -> list[list[str]]:
    """The cells of each row where a text is a table of several columns; nothing where it is none."""
    csv.field_size_limit(2**30)
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter_of(text, path)) if any(row)]
    width, times = Counter(map(len, rows)).most_common(1)[0] if rows else (0, 0)
    alike = [row for row in rows if len(row) == width]
    return alike if width > 1 and len(alike) > 1 and times >= ALIKE * len(rows) else []


def _hold_texts(rows: list[list[str]]) -> bool:
    """Whether a column of a table holds texts: several words, or beside many columns a usual name or many words."""
    counts = [[_words(row[k]) for row in rows[1:]] for k in range(len(rows[0]))]
    wordy = [k for k, those in enumerate(counts) if 2 * sum(count >= 3 for count in those) > len(those)]
    named = [any(word in TEXTS for word in re.split(r"[\W_]+", rows[0][k].lower())) for k in wordy]
    long = [sum(counts[k]) >= MANY_WORDS * len(counts[k]) for k in wordy]
    return any((*named, *long)) or bool(wordy and len(rows[0]) <= FEW_COLUMNS)


def _words(cell: str) -> int:
    """How many of the parts between blanks are words, and no numbers or codes such as A11."""
    return len(re.findall(r"(?<!\S)(?:\S*[^\W\d_]{2}\S*|[^\s\d]*[^\W\d_][^\s\d]*)(?!\S)", cell))


def _of_json(text: str) -> Kind:
    """The kind of JSON by the first object in it: sentences in lists, a text of several words, or numbers."""
    if SPANS.search(text):
        return "tags"
    head = re.search(r"\{[^{}]*\}", text)
    first = head[0] if head else text
    with suppress(ValueError, RecursionError):  # of the beginning of a file that is longer
        start = text.index("{")
        whole, end = json.JSONDecoder().raw_decode(text[start:])
        if isinstance(whole, dict):
            first = text[start : start + end]
            one = plain(whole)
            first = first if one is whole else json.dumps(one)
    if re.search(r'"(tokens|words)"\s*:\s*\[\s*"', first):
        return "tags"
    strings = r'"((?:[^"\\]|\\.)*)"'
    values = re.findall(rf":\s*{strings}", first) or re.findall(rf"[\[,]\s*{strings}(?!\s*:)", first)
    return "texts" if any(len(re.findall(r"[^\W\d_]+", value)) >= 3 for value in values) else "pictures"
