"""Texts with a class each: what the sentiment of chapter 13 is learned from."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from harmonium.data.splits import permutation
from harmonium.data.text import UNKNOWN, Vocabulary, read_text
from harmonium.data.three_splits import ThreeSplits, array_content
from harmonium.errors import DataError

TOKEN = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*|[!?]")
PADDING = -1
PARTS = ("train", "valid", "test")
VALID_SHARE = 20  # a twentieth of the training texts validates, as in the book's program


@dataclass(frozen=True, eq=False)
class Texts:
    """Texts as places of words in a lexicon, one text after the other, and the class of each."""

    words: np.ndarray  # (words of all texts,) int32
    ends: np.ndarray  # (texts,) int64: where each text's words end
    y: np.ndarray  # (texts,) int32

    def __len__(self) -> int:
        return len(self.y)

    @property
    def lengths(self) -> np.ndarray:
        """The number of words of each text."""
        return np.diff(self.ends, prepend=0)

    def taken(self, index: np.ndarray) -> "Texts":
        """The texts of these numbers, in that order."""
        lengths = self.lengths[index]
        ends = np.cumsum(lengths)
        within = np.arange(lengths.sum()) - np.repeat(ends - lengths, lengths)
        return Texts(self.words[np.repeat(self.ends[index] - lengths, lengths) + within], ends, self.y[index])

    def padded(self, longest: int) -> dict[str, np.ndarray]:
        """The last `longest` words of each text as rows (texts, at most longest), padded with -1, and their lengths."""
        lengths = np.minimum(self.lengths, longest)
        columns = np.arange(lengths.max(initial=1))
        places = self.ends[:, None] - lengths[:, None] + columns
        inside = columns < lengths[:, None]
        rows = np.where(inside, self.words[np.where(inside, places, 0)], PADDING)
        return {"words": rows.astype(np.int32), "length": lengths.astype(np.int32)}


@dataclass(frozen=True, eq=False)
class Reviews(ThreeSplits[Texts]):
    """Classified texts in three splits; their words are places in `lexicon`, and `classes` names the labels."""

    lexicon: tuple[str, ...] = field(kw_only=True)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one example: texts have none."""
        return ()

    def _content(self) -> Iterator[bytes | memoryview]:
        yield "\n".join(self.lexicon).encode()
        for split in self.splits.values():
            yield from array_content(split.words, split.ends, split.y)

    def frequent(self, count: int) -> Vocabulary:
        """The words that the training set holds most often, with that for unknown ones `count` at most."""
        counts = np.bincount(self.train.words, minlength=len(self.lexicon))
        order = np.argsort(-counts, kind="stable")[: count - 1]
        return Vocabulary((UNKNOWN, *(self.lexicon[place] for place in order if counts[place])))

    def known_as(self, vocabulary: Vocabulary) -> "Reviews":
        """The same texts, their words as places in `vocabulary`."""
        places = vocabulary.indices(self.lexicon)
        train, valid, test = (replace(split, words=places[split.words]) for split in self.splits.values())
        return replace(self, train=train, valid=valid, test=test, lexicon=vocabulary.words)


def tokens(text: str) -> list[str]:
    """The words of a text in small letters, with its question and exclamation marks; tags are left out."""
    return TOKEN.findall(re.sub(r"<[^<>]{0,20}>", " ", text).lower())


def as_texts(texts: Iterable[tuple[str, str, int]], lexicon: dict[str, int]) -> Texts:
    """Texts, each with its place and its label, whose words join `lexicon` where it does not have them.

    Raises `DataError`, naming the place, for a text without words.
    """
    words: list[np.ndarray] = []
    labels = []
    for where, text, label in texts:
        found = tokens(text)
        if not found:
            raise DataError(f"{where}: holds no words; write a text into it or remove it")
        words.append(np.fromiter((lexicon.setdefault(w, len(lexicon)) for w in found), np.int32, len(found)))
        labels.append(label)
    ends = np.cumsum([len(one) for one in words], dtype=np.int64)
    return Texts(np.concatenate([np.zeros(0, np.int32), *words]), ends, np.array(labels, np.int32))


