"""MATLAB files: arrays of numbers, and piano-rolls as Boulanger-Lewandowski et al. 2012 published theirs.

SciPy's reader trusts the types of a file's elements, and one wrong byte ends the process. What matrices and cells of
them need of the format (MATLAB, "MAT-File Format", version 5) is little, so it is read here, every type and size
checked first; SciPy is the oracle of the tests.
"""

import math
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from harmonium.data.midi import MOST_STEPS, NOTES
from harmonium.errors import DataError, in_one_line
from harmonium.files import read_regular
from harmonium.memory import available, check_fits

LARGEST = 2**28  # bytes of a file, and of what it unpacks to
HEADER = 128  # bytes before the first element
KEYS = {"train": "traindata", "valid": "validdata", "test": "testdata"}

INT8, INT32, UINT32, MATRIX, COMPRESSED = 1, 5, 6, 14, 15  # types of elements
NUMBERS = {
    1: "i1",
    2: "u1",
    3: "i2",
    4: "u2",
    5: "i4",
    6: "u4",
    7: "f4",
    9: "f8",
    12: "i8",
    13: "u8",
}
CELL, TEXT, NUMERIC = 1, 4, range(6, 16)  # classes of matrices
TYPES = (
    "f8",
    "f4",
    "i1",
    "u1",
    "i2",
    "u2",
    "i4",
    "u4",
    "i8",
    "u8",
)  # of the numeric ones, whatever way they are kept
STRUCTURE = "a structure"
CLASSES = {
    2: STRUCTURE,
    3: "an object",
    4: "a text",
    5: "a sparse matrix (MATLAB's full makes it a full one)",
    16: "a function",
    17: "an object",
}
COMPLEX, LOGICAL = 0x0800, 0x0200  # flags of a matrix


class _DamagedError(Exception):
    """The bytes are damaged; the message says how."""


@dataclass(frozen=True)
class _Element:
    """A typed piece of a file."""

    kind: int
    content: memoryview


@dataclass(frozen=True)
class _Matrix:
    """A matrix before its values are read: its class, flags, shape and name, and the elements that hold the rest."""

    kind: int
    flags: int
    shape: tuple[int, ...]
    name: bytes
    rest: memoryview


def read_rolls(path: Path) -> dict[str, list[np.ndarray]]:
    """Rolls (steps, 88) uint8 by split, from the cells `traindata`, `validdata` and `testdata` of a .mat file.

    The file is of MATLAB's versions 5 to 7, of either byte order, compressed or not. Raises `DataError`, naming the
    file, the split and the roll, for anything else.
    """
    rolls: dict[str, list[np.ndarray]] = {}
    with _explained(path):
        for matrix, order in _opened(path):
            part = next((part for part, key in KEYS.items() if matrix.name == key.encode()), None)
            if part is not None and matrix.kind == CELL:
                rolls[part] = list(_rolls(matrix, order, f"{path} ({KEYS[part]}"))
    if missing := [key for part, key in KEYS.items() if part not in rolls]:
        raise DataError(f"{path}: needs the cells {', '.join(KEYS.values())}; {missing[0]} is not there")
    if empty := [KEYS[part] for part, found in rolls.items() if not found]:
        raise DataError(f"{path}: its cell {empty[0]} is empty; give at least one roll for each split")
    return {part: rolls[part] for part in KEYS}


def holds_rolls(path: Path) -> bool:
    """Whether a .mat file that can be read has one of the cells of piano-rolls."""
    keys = {key.encode() for key in KEYS.values()}
    with _explained(path):
        return any(matrix.name in keys and matrix.kind == CELL for matrix, _ in _opened(path))


