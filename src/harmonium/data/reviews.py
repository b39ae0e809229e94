"""Texts with a class each, from which the classifier of chapter 13 learns."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Literal

import numpy as np

from harmonium.data.splits import permutation
from harmonium.data.text import UNKNOWN, Vocabulary, unknown_words
from harmonium.data.three_splits import ThreeSplits, array_content, counted
from harmonium.errors import DataError

PLAIN = re.compile(
    r"[a-z0-9]+(?:'[a-z0-9]+)*|[!?]"
)  # the same as `_word` for ASCII in small letters, four times as fast
PADDING = -1
VALID_SHARE = 20  # a twentieth of the training texts validates, as in the book's program


@dataclass(frozen=True, eq=False)
class Texts:
    """Texts, each a stretch of one long array of word indices into a lexicon, and the class of each."""

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

    def up_to(self, longest: int) -> "Texts":
        """The texts of at most `longest` words."""
        return self.taken(np.flatnonzero(self.lengths <= longest))

    def joined(self, more: "Texts") -> "Texts":
        """These texts, and after them `more`, whose words are of the same lexicon."""
        ends = np.concatenate([self.ends, len(self.words) + more.ends])
        return Texts(np.concatenate([self.words, more.words]), ends, np.concatenate([self.y, more.y]))

    def padded(self, longest: int) -> dict[str, np.ndarray]:
        """The last `longest` words of each text as rows (texts, at most longest), padded with -1, and their lengths."""
        lengths = np.minimum(self.lengths, longest)
        columns = np.arange(lengths.max(initial=1))
        places = self.ends[:, None] - lengths[:, None] + columns
        inside = columns < lengths[:, None]
        rows = np.where(inside, self.words[np.where(inside, places, 0)], PADDING)
        return {"words": rows.astype(np.int32), "length": lengths.astype(np.int32)}


@dataclass(frozen=True, eq=False, repr=False)
class Reviews(ThreeSplits[Texts]):
    """Classified texts in three splits; their words are places in `lexicon`, and `classes` names the labels."""

    lexicon: tuple[str, ...] = field(kw_only=True)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one example: texts have none."""
        return ()

    @property
    def kind(self) -> str:
        """Texts, with the number of their different words."""
        return f"texts of {len(self.lexicon):,} different {self.preparation.tokens}"

    def prints(self, part: str) -> list[bytes]:
        """The words of each text."""
        words, ends = self.splits[part].words, self.splits[part].ends
        return [
            "\n".join(self.lexicon[w] for w in one).encode("utf-8", "surrogatepass")
            for one in np.split(words, ends[:-1])[: len(ends)]
        ]

    def class_counts(self) -> dict[str, dict[str, int]]:
        """The number of examples by class and split."""
        counts = {part: counted(split.y, self.classes) for part, split in self.splits.items()}
        return {name: {part: counts[part][k] for part in counts} for k, name in enumerate(self.classes)}

    def _content(self) -> Iterator[bytes | memoryview]:
        yield "\n".join(self.lexicon).encode()
        for split in self.splits.values():
            yield from array_content(split.words, split.ends, split.y)

    def frequent(self, count: int) -> Vocabulary:
        """Return the commonest words of the training set, at most `count` with the one for unknown words."""
        counts = np.bincount(self.train.words, minlength=len(self.lexicon))
        order = np.argsort(-counts, kind="stable")[: count - 1]
        return Vocabulary((UNKNOWN, *(self.lexicon[place] for place in order if counts[place])))

    def known_as(self, vocabulary: Vocabulary) -> "Reviews":
        """Return the same texts with their words as indices into `vocabulary`."""
        places = vocabulary.indices(self.lexicon)
        train, valid, test = (replace(split, words=places[split.words]) for split in self.splits.values())
        return replace(self, train=train, valid=valid, test=test, lexicon=vocabulary.words)

    def unknown(self) -> str:
        """Say how many words of the texts that are to be scored are none of the lexicon, which is a model's."""
        words = np.concatenate([self.splits[part].words for part in self.held_out])
        return unknown_words(int((words == self.lexicon.index(UNKNOWN)).sum()), len(words))


def tokens(text: str, kind: Literal["words", "characters"] = "words") -> list[str]:
    """Cut a text into what a model reads, in small letters; tags such as <br /> are left out.

    Parameters
    ----------
    text
        The text.
    kind
        Words, with question and exclamation marks, of letters with their marks in any script; or characters as a
        reader sees them, without the blanks.

    Examples
    --------
    >>> tokens("I DON'T like it!")
    ['i', "don't", 'like', 'it', '!']
    >>> tokens("很好看", "characters")
    ['很', '好', '看']

    """
    text = unicodedata.normalize("NFC", re.sub(r"<[^<>]{0,20}>", " ", text).lower())
    if kind == "words":
        return (PLAIN if text.isascii() else _word()).findall(text)
    return [one for one in _character().findall(text) if not one.isspace()]


@cache
def _word() -> Any:
    import regex

    letters = r"[\p{L}\p{N}][\p{L}\p{N}\p{M}\u200c\u200d]*"
    return regex.compile(rf"{letters}(?:['\u2019]{letters})*|[!?]")


@cache
def _character() -> Any:
    import regex

    return regex.compile(r"\X")


def as_texts(
    texts: Iterable[tuple[str, str, int]],
    lexicon: dict[str, int],
    kind: Literal["words", "characters"] = "words",
) -> Texts:
    """Cut texts into words and number these by `lexicon`, which new words join; a text is (where, text, label).

    Raises `DataError`, naming the place, for a text without words.
    """
    words: list[np.ndarray] = []
    labels = []
    for where, text, label in texts:
        found = tokens(text, kind)
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
