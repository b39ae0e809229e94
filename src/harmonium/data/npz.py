"""The user's own arrays in a NumPy `.npz` file."""

import math
import sys
import zipfile
from pathlib import Path

import numpy as np

from harmonium.data.dataset import Dataset, Split, checked_dataset, checked_split
from harmonium.data.idx import LARGEST
from harmonium.data.splits import completed
from harmonium.errors import DataError, HarmoniumError, in_one_line
from harmonium.files import opened_regular
from harmonium.memory import check_fits

LONGEST_HEADER = 2_000  # characters; NumPy's parser, Python's own, goes as deep as a header says


def load_npz(path: Path, name: str, seed: int) -> Dataset:
    """`x` and `y` of the file, with `x_valid`, `y_valid`, `x_test`, `y_test` or else seeded splits.

    `x`: (examples, features), (examples, height, width) or (examples, height, width, 3), uint8 or floats in
    [0, 1]. `y`: (examples,) integers from 0. `classes`, if present: the names, (classes,) strings. Other
    arrays are left alone. Raises `DataError`, naming the file and the array, for anything else.
    """
    arrays = _arrays(path)
    train = _split(arrays, "", path)
    if train is None:
        found = ", ".join(arrays) or "none of those known"
        raise DataError(f"{path}: needs the arrays x and y; it holds {found}")
    valid, test = _split(arrays, "_valid", path), _split(arrays, "_test", path)
    classes = _classes(arrays["classes"], path) if "classes" in arrays else None
    return checked_dataset(name, *completed(train, valid, test, seed=seed, where=str(path)), classes)


def _split(arrays: dict[str, np.ndarray], suffix: str, path: Path) -> Split | None:
    x, y = arrays.get(f"x{suffix}"), arrays.get(f"y{suffix}")
    if x is None and y is None:
        return None
    if x is None or y is None:
        there, missing = ("x", "y") if y is None else ("y", "x")
        raise DataError(f"{path}: holds {there}{suffix} but no {missing}{suffix}; give both")
    return checked_split(x, y, str(path) if not suffix else f"{path} ({suffix[1:]})")


def _classes(names: np.ndarray, path: Path) -> tuple[str, ...]:
    if names.ndim != 1 or names.dtype.kind not in "Uiu":
        raise DataError(f"{path}: classes is {names.dtype} {names.shape}; it must be a list of names")
    return tuple(str(name) for name in names)


def _arrays(path: Path) -> dict[str, np.ndarray]:
    wanted = {part + suffix for part in "xy" for suffix in ("", "_valid", "_test")} | {"classes"}
    with opened_regular(path) as file:
        try:
            with zipfile.ZipFile(file) as members:
                known = [info for info in members.infolist() if info.filename.removesuffix(".npy") in wanted]
                for info in known:
                    _check_header(members, info, path)
            check_fits(sum(info.file_size for info in known), path, copies=2)
            file.seek(0)
            with np.load(file, allow_pickle=False) as arrays:
                return {
                    info.filename.removesuffix(".npy"): _checked_text(arrays[info.filename]) for info in known
                }
        except HarmoniumError:
            raise
        except Exception as error:  # a damaged archive or header can make the readers raise nearly anything
            raise DataError(
                f"{path}: cannot be read as .npz ({in_one_line(error)}); write it with numpy.savez"
            ) from error


def _checked_text(array: np.ndarray) -> np.ndarray:
    """The array, unless it is of text with characters that do not exist, at which Python would stumble later."""
    if array.dtype.kind == "U" and array.dtype.itemsize:
        characters = np.ascontiguousarray(array).view(array.dtype.byteorder + "u4")
        if characters.size and characters.max() > sys.maxunicode:
            raise ValueError("a text holds characters that do not exist")
    return array


def _check_header(members: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> None:
    """Refuse, before NumPy takes the memory, an array that is not what the archive says it holds."""
    with members.open(info) as file:
        version = np.lib.format.read_magic(file)
        read = (
            np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        )
        shape, _, dtype = read(file, max_header_size=LONGEST_HEADER)
        size = file.tell() + math.prod(shape) * dtype.itemsize
    name = info.filename.removesuffix(".npy")
    if dtype.hasobject:
        raise DataError(f"{path}: {name} holds Python objects, which could run code; save plain numbers")
    if size != info.file_size or min(shape, default=0) < 0:
        raise DataError(f"{path}: {name} has shape {shape} but {info.file_size} bytes; the file is damaged")
    if size > LARGEST:
        raise DataError(
            f"{path}: {name} unpacks to {size:,} bytes, more than the {LARGEST:,} that are read at once"
        )
