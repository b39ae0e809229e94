"""Compiled programs in the user's cache: what was compiled once is read at the next start.

JAX writes and reads them, and compiles anew what it cannot read. What it leaves to others is here: a bound on their
size, and an end to files that a killed process left half-written.
"""

import os
import shutil
import zlib
from pathlib import Path

FOLDER = "compiled"  # in the user's cache
LARGEST = 2**27  # bytes of all programs; those that were not used for longest give way
SUFFIX = "-cache"  # of JAX's files
CHECKED = ".checked"  # its time is that of the last look; files written since are looked at next time


def tend(folder: Path, largest: int = LARGEST) -> None:
    """Remove the damaged among the programs that were written since the last look, and the oldest beyond a bound.

    Several processes may do so at once, also while others read and write: a program that is missing is compiled. What
    is written meanwhile is left to the next look.

    Parameters
    ----------
    folder
        Of JAX's files; where it cannot be written, nothing is done.
    largest
        The most bytes that are left.
    """
    checked, begun = folder / CHECKED, folder / f"{CHECKED}-{os.getpid()}"
    try:
        begun.touch()
        last, now = _modified(checked), _modified(begun)
        kept = []
        for path in folder.glob(f"*{SUFFIX}"):
            try:
                found = path.stat()
                if last <= found.st_mtime < now and not _whole(path):
                    path.unlink()
                else:
                    kept.append((max(found.st_atime, found.st_mtime), found.st_size, path))
            except FileNotFoundError:  # another process removed it
                continue
        excess = sum(size for _, size, _ in kept) - largest
        for _, size, path in sorted(kept):
            if excess <= 0:
                break
            path.unlink(missing_ok=True)
            excess -= size
        begun.replace(checked)
    except OSError:  # a cache is no reason to fail
        return


def clear(folder: Path) -> tuple[int, int]:
    """Remove all programs in a folder, and the folder; return how many there were, and their bytes."""
    sizes = [path.stat().st_size for path in folder.glob(f"*{SUFFIX}")]
    if folder.exists():
        shutil.rmtree(folder)
    return len(sizes), sum(sizes)


def _modified(path: Path) -> float:
    return path.stat().st_mtime if path.exists() else 0.0


def _whole(path: Path) -> bool:
    """Whether a program can be unpacked; one that zstandard has packed, which JAX prefers, counts as whole."""
    packed = path.read_bytes()
    if packed[:1] != b"\x78":  # zlib's first byte
        return bool(packed)
    try:
        zlib.decompress(packed)
    except zlib.error:
        return False
    return True
