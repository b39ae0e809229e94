import gzip
import hashlib
import os
import re
import struct
import tracemalloc
from pathlib import Path

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from harmonium.data import load
from harmonium.data.idx import DTYPES, read_idx
from harmonium.data.kinds import kind_of
from harmonium.data.options import DatasetOptions
from harmonium.errors import ConfigError, DataError

IMAGES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)


def idx(array):
    code = next(code for code, dtype in DTYPES.items() if dtype == array.dtype.newbyteorder(">"))
    sizes = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes([0, 0, code, array.ndim]) + sizes + array.astype(array.dtype.newbyteorder(">")).tobytes()


def written(name, content):
    path = Path(name)
    path.write_bytes(content)
    return path


def refused(path, message, axes=3, **settings):
    with pytest.raises(DataError, match=f"{re.escape(path.name)}.*{message}"):
        read_idx(path, axes=axes, **settings)


arrays = st.sampled_from(["u1", "i1", "i2", "i4", "f4", "f8"]).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=5))
)


@given(arrays, st.booleans())
def test_what_is_written_is_read(array, zipped):
    content = idx(array)
    # The name does not tell whether it is gzipped: only the content does.
    path = written("any.name", gzip.compress(content) if zipped else content)
    read = read_idx(path, axes=array.ndim, sha256=hashlib.sha256(content).hexdigest())
    assert read.dtype == array.dtype
    assert read.dtype.isnative
    np.testing.assert_array_equal(read, array)


@pytest.mark.parametrize("length", range(len(idx(IMAGES))))
def test_a_file_cut_short_at_any_byte_is_refused(length):
    path = written("cut.idx", idx(IMAGES)[:length])
    message = "bytes 0 to 3" if length < 4 else f"cut short at byte {length}"
    refused(path, message)


@pytest.mark.parametrize("length", [3, 11, 30, -9, -8, -4, -1])
def test_a_gzip_stream_cut_short_is_refused(length):
    content = gzip.compress(idx(np.random.default_rng(0).integers(0, 256, (5, 9, 9), np.uint8)))
    refused(written("cut.gz", content[:length]), "cut short")


def test_a_damaged_gzip_stream_is_refused():
    content = bytearray(gzip.compress(idx(np.random.default_rng(0).integers(0, 256, (5, 9, 9), np.uint8))))
    content[-5] ^= 0xFF  # the checksum that ends it
    refused(written("damaged.gz", bytes(content)), "cannot be read")


@pytest.mark.parametrize("magic", [b"", b"\x89PNG", b"\1\0\x08\3", b"\0\1\x08\3", b"\0\0\x0a\3", b"\0\0\0\3"])
def test_a_wrong_magic_number_is_refused(magic):
    content = magic + idx(IMAGES)[4:] if magic else b""
    refused(written("other.idx", content), f"bytes 0 to 3 are {magic.hex() or 'missing'}, not the magic")


def test_labels_given_as_images_are_refused():
    path = written("labels.idx", idx(np.arange(10, dtype=np.uint8)))
    refused(path, r"byte 3 declares 1 axes \(labels\) where 3 are needed \(images\)")


def test_images_given_as_labels_are_refused():
    refused(written("images.idx", idx(IMAGES)), r"3 axes \(images\) where 1 are needed \(labels\)", axes=1)


@pytest.mark.parametrize("zipped", [False, True])
def test_bytes_past_the_end_are_refused(zipped):
    content = idx(IMAGES) + b"\0"
    path = written("long.idx", gzip.compress(content) if zipped else content)
    refused(path, f"goes on past byte {len(content) - 1}")


def test_a_header_that_declares_more_than_memory_is_refused():
    content = bytes([0, 0, 8, 3]) + struct.pack(">3I", *[2**32 - 1] * 3) + bytes(100)
    refused(written("huge.idx", content), f"its header declares {(2**32 - 1) ** 3:,} bytes")


def test_a_header_that_declares_much_takes_no_memory_before_it_arrives():
    content = bytes([0, 0, 8, 3]) + struct.pack(">3I", 15, 2**15, 2**15) + bytes(100)
    refused(written("large.idx", content), "cut short at byte 116")


def test_another_file_of_the_same_shape_fails_the_checksum():
    path = written("swapped.idx", idx(IMAGES + np.uint8(1)))
    refused(path, "checksum", sha256=hashlib.sha256(idx(IMAGES)).hexdigest())


def test_a_missing_file_is_refused():
    refused(Path("nowhere.idx"), "there is no such file")


def folder(number=12, labels=None, zipped=False, without=()):
    rng = np.random.default_rng(1)
    path = Path("mine")
    path.mkdir()
    for part, size in (("train", number), ("t10k", 3)):
        x = rng.integers(0, 256, (size, 4, 5), np.uint8)
        y = np.arange(size if labels is None or part == "t10k" else labels, dtype=np.uint8) % 3
        for kind, array in (("images-idx3", x), ("labels-idx1", y)):
            name = f"{part}-{kind}-ubyte"
            if name not in without:
                content = idx(array)
                target = path / (f"{name}.gz" if zipped else name)
                target.write_bytes(gzip.compress(content) if zipped else content)
    return path