def read_arrays(path: Path, wanted: Callable[[str], bool]) -> dict[str, np.ndarray]:
    """The arrays of numbers in a .mat file whose names are wanted, and cells of texts as arrays of strings.

    Axes are in MATLAB's order: examples are often on the last. Raises `DataError`, naming the file and the variable,
    for a damaged one, and for what is wanted but is neither numbers nor texts.
    """
    found: dict[str, np.ndarray] = {}
    others: list[str] = []
    with _explained(path):
        for matrix, order in _opened(path):
            name = matrix.name.decode("latin-1")
            if matrix.kind in NUMERIC and wanted(name):
                found[name] = _numbers(matrix, order, f"{path} ({name})")
            elif matrix.kind == CELL and wanted(name):
                found[name] = np.array(_texts(matrix, order, f"{path} ({name})"))
            else:
                others.append(f"{name} ({CLASSES.get(matrix.kind, 'numbers')})")
    if not found:
        remedy = (
            "; take the arrays out of the structure, with scipy.io.loadmat in Python or in MATLAB, and save them "
            "alone: numpy.savez('mine.npz', x=x, y=y), save('mine.mat', 'x', 'y')"
            if any(STRUCTURE in other for other in others)
            else ""
        )
        raise DataError(
            f"{path}: holds {', '.join(others[:6]) or 'nothing'}, but no arrays called x and y, or data and labels"
            f"{remedy}"
        )
    return found


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except _DamagedError as error:
        raise DataError(f"{path}: is damaged ({in_one_line(error)}); fetch the file again") from error


def _opened(path: Path) -> Iterator[tuple[_Matrix, str]]:
    """The variables of a file, and how it writes its numbers."""
    content = read_regular(path, LARGEST, "give a smaller file")
    order = _byte_order(content, path)
    for matrix in _variables(memoryview(content)[HEADER:], order, path):
        yield matrix, order


def _byte_order(content: bytearray, path: Path) -> str:
    """How the file writes its numbers, "<" or ">", once its header is known to be of version 5."""
    order = {b"IM": "<", b"MI": ">"}.get(bytes(content[126:128]))
    version = int.from_bytes(content[124:126], "little" if order == "<" else "big")
    if content.startswith((b"MATLAB 7.3", b"\x89HDF")) or (order and version == 0x0200):
        raise DataError(f"{path}: is of MATLAB's version 7.3; save it with: save -v7")
    if order and version == 0x0100:
        return order
    if len(content) >= 20 and 0 in content[:4]:  # where version 5 has text
        raise DataError(f"{path}: is of MATLAB's version 4, which has no cells; save it with: save -v7")
    raise DataError(f"{path}: is no MATLAB file (version 5 to 7)")


