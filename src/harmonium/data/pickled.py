"""Pickles of NumPy arrays, read without running anything that the file names.

The book's `mnist.pkl.gz` is a Python 2 pickle. Unpickling calls whatever the file asks for, so here a file can
reach only four records below, which take down what NumPy's constructors would have been given; the arrays
are made afterwards, once every size has been checked. No pickled state reaches NumPy itself.
"""

import io
import math
import pickle
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from harmonium.data.idx import unpacked
from harmonium.errors import DataError, in_one_line
from harmonium.memory import available

LARGEST = 2 * 2**30  # bytes of an uncompressed pickle; mnist.pkl is 0.22 GB
MOST_STEPS = 20_000_000  # of the pickle machine; atis.pkl takes 0.4 million
STEP = 256  # bytes of memory, at most, that one step takes beside its content
MOST_AXES = 32
PLAIN = {"b1", "u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8"}
OBJECT = {"O", "O4", "O8"}
SETS = {pickle.EMPTY_SET[0], pickle.ADDITEMS[0], pickle.FROZENSET[0]}


def read_pickle(path: Path) -> Any:
    """What a pickle holds, gzipped or not: tuples, lists, dicts, strings, numbers and NumPy arrays.

    Python 2 strings are taken as Latin-1. Raises `DataError`, naming the file, if it is damaged or would
    need anything imported but the constructors of plain arrays (and of arrays of such arrays).
    """
    return unpickled(unpacked(path, LARGEST), str(path))


def unpickled(content: bytearray, where: str) -> Any:
    """What the bytes of a pickle hold, as `read_pickle` gives it; messages begin with `where`."""
    try:
        return _Maker(len(content)).made(_Reader(content).load())
    except _ForbiddenError as error:
        remedy = "save the arrays as .npz"
        if str(error).startswith("pandas."):
            remedy = "save the table as CSV: frame.to_csv('mine.csv', index=False)"
        raise DataError(
            f"{where}: asks to import {in_one_line(error)}, which could run code; {remedy}"
        ) from error
    except Exception as error:  # a damaged pickle can make the reader raise nearly anything
        raise DataError(
            f"{where}: is no pickle of NumPy arrays, or is damaged ({in_one_line(error)})"
        ) from error


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
        raise ValueError(f"dtype {in_one_line(ValueError(name))}")


class _Array(_Record):
    """`numpy.ndarray`, and the `_reconstruct` that makes an empty one for a state to fill."""

    def given(self) -> tuple[Any, Any, str, Any]:
        """Values, dtype, order and shape."""
        _, shape, kind, fortran, values = self.state
        return values, kind, "F" if fortran else "C", shape


class _Buffer(_Record):
    """`_frombuffer`, which pickle protocol 5 uses."""

    def given(self) -> tuple[Any, Any, str, Any]:
        """Values, dtype, order and shape."""
        values, kind, shape, order, *_ = self.arguments
        return values, kind, "F" if order == "F" else "C", shape


class _Bytes(_Record):
    """`_codecs.encode`, by which protocols 0 to 2 write the bytes of an array in Python 3."""

    def text(self) -> str:
        """The bytes as characters."""
        text, encoding = self.arguments
        if encoding != "latin1":
            raise ValueError("bytes that are not Latin-1")
        return text


NUMPY = ("numpy.core", "numpy._core")  # before NumPy 2, and since
ALLOWED: dict[tuple[str, str], type[_Record]] = {
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Type,
    ("_codecs", "encode"): _Bytes,
    **{(f"{core}.multiarray", "_reconstruct"): _Array for core in NUMPY},
    **{(f"{core}.numeric", "_frombuffer"): _Buffer for core in NUMPY},
}


class _Steps(dict[int, Any]):
    """What the pickle machine does for each code; it gives up after too many steps, which would fill the memory."""

    left = 0

    def __getitem__(self, code: int) -> Any:
        self.left -= 1
        if self.left < 0:
            raise ValueError("it holds more values than fit in memory")
        return super().__getitem__(code)

    def __missing__(self, code: int) -> Any:
        raise ValueError(f"the code {code:#04x}, which arrays have no need of")


