"""Writing files so that a reader, or a crash, never sees half of one."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from harmonium.errors import HarmoniumError


def write_atomically(path: Path, content: bytes | str) -> None:
    """Write `content` to a temporary name beside `path`, flush it to the disk, then rename it.

    Raises `HarmoniumError` where the disk is full or the folder cannot be written; `path` is then as before.
    """
    data = content.encode() if isinstance(content, str) else content
    with explained(path):
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(name, 0o666 & ~_umask())
            os.replace(name, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(name)
            raise


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn an `OSError` met while writing to `path` into a `HarmoniumError` that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise HarmoniumError(
                f"the disk is full: cannot write {path}; free some space, or use another folder"
            ) from error
        raise HarmoniumError(f"cannot write {path}: {error.strerror or error}; use another folder") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
