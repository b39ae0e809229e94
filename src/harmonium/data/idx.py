"""The IDX format of MNIST's files: a magic number, the sizes, then the values, all big-endian."""

import gzip
import hashlib
import math
import struct
import zlib
from pathlib import Path
from typing import IO, Any, cast

import numpy as np

from harmonium.errors import DataError, in_one_line
from harmonium.files import CHUNK, opened_regular, read_at_most
from harmonium.memory import available, check_fits

LARGEST = 16 * 2**30  # bytes; a header that promises more is damaged or hostile
EXPANSION = 1032  # bytes that a byte of a gzip stream can stand for
ALIGNED = 64  # bytes; an array at a multiple of them is on a processor's device without being copied

DTYPES: dict[int, np.dtype[Any]] = {
    0x08: np.dtype("u1"),
    0x09: np.dtype("i1"),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}


def read_idx(path: Path, *, axes: int, sha256: str | None = None) -> np.ndarray:
    """The array in an IDX file, raw or gzipped (told by content), in the machine's byte order.

    `axes` is the number of axes it must have (3 for grey images, 1 for labels); `sha256`, if given, is the
    checksum of the uncompressed file. Memory taken is twice what the header declares, once that is checked.
    Raises `DataError`, naming the file and byte, if it is no IDX file, has other axes, is cut short, goes
    on past its end, fails the checksum, or would not fit in memory.
    """
    try:
        with opened(path) as file:
            return _parsed(file, path, axes, sha256)
    except EOFError as error:
        raise DataError(f"{path}: the gzip stream is cut short; fetch the file again") from error
    except (OSError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read ({in_one_line(error)}); fetch the file again") from error


def opened(path: Path) -> IO[bytes]:
    """A regular file, open for reading its uncompressed content: raw or gzipped, told by content.

    Raises `DataError` as `files.opened_regular` does.
    """
    with opened_regular(path) as file:
        gzipped = file.read(2) == b"\x1f\x8b"
    return cast(IO[bytes], gzip.open(path)) if gzipped else path.open("rb")


def unpacked(path: Path, limit: int) -> bytearray:
    """The whole content of a regular file, raw or gzipped.

    Raises `DataError`, naming the file, where it cannot be read, or unpacks to more than `limit` bytes or than half of
    the memory that is free.
    """
    limit = min(limit, available() // 2)
    try:
        with opened(path) as file:
            content = read_at_most(file, limit + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read ({in_one_line(error)}); fetch the file again") from error
    if len(content) > limit:
        raise DataError(f"{path}: unpacks to more than {limit:,} bytes; give less, or save it as .npz")
    return content


def _read(file: IO[bytes], size: int) -> np.ndarray:
    """The next `size` bytes of a file, or those that come, from an address on that JAX needs no copy of them."""
    whole = np.empty(size + ALIGNED, np.uint8)
    whole = whole[-whole.ctypes.data % ALIGNED :][:size]
    came = 0
    while came < size and (piece := file.read(min(size - came, CHUNK))):
        whole[came : came + len(piece)] = np.frombuffer(piece, np.uint8)
        came += len(piece)
    return whole[:came]


def _checksum(header: bytes, content: np.ndarray) -> str:
    digest = hashlib.sha256(header)
    digest.update(content.data)
    return digest.hexdigest()


def _parsed(file: IO[bytes], path: Path, axes: int, sha256: str | None) -> np.ndarray:
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in DTYPES:
        raise DataError(
            f"{path}: bytes 0 to 3 are {magic.hex() or 'missing'}, not the magic number of an IDX file"
        )
    if magic[3] != axes:
        kind = {1: "labels", 3: "images"}
        raise DataError(
            f"{path}: byte 3 declares {magic[3]} axes ({kind.get(magic[3], 'neither images nor labels')}) "
            f"where {axes} are needed ({kind.get(axes, 'an array')}); was it mislabelled?"
        )
    header = file.read(4 * axes)
    if len(header) < 4 * axes:
        raise DataError(
            f"{path}: cut short at byte {4 + len(header)}, inside its header; fetch the file again"
        )
    shape = struct.unpack(f">{axes}I", header)
    dtype = DTYPES[magic[2]]
    size = math.prod(shape) * dtype.itemsize
    if size > LARGEST:
        raise DataError(f"{path}: its header declares {size:,} bytes, shape {shape}; it is damaged")
    limit = available() // 2
    content = _read(file, min(size, limit, EXPANSION * path.stat().st_size) + 1)
    if len(content) > limit:
        check_fits(size, path, copies=2)
        content = np.concatenate([content, _read(file, size + 1 - len(content))])
    if len(content) < size:
        raise DataError(
            f"{path}: cut short at byte {4 + 4 * axes + len(content)}; its header declares "
            f"{4 + 4 * axes + size} bytes; fetch the file again"
        )
    if len(content) > size:
        raise DataError(f"{path}: goes on past byte {4 + 4 * axes + size}, where its header says it ends")
    if sha256 is not None and _checksum(magic + header, content) != sha256:
        raise DataError(f"{path}: the checksum is not that of the known file; delete it and fetch it again")
    return np.frombuffer(content, dtype).reshape(shape).astype(dtype.newbyteorder("="), copy=False)
