import re
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from harmonium.data import load
from harmonium.data.npz import read_npy
from harmonium.errors import DataError

RNG = np.random.default_rng(2)
X = RNG.integers(0, 256, (21, 5, 4), np.uint8)
X[0, 0, :2] = 0, 255
Y = np.arange(21) % 3


def saved(**arrays):
    np.savez("mine.npz", **arrays)
    return "mine.npz"


def refused(message, **arrays):
    with pytest.raises(DataError, match=rf"mine\.npz.*{message}"):
        load(saved(**arrays))


def test_given_splits_stay_as_they_are():
    arrays = {"x": X, "y": Y, "x_valid": X[:4], "y_valid": Y[:4], "x_test": X[5:8], "y_test": Y[5:8]}
    dataset = load(saved(**arrays, other=np.array("left alone", object)))
    for suffix, split in (("", dataset.train), ("_valid", dataset.valid), ("_test", dataset.test)):
        np.testing.assert_array_equal(split.x, arrays[f"x{suffix}"])
        np.testing.assert_array_equal(split.y, arrays[f"y{suffix}"])
    assert dataset.train.x.dtype == np.uint8
    assert dataset.train.y.dtype == np.int32
    assert dataset.classes == ("0", "1", "2")


def test_missing_splits_are_drawn_from_the_training_rows():
    dataset = load(saved(x=X, y=Y), seed=3)
    assert dataset.sizes == {"train": 15, "valid": 3, "test": 3}
    rows = np.concatenate([split.x for split in dataset.splits.values()]).reshape(21, -1)
    np.testing.assert_array_equal(np.sort(rows, axis=0), np.sort(X.reshape(21, -1), axis=0))
    # Labels moved with their images.
    label = {row.tobytes(): y for row, y in zip(X, Y, strict=True)}
    for split in dataset.splits.values():
        assert [label[row.tobytes()] for row in split.x] == split.y.tolist()
    assert load("mine.npz", seed=3).checksum == dataset.checksum
    assert load("mine.npz", seed=4).checksum != dataset.checksum


def test_only_a_missing_test_split_is_drawn():
    dataset = load(saved(x=X, y=Y, x_valid=X[:2], y_valid=Y[:2]))
    assert dataset.sizes == {"train": 18, "valid": 2, "test": 3}
    np.testing.assert_array_equal(dataset.valid.x, X[:2])


def test_compressed_files_load():
    np.savez_compressed("mine.npz", x=X, y=Y)
    assert load("mine.npz").sizes["train"] == 15


def test_names_of_classes_are_taken():
    assert load(saved(x=X, y=Y, classes=np.array(["a", "bé", "c", "never"]))).classes == (
        "a",
        "bé",
        "c",
        "never",
    )


@pytest.mark.parametrize(
    ("x", "shape", "dtype"),
    [
        (X.astype(np.int64), (5, 4), np.uint8),
        (X.astype(np.float64) / 256, (5, 4), np.float32),
        (X.astype(np.float16) / 256, (5, 4), np.float32),
        (X > 127, (5, 4), np.float32),
        (X[..., None], (5, 4), np.uint8),
        (X.reshape(21, -1), (20,), np.uint8),
        (np.stack([X] * 3, -1), (5, 4, 3), np.uint8),
    ],
)
def test_each_kind_of_images_keeps_its_values(x, shape, dtype):
    dataset = load(saved(x=x, y=Y, x_valid=x, y_valid=Y, x_test=x, y_test=Y))
    assert dataset.shape == shape
    assert dataset.train.x.dtype == dtype
    np.testing.assert_array_equal(dataset.train.x.reshape(x.shape), x.astype(dtype))


def test_missing_arrays_are_refused():
    refused("needs the arrays x and y, and holds other", other=X, another=X)
    refused("has no labels, and a classifier needs them", x=X)
    refused("holds x but no y; give both", x=X, x_test=X, y_test=Y)
    refused("holds y but no x; give both", y=Y)
    refused("needs the arrays x and y; it holds x_test, y_test", x_test=X, y_test=Y)


def test_objects_are_refused():
    refused("x holds Python objects, which could run code", x=np.array([None, "a"], object), y=Y)
    refused("y holds Python objects", x=X, y=Y.astype(object))
    refused("classes holds Python objects", x=X, y=Y, classes=np.array(["a"] * 3, object))


class Runs:
    def __reduce__(self):
        return Path.touch, (Path("ran"),)


def test_an_object_in_an_array_does_not_run():
    refused("x holds Python objects", x=np.array([Runs()], object), y=Y)
    assert not Path("ran").exists()


