"""The user's own arrays in NumPy's `.npz` and `.npy` files."""

import math
import struct
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

import numpy as np

from harmonium.data.idx import LARGEST
from harmonium.errors import DataError, HarmoniumError, in_one_line
from harmonium.files import opened_regular
from harmonium.memory import check_fits

VERSIONS = ((1, 0), (2, 0), (3, 0))
LONGEST_HEADER = 2_000  # characters; NumPy's parser, Python's own, goes as deep as a header says


def read_npz(path: Path, wanted: Callable[[str], bool]) -> dict[str, np.ndarray]:
    """The arrays of an `.npz` file whose names are wanted, or its only one as x.

    Raises `DataError`, naming the file and the array, if it is damaged, or holds objects in place of numbers.
    """
    with opened_regular(path) as file:
        try:
            return _arrays(file, path, wanted)
        except HarmoniumError:
            raise
        except Exception as error:  # a damaged archive or header can make the readers raise nearly anything
            raise DataError(
                f"{path}: cannot be read as .npz ({in_one_line(error)}); write it with numpy.savez"
            ) from error


def read_npy(path: Path) -> np.ndarray:
    """The array of an `.npy` file. Raises `DataError`, naming it, if it is damaged, or holds objects."""
    with opened_regular(path) as file:
        try:
            _check_array(file, path.stat().st_size, path, path.name)
            check_fits(path.stat().st_size, path, copies=2)
            file.seek(0)
            return _checked_text(np.load(file, allow_pickle=False))
        except HarmoniumError:
            raise
        except Exception as error:
            raise DataError(
                f"{path}: cannot be read as .npy ({in_one_line(error)}); write it with numpy.save"
            ) from error


def _arrays(file: IO[bytes], path: Path, wanted: Callable[[str], bool]) -> dict[str, np.ndarray]:
    with zipfile.ZipFile(file) as members:
        inside = [info for info in members.infolist() if info.filename.endswith(".npy")]
        known = [info for info in inside if wanted(info.filename.removesuffix(".npy"))]
        only = not known and len(inside) == 1
        taken = inside if only else known
        for info in taken:
            with members.open(info) as member:
                _check_array(member, info.file_size, path, info.filename.removesuffix(".npy"))
    check_fits(sum(info.file_size for info in taken), path, copies=2)
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        found = {info.filename.removesuffix(".npy"): _checked_text(arrays[info.filename]) for info in taken}
    return {"x": next(iter(found.values()))} if only else found


def _checked_text(array: np.ndarray) -> np.ndarray:
    """Return the array; refuse text with invalid characters, which would raise an error in Python later."""
    if array.dtype.kind == "U" and array.dtype.itemsize:
        characters = np.ascontiguousarray(array).view(array.dtype.byteorder + "u4")
        if characters.size and characters.max() > sys.maxunicode:
            raise ValueError("a text holds characters that do not exist")
    return array


def _check_array(file: IO[bytes], declared: int, path: Path, name: str) -> None:
    """Refuse an array whose header contradicts the archive, before NumPy allocates memory for it."""
    version = np.lib.format.read_magic(file)
    if version not in VERSIONS:
        raise ValueError(f"its version is {version[0]}.{version[1]}")
    if version > (1, 0):  # NumPy allocates as much as such a header claims before it reads it
        at = file.tell()
        (length,) = struct.unpack("<I", file.read(4))
        if length > LONGEST_HEADER:
            raise ValueError(f"its header says that it has {length:,} bytes")
        file.seek(at)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    try:
        shape, _, dtype = read(file, max_header_size=LONGEST_HEADER)
    except MemoryError:  # Python's parser raises it for deeply nested brackets, whatever memory is free
        raise ValueError("its header is nested too deeply") from None
    size = file.tell() + math.prod(shape) * dtype.itemsize
    if dtype.hasobject:
        raise DataError(
            f"{path}: {name} holds Python objects, which could run code; save examples as plain numbers, by "
            "numpy.stack(list(x)), and labels as texts, by y.astype(str)"
        )
    if size != declared or min(shape, default=0) < 0:
        raise DataError(f"{path}: {name} has shape {shape} but {declared} bytes; the file is damaged")
    if size > LARGEST:
        raise DataError(
            f"{path}: {name} unpacks to {size:,} bytes, more than the {LARGEST:,} that are read at once"
        )
