"""ATIS, from pickles made here, from text, and as it really is."""

import hashlib
import pickle
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from harmonium.data import atis, load_sentences
from harmonium.data.atis import as_text, read_sentences
from harmonium.data.cache import DataFile
from harmonium.data.iob import read_iob
from harmonium.errors import DataError

NAMES = {
    "words2idx": {"to": 1, "<UNK>": 0, "boston": 2},
    "labels2idx": {"O": 1, "B-city": 0},
    "tables2idx": {},
}


def part(words, labels):
    rows = ([np.array(row, np.int32) for row in given] for given in (words, words, labels))
    return tuple(rows)


FLIGHT = part([[1, 2], [0]], [[1, 0], [1]])


def pickled(content, path):
    path.write_bytes(pickle.dumps(content, protocol=2))
    return path


def test_numbers_become_words_and_labels(tmp_path):
    splits, vocabulary, classes = read_sentences(pickled((FLIGHT, FLIGHT, NAMES), tmp_path / "a.pkl"), 2)
    assert [split.words for split in splits] == [(("to", "boston"), ("<UNK>",))] * 2
    assert splits[0].labels == (("O", "B-city"), ("O",))
    assert vocabulary.words == ("<UNK>", "to", "boston")
    assert classes == ("B-city", "O")


BAD = {
    "no pickle of these": 3,
    "too few splits": (FLIGHT, NAMES),
    "a word without a label": (FLIGHT, part([[1, 2]], [[1]]), NAMES),
    "a number without a word": (FLIGHT, part([[7]], [[1]]), NAMES),
    "no dictionary of words": (FLIGHT, FLIGHT, {"labels2idx": {}}),
    "a gap in the numbers": (FLIGHT, FLIGHT, NAMES | {"words2idx": {"to": 1, "<UNK>": 5}}),
    "no unknown word": (FLIGHT, FLIGHT, NAMES | {"words2idx": {"to": 0, "in": 1, "at": 2}}),
    "sentences that are tables": (FLIGHT, part([[[1]]], [[[1]]]), NAMES),
}


@pytest.mark.parametrize("content", BAD.values(), ids=BAD)
def test_another_pickle_is_refused(content, tmp_path):
    with pytest.raises(DataError):
        read_sentences(pickled(content, tmp_path / "a.pkl"), 2)


def known(path):
    content = path.read_bytes()
    return DataFile(path.name, len(content), hashlib.sha256(content).hexdigest(), remote=path.name)


def test_the_text_is_taken_where_the_pickle_is_not(tmp_path, monkeypatch):
    """And a file that is not the known one is refused."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HARMONIUM_DATA", str(tmp_path))
    (tmp_path / "atis").mkdir()
    files = []
    for name, sentence in (("train", "to\tO\n<UNK>\tO\n"), ("valid", "in\tO\n"), ("test", "to\tB-city\n")):
        path = tmp_path / "atis" / f"{name}.iob"
        path.write_text(sentence)
        files.append(known(path))
    monkeypatch.setattr(atis, "TEXT", replace(atis.TEXT, files=tuple(files)))
    found = load_sentences("atis")
    assert found.train.words == (("to", "<UNK>"),)
    assert found.vocabulary.words == ("<UNK>", "in", "to")  # as they are: the rare ones were marked before
    pickled((FLIGHT, FLIGHT, FLIGHT, NAMES), tmp_path / "atis" / "atis.fold1.pkl")
    with pytest.raises(DataError, match=r"atis\.fold1\.pkl: the checksum is not that of"):
        load_sentences("atis")


def real(store):
    try:
        location = store.location()
    except DataError as error:  # HARMONIUM_DATA points at nothing
        pytest.skip(str(error))
    if location is None:
        pytest.skip("ATIS does not lie on this machine; set HARMONIUM_DATA, or: harmonium data fetch atis")
    return location


def test_the_real_fold_is_the_known_one():
    real(atis.FOLD_1)
    found = load_sentences("atis")
    assert found.sizes == {"train": 3983, "valid": 995, "test": 893}
    assert (len(found.vocabulary), len(found.classes)) == (572, 127)
    words = {name: sum(map(len, split.words)) for name, split in found.splits.items()}
    assert (words["train"] + words["valid"], words["test"]) == (56_590, 9_198)
    assert found.train.words[0][:8] == (
        "what",
        "aircraft",
        "is",
        "used",
        "on",
        "delta",
        "flight",
        "DIGIT" * 4,
    )
    assert found.train.labels[0][5] == "B-airline_name"
    unlearned = set(found.classes) - {label for labels in found.train.labels for label in labels}
    assert len(unlearned) == 15  # they occur in valid or test alone
    # Its training and validation sentences are exactly the official training ones, shuffled.
    real(atis.OFFICIAL)
    official = load_sentences("atis-official", seed=3)
    assert official.sizes == {"train": 3983, "valid": 995, "test": 893}
    assert official.test == found.test
    assert Counter(official.train.words + official.valid.words) == Counter(
        found.train.words + found.valid.words
    )


def test_the_real_text_is_the_real_pickle():
    real(atis.FOLD_1)
    folder = real(atis.TEXT)
    found = load_sentences("atis")
    text = as_text("atis", *(read_iob(folder / file.name) for file in atis.TEXT.files))
    assert text.splits == found.splits
    assert set(text.vocabulary.words) == set(found.vocabulary.words)
    assert set(text.classes) == set(found.classes)