def _variables(content: memoryview, order: str, path: Path) -> Iterator[_Matrix]:
    """The file's matrices, of which those compressed are unpacked one after the other."""
    most = left = min(LARGEST, available() // 2)
    for element in _elements(content, order):
        if element.kind == COMPRESSED:
            unpacker = zlib.decompressobj()
            try:
                unpacked = unpacker.decompress(element.content, left + 1)
            except zlib.error as error:
                raise _DamagedError(in_one_line(error)) from error
            left -= len(unpacked)
            if left < 0:
                raise DataError(f"{path}: unpacks to more than {most:,} bytes; give a smaller file")
            if not unpacker.eof:
                raise _DamagedError("a compressed element is cut short")
            element = next(_elements(memoryview(unpacked), order), element)
        if element.kind != MATRIX:
            raise _DamagedError(f"an element of type {element.kind} stands where a matrix should")
        yield _matrix(element.content, order)


def _inside(cell: _Matrix, order: str) -> Iterator[_Matrix]:
    """The matrices of a cell."""
    elements = _elements(cell.rest, order)
    for number in range(1, math.prod(cell.shape) + 1):
        element = next(elements, None)
        if element is None or element.kind != MATRIX:
            raise _DamagedError(f"a cell holds {number - 1:,} matrices, fewer than its shape says")
        yield _matrix(element.content, order)


def _rolls(cell: _Matrix, order: str, where: str) -> Iterator[np.ndarray]:
    for number, matrix in enumerate(_inside(cell, order), 1):
        yield _roll(matrix, order, f"{where}, roll {number})")


def _texts(cell: _Matrix, order: str, where: str) -> list[str]:
    """The texts of a cell, each a row of characters."""
    found = []
    for matrix in _inside(cell, order):
        if matrix.kind != TEXT:
            raise DataError(
                f"{where}: is a cell of {CLASSES.get(matrix.kind, 'numbers')}; give an array of numbers"
            )
        element = next(_elements(matrix.rest, order), None)
        if element is None:
            raise _DamagedError("a text has no characters")
        wide = "utf-16-le" if order == "<" else "utf-16-be"
        encoding = {4: wide, 16: "utf-8", 17: wide}.get(element.kind, "latin-1")
        found.append(bytes(element.content).decode(encoding, "replace"))
    return found


def _numbers(matrix: _Matrix, order: str, where: str) -> np.ndarray:
    """The values of a numeric matrix, of the type of its class, whatever smaller one they are kept in."""
    if matrix.flags & COMPLEX:
        raise DataError(f"{where}: holds complex numbers; give real ones")
    values = _values(matrix, order)
    kind = np.dtype(bool) if matrix.flags & LOGICAL else np.dtype(TYPES[matrix.kind - NUMERIC.start])
    check_fits(len(values) * kind.itemsize, where)  # a byte each in the file may be eight in memory
    return values.astype(kind).reshape(matrix.shape, order="F")


def _values(matrix: _Matrix, order: str) -> np.ndarray:
    """The values of a numeric matrix in the order of the file."""
    element = next(_elements(matrix.rest, order), None)
    kind = None if element is None else NUMBERS.get(element.kind)
    if element is None or kind is None:
        raise _DamagedError("a matrix has no values, or of no known type")
    dtype = np.dtype(order + kind)
    if len(element.content) != math.prod(matrix.shape) * dtype.itemsize:
        raise _DamagedError(f"a matrix of shape {matrix.shape} has {len(element.content):,} bytes of values")
    return np.frombuffer(element.content, dtype)


def _roll(roll: _Matrix, order: str, where: str) -> np.ndarray:
    if roll.kind not in NUMERIC:
        raise DataError(
            f"{where}: has shape {roll.shape} and is {CLASSES.get(roll.kind, 'a cell')}; it must hold numbers, "
            f"(steps, {NOTES})"
        )
    steps = roll.shape[0]
    if len(roll.shape) != 2 or roll.shape[1] != NOTES or not steps:
        raise DataError(f"{where}: has shape {roll.shape}; it must be (steps, {NOTES})")
    if steps > MOST_STEPS:
        raise DataError(f"{where}: has {steps:,} steps, more than {MOST_STEPS:,}")
    if roll.flags & COMPLEX:
        raise DataError(f"{where}: must hold zeros and ones")
    values = _values(roll, order)
    if not ((values == 0) | (values == 1)).all():
        raise DataError(f"{where}: must hold zeros and ones")
    return values.astype(np.uint8).reshape((steps, NOTES), order="F")


def _matrix(content: memoryview, order: str) -> _Matrix:
    """A matrix's flags, shape and name; one without content is empty."""
    if not content:
        return _Matrix(6, 0, (0, 0), b"", content)
    flags, at = _element(content, 0, order)
    shape, at = _element(content, at, order)
    name, at = _element(content, at, order)
    if flags.kind != UINT32 or len(flags.content) != 8:
        raise _DamagedError("a matrix has no flags")
    if shape.kind != INT32 or not 8 <= len(shape.content) <= 4 * 32:
        raise _DamagedError("a matrix has no shape")
    if name.kind != INT8:
        raise _DamagedError("a matrix has no name")
    word = int(np.frombuffer(flags.content, f"{order}u4", 1)[0])
    sides = tuple(np.frombuffer(shape.content, f"{order}i4", len(shape.content) // 4).tolist())
    if min(sides) < 0:
        raise _DamagedError(f"a matrix has shape {sides}")
    return _Matrix(word & 0xFF, word, sides, bytes(name.content), content[at:])


def _elements(content: memoryview, order: str) -> Iterator[_Element]:
    """The elements that follow each other in `content`, each checked to lie within it."""
    at = 0
    while at < len(content):
        element, at = _element(content, at, order)
        yield element


def _element(content: memoryview, at: int, order: str) -> tuple[_Element, int]:
    """The element at byte `at`, and where the next begins."""
    if at + 8 > len(content):
        raise _DamagedError("it is cut short")
    kind, size = np.frombuffer(content[at : at + 8], f"{order}u4").tolist()
    begin = at + 8
    if kind >> 16:  # up to four bytes, kept in the place of the size
        kind, size, begin = kind & 0xFFFF, kind >> 16, at + 4
        if size > 4:
            raise _DamagedError(f"a small element has {size} bytes")
    if begin + size > len(content):
        raise _DamagedError(f"an element of {size:,} bytes goes past the end")
    end = begin + size
    # Compressed elements follow each other closely, the others on multiples of eight bytes.
    following = end if kind == COMPRESSED else end + (-end + at) % 8
    return _Element(kind, content[begin:end]), following
