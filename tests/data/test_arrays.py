"""Arrays under the names that people give them, in memory and in files."""

import gzip
import pickle
import struct
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from harmonium.data import DatasetOptions, load, load_reviews
from harmonium.data.arrays import role
from harmonium.errors import DataError

X = np.random.default_rng(1).integers(0, 256, (40, 5, 5)).astype(np.uint8)
Y = np.arange(40) % 4
FRAME = pd.DataFrame({"a": np.arange(40.0), "kind": ["red", "blue"] * 20, "who": np.arange(40) // 4})


@pytest.mark.parametrize(
    ("name", "what"),
    [
        *[(name, ("x", None)) for name in ("x", "X", "data", "images", "features", "arr_0")],
        *[(name, ("y", None)) for name in ("y", "labels", "targets", "target", "arr_1")],
        *[
            (name, ("x", "train"))
            for name in ("x_train", "X_train", "train_x", "xtrain", "train_images", "trX")
        ],
        *[(name, ("y", "test")) for name in ("y_test", "test_labels", "testy", "test_y", "teY")],
        *[(name, ("x", "valid")) for name in ("x_valid", "X_val", "valid_images", "dev_data", "xval")],
        *[(name, None) for name in ("other", "fold", "weights", "test")],
    ],
)
def test_what_an_array_holds_is_in_its_name(name, what):
    assert role(name) == what


def test_pairs_mappings_and_files_of_the_same_arrays_are_the_same_data():
    np.savez("a.npz", data=X, target=Y)
    np.savez("b.npz", arr_0=X, arr_1=Y)
    Path("c.pkl").write_bytes(pickle.dumps((X, Y)))
    Path("d.pkl").write_bytes(pickle.dumps({"images": X, "labels": Y.tolist()}))
    sources = [
        (X, Y),
        [X, Y],
        {"x": X, "y": Y},
        {"images": X, "labels": list(Y)},
        "a.npz",
        "b.npz",
        "c.pkl",
        "d.pkl",
    ]
    first = load((X, Y))
    assert {load(source).checksum for source in sources} == {first.checksum}
    label = {x.tobytes(): str(y) for x, y in zip(X, Y, strict=True)}
    for part, split in first.splits.items():
        assert [label[x.tobytes()] for x in split.x] == [first.classes[y] for y in split.y]
        assert [X[int(name)].tobytes() for name in first.names[part]] == [x.tobytes() for x in split.x]


def test_the_splits_of_keras_and_of_mappings():
    np.savez("k.npz", x_train=X[:30], y_train=Y[:30], x_test=X[30:], y_test=Y[30:])
    first = load("k.npz")
    assert first.sizes == {"train": 26, "valid": 4, "test": 10}
    np.testing.assert_array_equal(first.test.x, X[30:])
    assert load({"train": (X[:30], Y[:30]), "test": (X[30:], Y[30:])}).checksum == first.checksum
    Path("d").mkdir()
    for name, array in np.load("k.npz").items():
        np.save(f"d/{name}.npy", array)
    assert load("d").checksum == first.checksum


@pytest.mark.parametrize(
    ("form", "kinds", "inside"),
    [
        ("kmnist-{part}-{kind}.npz", ("imgs", "labels"), "arr_0"),
        ("{kind}_{part}.npz", ("data", "y"), "values"),
        ("my.{part}.{kind}.npy", ("images", "targets"), None),
    ],
)
def test_a_file_with_one_array_is_called_by_what_it_holds(form, kinds, inside):
    Path("d").mkdir()
    for part, those in (("train", slice(30)), ("test", slice(30, None))):
        for kind, array in zip(kinds, (X, Y), strict=True):
            path = "d/" + form.format(part=part, kind=kind)
            np.savez(path, **{inside: array[those]}) if inside else np.save(path, array[those])
    found = load("d")
    assert found.sizes == {"train": 26, "valid": 4, "test": 10}
    np.testing.assert_array_equal(found.test.x, X[30:])
    assert [found.classes[y] for y in found.test.y] == [str(y) for y in Y[30:]]


def test_two_files_that_hold_the_same_are_refused():
    Path("d").mkdir()
    np.savez("d/a.npz", x=X, y=Y)
    np.savez("d/b.npz", x=X, y=Y)
    with pytest.raises(
        DataError, match=r"d: a\.npz and b\.npz both hold the examples of all splits; join them, keep"
    ):
        load("d")
    Path("d/b.npz").unlink()
    assert sum(load("d").sizes.values()) == 40


def test_names_of_classes_are_by_number():
    found = load({"x": X, "y": Y, "target_names": ["zebra", "ant", "bee", "cow", "never"]})
    assert found.classes == ("zebra", "ant", "bee", "cow", "never")
    assert {(X[int(n)].tobytes(), Y[int(n)]) for n in found.names["test"]} == {
        (x.tobytes(), y) for x, y in zip(found.test.x, found.test.y, strict=True)
    }


def test_what_cannot_be_read_says_how_to_save_it():
    names = ["ant", "bee", "cow", "dog"]
    assert load({"x": X, "y": Y, "classes": names}).classes == tuple(names)
    with pytest.raises(
        DataError, match="3 classes, numbered from 0; name all classes, or leave their names out"
    ):
        load({"x": X, "y": Y, "classes": names[:3]})
    np.savez("a.npz", x=X, y=Y.astype(object))
    with pytest.raises(DataError, match=r"y holds Python objects.*labels as texts, by y\.astype\(str\)"):
        load("a.npz")
    np.savez("a.npz", x=X, y=Y.astype(object).astype(str))
    assert load("a.npz").classes == ("0", "1", "2", "3")


def test_labels_are_needed_or_not():
    np.save("only.npy", X)
    for source in (X, "only.npy", {"x": X}):
        with pytest.raises(DataError, match="has no labels, and a classifier needs them"):
            load(source)
        found = load(source, labels=False)
        assert found.classes == ()
        assert sum(found.sizes.values()) == 40
        assert not any(split.y.any() for split in found.splits.values())


def test_a_table_in_memory_whose_columns_have_one_name_is_refused():
    twice = FRAME.rename(columns={"who": "kind"})
    with pytest.raises(DataError, match="two columns are called 'kind'; rename one"):
        load(twice)
    with pytest.raises(DataError, match="two columns are called 'kind'; rename one"):
        load_reviews(twice)


def test_the_column_of_groups_is_found_in_any_letters():
    upper, own = (
        load(FRAME, real=True, options=DatasetOptions(target="kind", group=name)) for name in ("WHO", "who")
    )
    assert upper.checksum == own.checksum
    assert upper.names == own.names


def test_a_table_in_memory():
    found = load(FRAME, real=True, options=DatasetOptions(target="kind", group="who"))
    assert found.classes == ("blue", "red")
    assert found.shape == (1,)
    homes = [{int(n) // 4 for n in names} for names in found.names.values()]
    assert sum(map(len, homes)) == 10
    by_split = load(
        {"train": FRAME[:30], "test": FRAME[30:]}, real=True, options=DatasetOptions(target="kind")
    )
    assert by_split.sizes == {"train": 26, "valid": 4, "test": 10}


def idx(path, array):
    head = struct.pack(">BBBB", 0, 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(gzip.compress(head + array.astype(np.uint8).tobytes()))


def test_idx_files_under_any_name():
    for part, rows in (("train", slice(0, 30)), ("test", slice(30, 40))):
        idx(Path(f"emnist/emnist-letters-{part}-images-idx3-ubyte.gz"), X[rows])
        idx(Path(f"emnist/emnist-letters-{part}-labels-idx1-ubyte.gz"), Y[rows] + 1)
    found = load("emnist")
    assert found.classes == ("1", "2", "3", "4")
    assert found.sizes == {"train": 26, "valid": 4, "test": 10}
    np.testing.assert_array_equal(found.test.x, X[30:])
    alone = load("emnist/emnist-letters-train-images-idx3-ubyte.gz")
    Path("emnist").rename("images")  # a folder whose name is not to be taken for a file's
    assert load("images/emnist-letters-train-images-idx3-ubyte.gz").classes == alone.classes
    assert sum(alone.sizes.values()) == 30


def test_a_batch_of_cifar_is_in_colour():
    rows = np.arange(40 * 3072, dtype=np.uint32).reshape(40, 3072).astype(np.uint8)
    Path("batch.pkl").write_bytes(pickle.dumps({b"data": rows, b"labels": (Y % 2).tolist()}))
    found = load("batch.pkl")
    assert found.shape == (32, 32, 3)
    first = int(found.names["train"][0])
    np.testing.assert_array_equal(found.train.x[0, :, :, 1].ravel(), rows[first, 1024:2048])


def test_duplicates_are_counted_and_taken():
    found = load((np.concatenate([X, X]), np.concatenate([Y, Y])))
    assert sum(found.sizes.values()) == 80
    assert "40 of 80 examples repeat an earlier one" in found.reading.notes
    assert any("examples of test are in train too" in note for note in found.reading.notes)
    assert not any("labelled otherwise" in note for note in found.reading.notes)


def test_equal_examples_of_two_classes_are_told():
    other = Y.copy()
    other[:3] = (Y[:3] + 1) % (Y.max() + 1)
    found = load((np.concatenate([X, X]), np.concatenate([Y, other])))
    assert sum(note.startswith("3 of those are labelled otherwise") for note in found.reading.notes) == 1


def test_splits_that_a_run_kept_are_kept():
    first = load((X, Y))
    more = load((np.concatenate([X, 255 - X[:8]]), np.concatenate([Y, Y[:8]])), splits=first.names)
    for part in first.splits:
        assert set(first.names[part]) <= set(more.names[part])


def test_a_damaged_gzip_stream_in_place_of_arrays_is_refused():
    whole = bytearray(gzip.compress(bytes(5000)))
    whole[12] ^= 0xFF
    Path("x.idx").write_bytes(whole)
    with pytest.raises(DataError, match=r"x\.idx"):
        load("x.idx")


@pytest.mark.parametrize("y", [np.array(["a", "z"] * 10), (np.arange(20) % 2).astype("m8[s]")])
def test_labels_that_are_none_of_the_classes_given_are_refused(y):
    np.savez("x.npz", x=np.random.default_rng(0).random((20, 9)), y=y, classes=np.array(["a", "b"]))
    with pytest.raises(DataError, match="none of the classes given"):
        load("x.npz")


def test_a_table_of_classes_alone_is_refused():
    Path("x.csv").write_text("class\n" + "0\n1\n2\n" * 10)
    with pytest.raises(DataError, match=r"x\.csv"):
        load("x.csv")


@pytest.mark.parametrize("kind", [scipy.sparse.csr_matrix, scipy.sparse.csc_array, scipy.sparse.coo_array])
def test_sparse_arrays_are_read_as_full_ones(kind, monkeypatch):
    x = X.reshape(40, -1) * (X.reshape(40, -1) > 128)
    assert load((kind(x), Y)).checksum == load((x, Y)).checksum
    monkeypatch.setattr("harmonium.memory.SMALL", 0)
    monkeypatch.setattr("harmonium.memory.available", lambda: x.nbytes)
    with pytest.raises(DataError, match=r"the given data: x: takes .* of memory"):
        load((kind(x), Y))


def test_what_is_nearly_black_names_the_remedy_in_python_too():
    with pytest.raises(DataError, match="scale='unit' in Python"):
        load((X // 16, Y))
    assert load((X // 16, Y), options=DatasetOptions(scale="unit")).train.x.max() == 1


def test_lists_that_are_no_arrays_are_refused_with_the_remedy():
    with pytest.raises(
        DataError, match="x is a list whose parts have different lengths; give each example as many"
    ):
        load(([[1, 2], [3]], [0, 1]))
    with pytest.raises(DataError, match="give numbers; texts are learned by the recipe sentiment"):
        load((["a good film", "a bad one"] * 9, [0, 1] * 9))


@pytest.mark.parametrize("table", [False, True])
def test_labels_that_go_from_1_to_the_number_of_the_classes(table):
    x = pd.DataFrame(X.reshape(40, -1)) if table else X
    names = ["ant", "bee", "cow", "dog"]
    first, rest = slice(0, 30), slice(30, 40)
    keep = np.where(Y == 3, 0, Y)[rest]  # a test set without the last class
    arrays = {"x_train": x[first], "y_train": Y[first] + 1, "x_test": x[rest], "y_test": keep + 1}
    found = load({**arrays, "classes": names})
    assert "the labels 1 to 4 number the classes from 1" in found.reading.notes
    assert [found.classes[k] for k in found.test.y] == [names[k] for k in keep]
    with pytest.raises(DataError, match="holds the label 4, but there are 4 classes, numbered from 0"):
        load({"x": x, "y": Y + 2, "classes": names})
    odd = load({"x": x, "y": Y % 3 + 1, "classes": names})
    assert "the labels number the classes from 0, though none is 0: 1 is bee" in odd.reading.notes


def test_arrays_of_a_class_each():
    Path("quickdraw").mkdir()
    for name, some in (("cat", X[:20]), ("dog", X[20:])):
        np.save(f"quickdraw/full_numpy_bitmap_{name}.npy", some)
    found = load("quickdraw")
    assert (found.classes, found.shape) == (("cat", "dog"), (5, 5))
    at = {x.tobytes(): n // 20 for n, x in enumerate(X)}
    assert all(
        at[x.tobytes()] == y for split in found.splits.values() for x, y in zip(split.x, split.y, strict=True)
    )
    assert any("cat of full_numpy_bitmap_cat.npy" in note for note in found.reading.notes)


@pytest.mark.parametrize(
    "names", [("part1", "part2"), ("1", "2"), ("batch_a", "batch_b_1"), ("speed", "time")]
)
def test_arrays_that_are_parts_or_measures_are_no_classes(names):
    Path("mine").mkdir()
    for name in names:
        x = X / 255 if name in ("speed", "time") else X
        np.save(f"mine/{name}.npy", x if name != "batch_b_1" else x[:, :3])
    with pytest.raises(DataError, match="holds arrays, but none called as a split's"):
        load("mine")


def test_a_pickle_of_data_sets_by_split():
    parts = {"train": X[:20], "valid": X[20:30], "test": X[30:]}
    content = {f"{part}_dataset": x for part, x in parts.items()}
    content |= {f"{part}_labels": np.arange(len(x)) % 4 for part, x in parts.items()}
    Path("notMNIST.pickle").write_bytes(pickle.dumps(content))
    assert load("notMNIST.pickle").sizes == {"train": 20, "valid": 10, "test": 10}