def test_real_values_are_read_where_they_are_asked_for():
    x = X / 64 - 1
    np.savez("mine.npz", x=x, y=Y)
    assert load("mine.npz", real=True).train.x.min() < -0.9


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
def test_values_that_are_not_finite_are_refused(value):
    x = X / 256
    x[7, 1, 2] = value
    refused("x is not finite in example 7", x=x, y=Y)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (X.astype(int) - 1, "holds whole numbers -1 to 254; bring them to"),
        (X.astype(int) * 2, "holds whole numbers 0 to 510"),
        (X // 16, "holds whole numbers 0 to 15, at most a sixteenth.* --scale unit"),
        (X / 2**14, "at most a sixteenth: nearly black"),
        (np.full_like(X, 7), "holds the number 7 alone"),
        (np.stack([X] * 2, -1), r"x has shape \(21, 5, 4, 2\)"),
        (X[:0], "x is empty"),
        (X[:, :0], "x is empty"),
        (X.astype(complex), "x has dtype complex128"),
        (X.astype(str), "x has dtype <U3"),
    ],
)
def test_other_images_are_refused(x, message):
    refused(message, x=x, y=Y[: len(x)])


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (Y + 0.5, r"y holds 0\.5; a class is a name or a whole number"),
        (np.where(Y, Y, np.nan), "y has no label for example 0"),
        (np.arange(21), "21 examples have 21 classes, as '0', '1'"),
        (np.zeros(21, int), "every example is of the class '0'"),
        (np.ones((21, 3), int), r"y has shape \(21, 3\); give each example one label"),
        (Y[:-1], "21 examples but 20 labels"),
    ],
)
def test_other_labels_are_refused(y, message):
    refused(message, x=X, y=y)


def test_the_split_at_fault_is_named():
    refused(r"\(valid\): y holds 0\.5", x=X, y=Y, x_valid=X, y_valid=Y + 0.5)
    refused(r"\(test\): 21 examples but 1 labels", x=X, y=Y, x_test=X, y_test=Y[:1])
    refused(r"\(train\): 21 examples but 20 labels", x_train=X, y_train=Y[:-1], x_test=X, y_test=Y)


def test_splits_that_are_not_alike_are_refused():
    refused(
        r"valid examples are uint8 \(5, 2\), train examples are uint8 \(5, 4\)",
        x=X,
        y=Y,
        x_valid=X[..., :2],
        y_valid=Y,
    )
    refused("test examples are float64", x=X, y=Y, x_test=X / 256, y_test=Y)


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        (np.array(["a", "b"]), "holds the label 2, but there are 2 classes"),
        (np.array("a"), r"classes is <U1 \(\); it must be a list of names"),
        (np.array([0.5, 1, 2]), r"classes is float64 \(3,\)"),
    ],
)
def test_other_classes_are_refused(classes, message):
    refused(message, x=X, y=Y, classes=classes)


def test_too_few_examples_to_share_are_refused():
    refused(r"6 examples cannot be cut into .* \(valid would be empty\); give more", x=X[:6], y=Y[:6])
    assert load(saved(x=X[:9], y=Y[:9])).sizes == {"train": 3, "valid": 3, "test": 3}


@pytest.mark.parametrize("fraction", [0, 0.1, 0.5, 0.9, 0.999])
def test_a_file_cut_short_is_refused(fraction):
    content = Path(saved(x=X, y=Y)).read_bytes()
    Path("mine.npz").write_bytes(content[: int(fraction * len(content))])
    with pytest.raises(DataError, match=r"mine\.npz: cannot be read as \.npz"):
        load("mine.npz")


