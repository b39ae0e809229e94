"""Unpacking tar and zip archives that may be hostile."""

import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO

from harmonium.errors import DataError
from harmonium.files import explained


def extract(archive: Path, into: Path, *, limit: int) -> None:
    """Unpack the regular files of a tar (also compressed) or zip archive into the folder `into`.

    Raises `DataError`, naming the archive and the member, before anything is written for it, where a
    member would lie outside `into`, is a link or a device, or where all members exceed `limit` bytes.
    """
    with _explained(archive):
        if zipfile.is_zipfile(archive):
            _extract_zip(archive, into, limit)
        else:
            _extract_tar(archive, into, limit)


def _extract_tar(archive: Path, into: Path, limit: int) -> None:
    with tarfile.open(archive) as tar:
        for member in tar:
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
            with source, _created(target) as file:
                shutil.copyfileobj(source, file)


def _extract_zip(archive: Path, into: Path, limit: int) -> None:
    with zipfile.ZipFile(archive) as members:
        for member in members.infolist():
            target = _inside(archive, into, member.filename)
            if member.is_dir():
                continue
            kind = stat.S_IFMT(member.external_attr >> 16)
            if kind not in (0, stat.S_IFREG):
                raise DataError(
                    f"{archive}: its member {member.filename} is a link or a device; do not trust this archive"
                )
            limit = _spent(archive, limit, member.file_size)
            with members.open(member) as source, _created(target) as file:
                shutil.copyfileobj(source, file)


def _inside(archive: Path, into: Path, name: str) -> Path:
    posix, windows = PurePosixPath(name), PureWindowsPath(name)
    if posix.is_absolute() or windows.drive or windows.root or ".." in windows.parts or "\0" in name:
        raise DataError(
            f"{archive}: its member {name!r} lies outside the archive's folder; do not trust this archive"
        )
    return into / posix


def _spent(archive: Path, limit: int, size: int) -> int:
    if size > limit:
        raise DataError(f"{archive}: unpacks to more than it may; it is damaged or hostile")
    return limit - size


@contextmanager
def _created(target: Path) -> Iterator[IO[bytes]]:
    with explained(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            yield file


@contextmanager
def _explained(archive: Path) -> Iterator[None]:
    """Turn what the archive readers raise for damaged input into a `DataError` that names the archive."""
    try:
        yield
    except (
        tarfile.TarError,
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        RuntimeError,
        ValueError,
    ) as error:
        raise DataError(f"{archive}: cannot be unpacked ({error}); fetch it again") from error
