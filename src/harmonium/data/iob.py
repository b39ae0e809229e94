"""The user's own labelled sentences: a word and its label on each line, and an empty line between sentences."""

import csv
import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from harmonium.data.assembly import duplicates
from harmonium.data.layout import SPLITS
from harmonium.data.options import CorpusOptions
from harmonium.data.sentences import MOST_WORDS, Corpus, Sentences, corpus
from harmonium.data.sharing import shared_out
from harmonium.data.tables import is_number
from harmonium.data.text import decoded, read_bytes
from harmonium.data.understood import Reading
from harmonium.data.walk import passed_over
from harmonium.errors import DataError

LABEL = re.compile(r"O|[BIES]-\S+")
PARTS = ("train", "valid", "test")
FILES = {**SPLITS, "testa": "valid", "testb": "test"}  # as CoNLL-2003 calls its own
# Schemes that say the same in other letters: BILOU's last and unit, BMEWO's middle and whole.
PREFIXES = {"B": "B", "I": "I", "E": "E", "S": "S", "L": "E", "U": "S", "M": "I", "W": "S"}
PREFIXED = re.compile(r"([BIESLUMWbieslumw])[-_](\S+)")
SUFFIXED = re.compile(r"(\S+)[-_]([BIESLUMW])")
WORDS = frozenset({"word", "words", "token", "tokens", "form", "text"})
LABELS = frozenset({"tag", "tags", "label", "labels", "ner", "ner_tag", "slot", "slots", "entity", "iob"})
COMMENT = re.compile(r"#\s*(\w+\s*=|newdoc|newpar|sent|text\b|id\b)")


def load_iob(
    path: Path, name: str, seed: int, options: CorpusOptions, kept: Mapping[str, Sequence[str]] | None = None
) -> Corpus:
    """A file of tagged words, or a folder with a file for each of train, valid and test.

    Parameters
    ----------
    path
        The file; or the folder, whose files are called by their splits, as train.iob, eng.testa or en-ud-dev.conllu.
        Those that are missing take their share of train.
    name
        What the data set is called.
    seed
        Decides splits that are not given.
    options
        How to read it.
    kept
        Names of sentences by split, as a run kept them.

    Raises
    ------
    DataError
        As `read_iob` does, and for a folder without a file of train.

    """
    words: list[tuple[str, ...]] = []
    labels: list[tuple[str, ...]] = []
    names: list[str] = []
    parts: list[str | None] = []
    notes: list[str] = []
    files = {None: path} if path.is_file() else _files(path)
    for part, file in files.items():
        found, noticed = _read(file, options.word_column)
        words += found.words
        labels += found.labels
        names += [f"{part} {n}" if part else str(n) for n in range(1, len(found) + 1)]
        parts += [part if len(files) > 1 else None] * len(found)
        notes += [note for note in noticed if note not in notes]
    if not any(label != "O" for those in labels for label in those):
        raise DataError(f"{path}: every word has the label O; there is nothing to learn")
    places, more = shared_out(names, None, parts, seed=seed, options=options, where=str(path), kept=kept)
    prints = [
        "\n".join((*one, "", *its)).encode("utf-8", "surrogatepass")
        for one, its in zip(words, labels, strict=True)
    ]
    together = Sentences(tuple(words), tuple(labels))
    return corpus(
        name,
        *(together.taken(those) for those in places.values()),
        names={part: tuple(names[i] for i in those) for part, those in places.items()},
        reading=Reading(str(path), {}, (*notes, *more, *duplicates(prints, places))),
    )


def read_iob(path: Path, word_column: int | None = None) -> Sentences:
    """The sentences of a file: the label last on each line, the word first or in a column that is named.

    Columns lie between tabs, or else blanks, or else commas; -DOCSTART- lines and comments are left out. CoNLL-U is
    known by its numbers in the first column. Labels of BILOU, BMEWO and in other spellings are written as IOBES.

    Parameters
    ----------
    path
        The file.
    word_column
        The column of the word, counted from 1.

    Raises
    ------
    DataError
        Naming the file and the line, for a line without a label, a label that is none, a file without words, and words
        that are all numbers.

    """
    return _read(path, word_column)[0]


