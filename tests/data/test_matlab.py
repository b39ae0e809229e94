"""Cells of piano-rolls in .mat files: SciPy as oracle, and bytes that are damaged or hostile."""

import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
import scipy.io
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harmonium.data import load, matlab
from harmonium.data.kinds import kind_of
from harmonium.data.matlab import KEYS, read_rolls
from harmonium.data.midi import NOTES
from harmonium.errors import DataError

RNG = np.random.default_rng(4)
SPLITS = {
    part: [(RNG.random((steps, NOTES)) < 0.1).astype(np.uint8) for steps in lengths]
    for part, lengths in (("train", (5, 1, 12)), ("valid", (3,)), ("test", (2, 7)))
}
NUMBERS = ["bool", "i1", "u1", "i2", "u2", "i4", "u4", "f4", "f8", "i8", "u8"]


def saved(path, splits=SPLITS, dtype="f8", **options):
    content = {"about": "left alone", "half": np.array([[0.5]])}
    for part, rolls in splits.items():
        cell = np.empty((1, len(rolls)), object)
        cell[0] = [*(np.asarray(roll).astype(dtype) for roll in rolls), None][:-1]
        content[KEYS[part]] = cell
    scipy.io.savemat(path, content, **options)
    return path


def element(kind, content, order="<"):
    """As MATLAB writes it: four bytes at most beside their tag, else after it, to a multiple of eight."""
    if len(content) <= 4:
        return struct.pack(f"{order}I", len(content) << 16 | kind) + content.ljust(4, b"\0")
    return struct.pack(f"{order}II", kind, len(content)) + content + bytes(-len(content) % 8)


def matrix(kind, shape, rest, name=b"", order="<", flags=0):
    head = element(6, struct.pack(f"{order}II", kind | flags, 0), order)
    head += element(5, struct.pack(f"{order}{len(shape)}i", *shape), order) + element(1, name, order)
    return element(14, head + rest, order)


def roll(values, order="<", dtype="u1", kind=9, **options):
    code = {"u1": 2, "f8": 9, "i2": 3}[dtype]
    content = np.asarray(values, order + dtype).tobytes("F")
    return matrix(kind, np.shape(values), element(code, content, order), order=order, **options)


def file(*variables, order="<", version=0x0100):
    head = b"MATLAB 5.0 MAT-file, by hand".ljust(124) + struct.pack(f"{order}H", version)
    return head + (b"IM" if order == "<" else b"MI") + b"".join(variables)


def cell(part, rolls, order="<", count=None, **options):
    made = b"".join(roll(values, order, **options) for values in rolls)
    return matrix(1, (1, len(rolls) if count is None else count), made, KEYS[part].encode(), order)


def by_hand(order="<", **options):
    return file(*(cell(part, rolls, order, **options) for part, rolls in SPLITS.items()), order=order)


def written(content, name="mine.mat"):
    Path(name).write_bytes(content)
    return Path(name)


def refused(content, message):
    with pytest.raises(DataError, match=message) as caught:
        read_rolls(written(content))
    said = str(caught.value)
    assert said.startswith("mine.mat")
    assert "\n" not in said
    assert len(said) < 400
    return said


def assert_equal(read, splits=SPLITS):
    assert list(read) == list(splits)
    for part, rolls in splits.items():
        assert len(read[part]) == len(rolls)
        for one, other in zip(read[part], rolls, strict=True):
            assert one.dtype == np.uint8
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("dtype", NUMBERS)
def test_what_scipy_writes_is_read(dtype, compressed):
    assert_equal(read_rolls(saved(Path("a.mat"), dtype=dtype, do_compression=compressed)))


@pytest.mark.parametrize("dtype", ["u1", "i2", "f8"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_either_byte_order_is_read_as_scipy_reads_it(order, dtype):
    path = written(by_hand(order, dtype=dtype))
    found = scipy.io.loadmat(path)
    read = read_rolls(path)
    assert_equal(read)
    assert_equal(
        {part: [one.astype(np.uint8) for one in found[key].ravel()] for part, key in KEYS.items()}, read
    )


def test_compressed_variables_stand_closely():
    packed = []
    for part, rolls in SPLITS.items():
        content = zlib.compress(cell(part, rolls))
        packed.append(struct.pack("<II", 15, len(content)) + content)
    assert any(len(one) % 8 for one in packed)
    assert_equal(read_rolls(written(file(*packed))))


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.booleans(),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=4),
    st.floats(0, 1),
)
def test_any_bytes_changed_are_an_error_or_rolls(tmp_path, tags_alone, changes, cut):
    whole = by_hand()
    # The bytes before the values, where types and sizes stand, matter most.
    places = range(120, 120 + 150) if tags_alone else range(len(whole))
    content = bytearray(whole)
    for share, value in changes:
        content[places[int(share * (len(places) - 1))]] = value
    if cut < 0.2:
        content = content[: int(5 * cut * len(content))]
    path = tmp_path / "mine.mat"
    path.write_bytes(content)
    try:
        read = read_rolls(path)
    except DataError as error:
        assert "\n" not in str(error)  # noqa: PT017 - either may come
        return
    assert all(
        roll.shape[1] == NOTES and roll.max(initial=0) <= 1 for rolls in read.values() for roll in rolls
    )


