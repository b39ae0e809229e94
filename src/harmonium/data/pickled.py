"""Pickles of NumPy arrays, read without running anything that the file names.

The book's `mnist.pkl.gz` is a Python 2 pickle. Unpickling calls whatever the file asks for, so here a file can
reach only four records below, which take down what NumPy's constructors would have been given; the arrays
are made afterwards, once every size has been checked. No pickled state reaches NumPy itself.
"""

import io
import math
import pickle
import zlib
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from harmonium.data.dataset import Dataset, Split, checked_dataset, checked_split
from harmonium.data.idx import opened
from harmonium.errors import DataError

LARGEST = 2 * 2**30  # bytes of an uncompressed pickle; mnist.pkl is 0.22 GB
CHUNK = 2**20  # a read takes the memory of what it asks for, not of what it gets
PLAIN = {"b1", "u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8"}
OBJECT = {"O", "O4", "O8"}


def load_pickle(path: Path, name: str) -> Dataset:
    """The book's `mnist.pkl.gz`, or a file like it: ((x, y), (x, y), (x, y)) for train, valid and test.

    `x` as in `.npz` files; rows of a square number of values become square images, (50000, 784) to
    (50000, 28, 28). Raises `DataError`, naming the file, if it is anything else or asks for code to be run.
    """
    content = read_pickle(path)
    if not (_sequence(content, 3) and all(_sequence(pair, 2) for pair in content)):
        raise DataError(f"{path}: must hold three (images, labels) pairs: train, valid and test")
    splits = []
    for part, (x, y) in zip(("train", "valid", "test"), content, strict=True):
        if not (isinstance(x, np.ndarray) and isinstance(y, np.ndarray)):
            raise DataError(f"{path} ({part}): its images and labels must be NumPy arrays")
        split = checked_split(x, y, f"{path} ({part})")
        splits.append(Split(_squared(split.x), split.y))
    return checked_dataset(name, splits[0], splits[1], splits[2])


def read_pickle(path: Path) -> Any:
    """What a pickle holds, gzipped or not: tuples, lists, dicts, strings, numbers and NumPy arrays.

    Python 2 strings are taken as Latin-1. Raises `DataError`, naming the file, if it is damaged or would
    need anything imported but the constructors of plain arrays (and of arrays of such arrays).
    """
    try:
        with opened(path) as file:
            content = b"".join(file.read(CHUNK) for _ in range(LARGEST // CHUNK + 1))
            if len(content) > LARGEST:
                raise DataError(f"{path}: unpacks to more than {LARGEST:,} bytes; save it as .npz")
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read ({error}); fetch the file again") from error
    try:
        return _arrays(_Reader(content).load(), {})
    except _ForbiddenError as error:
        raise DataError(
            f"{path}: asks to import {error}, which could run code; save the arrays as .npz"
        ) from error
    except Exception as error:  # a damaged pickle can make the reader raise nearly anything
        raise DataError(f"{path}: is no pickle of NumPy arrays, or is damaged ({error})") from error


class _ForbiddenError(Exception):
    """A pickle named something outside the allow-list."""


class _Record:
    """Takes down the arguments of a constructor call in a pickle, and the state given afterwards."""

    def __init__(self, *arguments: Any):
        self.arguments = arguments
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state


class _Type(_Record):
    """`numpy.dtype`."""

    def made(self) -> np.dtype:
        name, *_ = self.arguments
        order: Any = "|" if self.state is None else self.state[1]
        if isinstance(name, str) and name in PLAIN | OBJECT and order in ("<", ">", "|", "="):
            return np.dtype(name).newbyteorder(order)
        raise ValueError(f"dtype {name!r}")


class _Array(_Record):
    """`numpy.ndarray`, and the `_reconstruct` that makes an empty one for a state to fill."""

    def made(self, seen: dict[int, Any]) -> np.ndarray:
        _, shape, kind, fortran, values = self.state
        dtype = kind.made()
        if dtype.hasobject:
            if math.prod(shape) != len(values) or not isinstance(values, list):
                raise ValueError(f"shape {shape} for {len(values)} objects")
            array = np.empty(len(values), dtype)
            array[:] = [_arrays(value, seen) for value in values]
        else:
            content = values.made() if isinstance(values, _Bytes) else values
            array = np.frombuffer(content.encode("latin1") if isinstance(content, str) else content, dtype)
        return array.reshape(shape, order="F" if fortran else "C").astype(dtype.newbyteorder("="), copy=False)


class _Buffer(_Record):
    """`_frombuffer`, which pickle protocol 5 uses."""

    def made(self) -> np.ndarray:
        values, kind, shape, order, *_ = self.arguments
        dtype = kind.made()
        return (
            np.frombuffer(values, dtype)
            .reshape(shape, order=order)
            .astype(dtype.newbyteorder("="), copy=False)
        )


class _Bytes(_Record):
    """`_codecs.encode`, by which protocols 0 to 2 write the bytes of an array in Python 3."""

    def made(self) -> bytes:
        text, encoding = self.arguments
        if encoding != "latin1":
            raise ValueError(f"encoding {encoding!r}")
        return bytes(text.encode("latin1"))


NUMPY = ("numpy.core", "numpy._core")  # before NumPy 2, and since
ALLOWED: dict[tuple[str, str], type[_Record]] = {
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Type,
    ("_codecs", "encode"): _Bytes,
    **{(f"{core}.multiarray", "_reconstruct"): _Array for core in NUMPY},
    **{(f"{core}.numeric", "_frombuffer"): _Buffer for core in NUMPY},
}


# The reader in Python: the one in C takes memory for whatever memo index a file names.
class _Reader(pickle._Unpickler):
    """Reaches the records, and nothing else."""

    def __init__(self, content: bytes):
        super().__init__(io.BytesIO(content), encoding="latin1")

    def _bytearray(self: Any) -> None:
        """The values of an array of protocol 5; the original takes memory for whatever length a file names."""
        self.append(bytearray(self.read(int.from_bytes(self.read(8), "little"))))

    dispatch: ClassVar[dict[int, Any]] = {**pickle._Unpickler.dispatch, pickle.BYTEARRAY8[0]: _bytearray}

    def find_class(self, module: str, name: str) -> Any:
        try:
            return ALLOWED[module, name]
        except KeyError:
            raise _ForbiddenError(f"{module}.{name}") from None


def _arrays(value: Any, seen: dict[int, Any]) -> Any:
    """`value` with every record in it made into what it stands for; `seen` keeps shared ones shared."""
    if id(value) in seen:
        return seen[id(value)]
    if isinstance(value, _Array):
        seen[id(value)] = value.made(seen)
        return seen[id(value)]
    if isinstance(value, (_Buffer, _Type, _Bytes)):
        return value.made()
    if isinstance(value, dict):
        seen[id(value)] = {_arrays(k, seen): _arrays(v, seen) for k, v in value.items()}
        return seen[id(value)]
    if isinstance(value, (tuple, list)):
        seen[id(value)] = type(value)(_arrays(item, seen) for item in value)
        return seen[id(value)]
    return value


def _sequence(value: Any, length: int) -> bool:
    return isinstance(value, (tuple, list)) and len(value) == length


def _squared(x: np.ndarray) -> np.ndarray:
    side = math.isqrt(x.shape[1]) if x.ndim == 2 else 0
    return x.reshape(-1, side, side) if x.ndim == 2 and side * side == x.shape[1] else x
