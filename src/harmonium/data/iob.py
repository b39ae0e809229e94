"""The user's own labelled sentences: a word and its label on each line, and an empty line between sentences."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from harmonium.data.assembly import duplicates
from harmonium.data.options import CorpusOptions
from harmonium.data.paired_tags import Pair, pairs_of_files, rows_of_pair
from harmonium.data.sentences import MOST_WORDS, Corpus, Sentences, corpus
from harmonium.data.sharing import ToScore, shared_out
from harmonium.data.split_names import SPLITS
from harmonium.data.table_cells import is_number
from harmonium.data.tag_columns import Columns, columns_of
from harmonium.data.tag_spelling import LABEL, spelling
from harmonium.data.text import decoded, read_bytes
from harmonium.data.understood import Reading
from harmonium.data.walk import passed_over
from harmonium.errors import DataError

PARTS = ("train", "valid", "test")
FILES = {**SPLITS, "testa": "valid", "testb": "test"}  # CoNLL-2003 calls its files so


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
    scored = isinstance(kept, ToScore)
    pairs = {} if path.is_file() else pairs_of_files(path, scored=scored)
    files: Mapping[str | None, Path | Pair] = pairs
    if not pairs:
        files = {None: path} if path.is_file() else _files(path, scored=scored)
    for part, file in files.items():
        found, noticed = _read(file, options) if isinstance(file, Path) else _of_pair(*file)
        words += found.words
        labels += found.labels
        names += [f"{part} {n}" if part else str(n) for n in range(1, len(found) + 1)]
        parts += [part if len(files) > 1 else None] * len(found)
        notes += [note for note in noticed if note not in notes]
    if not any(label != "O" for those in labels for label in those):
        raise DataError(f"{path}: every word has the label O; there is nothing to learn")
    if len(words) == 1 and path.is_file() and not isinstance(kept, ToScore):
        raise DataError(
            f"{path}: is one sentence of {len(words[0]):,} words, since no line is empty; put an empty line between "
            "sentences"
        )
    places, more = shared_out(names, None, parts, seed=seed, options=options, where=str(path), kept=kept)
    prints = ["\n".join(one).encode("utf-8", "surrogatepass") for one in words]
    together = Sentences(tuple(words), tuple(labels))
    return corpus(
        name,
        *(together.taken(those) for those in places.values()),
        names={part: tuple(names[i] for i in those) for part, those in places.items()},
        reading=Reading(str(path), {}, (*notes, *more, *duplicates(prints, places, labels))),
    )


def read_iob(path: Path, options: CorpusOptions | None = None) -> Sentences:
    """The sentences of a file: the label last on each line, the word first, or in columns that are named.

    Columns lie between tabs, or else blanks, or else commas; -DOCSTART- lines and comments are left out. CoNLL-U is
    known by its numbers in the first column; without labels in its last, those of UPOS are taken. Labels of BILOU,
    BMEWO and in other spellings are written as IOBES.

    Parameters
    ----------
    path
        The file.
    options
        Which column is the word, and which the label.

    Raises
    ------
    DataError
        Naming the file and the line, for a line without a label, a label that is none, a file without words, and words
        that are all numbers.

    """
    return _read(path, options or CorpusOptions())[0]


def _read(path: Path, options: CorpusOptions) -> tuple[Sentences, list[str]]:
    text, encoding = decoded(read_bytes(path), str(path))
    notes = [] if encoding == "utf-8" else [f"{path.name} is in {encoding}"]
    found, noticed = _sentences(columns_of(text, path, options), path)
    return found, notes + noticed


def _of_pair(words: Path, labels: Path) -> tuple[Sentences, list[str]]:
    said = f"{labels.name} holds the labels of each line of {words.name}"
    found, notes = _sentences(Columns(rows_of_pair(words, labels)), words)
    return found, [said, *notes]


def _sentences(columns: Columns, path: Path) -> tuple[Sentences, list[str]]:
    notes = [*columns.notes]
    filled = [found for _, found in columns.rows if found]
    if not filled:
        raise DataError(f"{path}: holds no words; write a word, a tab and its label on each line")
    spelt, changed = spelling([found[-1] for found in filled], named=columns.named)
    if changed:
        notes.append(f"labels such as {changed[0]} are written {changed[1]}")
    words: list[tuple[str, ...]] = []
    labels: list[tuple[str, ...]] = []
    sentence: list[tuple[str, str]] = []
    for number, found in [*columns.rows, (0, [])]:
        if not found:
            if sentence:
                words.append(tuple(word for word, _ in sentence))
                labels.append(tuple(label for _, label in sentence))
            sentence = []
            continue
        where = f"{path}, line {number}"
        if len(found) < 2:
            raise DataError(
                f"{where}: the word {found[0]!r} has no label; write both, with a tab between them"
            )
        label = spelt.get(found[-1], found[-1])
        if not LABEL.fullmatch(label):
            raise DataError(
                f"{where}: the label {found[-1]!r} must be O, or one of B-, I-, E-, S- before a type"
            )
        sentence.append((found[0], label))
        if len(sentence) > MOST_WORDS:
            raise DataError(
                f"{where}: a sentence of over {MOST_WORDS:,} words; put an empty line between sentences"
            )
    if all(is_number(word) for one in words for word in one):
        raise DataError(
            f"{path}: all of its words are numbers, as {words[0][0]!r}; name their column with --word-column"
        )
    return Sentences(tuple(words), tuple(labels)), notes


def _files(folder: Path, scored: bool) -> dict[str | None, Path]:
    """The file of each split in a folder."""
    found: dict[str | None, Path] = {}
    for path in sorted(
        entry for entry in folder.iterdir() if entry.is_file() and not passed_over(entry.name)
    ):
        words = re.findall(r"[^\W\d_]+|\d+", path.name.lower())  # of wnut17train too
        splits = {FILES[word] for word in words if word in FILES}
        if len(splits) != 1:
            continue
        (part,) = splits
        if part in found:
            raise DataError(
                f"{folder}: {found[part].name} and {path.name} are both files of {part}; keep one"
            )
        found[part] = path
    if "train" not in found and not (scored and found):
        raise DataError(f"{folder}: holds no file called train, as in train.iob")
    return {part: found[part] for part in PARTS if part in found}