def test_the_type_of_an_element_that_ends_scipy_is_refused():
    """Type 255 for the values of a matrix: SciPy looks up a table there without asking for its length."""
    content = bytearray(by_hand())
    at = content.index(struct.pack("<II", 2, 5 * NOTES))
    for kind in [*range(256), 2**16 - 1]:
        content[at : at + 4] = struct.pack("<I", kind)
        if kind not in (1, 2):  # as signed bytes, ones and zeros are the same
            refused(content, "damaged|must hold zeros and ones")


HOSTILE = {
    "a size past the end": (file(struct.pack("<II", 14, 2**31)), "goes past the end"),
    "a small element of 7 bytes": (file(struct.pack("<HHI", 14, 7, 0)), "small element has 7 bytes"),
    "half a tag": (file(b"\x0e\0\0\0"), "cut short"),
    "something else than a matrix": (file(element(9, bytes(8))), "type 9 stands where a matrix"),
    "a cell of too many": (
        file(cell("train", SPLITS["train"], count=2**31 - 1)),
        "holds 3 matrices, fewer than",
    ),
    "32 sides": (file(matrix(1, (2**31 - 1,) * 32, b"", b"traindata")), "holds 0 matrices"),
    "33 sides": (file(matrix(1, (1,) * 33, b"", b"traindata")), "no shape"),
    "one side": (file(matrix(1, (1,), b"", b"traindata")), "no shape"),
    "a negative side": (file(matrix(1, (-1, 1), b"", b"traindata")), "shape"),
    "no flags": (file(element(14, element(5, bytes(8)) * 3)), "no flags"),
    "no name": (file(element(14, element(6, bytes(8)) + element(5, bytes(8)) * 2)), "no name"),
    "fewer values than the shape": (
        file(matrix(1, (1, 1), matrix(9, (9, NOTES), element(2, bytes(NOTES))), b"traindata")),
        "has 88 bytes of values",
    ),
    "no values": (file(matrix(1, (1, 1), matrix(9, (9, NOTES), b""), b"traindata")), "no values"),
    "complex ones": (
        file(matrix(1, (1, 1), roll(SPLITS["train"][0], flags=0x0800), b"traindata")),
        "zeros and ones",
    ),
    "an empty matrix": (file(matrix(1, (1, 1), struct.pack("<II", 14, 0), b"traindata")), r"shape \(0, 0\)"),
    "a text": (
        file(matrix(1, (1, 1), matrix(4, (1, 4), b""), b"traindata")),
        "is a text; it must hold numbers",
    ),
    "a sparse one": (file(matrix(1, (1, 1), matrix(5, (4, NOTES), b""), b"traindata")), "MATLAB's full"),
    "a cell of cells": (file(matrix(1, (1, 1), matrix(1, (4, NOTES), b""), b"traindata")), "is a cell"),
    "an empty cell": (
        file(cell("train", []), cell("valid", SPLITS["valid"]), cell("test", SPLITS["test"])),
        "traindata is empty",
    ),
    "no zlib": (file(struct.pack("<II", 15, 8) + b"zlibnot!"), "damaged"),
    "zlib cut short": (
        file(struct.pack("<II", 15, 40) + zlib.compress(by_hand())[:40]),
        "compressed element is cut",
    ),
    "zlib in zlib": (
        file(struct.pack("<II", 15, 24) + zlib.compress(struct.pack("<II", 15, 0)).ljust(24, b"\0")),
        "type 15 stands where a matrix",
    ),
    "version 4": (struct.pack("<5i", 0, 1, 1, 0, 2) + b"x\0" + bytes(200), "version 4, which has no cells"),
    "version 7.3": (file(version=0x0200), r"version 7\.3; save it with: save -v7"),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(600), r"version 7\.3"),
    "version 9": (file(version=0x0900), "no MATLAB file"),
    "a text file": (b"this is text\n" * 40, "no MATLAB file"),
    "empty": (b"", "no MATLAB file"),
    "a header alone": (file(), "needs the cells traindata, validdata, testdata; traindata is not there"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_hostile_is_refused_in_one_line(name):
    refused(*HOSTILE[name])


@pytest.mark.parametrize("version", ["4", "5"])
def test_versions_as_scipy_writes_them(version):
    scipy.io.savemat("mine.mat", {"traindata": np.zeros((3, NOTES))}, format=version)
    refused(Path("mine.mat").read_bytes(), "version 4" if version == "4" else "traindata is not there")


def test_what_unpacks_to_too_much_is_refused_and_takes_no_memory(monkeypatch):
    monkeypatch.setattr(matlab, "LARGEST", 2**20)
    packed = zlib.compress(bytes(2**26))
    tracemalloc.start()
    try:
        refused(file(struct.pack("<II", 15, len(packed)) + packed), "unpacks to more than 1,048,576 bytes")
        assert tracemalloc.get_traced_memory()[1] < 2**23
    finally:
        tracemalloc.stop()
    # And what several variables unpack to is counted together.
    one = zlib.compress(matrix(9, (1, 600_000), element(2, bytes(600_000)), b"other"))
    variable = struct.pack("<II", 15, len(one)) + one
    refused(file(variable), "is not there")
    refused(file(variable, variable), "unpacks to more than")


def test_more_bytes_than_any_rolls_take_are_refused(monkeypatch):
    monkeypatch.setattr(matlab, "LARGEST", 1000)
    refused(by_hand(), "holds more than 1,000 bytes")


def test_what_would_fill_the_memory_is_refused(monkeypatch):
    monkeypatch.setattr(matlab, "available", lambda: 2 * 1000)
    refused(saved(Path("mine.mat"), do_compression=True).read_bytes(), "unpacks to more than 1,000 bytes")


def test_a_pipe_is_not_waited_for():
    import os

    os.mkfifo("mine.mat")
    with pytest.raises(DataError, match=r"mine\.mat: cannot be read: it is a pipe"):
        read_rolls(Path("mine.mat"))


LABELS = np.tile([1, 10, 3], 14)
PICTURES = RNG.integers(0, 256, (42, 8, 8, 3)).astype(np.uint8)
GREY = PICTURES[..., 0]


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize(
    ("content", "shape"),
    [
        ({"X": PICTURES.transpose(1, 2, 3, 0), "y": LABELS[:, None]}, (8, 8, 3)),  # as SVHN
        ({"data": GREY.reshape(42, -1).T, "label": LABELS[None].astype(float)}, (8, 8)),  # as mnist-original
        ({"images": GREY.transpose(1, 2, 0), "labels": LABELS[:, None]}, (8, 8)),
        ({"trainX": GREY.reshape(42, -1), "trainY": LABELS[None]}, (8, 8)),
        ({"X": GREY.reshape(42, -1) / 255, "y": LABELS[:, None].astype(np.int16)}, (64,)),
    ],
)
def test_arrays_lie_as_matlab_has_them(content, shape, compressed):
    scipy.io.savemat("mine.mat", content, do_compression=compressed)
    found = load("mine.mat")
    assert (found.shape, found.classes) == (shape, ("1", "3", "10"))
    seen = {
        (x.tobytes(), found.classes[y])
        for split in found.splits.values()
        for x, y in zip(split.x, split.y, strict=True)
    }
    rows = (PICTURES if len(shape) == 3 else GREY).reshape(42, *shape)
    rows = (rows / 255).astype(np.float32) if len(shape) == 1 else rows
    assert seen == {(x.tobytes(), str(y)) for x, y in zip(rows, LABELS, strict=True)}


def test_arrays_of_splits_names_of_classes_and_arrays_without_labels():
    Path("svhn").mkdir()
    for part in ("train", "test"):
        content = {"X": PICTURES.transpose(1, 2, 3, 0), "y": LABELS[:, None]}
        scipy.io.savemat(f"svhn/{part}_32x32.mat", content)
    assert load("svhn").sizes["test"] == 42
    names = np.empty((1, 3), object)
    names[0] = ["cat", "dög", "emu"]
    scipy.io.savemat("named.mat", {"x": GREY, "y": np.arange(42) % 3, "classnames": names})
    assert load("named.mat").classes == ("cat", "dög", "emu")
    scipy.io.savemat("alone.mat", {"x": GREY.transpose(1, 2, 0)})
    found = load("alone.mat", labels=False)
    assert (found.shape, sum(found.sizes.values())) == ((8, 8), 42)


def test_what_holds_no_arrays_is_refused_and_rolls_are_known_as_music():
    scipy.io.savemat("mine.mat", {"dataset": {"a": 1}, "x": np.array([1j, 2])})
    with pytest.raises(DataError, match=r"mine.mat \(x\): holds complex numbers"):
        load("mine.mat")
    scipy.io.savemat("mine.mat", {"dataset": {"a": 1}})
    with pytest.raises(
        DataError,
        match=r"holds dataset \(a structure\), but no arrays called x and y.* out of the structure, with",
    ):
        load("mine.mat")
    assert kind_of("mine.mat") == "pictures"
    assert kind_of(str(saved(Path("rolls.mat")))) == "music"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_bytes_of_arrays_changed_are_an_error_or_arrays(data):
    path = Path("arrays.mat")
    scipy.io.savemat(path, {"X": GREY[:3], "y": LABELS[:3, None]}, do_compression=data.draw(st.booleans()))
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    said = ""
    try:
        matlab.read_arrays(path, lambda name: True)
    except DataError as error:
        said = str(error)
    assert "\n" not in said


def test_bytes_that_would_become_eight_each_are_counted(monkeypatch):
    x = matrix(6, (100, 1000), element(2, bytes(100_000)), b"x")  # doubles that are kept as bytes
    written(file(x, matrix(6, (100, 1), element(2, bytes(100)), b"y")), "a.mat")
    monkeypatch.setattr("harmonium.memory.SMALL", 0)
    monkeypatch.setattr("harmonium.memory.available", lambda: 2**19)
    with pytest.raises(DataError, match=r"a\.mat.*takes .* of memory"):
        load("a.mat")