# The reader in Python: the one in C takes memory for whatever memo index a file names.
class _Reader(pickle._Unpickler):
    """Reaches the records, and nothing else."""

    def __init__(self, content: bytearray):
        super().__init__(io.BytesIO(content), encoding="latin1")
        self.dispatch = _Steps(self.codes)  # type: ignore[misc] # of this one, since it counts
        self.dispatch.left = min(MOST_STEPS, available() // STEP)

    def _bytearray(self: Any) -> None:
        """The values of an array of protocol 5; the original takes memory for whatever length a file names."""
        self.append(bytearray(self.read(int.from_bytes(self.read(8), "little"))))

    # Sets, and dictionaries by their keys, hash what the file gives, and deep tuples would exhaust C's stack.
    def _set_item(self: Any) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self.stack[-1][_key(key)] = value

    def _set_items(self: Any) -> None:
        items = self.pop_mark()
        self.stack[-1].update(_pairs(items))

    def _dictionary(self: Any) -> None:
        items = self.pop_mark()
        self.append(_pairs(items))

    codes: ClassVar[dict[int, Any]] = {
        **{code: step for code, step in pickle._Unpickler.dispatch.items() if code not in SETS},
        pickle.BYTEARRAY8[0]: _bytearray,
        pickle.SETITEM[0]: _set_item,
        pickle.SETITEMS[0]: _set_items,
        pickle.DICT[0]: _dictionary,
    }

    def find_class(self, module: str, name: str) -> Any:
        try:
            return ALLOWED[module, name]
        except KeyError:
            raise _ForbiddenError(f"{module}.{name}") from None


def _key(key: Any) -> Any:
    if key is None or isinstance(key, (str, bytes, int, float, _Bytes)):
        return key
    raise ValueError(f"a dictionary's key is a {type(key).__name__}")


def _pairs(items: list[Any]) -> dict[Any, Any]:
    return {_key(key): value for key, value in zip(items[::2], items[1::2], strict=True)}


class _Maker:
    """Makes what the records stand for; arrays may take no more bytes than the pickle, or their values are repeated."""

    def __init__(self, limit: int):
        self.left = limit
        self.seen: dict[int, Any] = {}  # what is shared stays shared

    def made(self, value: Any) -> Any:
        """`value` with every record in it made."""
        if id(value) in self.seen:
            return self.seen[id(value)]
        if isinstance(value, (_Array, _Buffer)):
            made: Any = self.array(*value.given())
        elif isinstance(value, _Type):
            return value.made()
        elif isinstance(value, _Bytes):
            made = self.bytes_of(value)
        elif isinstance(value, dict):
            made = {self.made(key): self.made(item) for key, item in value.items()}
        elif isinstance(value, (tuple, list)):
            made = type(value)(self.made(item) for item in value)
        else:
            return value
        self.seen[id(value)] = made
        return made

    def array(self, values: Any, kind: Any, order: Any, shape: Any) -> np.ndarray:
        """An array of these values, in the machine's byte order."""
        if not isinstance(kind, _Type):
            raise ValueError(f"a dtype that is a {type(kind).__name__}")
        dtype, count = kind.made(), math.prod(_sides(shape))
        if dtype.hasobject:
            if not isinstance(values, list) or len(values) != count:
                raise ValueError(f"shape {shape} for objects of another number")
            self.take(count)
            array = np.empty(count, dtype)
            array[:] = [self.made(value) for value in values]
            return array.reshape(shape, order=order)
        content = values if isinstance(values, (bytes, bytearray)) else self.bytes_of(values)
        if len(content) != count * dtype.itemsize:
            raise ValueError(f"shape {shape} and dtype {dtype} for {len(content):,} bytes")
        self.take(len(content))
        array = np.frombuffer(content, dtype).reshape(shape, order=order)
        return array.astype(dtype.newbyteorder("="), copy=False)

    def bytes_of(self, values: Any) -> bytes:
        """Characters as bytes."""
        text = values.text() if isinstance(values, _Bytes) else values
        if not isinstance(text, str):
            raise ValueError(f"an array's values are a {type(text).__name__}")
        return text.encode("latin1")

    def take(self, size: int) -> None:
        """Count `size` bytes."""
        self.left -= size
        if self.left < 0:
            raise ValueError("its arrays take more bytes than the file")


def _sides(shape: Any) -> tuple[int, ...]:
    if not isinstance(shape, tuple) or len(shape) > MOST_AXES:
        raise ValueError("an array without a shape")
    if not all(type(side) is int and 0 <= side < 2**62 for side in shape):
        raise ValueError("an array with a side that is none")
    return shape
