"""ATIS: questions to an airline's information system, each word labelled with its slot (section 12.4)."""

from pathlib import Path
from typing import Any

import numpy as np

from harmonium.data.cache import DataFile, Store
from harmonium.data.iob import read_iob
from harmonium.data.pickled import read_pickle
from harmonium.data.sentences import Corpus, Sentences, classes_of
from harmonium.data.splits import completed
from harmonium.data.text import Vocabulary
from harmonium.errors import DataError, in_one_line

MIRROR = "https://raw.githubusercontent.com/chsasank/ATIS.keras/1f2aa0da298b4b8839c346e45bd5f76b4c76d9ef/"
VALID_SHARE = 5  # a fifth of the official training sentences (section 12.4)

FOLD_1 = Store(
    name="atis",
    files=(
        DataFile(
            "atis.fold1.pkl",
            3_803_336,
            "f2f0ba6ca5d7e3d5df7696b4f3402f30587436b79d688ded828e44fa7f319d68",
            remote="atis.fold1.pkl.gz",
        ),
    ),
    mirrors=(MIRROR,),
    instead=", or use --data with IOB files of your own",
)
OFFICIAL = Store(
    name="atis",
    files=(
        DataFile(
            "atis.pkl",
            3_803_300,
            "d95dd255300ef97fae0d808c7174b7d679b238f2f03305787295acfa9aaf6179",
            remote="atis.pkl",
        ),
    ),
    mirrors=(MIRROR,),
    instead=", or use --data with IOB files of your own",
)
TEXT = Store(  # the same fold as text files, for users who have only these
    name="atis",
    files=tuple(
        DataFile(name, size, sha256, remote=name)
        for name, size, sha256 in (
            ("fold1_train.iob", 636_587, "b7e54e75919656f9579f6272c51f97ea637b70ede16b3eed740d07c362c6e4f4"),
            ("fold1_valid.iob", 161_575, "3f58a4fceb7cc9e4897e011ac87a454d92216cde46b3f3df6d26bacfb80434f9"),
            ("full_test.iob", 135_359, "77d87f87c5c88b66e3c5efc1d7321ae1b93582b45dc60e20ea73790d1f3b911f"),
        )
    ),
    mirrors=(),
)


def load_atis(seed: int) -> Corpus:
    """Fold 1 of the official training sentences, 3,983 / 995, and all 893 of test; `seed` changes nothing.

    Digits are written DIGIT and rare words <UNK>, as in the book. Fetches what is missing; reads the .iob files where
    the pickle is not there but they are. Raises `DataError` if a file cannot be had or is damaged.
    """
    if FOLD_1.location() is None and TEXT.location() is not None:
        return as_text("atis", *(read_iob(path) for path in _checked(TEXT)))
    splits, vocabulary, classes = read_sentences(_checked(FOLD_1)[0], 3)
    return Corpus("atis", splits[0], splits[1], splits[2], classes, vocabulary=vocabulary)


def load_official(seed: int) -> Corpus:
    """All 4,978 official training sentences, a fifth of them drawn by `seed` to validate, and all 893 of test."""
    (train, test), vocabulary, classes = read_sentences(_checked(OFFICIAL)[0], 2)
    train, valid, test = completed(train, None, test, seed=seed, where="atis.pkl", share=VALID_SHARE)
    return Corpus("atis-official", train, valid, test, classes, vocabulary=vocabulary)


def as_text(name: str, train: Sentences, valid: Sentences, test: Sentences) -> Corpus:
    """Make a corpus of sentences whose words are already written as the book has them."""
    known = sorted({word for split in (train, valid, test) for words in split.words for word in words})
    classes = classes_of(train, valid, test)
    return Corpus(name, train, valid, test, classes, vocabulary=Vocabulary(tuple(known)))


def read_sentences(path: Path, splits: int) -> tuple[list[Sentences], Vocabulary, tuple[str, ...]]:
    """Read an ATIS pickle: this many splits, each of words, tables and labels, then what the numbers stand for.

    Raises `DataError`, naming the file, if it is anything else.
    """
    content = read_pickle(path)
    try:
        *parts, names = content
        words, labels = (_in_order(names[kind]) for kind in ("words2idx", "labels2idx"))
        found = [Sentences(_named(part[0], words), _named(part[2], labels)) for part in parts]
        alike = all(
            len(s.words) == len(s.labels) > 0
            and all(len(a) == len(b) > 0 for a, b in zip(s.words, s.labels, strict=True))
            for s in found
        )
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise DataError(
            f"{path}: is no pickle of ATIS ({in_one_line(error)}); fetch the file again"
        ) from error
    if len(found) != splits or not alike:
        raise DataError(f"{path}: must hold {splits} splits, and a label for each word; fetch the file again")
    return found, Vocabulary(words), labels


def _in_order(places: dict[str, Any]) -> tuple[str, ...]:
    names = tuple(sorted(places, key=lambda name: int(places[name])))
    if [int(places[name]) for name in names] != list(range(len(names))):
        raise ValueError("its numbers have gaps")
    return names


def _named(sentences: Any, names: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    rows = [np.asarray(sentence) for sentence in sentences]
    if any(row.ndim != 1 or (row.size and not 0 <= row.min() <= row.max() < len(names)) for row in rows):
        raise ValueError("a number stands for nothing")
    return tuple(tuple(names[place] for place in row.tolist()) for row in rows)


def _checked(store: Store) -> list[Path]:
    paths = store.paths()
    for file in store.files:
        file.check(paths[file.name])
    return [paths[file.name] for file in store.files]
