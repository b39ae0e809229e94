"""Arrays and tables in memory, in the ways that people hand them over."""

import numpy as np
import pandas as pd
import pytest

import harmonium as hm
from harmonium.data import DatasetOptions, load
from harmonium.errors import ConfigError, DataError

X = np.random.default_rng(0).random((60, 4))
Y = np.where(X[:, 0] > X[:, 1], "left", "right")
TABLE = pd.DataFrame(X, columns=list("abcd"))
MIXED = TABLE[list("dcba")]
FIRST, LAST = slice(0, 40), slice(40, 60)
LEVELS = TABLE.set_axis(pd.MultiIndex.from_product([["g"], list("abcd")]), axis=1)


@pytest.mark.parametrize(
    "source",
    [
        (TABLE, Y),
        [TABLE, Y.tolist()],
        (TABLE, pd.Series(Y, name="side")),
        (TABLE, pd.DataFrame({"side": Y})),
        {"x": TABLE, "y": Y},
        {"data": TABLE, "target": (Y == "right").astype(int), "target_names": ["left", "right"]},
        (TABLE.to_records(index=False), Y),
        TABLE.assign(target=Y).to_records(index=False),
    ],
    ids=["pair", "list", "series", "frame", "mapping", "bunch", "records", "table of records"],
)
def test_a_table_with_labels_apart_is_the_table_with_a_column_of_them(source):
    whole, found = load(TABLE.assign(target=Y)), load(source)
    assert found.checksum == whole.checksum
    assert found.names == whole.names
    assert found.classes == ("left", "right")
    assert found.preparation.columns == tuple("abcd")
    assert any(note.startswith("the class is the column") for note in found.reading.notes)


@pytest.mark.parametrize(
    "source",
    [
        {"x_train": TABLE[FIRST], "y_train": Y[FIRST], "x_test": MIXED[LAST], "y_test": Y[LAST]},
        {"train": (TABLE[FIRST], Y[FIRST]), "test": (MIXED[LAST], Y[LAST])},
        ((TABLE[FIRST], Y[FIRST]), (MIXED[LAST], Y[LAST])),
    ],
    ids=["names", "splits", "keras"],
)
def test_columns_of_the_splits_are_matched_by_their_names(source):
    found = load(source)
    assert found.preparation.columns == tuple("abcd")
    np.testing.assert_allclose(found.test.x, X[LAST], rtol=1e-6)
    assert [found.classes[one] for one in found.test.y] == Y[LAST].tolist()


def test_columns_of_words_and_groups_are_those_of_a_table():
    words = TABLE.assign(word=["red", "blue", "green"] * 20)
    assert load((words, Y)).checksum == load(words.assign(target=Y)).checksum
    found = load({"x": TABLE, "y": Y, "groups": np.arange(60) // 4})
    homes = [{int(name) // 4 for name in names} for names in found.names.values()]
    assert sum(map(len, homes)) == 15


def test_a_run_finds_its_columns_in_a_table_with_labels_apart():
    known = load((TABLE, Y)).preparation
    for table in (TABLE, MIXED, MIXED.assign(more=1.0)):
        again = load((table, Y), preparation=known, splits=load((TABLE, Y)).names)
        assert again.checksum == load((TABLE, Y)).checksum
    with pytest.raises(DataError, match="has no column 'a', from which the run learned"):
        load((MIXED.drop(columns="a"), Y), preparation=known)
    without_names = load((X, Y)).preparation
    np.testing.assert_array_equal(load((TABLE, Y), preparation=without_names).test.x, load((X, Y)).test.x)


def test_labels_in_another_order_than_their_table_are_told():
    labels = pd.Series(Y)
    assert not [note for note in load((TABLE, labels)).reading.notes if "another" in note]
    notes = load((TABLE, labels.iloc[::-1])).reading.notes
    assert any(
        "matched by their order; their indices hold the same rows in another" in note for note in notes
    )
    assert load((TABLE, labels.iloc[::-1].loc[TABLE.index])).checksum == load((TABLE, Y)).checksum


def test_pairs_for_each_split_are_taken_and_told():
    pairs = ((X[:30], Y[:30]), (X[30:40], Y[30:40]), (X[40:], Y[40:]))
    found = load(pairs)
    assert found.sizes == {"train": 30, "valid": 10, "test": 20}
    assert "the 3 pairs of x and y are taken as train, valid and test" in found.reading.notes
    assert load(pairs[1:]).sizes["test"] == 20
    assert load(([[0.1, 0.2], [0.3, 0.4]] * 10, [0, 1] * 10)).shape == (2,)
    with pytest.raises(DataError, match="2 examples cannot be cut"):  # two examples, and their labels in rows
        load(([[0.1, 0.2], [0.3, 0.4]], [[0, 1], [1, 0]]))


@pytest.mark.parametrize(
    ("source", "gist"),
    [
        (list(zip(X, Y, strict=True)), r"is a list of pairs; .* data=tuple\(zip\(\*pairs\)\)"),
        (zip(X, Y, strict=True), "x is a zip, which can be read but once; give a list or an array"),
        (((row for row in X), Y), "x is a generator, which can be read but once"),
        ((X, Y, X), "holds 3 arrays; give .x, y., or a mapping of names such as x_train"),
        (hm.data.load("digits"), "is a Dataset, which is prepared already; give .*, data='digits'"),
        (load((X, Y)), "give what it was loaded from, the arrays that it was made of"),
        (
            hm.data.Dataset("mine", *[hm.data.Split(X, Y)] * 3, ("a", "b")),
            "give what it was loaded from, the arrays that it was made of",
        ),
        (hm.data.load("digits").train, r"is a Split; give its examples and labels, \(split.x, split.y\)"),
        ((np.ma.masked_array(X, X > 0.9), Y), r"x: \d+ values are masked, and so missing"),
        ((list(np.ma.masked_array(X, X > 0.9)), Y), "x: .* values are masked, and so missing"),
        ((X, np.ma.masked_array(Y, X[:, 0] > 0.9)), r"y: \d+ values are masked"),
        ((TABLE, np.ma.masked_array(Y, X[:, 0] > 0.9)), r"y: \d+ values are masked"),
        (LEVELS, r"columns have names of 2 levels; give each one name, as by df.columns = \['_'.join"),
        ((LEVELS, Y), "columns have names of 2 levels"),
        ((X, Y[:-1]), "60 examples but 59 labels; each example needs exactly one label"),
        ((TABLE, Y[:-1]), "60 examples but 59 labels; each example needs exactly one label"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_remedy(source, gist):
    with pytest.raises(DataError, match=gist):
        load(source)


def test_the_remedies_work():
    assert load(tuple(zip(*zip(X, Y, strict=True), strict=True))).checksum == load((X, Y)).checksum
    flat = LEVELS.set_axis(["_".join(map(str, name)) for name in LEVELS.columns], axis=1)
    assert load((flat, Y)).preparation.columns == ("g_a", "g_b", "g_c", "g_d")
    assert load((np.ma.masked_array(X, X > 0.9).filled(0.5), Y)).shape == (4,)
    assert load((np.ma.masked_array(X), Y)).checksum == load((X, Y)).checksum  # nothing is masked
    assert load((X, None), labels=False).classes == ()


def test_a_column_of_the_class_means_nothing_beside_labels():
    with pytest.raises(ConfigError, match="--target means nothing for data whose labels come apart"):
        load((TABLE, Y), options=DatasetOptions(target="a"))
