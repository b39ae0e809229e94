"""Labelled sentences in three splits, and the words that a model of them knows."""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from harmonium.data.text import UNKNOWN, Vocabulary, unknown_words
from harmonium.data.three_splits import ThreeSplits
from harmonium.errors import DataError

DIGIT = "DIGIT"
MOST_WORDS = 1000  # of a sentence; all are padded to the longest
TOLD = 6  # labels that are named


@dataclass(frozen=True)
class Sentences:
    """Sentences and the label of each of their words."""

    words: tuple[tuple[str, ...], ...]
    labels: tuple[tuple[str, ...], ...]

    def __len__(self) -> int:
        return len(self.words)

    def taken(self, index: np.ndarray) -> "Sentences":
        """The sentences of these numbers, in that order."""
        return Sentences(tuple(self.words[i] for i in index), tuple(self.labels[i] for i in index))

    def joined(self, more: "Sentences") -> "Sentences":
        """These sentences, and after them `more`."""
        return Sentences(self.words + more.words, self.labels + more.labels)


@dataclass(frozen=True, eq=False, repr=False)
class Corpus(ThreeSplits[Sentences]):
    """Labelled sentences in three splits, and the words a model may know; `classes` are the labels of all splits."""

    vocabulary: Vocabulary = field(kw_only=True)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one example: sentences have none."""
        return ()

    @property
    def kind(self) -> str:
        """Sentences, with the number of words that a model may know where there are some to learn from."""
        known = f"; {len(self.vocabulary):,} words are known" if len(self.train) else ""
        return f"labelled sentences{known}"

    def prints(self, part: str) -> list[bytes]:
        """The words of each sentence."""
        return ["\n".join(words).encode("utf-8", "surrogatepass") for words in self.splits[part].words]

    def class_counts(self) -> dict[str, dict[str, int]]:
        """The number of words by label and split."""
        counts = {
            part: Counter(label for labels in split.labels for label in labels)
            for part, split in self.splits.items()
        }
        return {name: {part: counts[part][name] for part in counts} for name in self.classes}

    def written_for(self, vocabulary: Vocabulary, classes: Sequence[str]) -> "Corpus":
        """The same sentences, their words written as a model's corpus has them, for its words and labels."""
        lower = lower_case(vocabulary)
        train, valid, test = (
            replace(
                split,
                words=tuple(
                    tuple(_written([word.replace(DIGIT, "0") for word in words], lower))
                    for words in split.words
                ),
            )
            for split in self.splits.values()
        )
        return replace(
            self, train=train, valid=valid, test=test, vocabulary=vocabulary, classes=tuple(classes)
        )

    def unknown(self) -> list[str]:
        """Say how many words and labels of the sentences that are to be scored are none of the corpus's own."""
        held_out = [self.splits[part] for part in self.held_out]
        words = [word for split in held_out for one in split.words for word in one]
        labels = Counter(label for split in held_out for one in split.labels for label in one)
        odd = {label: count for label, count in labels.items() if label not in self.classes}
        notes = [unknown_words(sum(word not in self.vocabulary.index for word in words), len(words))]
        if odd:
            named = ", ".join(list(odd)[:TOLD]) + (
                f" and {len(odd) - TOLD:,} more" if len(odd) > TOLD else ""
            )
            notes.append(
                f"{sum(odd.values()):,} of {labels.total():,} labels are none that the run knows, so that it misses "
                f"them: {named}"
            )
        return notes

    def _content(self) -> Iterator[bytes]:
        yield json.dumps([[split.words, split.labels] for split in self.splits.values()]).encode()


def corpus(name: str, train: Sentences, valid: Sentences, test: Sentences, **more: Any) -> Corpus:
    """Make a corpus of sentences as they were written, by the book's rules (section 12.4).

    Each digit becomes DIGIT, and only words that training holds twice or more are known. Labels that occur in test
    alone have their place among the classes, but no model can learn to predict them. `more` holds further fields of the
    corpus: names and reading.
    """
    train, valid, test = (
        Sentences(tuple(tuple(map(without_digits, words)) for words in split.words), split.labels)
        for split in (train, valid, test)
    )
    counts = Counter(word for words in train.words for word in words)
    known = sorted({UNKNOWN, *(word for word, count in counts.items() if count > 1)})
    classes = classes_of(train, valid, test)
    return Corpus(name, train, valid, test, classes, vocabulary=Vocabulary(tuple(known)), **more)


def classes_of(*splits: Sentences) -> tuple[str, ...]:
    """The labels of all splits, in the order of the alphabet."""
    return tuple(sorted({label for split in splits for labels in split.labels for label in labels}))


def as_known(words: Sequence[str], vocabulary: Vocabulary) -> list[str]:
    """Write words of new text as a model's corpus does: DIGIT for digits, small letters if it has no capitals."""
    written = _written(words, lower_case(vocabulary))
    return [word if word in vocabulary.index else UNKNOWN for word in written]


def _written(words: Sequence[str], lower: bool) -> list[str]:
    composed = [unicodedata.normalize("NFC", word) for word in words]
    return [without_digits(word.lower() if lower else word) for word in composed]


def without_digits(word: str) -> str:
    """Replace every digit by DIGIT: 1984 becomes DIGITDIGITDIGITDIGIT."""
    return re.sub("[0-9]", DIGIT, word)


def lower_case(vocabulary: Vocabulary) -> bool:
    """Whether no known word has a capital."""
    words = (word.replace(DIGIT, "") for word in vocabulary.words if word != UNKNOWN)
    return all(word == word.lower() for word in words)


def as_arrays(sentences: Sequence[Sequence[str]], places: Mapping[str, int], other: int) -> np.ndarray:
    """Return sentences of words or labels as rows of indices (sentences, longest), int32, padded with -1.

    A word that is not in `places` gets the index `other`. Raises `DataError` for a sentence of more than 1,000 words.

    Examples
    --------
    >>> as_arrays([["show", "flights"], ["flights"]], {"show": 0, "flights": 1}, other=2).tolist()
    [[0, 1], [1, -1]]
    """
    longest = max(map(len, sentences), default=0)
    if longest > MOST_WORDS:
        number = next(n for n, words in enumerate(sentences, 1) if len(words) > MOST_WORDS)
        raise DataError(
            f"sentence {number} has {len(sentences[number - 1]):,} words, more than {MOST_WORDS:,}; put an empty line "
            "between sentences"
        )
    rows = np.full((len(sentences), longest), -1, np.int32)
    for row, words in zip(rows, sentences, strict=True):
        row[: len(words)] = [places.get(word, other) for word in words]
    return rows
