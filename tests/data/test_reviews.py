"""Words of texts, texts as arrays, and the user's own texts in folders and in lines."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harmonium.data import UNKNOWN, Texts, Vocabulary, as_texts, load_reviews, tokens
from harmonium.errors import DataError


def texts(*rows, y=None):
    ends = np.cumsum([len(row) for row in rows], dtype=np.int64)
    return Texts(np.concatenate(rows).astype(np.int32), ends, np.array(y or [0] * len(rows), np.int32))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A good film.", ["a", "good", "film"]),
        ("Bad!<br /><br />Don't see it, 2/10?", ["bad", "!", "don't", "see", "it", "2", "10", "?"]),
        (
            "l\u2019\u00c9t\u00e9 \u4e2d\u6587 snake_case",
            ["l\u2019\u00e9t\u00e9", "\u4e2d\u6587", "snake", "case"],
        ),
        ("'quoted' -- ... <i>x</i> 1 < 2", ["quoted", "x", "1", "2"]),
        (" \n\t...", []),
    ],
)
def test_words_are_letters_and_digits_in_small_and_marks_of_feeling(text, words):
    assert tokens(text) == words


def test_a_text_of_tags_alone_takes_no_quadratic_time():
    assert tokens("<" * 1_000_000) == []


@given(
    rows=st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=6), min_size=1, max_size=6), data=st.data()
)
def test_taking_and_padding_are_those_of_lists(rows, data):
    index = data.draw(st.lists(st.integers(0, len(rows) - 1), min_size=1, max_size=8))
    longest = data.draw(st.integers(1, 7))

    taken = texts(*rows, y=list(range(len(rows)))).taken(np.array(index))
    padded = taken.padded(longest)

    assert taken.y.tolist() == index
    for row, length, number in zip(padded["words"], padded["length"], index, strict=True):
        assert row.tolist() == rows[number][-longest:] + [-1] * (len(row) - length)
        assert length == min(len(rows[number]), longest)


def write(folder, **contents):
    for name, (number, text) in contents.items():
        (folder / name).mkdir(parents=True)
        for n in range(number):
            (folder / name / f"{n}.txt").write_text(f"{text} number {n}")


def test_folders_are_classes_and_splits_are_drawn():
    write(Path("own"), praise=(30, "good"), blame=(30, "bad"))
    reviews = load_reviews("own", seed=3)

    assert reviews.classes == ("blame", "praise")
    assert reviews.sizes == {"train": 44, "valid": 8, "test": 8}
    words = np.array(reviews.lexicon)
    seen = []
    for split in reviews.splits.values():
        for n, y in enumerate(split.y):
            one = words[split.taken(np.array([n])).words].tolist()
            assert one[0] == ("bad", "good")[y]
            seen.append((one[0], one[2]))
    assert len(set(seen)) == 60  # each text once
    assert load_reviews("own", seed=3).checksum == reviews.checksum != load_reviews("own", seed=4).checksum


def test_splits_that_are_given_are_kept():
    write(Path("own/train"), a=(20, "one"), b=(20, "two"))
    write(Path("own/test"), a=(2, "three"), b=(3, "four"))
    reviews = load_reviews("own")

    assert reviews.sizes == {"train": 34, "valid": 6, "test": 5}
    write(Path("own/valid"), a=(1, "one"), b=(1, "two"))
    assert load_reviews("own").sizes == {"train": 40, "valid": 2, "test": 5}


def test_lines_are_a_class_a_tab_and_a_text():
    lines = [f"{'pro' if n % 2 else 'con'}\t{'yes' if n % 2 else 'no'} {n}\twith a tab" for n in range(40)]
    Path("own.tsv").write_text("\n\n".join(lines) + "\n", encoding="utf-8-sig")
    reviews = load_reviews("own.tsv")

    assert reviews.classes == ("con", "pro")
    assert reviews.sizes == {"train": 28, "valid": 6, "test": 6}
    first = [reviews.lexicon[w] for w in reviews.train.words[: reviews.train.ends[0]]]
    assert first[0] == ("no", "yes")[reviews.train.y[0]]
    assert first[2:] == ["with", "a", "tab"]


@pytest.mark.parametrize(
    ("lines", "gist"),
    [
        (b"pro\tgood\njust a text\n", r"own\.tsv, line 2: has no tab"),
        (
            b"pro\tgood\ncon\tbad\n" * 4 + b"\xe9\x81\tbad\n",
            r"own\.tsv, line 9: byte \d+ \(0xe9\) is not UTF-8",
        ),
        (
            b"pro\t1\ncon\t2\npro\t3\ncon\t4\n",
            r"its texts are numbers, as '1'; name the column with --text-column, or train on",
        ),
        (
            b"".join(b"%d\ttext %d of some length\n" % (n, n) for n in range(9)),
            "9 texts have 9 classes, as '0', '1'",
        ),
        (b"pro\tgood\npro\tfine\n", "every text is of the class 'pro'"),
        (b"\n \n", "holds no texts"),
        (b"pro\tgood\ncon\tbad\n", "2 examples cannot be cut"),
    ],
)
def test_bad_lines_are_named(lines, gist):
    Path("own.tsv").write_bytes(lines)
    with pytest.raises(DataError, match=gist):
        load_reviews("own.tsv")


def no_class(folder):
    (folder / "a.txt").write_text("a text beside no folder")


def one_class(folder):
    write(folder, a=(9, "one"))


def an_empty_class(folder):
    write(folder, a=(9, "one"), b=(0, ""))


def test_a_text_without_words_is_left_out_and_counted():
    write(Path("own"), a=(9, "one"), b=(9, "two"))
    Path("own/b/4.txt").write_text("  ... \n")
    reviews = load_reviews("own")
    assert sum(reviews.sizes.values()) == 17
    assert reviews.reading.skipped == {"texts without words": 1}


def test_a_class_that_test_lacks_is_named():
    write(Path("own/train"), a=(9, "one"), b=(9, "two"))
    write(Path("own/test"), a=(1, "one"))
    assert "test holds no example of b; its scores say nothing of that" in load_reviews("own").reading.notes


def another_encoding(folder):
    write(folder, a=(9, "one"), b=(9, "two"))
    (folder / "b" / "4.txt").write_bytes(b"one\n\xe9\x81")


def a_class_of_test_alone(folder):
    write(folder / "train", a=(9, "one"), b=(9, "two"))
    write(folder / "test", a=(1, "one"), b=(1, "two"), c=(1, "three"))


@pytest.mark.parametrize(
    ("wrong", "gist"),
    [
        (no_class, "own: needs at least two folders"),
        (one_class, "own: needs at least two folders"),
        (an_empty_class, r"own: needs at least two folders"),
        (another_encoding, r"own/b/4\.txt, line 2: byte 4 \(0xe9\) is not UTF-8"),
        (a_class_of_test_alone, "own/test/c: is no class of the training texts"),
    ],
)
def test_bad_folders_are_named(wrong, gist):
    Path("own").mkdir()
    wrong(Path("own"))
    with pytest.raises(DataError, match=gist):
        load_reviews("own")


def test_a_name_that_is_nothing_says_what_could_be():
    with pytest.raises(DataError, match="did you mean 'imdb'"):
        load_reviews("imbd")
    with pytest.raises(
        DataError, match=r"atis holds labelled sentences, but classified texts are needed, as in imdb"
    ):
        load_reviews("atis")


def test_the_vocabulary_is_of_the_training_texts_most_frequent_words():
    write(Path("own/train"), a=(20, "one one rare"), b=(20, "two two two"))
    write(Path("own/test"), a=(50, "seldom"), b=(50, "seldom"))
    reviews = load_reviews("own")

    vocabulary = reviews.frequent(4)
    assert vocabulary.words[0] == UNKNOWN
    assert set(vocabulary.words[1:]) == {"one", "two", "number"}
    known = reviews.known_as(vocabulary)
    unknown = vocabulary.index[UNKNOWN]
    assert known.test.words[known.test.ends[0] - 3] == unknown  # seldom
    assert "seldom" not in reviews.frequent(1000).words
    assert known.known_as(Vocabulary(vocabulary.words)).checksum == known.checksum


def test_a_lexicon_grows_by_new_words_alone():
    lexicon = {"a": 0}
    read = as_texts([("here", "b a", 1), ("there", "a c!", 0)], lexicon)

    assert read.words.tolist() == [1, 0, 0, 2, 3]
    assert read.ends.tolist() == [2, 5]
    assert read.y.tolist() == [1, 0]
    assert list(lexicon) == ["a", "b", "c", "!"]
