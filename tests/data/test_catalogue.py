from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from harmonium.data import CATALOGUE, load
from harmonium.errors import ConfigError, DataError


def test_the_catalogue_lists_the_sets():
    assert set(CATALOGUE) >= {"mnist", "fashion-mnist", "digits"}
    for entry in CATALOGUE.values():
        assert entry.description
        assert entry.licence
        assert entry.source


@pytest.mark.parametrize(
    ("name", "near"), [("minst", "mnist"), ("fashion_mnist", "fashion-mnist"), ("digit", "digits")]
)
def test_an_unknown_name_suggests_the_nearest(name, near):
    with pytest.raises(DataError, match=f"unknown data set '{name}'; did you mean '{near}'"):
        load(name)


def test_a_name_near_nothing_lists_the_known_ones():
    with pytest.raises(DataError, match=r"unknown data set 'xyz', the known ones are mnist, .*digits"):
        load("xyz")


def test_a_path_to_nothing_is_refused():
    with pytest.raises(DataError, match=r"unknown data set 'mine\.npz'"):
        load("mine.npz")
    with pytest.raises(DataError, match=r"^data/mine\.npz: there is no such file or folder"):
        load("data/mine.npz")
    with pytest.raises(DataError, match=r"^https://host/mine\.npz: is an address; download it first"):
        load("https://host/mine.npz")


def test_a_file_of_another_kind_is_refused():
    Path("mine.doc").write_text("1,2,3")
    with pytest.raises(DataError, match=r"mine\.doc: is no table \(.csv, .tsv, .jsonl\), array"):
        load("mine.doc")
    Path("mine.xlsx").write_text("1,2,3")
    with pytest.raises(DataError, match=r"mine\.xlsx: is a spreadsheet; save it as CSV"):
        load("mine.xlsx")


def test_a_path_may_begin_at_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    x = np.arange(14 * 2, dtype=np.uint8).reshape(14, 2)
    np.savez(tmp_path / "home" / "mine.npz", x=x, y=np.arange(14) % 2)
    assert load("~/mine.npz").sizes == {"train": 10, "valid": 2, "test": 2}


def test_the_digits_are_there_without_a_download():
    entry = CATALOGUE["digits"]
    assert entry.location() is not None
    assert entry.fetch() == entry.location()
    assert any("digits" in path.name for path in entry.location().iterdir())


def test_the_digits_are_exact_sixteenths():
    dataset = load("digits")
    assert dataset.sizes == {"train": 1285, "valid": 256, "test": 256}
    assert sum(dataset.sizes.values()) == 1797
    assert dataset.shape == (8, 8)
    assert dataset.classes == tuple("0123456789")
    for split in dataset.splits.values():
        assert split.x.dtype == np.float32
        assert split.y.dtype == np.int32
        sixteenths = split.x * 16
        np.testing.assert_array_equal(sixteenths, np.round(sixteenths))
    everything = np.concatenate([split.x for split in dataset.splits.values()])
    assert everything.min() == 0
    assert everything.max() == 1


def test_the_digits_are_all_there_with_their_labels():
    bundled = load_digits()
    expected = sorted((*row, label) for row, label in zip(bundled.data, bundled.target, strict=True))
    dataset = load("digits", seed=5)
    rows = [
        (*(16 * x).ravel(), y)
        for split in dataset.splits.values()
        for x, y in zip(split.x, split.y, strict=True)
    ]
    np.testing.assert_array_equal(sorted(rows), expected)


def test_the_seed_decides_the_splits_of_the_digits():
    assert load("digits", seed=1).checksum == load("digits", seed=1).checksum
    assert load("digits", seed=1).checksum != load("digits", seed=2).checksum
    with pytest.raises(ConfigError, match="seed is -1"):
        load("digits", seed=-1)


def test_the_checksum_tells_sets_apart():
    x = np.arange(14 * 4, dtype=np.uint8).reshape(14, 2, 2)
    arrays = {"x": x, "y": np.arange(14) % 2}
    arrays |= {f"{k}_{part}": v for k, v in arrays.items() for part in ("valid", "test")}
    checksums = []
    for change in (
        {},
        {"x": x[::-1]},
        {"y_test": 1 - arrays["y"]},
        {k: v / 256 for k, v in arrays.items() if "x" in k},
    ):
        np.savez("mine.npz", **(arrays | change))
        checksums.append(load("mine.npz").checksum)
    flat = {k: v.reshape(14, -1) if "x" in k else v for k, v in arrays.items()}
    np.savez("mine.npz", **flat)
    checksums.append(load("mine.npz").checksum)
    assert len(set(checksums)) == 5
    np.savez("mine.npz", **arrays)
    assert load("mine.npz").checksum == checksums[0]


@pytest.mark.parametrize("suffix", [".NPZ", ".pkl.GZ", ".PKL"])
def test_a_suffix_may_be_in_capitals(suffix):
    Path("mine" + suffix).write_bytes(b"no such thing")
    with pytest.raises(DataError, match=r"mine\.\S+: (is no pickle|cannot be read)"):
        load("mine" + suffix)
