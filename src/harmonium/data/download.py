"""One file from one address: over HTTP, with a progress bar, never more than it may be."""

import sys
from pathlib import Path
from typing import IO

from harmonium.errors import DataError, HarmoniumError, in_one_line

CONNECT, READ = 5.0, 30.0  # seconds without an answer before giving up


def download(address: str, path: Path, *, limit: int) -> None:
    """Write what `address` sends to `path`; raises `DataError` if it fails or sends over `limit` bytes."""
    import pooch

    terminal = sys.stderr.isatty()
    if not terminal:
        print(f"downloading {address}", file=sys.stderr)
    get = pooch.HTTPDownloader(progressbar=terminal, chunk_size=1 << 16, timeout=(CONNECT, READ))
    with path.open("wb") as file:
        try:
            get(address, _Bounded(file, limit), None)
        except HarmoniumError:
            raise
        except Exception as error:  # pooch, requests, urllib3 and ssl each raise errors of their own
            raise DataError(_reason(error)) from error


class _Bounded:
    """A file open for writing that refuses to grow past `limit` bytes."""

    def __init__(self, file: IO[bytes], limit: int):
        self.file, self.left = file, limit

    def write(self, piece: bytes) -> None:
        self.left -= len(piece)
        if self.left < 0:
            raise DataError("it sends more bytes than the file has")
        self.file.write(piece)

    def flush(self) -> None:
        self.file.flush()


def _reason(error: Exception) -> str:
    """The innermost cause, in one line: requests and urllib3 wrap theirs several deep."""
    seen: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in seen:
        seen.append(cause)
        inner = getattr(cause, "reason", None)
        cause = inner if isinstance(inner, BaseException) else cause.__cause__ or cause.__context__
    return in_one_line(seen[-1] if str(seen[-1]) else error)
