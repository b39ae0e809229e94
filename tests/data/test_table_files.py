"""Tables of numbers in files of any name, and in folders with one for each split."""

import os
from pathlib import Path

import numpy as np
import pytest

from harmonium.data import load
from harmonium.errors import DataError

RNG = np.random.default_rng(3)
TRAIN, TEST = 60, 30


def said(dataset):
    return " ".join(" ".join(dataset.understood.lines()).split())


def rows(count, sign=","):
    """Rows whose first number is above 5 in one class and below in the other."""
    made = []
    for n in range(count):
        kind = ("no", "yes")[n % 2]
        made.append(sign.join((f"{n % 2 * 5 + RNG.uniform(1, 4):.3f}", str(RNG.integers(100)), kind)))
    return made


def written(name, lines):
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text("\n".join(lines) + "\n")


def holds(found, sizes=(TRAIN, TEST)):
    """Whether a set has the classes and splits of `rows`."""
    assert (found.sizes["train"] + found.sizes["valid"], found.sizes["test"]) == sizes
    assert found.classes == ("no", "yes")
    how = found.preparation
    for split in found.splits.values():
        first = split.x[:, 0] * how.scales[0] + how.offsets[0]
        np.testing.assert_array_equal(first > 5, split.y == 1)


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("adult.data", "adult.test"),
        ("optdigits.tra", "optdigits.tes"),
        ("shuttle.trn", "shuttle.tst"),
        ("monks-1.train", "monks-1.test"),
        ("Coffee_TRAIN", "Coffee_TEST"),
        ("GunPoint_TRAIN.txt", "GunPoint_TEST.txt"),
        ("datatraining.txt", "datatest.txt"),
        ("poker-hand-training-true.data", "poker-hand-testing.data"),
        ("train/data.csv", "test/data.csv"),
        ("KDDTrain+.txt", "KDDTest+.txt"),
    ],
)
@pytest.mark.parametrize("sign", [",", " "])
def test_tables_of_splits_by_any_name(train, test, sign):
    written(f"mine/{train}", rows(TRAIN, sign))
    written(f"mine/{test}", rows(TEST, sign))
    written("mine/about.names", ["1. Title: made by a test, with commas, and 3 numbers", "2. Sources: none"])
    found = load("mine", real=True)
    holds(found)
    assert ("is taken for the training set" in said(found)) == (train == "adult.data")


def test_examples_and_labels_in_folders_of_the_splits():
    for part, count in (("train", TRAIN), ("test", TEST)):
        table = [line.split(",") for line in rows(count)]
        written(f"mine/{part}/X_{part}.txt", [f"  {a}  {b}" for a, b, _ in table])
        written(f"mine/{part}/y_{part}.txt", [str(1 + (kind == "yes")) for _, _, kind in table])
        written(f"mine/{part}/subject_{part}.txt", [str(n % 7) for n in range(count)])
    written("mine/features.txt", [f"{n} tBodyAcc-{n}" for n in range(1, 9)])
    found = load("mine", real=True)
    assert (found.sizes["test"], found.classes, found.shape) == (TEST, ("1", "2"), (2,))


def test_tables_beside_copies_of_them_in_folders_and_a_picture():
    pixels = [",".join(["label", *(f"pixel{n}" for n in range(100))])]
    pixels += [",".join(map(str, [n % 3, *RNG.integers(0, 256, 100)])) for n in range(60)]
    for name in ("sign_train.csv", "sign_train/sign_train.csv", "sign_test.csv", "sign_test/sign_test.csv"):
        written(f"mine/{name}", pixels)
    Path("mine/hands.png").write_bytes(b"\x89PNG")
    found = load("mine")
    assert (found.shape, found.sizes["test"], len(found.classes)) == ((10, 10), 60, 3)


@pytest.mark.parametrize(
    "name", ["sonar.all-data", "zip.train", "shuttle.trn", "kddcup.data_10_percent", "bands"]
)
def test_a_table_is_one_whatever_it_is_called(name):
    written(name, rows(TRAIN))
    found = load(name, real=True)
    assert (sum(found.sizes.values()), found.classes) == (TRAIN, ("no", "yes"))


def test_prose_is_no_table():
    written("notes.bands", ["Dear Sir, we have met, I think.", "In May 2019, or so, there were 3 of us."] * 9)
    with pytest.raises(DataError, match="is no table"):
        load("notes.bands")


