"""The user's own arrays in a NumPy `.npz` file."""

import math
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO

import numpy as np

from harmonium.data.idx import LARGEST
from harmonium.errors import DataError


def read_npz(path: Path, wanted: Callable[[str], bool]) -> dict[str, np.ndarray]:
    """The arrays of an `.npz` file whose names are wanted, or its only one as x.

    Raises `DataError`, naming the file and the array, if it is damaged, or holds objects in place of numbers.
    """
    try:
        return _arrays(path, wanted)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, KeyError, RuntimeError) as error:
        raise DataError(f"{path}: cannot be read as .npz ({error}); write it with numpy.savez") from error


def read_npy(path: Path) -> np.ndarray:
    """The array of an `.npy` file. Raises `DataError`, naming it, if it is damaged, or holds objects."""
    try:
        with path.open("rb") as file:
            _check_array(file, path.stat().st_size, path, path.name)
        return np.load(path, allow_pickle=False)
    except (OSError, EOFError, ValueError) as error:
        raise DataError(f"{path}: cannot be read as .npy ({error}); write it with numpy.save") from error


def _arrays(path: Path, wanted: Callable[[str], bool]) -> dict[str, np.ndarray]:
    with zipfile.ZipFile(path) as members:
        inside = [info for info in members.infolist() if info.filename.endswith(".npy")]
        known = [info for info in inside if wanted(info.filename.removesuffix(".npy"))]
        only = not known and len(inside) == 1
        for info in inside if only else known:
            _check_header(members, info, path)
    with np.load(path, allow_pickle=False) as file:
        if only:
            return {"x": file[inside[0].filename]}
        return {info.filename.removesuffix(".npy"): file[info.filename] for info in known}


def _check_header(members: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> None:
    """Refuse, before NumPy takes the memory, an array that is not what the archive says it holds."""
    with members.open(info) as file:
        _check_array(file, info.file_size, path, info.filename.removesuffix(".npy"))


def _check_array(file: IO[bytes], declared: int, path: Path, name: str) -> None:
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(file)
    size = file.tell() + math.prod(shape) * dtype.itemsize
    if dtype.hasobject:
        raise DataError(f"{path}: {name} holds Python objects, which could run code; save plain numbers")
    if size != declared:
        raise DataError(f"{path}: {name} has shape {shape} but {declared} bytes; the file is damaged")
    if size > LARGEST:
        raise DataError(
            f"{path}: {name} unpacks to {size:,} bytes, more than the {LARGEST:,} that are read at once"
        )
