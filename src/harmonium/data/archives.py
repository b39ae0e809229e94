"""Unpacking tar and zip archives that may be hostile, into folders that are gone afterwards."""

import bz2
import gzip
import io
import stat
import tarfile
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO, Self, cast

from harmonium.errors import DataError, HarmoniumError, in_one_line
from harmonium.files import UNFINISHED, explained, opened_regular, temporary_prefix

MOST_MEMBERS = 100_000
BLOCK = 2**16  # bytes
# Not LZMA, nor xz: they take the memory, up to 4 GB, that a file names before its first byte.
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)
HEADERS = 2**20  # bytes of a tar's headers and padding, beside as many as its members may have
LONGEST_HEADER = 2**16  # bytes of a header that holds a long name, which tarfile reads whole
OF_NAMES = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)


def extract(archive: Path, into: Path, *, limit: int) -> None:
    """Unpack the regular files of a tar (also packed by gzip or bzip2) or zip archive into the folder `into`.

    Raises `DataError`, naming the archive and the member, before anything is written for it, where a
    member would lie outside `into`, is a link or a device, or where all members exceed `limit` bytes, by what the
    archive says or by what comes; and for an archive that is damaged or holds more than 100,000 members.
    """
    with opened_regular(archive) as file, _explained(archive):
        if zipfile.is_zipfile(file):
            _extract_zip(archive, file, into, limit)
        else:
            file.seek(0)
            _extract_tar(archive, file, into, limit)


def unpack(packed: Path, into: Path, *, limit: int) -> None:
    """Unpack one file that was packed by gzip or bzip2, as reviews.csv.gz, to the new file `into`.

    Raises `DataError`, naming the file, where it is damaged or unpacks to more than `limit` bytes.
    """
    with opened_regular(packed) as file, _explained(packed), _decompressed(file) as content:
        with explained(into):
            target = into.open("xb")
        with target:
            while piece := content.read(BLOCK):
                limit = _spent(packed, limit, len(piece))
                with explained(into):
                    target.write(piece)


@contextmanager
def temporary_folder(beside: Path | None = None) -> Iterator[Path]:
    """A folder that is gone afterwards, also after Ctrl+C; in the system's place for them, or in that of a path.

    What a killed process left beside a path is removed by `sweep`.
    """
    place, prefix = (None, "harmonium-") if beside is None else (beside.parent, temporary_prefix(beside))
    with tempfile.TemporaryDirectory(dir=place, prefix=prefix) as folder:
        UNFINISHED.add(folder)
        try:
            yield Path(folder)
        finally:
            UNFINISHED.discard(folder)


def _extract_tar(archive: Path, file: IO[bytes], into: Path, limit: int) -> None:
    # As a stream: every byte, those of headers too, is counted when it comes, and none is skipped by its size alone.
    content = _Counted(archive, _decompressed(file), 2 * limit + HEADERS)
    with tarfile.open(fileobj=content, mode="r|", tarinfo=_Member) as tar:
        for number, member in enumerate(tar, 1):
            tar.members.clear()  # type: ignore[attr-defined]  # they hold their headers, and are not needed again
            _check_number(archive, number)
            target = _inside(archive, into, member.name)
            if member.isdir():
                continue
            if not member.isreg():
                raise DataError(
                    f"{archive}: its member {member.name} is a link or a device; do not trust this archive"
                )
            limit = _spent(archive, limit, member.size)
            source = tar.extractfile(member)
            assert source is not None
            with source:
                _copy(archive, member.name, source, target, member.size)


def _extract_zip(archive: Path, file: IO[bytes], into: Path, limit: int) -> None:
    with zipfile.ZipFile(file) as members:
        for number, member in enumerate(members.infolist(), 1):
            _check_number(archive, number)
            target = _inside(archive, into, member.filename)
            if member.is_dir():
                continue
            kind = stat.S_IFMT(member.external_attr >> 16)
            if kind not in (0, stat.S_IFREG):
                raise DataError(
                    f"{archive}: its member {member.filename} is a link or a device; do not trust this archive"
                )
            if member.compress_type not in METHODS:
                raise DataError(
                    f"{archive}: its member {member.filename} is packed by a method that is not read; use deflate"
                )
            limit = _spent(archive, limit, member.file_size)
            with members.open(member) as source:
                _copy(archive, member.filename, source, target, member.file_size)


class _Member(tarfile.TarInfo):
    """A member of a tar, whose header is refused before memory is taken for what it declares."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        member = super().frombuf(buf, encoding, errors)
        if member.type in OF_NAMES and member.size > LONGEST_HEADER:
            raise ValueError(f"a name of {member.size:,} bytes")
        return member


class _Counted(io.RawIOBase):
    """A stream that gives no more than `limit` bytes."""

    def __init__(self, archive: Path, stream: IO[bytes], limit: int):
        super().__init__()
        self.archive, self.stream, self.left = archive, stream, limit

    def read(self, size: int = -1) -> bytes:
        piece = self.stream.read(min(size, BLOCK) if size >= 0 else BLOCK)
        self.left = _spent(self.archive, self.left, len(piece))
        return piece


def _decompressed(file: IO[bytes]) -> IO[bytes]:
    """A stream of what a file holds, by its first bytes."""
    magic = file.read(6)
    file.seek(0)
    if magic.startswith(b"\x1f\x8b"):
        return cast(IO[bytes], gzip.GzipFile(fileobj=file))
    if magic.startswith(b"BZh"):
        return cast(IO[bytes], bz2.BZ2File(file))
    return file


def _copy(archive: Path, name: str, source: IO[bytes], target: Path, size: int) -> None:
    """Write `size` bytes of a member to a new file."""
    with explained(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        file = target.open("xb")
    with file:
        left = size
        while piece := source.read(BLOCK):
            left -= len(piece)
            if left < 0:
                break
            with explained(target):
                file.write(piece)
    if left:
        raise DataError(
            f"{archive}: its member {name} has other than the {size:,} bytes it declares; fetch it again"
        )


def _inside(archive: Path, into: Path, name: str) -> Path:
    posix, windows = PurePosixPath(name), PureWindowsPath(name)
    if posix.is_absolute() or windows.drive or windows.root or ".." in windows.parts or "\0" in name:
        raise DataError(
            f"{archive}: its member {name!r} lies outside the archive's folder; do not trust this archive"
        )
    if any(unicodedata.category(character) == "Cc" for character in name):
        raise DataError(
            f"{archive}: its member {name!r} has control characters in its name; do not trust this archive"
        )
    return into / posix


def _check_number(archive: Path, number: int) -> None:
    if number > MOST_MEMBERS:
        raise DataError(f"{archive}: holds more than {MOST_MEMBERS:,} members; it is damaged or hostile")


def _spent(archive: Path, limit: int, size: int) -> int:
    if not 0 <= size <= limit:
        raise DataError(f"{archive}: unpacks to more than it may; it is damaged or hostile")
    return limit - size


@contextmanager
def _explained(archive: Path) -> Iterator[None]:
    """Turn what the archive readers raise for damaged input, nearly anything, into a `DataError`."""
    try:
        yield
    except HarmoniumError:
        raise
    except Exception as error:
        raise DataError(f"{archive}: cannot be unpacked ({in_one_line(error)}); fetch it again") from error