def test_a_title_above_the_test_set_and_full_stops_after_its_classes():
    written("mine/adult.data", rows(TRAIN))
    written("mine/adult.test", ["|1x3 Cross validator", *(f"{row}." for row in rows(TEST))])
    found = load("mine", real=True)
    holds(found)
    assert "the classes no and no. are one: they differ in a full stop alone" in said(found)


def test_classes_that_all_end_in_full_stops_keep_them():
    written("kdd.csv", [f"{row}." for row in rows(TRAIN)])
    assert load("kdd.csv", real=True).classes == ("no.", "yes.")


@pytest.mark.parametrize("names", ["A,B,Kind", " a,b , kind", None])
def test_columns_of_a_split_are_found_in_other_letters_and_without_names(names):
    written("mine/train.csv", ["a,b,kind", *rows(TRAIN)])
    written("mine/test.csv", [*([names] if names else []), *rows(TEST)])
    found = load("mine", real=True)
    holds(found)
    assert found.preparation.columns == ("a", "b")
    assert ("test.csv has no line of names" in said(found)) == (names is None)


def test_columns_of_one_split_alone():
    written("mine/train.csv", ["nr,a,b,kind", *(f"{n},{row}" for n, row in enumerate(rows(TRAIN)))])
    written("mine/test.csv", ["a,b,kind,more", *(f"{row},{n}" for n, row in enumerate(rows(TEST)))])
    found = load("mine", real=True)
    holds(found)
    assert "left out, since it numbers the rows: nr, which test.csv has not" in said(found)
    assert "left out of test.csv, since train.csv has none: more" in said(found)
    written("mine/test.csv", ["a,kind", *(f"{row.split(',')[0]},{row.split(',')[2]}" for row in rows(TEST))])
    with pytest.raises(DataError, match=r"test\.csv: has no column 'b', which train\.csv has"):
        load("mine", real=True)
    written(
        "mine/train.csv", ["a,kind", *(f"{row.split(',')[0]},{row.split(',')[2]}" for row in rows(TRAIN))]
    )
    holds(load("mine", real=True))  # the remedy


def test_several_tables_that_are_no_splits_are_refused_with_a_remedy_that_works():
    for name in ("red", "white"):
        written(f"mine/wine-{name}.csv", ["a,b,kind", *rows(TRAIN)])
    with pytest.raises(DataError, match=r"give one alone, as mine/wine-red\.csv"):
        load("mine", real=True)
    assert load("mine/wine-red.csv", real=True).classes == ("no", "yes")


@pytest.mark.parametrize(
    ("name", "content", "remedy"),
    [
        ("usps.bz2", b"BZh91AY", "is packed; unpack it"),
        ("a1a", b"-1 3:1 11:1 14:1\n+1 5:1\n" * 9, "sparse form of LIBSVM"),
        ("train.arrow", b"\xff\xff\xff\xff" * 9, "is a binary table"),
        ("data_batch_1.bin", b"\x00\x01" * 90, "save them as arrays"),
    ],
)
def test_what_is_not_read_is_told_by_its_name_or_its_first_bytes(name, content, remedy):
    Path(name).write_bytes(content)
    with pytest.raises(DataError, match=remedy):
        load(name)


def test_labels_beside_their_examples_under_the_same_name():
    for part, count in (("train", TRAIN), ("valid", TEST)):
        table = [line.split(",") for line in rows(count)]
        written(f"mine/arcene_{part}.data", [f"{a} {b} " for a, b, _ in table])
        written(f"mine/arcene_{part}.labels", ["1" if kind == "yes" else "-1" for _, _, kind in table])
    written("mine/arcene_test.data", [f"{n}.5 {n} " for n in range(9)])
    found = load("mine", real=True)
    assert (found.classes, found.sizes["valid"], found.shape) == (("-1", "1"), TEST, (2,))
    how = found.preparation
    for split in found.splits.values():
        np.testing.assert_array_equal(split.x[:, 0] * how.scales[0] + how.offsets[0] > 5, split.y == 1)


def test_a_pipe_is_refused_and_not_waited_for():
    os.mkfifo("waits.bands")
    with pytest.raises(DataError, match="is a pipe; give a regular file"):
        load("waits.bands")