def _read(path: Path, word_column: int | None) -> tuple[Sentences, list[str]]:
    text, encoding = decoded(read_bytes(path), str(path))
    notes = [] if encoding == "utf-8" else [f"{path.name} is in {encoding}"]
    rows = _of_csv(text) if path.suffix.lower() == ".csv" else _rows(text)
    rows, named = _named_columns(rows)
    notes += [f"the first line names the columns: {named} are taken"] if named else []
    filled = [(number, columns) for number, columns in rows if columns]
    if not filled:
        raise DataError(f"{path}: holds no words; write a word, a tab and its label on each line")
    if word_column is None and _is_conllu(rows):
        word_column = 2
        notes.append("the first column numbers the words, as in CoNLL-U; the word is the second")
    place = (word_column or 1) - 1
    spelt, changed = _spelling([columns[-1] for _, columns in filled])
    if changed:
        notes.append(f"labels such as {changed[0]} are written {changed[1]}")
    words: list[tuple[str, ...]] = []
    labels: list[tuple[str, ...]] = []
    sentence: list[tuple[str, str]] = []
    for number, columns in [*rows, (0, [])]:
        if not columns:
            if sentence:
                words.append(tuple(word for word, _ in sentence))
                labels.append(tuple(label for _, label in sentence))
            sentence = []
            continue
        where = f"{path}, line {number}"
        if len(columns) < 2:
            raise DataError(
                f"{where}: the word {columns[0]!r} has no label; write both, with a tab between them"
            )
        label = spelt.get(columns[-1], columns[-1])
        if not LABEL.fullmatch(label):
            raise DataError(
                f"{where}: the label {columns[-1]!r} must be O, or one of B-, I-, E-, S- before a type"
            )
        if not 0 <= place < len(columns) - 1:
            raise DataError(
                f"{where}: has {len(columns)} columns, so --word-column {place + 1} cannot be the word"
            )
        sentence.append((columns[place], label))
        if len(sentence) > MOST_WORDS:
            raise DataError(
                f"{where}: a sentence of over {MOST_WORDS:,} words; put an empty line between sentences"
            )
    if all(is_number(word) for one in words for word in one):
        raise DataError(
            f"{path}: all of its words are numbers, as {words[0][0]!r}; name their column with --word-column"
        )
    return Sentences(tuple(words), tuple(labels)), notes


def _rows(text: str) -> list[tuple[int, list[str]]]:
    """The columns of each line with its number; none for what parts sentences, nothing at all for comments."""
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


def _of_csv(text: str) -> list[tuple[int, list[str]]]:
    """The columns of each line of a CSV file, as `_rows` gives them."""
    reader = csv.reader(io.StringIO(text))
    return [(reader.line_num, row if any(row) else []) for row in reader]


def _named_columns(rows: list[tuple[int, list[str]]]) -> tuple[list[tuple[int, list[str]]], str]:
    """Words and labels by the names in the first line, if it holds names; sentences by the column that counts them."""
    first = next((columns for _, columns in rows if columns), [])
    names = [name.strip().lower() for name in first]
    word, label = (
        next((k for k, name in enumerate(names) if name in known), None) for known in (WORDS, LABELS)
    )
    if word is None or label is None:
        return rows, ""
    counts = next((k for k, name in enumerate(names) if name.startswith("sent")), None)
    found: list[tuple[int, list[str]]] = []
    last = ""
    for number, columns in rows:
        if columns is first:
            continue
        if counts is not None and len(columns) > counts and columns[counts].strip() not in ("", last):
            found.append((number, []))
            last = columns[counts].strip()
        fits = len(columns) > max(word, label)
        found.append((number, [columns[word], columns[label]] if fits else columns))
    return found, f"{first[word]} and {first[label]}"


def _is_conllu(rows: Sequence[tuple[int, list[str]]]) -> bool:
    """Whether the first column counts the words of each sentence from 1, or always says 1."""
    counted, last = 0, 0
    for _, columns in rows:
        if not columns:
            last = 0
            continue
        first = columns[0]
        if len(columns) < 4 or not re.fullmatch(r"\d+([-.]\d+)?", first):
            return False
        counted += first == str(last + 1) or "-" in first or "." in first or first == "1"
        last = int(re.split(r"[-.]", first)[0])
    return counted > 0.9 * sum(bool(columns) for _, columns in rows) > 0


def _spelling(labels: Sequence[str]) -> tuple[dict[str, str], tuple[str, str] | None]:
    """How labels of other schemes are written as IOBES, and one of them that changes."""
    kinds = Counter(labels)
    if all(LABEL.fullmatch(label) for label in kinds):
        return {}, None
    spelt = {label: "O" for label in kinds if label in ("O", "o", "_")}
    others = [label for label in kinds if label not in spelt]
    for pattern, head, tail in ((PREFIXED, 1, 2), (SUFFIXED, 2, 1)):
        matches = {label: match for label in others if (match := pattern.fullmatch(label))}
        if len(matches) == len(others):
            spelt |= {label: f"{PREFIXES[m[head].upper()]}-{m[tail]}" for label, m in matches.items()}
            changed = next(((label, new) for label, new in spelt.items() if label != new), None)
            return spelt, changed
    if "O" in spelt and others and not any(re.match(r"[BIES][-_]", label) for label in others):
        if set(others) <= set("BIES"):
            spelt |= {label: f"{label}-phrase" for label in others}
        elif len(others) * 4 <= len(labels):
            spelt |= {label: f"I-{label}" for label in others}
        else:
            return {}, None
        return spelt, (others[0], spelt[others[0]])
    return {}, None


def _files(folder: Path) -> dict[str | None, Path]:
    """The file of each split in a folder."""
    found: dict[str | None, Path] = {}
    for path in sorted(
        entry for entry in folder.iterdir() if entry.is_file() and not passed_over(entry.name)
    ):
        words = re.split(r"[\W_]+", path.name.lower())
        splits = {FILES[word] for word in words if word in FILES}
        if len(splits) != 1:
            continue
        (part,) = splits
        if part in found:
            raise DataError(
                f"{folder}: {found[part].name} and {path.name} are both files of {part}; keep one"
            )
        found[part] = path
    if "train" not in found:
        raise DataError(f"{folder}: holds no file called train, as in train.iob")
    return {part: found[part] for part in PARTS if part in found}