@pytest.mark.parametrize("zipped", [False, True])
def test_a_folder_of_idx_files_loads(zipped):
    path = folder(zipped=zipped)
    dataset = load(str(path))
    assert dataset.sizes == {"train": 10, "valid": 2, "test": 3}
    assert dataset.shape == (4, 5)
    assert dataset.classes == ("0", "1", "2")
    whole = read_idx(path / f"train-images-idx3-ubyte{'.gz' if zipped else ''}", axes=3)
    np.testing.assert_array_equal(np.concatenate([dataset.train.x, dataset.valid.x]), whole)
    np.testing.assert_array_equal(np.concatenate([dataset.train.y, dataset.valid.y]), np.arange(12) % 3)
    np.testing.assert_array_equal(dataset.test.y, [0, 1, 2])
    assert dataset.train.y.dtype == np.int32


@pytest.mark.parametrize(
    "given", [{"split": (0.6, 0.2, 0.2)}, {"size": "28"}, {"invert": True}, {"scale": "unit"}]
)
def test_a_folder_of_idx_files_refuses_what_it_has_no_use_for(given):
    (name,) = given
    with pytest.raises(ConfigError, match=f"--{name} means nothing for mine, which is taken as it is"):
        load(str(folder()), options=DatasetOptions(**given))


def test_a_folder_of_idx_files_is_standardised_where_that_is_asked_for():
    dataset = load(str(folder()), options=DatasetOptions(scale="standardise"))
    assert dataset.train.x.mean() == pytest.approx(0, abs=1e-5)
    assert dataset.train.x.std() == pytest.approx(1, abs=1e-5)


def test_counts_of_images_and_labels_that_differ_are_refused():
    with pytest.raises(DataError, match=r"mine/train-images.*train-labels.*12 examples but 11 labels"):
        load(str(folder(labels=11)))


@pytest.mark.parametrize(
    "name", ["train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"]
)
def test_a_folder_that_lacks_a_file_is_refused(name):
    with pytest.raises(DataError, match=f"mine: {name} is missing"):
        load(str(folder(without=[name])))


def test_too_few_images_to_validate_are_refused():
    with pytest.raises(DataError, match="mine: 5 images cannot be cut"):
        load(str(folder(number=5)))


def test_swapped_images_and_labels_are_refused():
    path = folder()
    images, labels = path / "train-images-idx3-ubyte", path / "train-labels-idx1-ubyte"
    images.rename(path / "swap")
    labels.rename(images)
    (path / "swap").rename(labels)
    with pytest.raises(DataError, match=r"mine/train-images-idx3-ubyte.*mislabelled"):
        load(str(path))


def with_free_memory(monkeypatch, size):
    monkeypatch.setattr("harmonium.memory.SMALL", 0)
    for where in ("harmonium.data.idx.available", "harmonium.memory.available"):
        monkeypatch.setattr(where, lambda: size)


def test_what_unpacks_to_more_than_the_memory_holds_is_refused_before_it_has_come(monkeypatch):
    with_free_memory(monkeypatch, 2**20)
    header = bytes([0, 0, 8, 3]) + struct.pack(">3I", 2**26, 1, 1)
    path = written("large.idx.gz", gzip.compress(header + bytes(2**26), 1))
    tracemalloc.start()
    try:
        refused(path, r"takes 0\.1 GiB of memory, and 0\.0 GiB are free")
        assert tracemalloc.get_traced_memory()[1] < 2**23
    finally:
        tracemalloc.stop()


def test_what_fits_twice_into_memory_is_read(monkeypatch):
    path = written("mine.idx", idx(IMAGES))
    with_free_memory(monkeypatch, 2 * IMAGES.size)
    np.testing.assert_array_equal(read_idx(path, axes=3), IMAGES)
    with_free_memory(monkeypatch, 2 * IMAGES.size - 2)
    refused(path, "of memory")


@pytest.mark.parametrize("packed", [False, True])
def test_what_is_read_lies_on_a_processor_without_a_copy(packed):
    content = idx(IMAGES)
    path = written("mine.idx.gz" if packed else "mine.idx", gzip.compress(content) if packed else content)
    x = read_idx(path, axes=3)
    assert jax.device_put(x).unsafe_buffer_pointer() == x.ctypes.data


@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_a_pipe_or_device_in_place_of_a_file_is_refused(kind):
    path = Path("/dev/zero")
    if kind == "pipe":
        path = Path("mine.idx")
        os.mkfifo(path)
    refused(path, f"cannot be read: it is a {kind}")


@pytest.mark.parametrize(
    ("images", "labels"), [("images.idx", "labels.idx"), ("train-images", "train-labels")]
)
def test_a_folder_of_idx_files_under_plain_names_is_read(images, labels):
    x = np.random.default_rng(0).integers(0, 256, (30, 5, 4)).astype(np.uint8)
    for name, array in ((images, x), (labels, np.arange(30, dtype=np.uint8) % 3)):
        Path("own").mkdir(exist_ok=True)
        head = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
        (Path("own") / name).write_bytes(head + array.tobytes())
    found = load("own")
    assert found.shape == (5, 4)
    assert found.classes == ("0", "1", "2")
    assert kind_of("own") == "pictures"
