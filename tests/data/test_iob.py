"""The user's own labelled sentences."""

from pathlib import Path

import numpy as np
import pytest

from harmonium.data import as_arrays, as_known, load, load_sentences
from harmonium.data.iob import read_iob
from harmonium.data.sentences import corpus
from harmonium.errors import DataError

FLIGHT = [("from", "O"), ("new", "B-city"), ("york", "I-city")]
MEAL = [("dinner", "B-meal"), ("at", "O"), ("7", "B-time")]


def written(*sentences, path="own.iob", between="\t"):
    lines = ["\n".join(between.join(pair) for pair in sentence) for sentence in sentences]
    Path(path).write_text("\n\n".join(lines) + "\n")
    return Path(path)


def test_words_and_labels_are_read():
    found = read_iob(written(FLIGHT, MEAL))
    assert found.words == (("from", "new", "york"), ("dinner", "at", "7"))
    assert found.labels == (("O", "B-city", "I-city"), ("B-meal", "O", "B-time"))
    assert len(found) == 2


def test_columns_of_conll_are_read_whatever_lies_between_and_around():
    text = "\ufeff-DOCSTART- -X- O O\r\n\r\nEU NNP I-NP B-ORG\r\nrejects VBZ I-VP O\r\n\r\n\r\n  \r\nPeter NNP\tB-PER"
    Path("own.conll").write_bytes(text.encode())
    found = read_iob(Path("own.conll"))
    assert found.words == (("EU", "rejects"), ("Peter",))
    assert found.labels == (("B-ORG", "O"), ("B-PER",))


BAD = {
    "no label": (b"from\tO\n\nnew\n", r"own\.iob, line 3: the word 'new' has no label"),
    "a label of another form": (
        b"from\tB-x\nnew\tcity\n",
        r"own\.iob, line 2: the label 'city' must be O, or one of",
    ),
    "a label without a type": (b"new\tB-\n", r"line 1: the label 'B-' must be"),
    "no known encoding": (b"from\tO\n\xe9\x81\tO\n", r"own\.iob, line 2: byte 7 \(0xe9\) is not UTF-8"),
    "numbers for words": (b"17\tO\n18\tB-x\n", r"all of its words are numbers, as '17'; .*--word-column"),
    "nothing labelled": (b"from\tO\n", "every word has the label O"),
    "empty": (b"", r"own\.iob: holds no words"),
    "blank": (b"\n\n \n", r"own\.iob: holds no words"),
    "one endless sentence": (b"word\tO\n" * 1001, r"line 1001: a sentence of over 1,000 words"),
}


@pytest.mark.parametrize(("content", "message"), BAD.values(), ids=BAD)
def test_a_malformed_file_is_named_with_its_line(content, message):
    Path("own.iob").write_bytes(content)
    with pytest.raises(DataError, match=message):
        load_sentences("own.iob")


def test_one_file_is_cut_by_the_seed():
    path = written(*([FLIGHT] * 5 + [MEAL] * 5))
    first, again, other = (load_sentences(str(path), seed=seed) for seed in (0, 0, 1))
    assert first.sizes == {"train": 8, "valid": 1, "test": 1}
    assert first.checksum == again.checksum != other.checksum
    assert first.classes == ("B-city", "B-meal", "B-time", "I-city", "O")
    with pytest.raises(DataError, match=r"2 examples cannot be cut .* \(valid would be empty\)"):
        load_sentences(str(written(*[FLIGHT] * 2)))


def test_a_folder_may_hold_the_splits():
    Path("own").mkdir()
    written(*[FLIGHT] * 8, path="own/train.iob")
    written(MEAL, path="own/test.txt")
    Path("own/README").write_text("what this is")
    found = load_sentences("own")
    assert found.sizes == {"train": 7, "valid": 1, "test": 1}
    assert found.test.words == (("dinner", "at", "DIGIT"),)
    written(MEAL, path="own/test")
    with pytest.raises(DataError, match=r"own: test and test\.txt are both files of test"):
        load_sentences("own")
    Path("own/train.iob").unlink()
    Path("own/test").unlink()
    with pytest.raises(DataError, match="holds no file called train"):
        load_sentences("own")


def test_words_seen_once_in_training_are_unknown_and_digits_are_digits():
    train = read_iob(
        written(FLIGHT, [("to", "O"), ("york", "B-city"), ("in", "O"), ("1984", "B-year")], [("1999", "O")])
    )
    test = read_iob(written([("new", "O"), ("to", "B-odd")], path="test.iob"))
    found = corpus("own", train, train, test)
    assert found.vocabulary.words == ("<UNK>", "DIGITDIGITDIGITDIGIT", "york")
    # A label of test alone has its place, though nothing can be learned of it.
    assert "B-odd" in found.classes
    assert as_known(["York", "1984", "new", "7"], found.vocabulary) == ["york", "DIGIT" * 4, "<UNK>", "<UNK>"]
    capitals = corpus("own", *[read_iob(written([("York", "O"), ("York", "O")]))] * 3)
    assert as_known(["York", "york"], capitals.vocabulary) == ["York", "<UNK>"]


def test_sentences_become_rows_padded_with_minus_one():
    rows = as_arrays([["a", "b"], ["c"]], {"a": 5, "b": 0}, 9)
    np.testing.assert_array_equal(rows, [[5, 0], [9, -1]])
    assert rows.dtype == np.int32
    assert as_arrays([], {}, 0).shape == (0, 0)
    with pytest.raises(DataError, match=r"sentence 2 has 1,001 words"):
        as_arrays([["a"], ["a"] * 1001], {}, 0)


def test_sentences_and_pictures_are_not_mixed_up():
    with pytest.raises(
        DataError, match="digits holds pictures, but labelled sentences are needed, as in atis"
    ):
        load_sentences("digits")
    with pytest.raises(
        DataError, match="atis holds labelled sentences, but pictures are needed, as in mnist"
    ):
        load("atis")
    with pytest.raises(DataError, match=r"did you mean 'atis'.* give the path of an IOB file"):
        load_sentences("attis")
