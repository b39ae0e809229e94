"""The user's own labelled sentences: a word and its label on each line, and an empty line between sentences."""

import re
from pathlib import Path

from harmonium.data.sentences import MOST_WORDS, Corpus, Sentences, corpus
from harmonium.data.splits import completed
from harmonium.data.text import read_text
from harmonium.errors import DataError

LABEL = re.compile(r"O|[BIES]-\S+")
PARTS = ("train", "valid", "test")


def load_iob(path: Path, name: str, seed: int) -> Corpus:
    """A file, cut into splits by `seed`, or a folder with a file each for train, valid and test.

    A folder's files are called train, valid and test, with any ending or none; valid or test may be missing, and then
    take a seventh of train each. Raises `DataError` as `read_iob` does, and for a folder without a train file.
    """
    if path.is_file():
        train, valid, test = read_iob(path), None, None
    else:
        files = {part: _file(path, part) for part in PARTS}
        if files["train"] is None:
            raise DataError(f"{path}: holds no file called train, as in train.iob")
        train = read_iob(files["train"])
        valid, test = (read_iob(file) if (file := files[part]) else None for part in PARTS[1:])
    return corpus(name, *completed(train, valid, test, seed=seed, where=str(path)))


def read_iob(path: Path) -> Sentences:
    """The sentences of a file in UTF-8: the word first on each line and the label last, between them tabs or blanks.

    Other columns are left alone, as are CoNLL's -DOCSTART- lines. Raises `DataError`, naming the file and the line, for
    a line without a label, a label that is not O or one of B-, I-, E-, S- before a type, and a file without words.
    """
    words: list[tuple[str, ...]] = []
    labels: list[tuple[str, ...]] = []
    sentence: list[tuple[str, str]] = []
    for number, line in enumerate([*read_text(path).split("\n"), ""], 1):
        columns = line.split()
        if not columns or columns[0] == "-DOCSTART-":
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
        if not LABEL.fullmatch(columns[-1]):
            raise DataError(
                f"{where}: the label {columns[-1]!r} must be O, or one of B-, I-, E-, S- before a type"
            )
        sentence.append((columns[0], columns[-1]))
        if len(sentence) > MOST_WORDS:
            raise DataError(
                f"{where}: a sentence of over {MOST_WORDS:,} words; put an empty line between sentences"
            )
    if not words:
        raise DataError(f"{path}: holds no words; write a word, a tab and its label on each line")
    return Sentences(tuple(words), tuple(labels))


def _file(folder: Path, part: str) -> Path | None:
    found = sorted(path for path in folder.iterdir() if path.is_file() and path.stem == part)
    if len(found) > 1:
        raise DataError(f"{folder}: {found[0].name} and {found[1].name} are both files of {part}; keep one")
    return found[0] if found else None