def with_valid(
    name: str,
    train: Texts,
    valid: Texts | None,
    test: Texts | None,
    lexicon: Sequence[str],
    classes: tuple[str, ...],
    seed: int,
) -> Reviews:
    """The three splits; one that is missing takes a twentieth of training, or for testing a fifth, drawn by `seed`.

    Raises `DataError` where too few texts are left to train on.
    """
    order = permutation(len(train), seed)
    shares = (len(order) // 5 if test is None else 0, len(order) // VALID_SHARE if valid is None else 0)
    if (test is None and not shares[0]) or (valid is None and not shares[1]):
        raise DataError(f"{name}: {len(train)} texts cannot be shared out; give at least {VALID_SHARE}")
    cut = len(order) - sum(shares)
    if test is None:
        test = train.taken(order[cut : cut + shares[0]])
    if valid is None:
        valid = train.taken(order[len(order) - shares[1] :])
    return Reviews(name, train.taken(order[:cut]), valid, test, classes, lexicon=tuple(lexicon))


def load_texts(path: Path, name: str, seed: int) -> Reviews:
    """The user's own texts: .txt files in one folder a class, or such folders inside train/, valid/ and test/.

    Or one file of text with a class, a tab and a text on each line. Raises `DataError`, naming the folder, or the file
    and the line, for fewer than two classes, an empty class or an empty text.
    """
    lexicon: dict[str, int] = {}
    if path.is_file():
        lines = _lines(path)
        classes = tuple(sorted({label for _, _, label in lines}))
        if len(classes) < 2:
            raise DataError(
                f"{path}: every text is of the class {classes[0]!r}; give texts of two classes at least"
            )
        train = as_texts(((where, text, classes.index(label)) for where, text, label in lines), lexicon)
        return with_valid(name, train, None, None, tuple(lexicon), classes, seed)
    parts = {entry.name for entry in path.iterdir() if entry.is_dir() and entry.name[0] != "."}
    root = path / "train" if "train" in parts and parts <= set(PARTS) else path
    classes = tuple(sorted(e.name for e in root.iterdir() if e.is_dir() and e.name[0] != "."))
    if len(classes) < 2:
        raise DataError(
            f"{root}: needs at least two folders, one a class, with that class's .txt files in each"
        )
    train = as_texts(_files(root, classes), lexicon)
    valid, test = (
        as_texts(_files(path / part, classes), lexicon) if root != path and part in parts else None
        for part in PARTS[1:]
    )
    return with_valid(name, train, valid, test, tuple(lexicon), classes, seed)


def _lines(path: Path) -> list[tuple[str, str, str]]:
    """Place, text and class of each line; empty lines are left out."""
    found = []
    for number, line in enumerate(read_text(path).split("\n"), 1):
        where = f"{path}, line {number}"
        label, tab, text = line.strip().partition("\t")
        if label and not tab:
            raise DataError(f"{where}: has no tab; write a class, a tab and a text on each line")
        if label:
            found.append((where, text, label.strip()))
    if not found:
        raise DataError(f"{path}: holds no texts; write a class, a tab and a text on each line")
    return found


def _files(root: Path, classes: Sequence[str]) -> Iterator[tuple[str, str, int]]:
    """Place, text and class of each file."""
    if unknown := sorted({e.name for e in root.iterdir() if e.is_dir() and e.name[0] != "."} - set(classes)):
        raise DataError(f"{root / unknown[0]}: is no class of the training texts; remove or rename it")
    for label, name in enumerate(classes):
        files = sorted((root / name).rglob("*.txt"))
        if not files:
            raise DataError(f"{root / name}: holds no .txt files")
        for file in files:
            yield str(file), read_text(file), label
