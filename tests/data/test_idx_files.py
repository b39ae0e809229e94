"""IDX files, good and bad."""

import gzip
import struct

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harmonium import data
from harmonium.data.idx import read_idx
from harmonium.errors import DataError

IMAGES = np.arange(9 * 12, dtype=np.uint8).reshape(9, 4, 3)
LABELS = np.arange(9, dtype=np.uint8) % 3


def idx(array):
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 5), st.integers(1, 4), st.integers(1, 4), st.booleans())
def test_what_was_written_is_read(tmp_path, n, height, width, gzipped):
    array = np.random.default_rng(n).integers(0, 256, (n, height, width), dtype=np.uint8)
    content = idx(array)
    (tmp_path / "f").write_bytes(gzip.compress(content) if gzipped else content)
    np.testing.assert_array_equal(read_idx(tmp_path / "f", axes=3), array)


WHOLE = idx(IMAGES)
BAD = {
    "empty": (b"", "magic"),
    "wrong magic": (b"\x01" + WHOLE[1:], "magic"),
    "unknown type": (WHOLE[:2] + b"\x07" + WHOLE[3:], "magic"),
    "labels for images": (idx(LABELS), "mislabelled"),
    "cut in the header": (WHOLE[:9], "cut short at byte 9"),
    "cut in the values": (WHOLE[:-1], f"cut short at byte {len(WHOLE) - 1}"),
    "one byte too many": (WHOLE + b"x", "goes on past byte"),
    "a huge size": (struct.pack(">HBB3I", 0, 8, 3, 2**31, 2**31, 2**31), "declares"),
    "a gzip cut short": (gzip.compress(WHOLE)[:-9], "cut short"),
    "a gzip with noise": (gzip.compress(WHOLE)[:15] + b"noise" * 5, "read|cut short|magic|damaged"),
}


@pytest.mark.parametrize(("content", "gist"), BAD.values(), ids=BAD)
def test_bad_files_are_named(tmp_path, content, gist):
    path = tmp_path / "images-file"
    path.write_bytes(content)
    with pytest.raises(DataError, match=f"images-file.*({gist})"):
        read_idx(path, axes=3)


def folder(path, images=IMAGES, labels=LABELS):
    for part in ("train", "t10k"):
        (path / f"{part}-images-idx3-ubyte").write_bytes(idx(images))
        (path / f"{part}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(labels)))
    return str(path)


def test_a_folder_in_mnists_format_is_a_data_set(tmp_path):
    found = data.load(folder(tmp_path))
    assert found.sizes == {"train": 8, "valid": 1, "test": 9}
    np.testing.assert_array_equal(found.valid.x, IMAGES[8:])
    assert found.classes == ("0", "1", "2")


def test_counts_that_differ_are_an_error(tmp_path):
    with pytest.raises(DataError, match="9 images but 8 labels"):
        data.load(folder(tmp_path, labels=LABELS[:8]))


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_the_real_files_are_those_of_the_book(name):
    if data.CATALOGUE[name].location() is None:
        pytest.skip(f"{name} is not on this machine")
    found = data.load(name)
    assert found.sizes == {"train": 50_000, "valid": 10_000, "test": 10_000}
    assert (found.shape, found.train.x.dtype, len(found.classes)) == ((28, 28), np.uint8, 10)
    assert np.bincount(found.test.y).sum() == 10_000
    if name == "mnist":
        np.testing.assert_array_equal(found.train.y[:5], [5, 0, 4, 1, 9])
        assert np.bincount(found.train.y).tolist()[:3] == [4932, 5678, 4968]