def test_damaged_values_are_refused():
    content = bytearray(Path(saved(x=X, y=Y)).read_bytes())
    at = content.index(X.tobytes())
    content[at + 10] ^= 1  # its CRC no longer fits
    Path("mine.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"mine\.npz: cannot be read as \.npz"):
        load("mine.npz")


def test_something_else_is_refused():
    Path("mine.npz").write_bytes(b"this is text" * 100)
    with pytest.raises(DataError, match=r"mine\.npz: cannot be read as \.npz"):
        load("mine.npz")
    with zipfile.ZipFile("mine.npz", "w") as archive:
        archive.writestr("x.npy", b"no array")
    with pytest.raises(DataError, match=r"mine\.npz: cannot be read as \.npz"):
        load("mine.npz")


def test_a_header_that_declares_more_than_the_file_holds_is_refused():
    np.save("x.npy", X)
    content = Path("x.npy").read_bytes()
    lying = content.replace(b"(21, 5, 4), ", b"(2100000000, 5, 4), ").replace(b" " * 8, b"", 1)
    assert len(lying) == len(content)
    with zipfile.ZipFile("mine.npz", "w") as archive:
        archive.writestr("x.npy", lying)
    with pytest.raises(DataError, match=re.escape("mine.npz: x has shape (2100000000, 5, 4) but")):
        load("mine.npz")


def with_header(header, values=bytes(12)):
    """An archive whose x has this header, as NumPy's format has it around."""
    text = header.encode("latin1") if isinstance(header, str) else header
    content = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + values
    with zipfile.ZipFile("mine.npz", "w") as archive:
        archive.writestr("x.npy", content)


HEADERS = {
    "a bracket left open": "{'descr': '<f4', 'shape': (1,            \n",  # TokenError
    "a text left open": "'''{'descr'\n",
    "a number of Python 2 with an error": "{'descr': '<f4', 'fortran_order': False, 'shape': (7L,1, }\n",
    "indented": "  {\n 'descr'\n  :\n",
    "deep brackets": "(" * 1900,
    "signs": "-" * 1900 + "1",
    "a long one": "{" + " " * 60_000 + "}",
    "no dictionary": "[1, 2]",
    "no known type": "{'descr': 'qq', 'fortran_order': False, 'shape': (3,)}",
    "a type that names a field twice": "{'descr': [('a', []), ('a', '<f4')], 'fortran_order': False, 'shape': (3,)}",
    "sides below zero": "{'descr': '<f4', 'fortran_order': False, 'shape': (-1, -3)}",
    "a side of text": "{'descr': '<f4', 'fortran_order': False, 'shape': ('3',)}",
    "a side that is true": "{'descr': '<f4', 'fortran_order': False, 'shape': (True, 3, 2**70)}",
    "a NUL": "{'descr': '<f4\0', 'fortran_order': False, 'shape': (3,)}",
    "bytes of no text": b"\xff\xfe{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}",
    "nothing": "",
}


@pytest.mark.parametrize("name", HEADERS)
def test_headers_that_numpy_stumbles_over_are_refused_in_one_line(name):
    with_header(HEADERS[name])
    with pytest.raises(DataError, match=r"^mine\.npz: ") as caught:
        load("mine.npz")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("order", "<>")
def test_names_of_characters_that_do_not_exist_are_refused(order):
    saved(x=X, y=Y, classes=np.array(["a", "bé", "c"], f"{order}U2"))
    known, none = (np.array([value], f"{order}u4").tobytes() for value in (ord("é"), 0x110000))
    with zipfile.ZipFile("mine.npz") as archive:
        arrays = {name: archive.read(name) for name in archive.namelist()}
    assert known in arrays["classes.npy"]
    arrays["classes.npy"] = arrays["classes.npy"].replace(known, none)
    with zipfile.ZipFile("mine.npz", "w") as archive:
        for name, array in arrays.items():
            archive.writestr(name, array)
    with pytest.raises(DataError, match=r"mine\.npz: .*characters that do not exist"):
        load("mine.npz")


def test_arrays_that_do_not_fit_in_memory_together_are_refused(monkeypatch):
    saved(x=X, y=Y, x_test=X, y_test=Y)
    monkeypatch.setattr("harmonium.memory.SMALL", 0)
    monkeypatch.setattr("harmonium.memory.available", lambda: 2 * X.nbytes)
    with pytest.raises(DataError, match=r"mine\.npz: takes .* of memory"):
        load("mine.npz")


def test_a_member_that_lies_about_its_size_is_refused():
    saved(x=X, y=Y)
    content = Path("mine.npz").read_bytes()
    size, lie = ((128 + X.nbytes - less).to_bytes(4, "little") for less in (0, 20))
    assert content.count(size) >= 2
    Path("mine.npz").write_bytes(content.replace(size, lie))
    with pytest.raises(DataError, match=r"mine\.npz: "):
        load("mine.npz")


def test_a_header_longer_than_any_is_refused():
    """NumPy would take up to 10,000 characters; Python's parser, in C, goes as deep as they say."""
    header = "{'descr': '|u1', 'fortran_order': False, 'shape': (12,)}"
    for blanks, complaint in ((100, "has no labels"), (3000, "large")):
        with_header(header + " " * blanks + "\n")
        with pytest.raises(DataError, match=complaint):
            load("mine.npz")


@pytest.mark.parametrize("version", [(2, 0), (3, 0), (9, 1), (1, 1)])
def test_a_header_that_declares_more_than_it_may_takes_no_memory(version):
    Path("x.npy").write_bytes(b"\x93NUMPY" + bytes(version) + b"\xff\xff\xff\x3f" + b"{" * 100)
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=r"x\.npy: cannot be read as \.npy"):
            read_npy(Path("x.npy"))
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_each_version_is_read(version):
    x = np.arange(6.0).reshape(2, 3)
    with Path("x.npy").open("wb") as file:
        np.lib.format.write_array(file, x, version=version)
    assert np.array_equal(read_npy(Path("x.npy")), x)


def test_a_header_of_brackets_in_brackets_is_refused():
    header = b"{'descr': '<f4', 'shape': " + b"(" * 1900
    Path("x.npy").write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    with pytest.raises(DataError, match=r"x\.npy: cannot be read as \.npy") as caught:
        read_npy(Path("x.npy"))
    assert not isinstance(caught.value.__cause__, MemoryError)
