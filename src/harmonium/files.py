"""Reading a user's files, and writing files so that a reader, or a crash, never sees half of one."""

import errno
import os
import platform
import re
import shutil
import stat
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, ClassVar
from weakref import WeakValueDictionary

from harmonium.errors import CheckpointError, DataError, HarmoniumError, in_one_line
from harmonium.terminal import printable

LEFTOVER = re.compile(r"\..*\.harmonium-(\d{1,10})-([0-9a-f]{8})-[a-z0-9_]{8}", re.DOTALL)
CHUNK = 2**20  # bytes; a read takes the memory of what it asks for, not of what it gets
LONGEST_WRITER = 300  # characters of what a process says of itself
DAY = 86_400  # seconds after which a temporary file is nobody's, whichever machine wrote it
LONGEST = (
    50  # characters of a name that its temporary name repeats, so that this stays short enough for any disk
)
LOCK, WRITER = ".lock", ".writer"  # held by the process that writes in a folder, and what it is
WITHOUT_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS)  # what file systems say that have none
UNFINISHED: set[str] = set()  # temporary files and folders of this process
KINDS = {
    stat.S_IFLNK: "a link",
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def opened_regular(path: Path) -> IO[bytes]:
    """A user's file, open for reading bytes.

    Raises `DataError`, naming the file and before anything is read, where there is none, where it is a folder, pipe,
    socket or device, and where it may not be read or cannot have that name.
    """
    try:
        mode = path.stat().st_mode  # before it is opened: to open a pipe is to wait for its writer
        if stat.S_ISREG(mode):
            return path.open("rb")
    except FileNotFoundError as error:
        remedy = "; download it first" if path.parts[:1] in (("http:",), ("https:",)) else ""
        raise DataError(f"{path}: there is no such file{remedy}") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({in_one_line(error)})") from error
    except ValueError as error:  # a NUL in its name
        raise DataError(f"{path}: is a name that no file can have ({in_one_line(error)})") from error
    kind = KINDS.get(stat.S_IFMT(mode), "not a regular file")
    raise DataError(f"{path}: cannot be read: it is {kind}; give a regular file")


def read_at_most(file: IO[bytes], size: int) -> bytearray:
    """The next `size` bytes of a file, or those that come; memory is taken for what comes, not for what is asked."""
    content = bytearray()
    while len(content) < size and (piece := file.read(min(size - len(content), CHUNK))):
        content += piece
    return content


def read_regular(path: Path, limit: int, remedy: str) -> bytearray:
    """The whole content of a user's file.

    Raises `DataError` as `opened_regular` does, where the disk fails, and, ending with `remedy`, where the file holds
    more than `limit` bytes.
    """
    with opened_regular(path) as file:
        try:
            content = read_at_most(file, limit + 1)
        except OSError as error:
            raise DataError(f"{path}: cannot be read ({in_one_line(error)})") from error
    if len(content) > limit:
        raise DataError(f"{path}: holds more than {limit:,} bytes; {remedy}")
    return content


def write_atomically(path: Path, content: bytes | str) -> None:
    """Write `content` to a temporary name beside `path`, flush it to the disk, then rename it.

    Raises `HarmoniumError` where the disk is full or the folder cannot be written; `path` is then as before.
    """
    data = content.encode() if isinstance(content, str) else content
    with explained(path):
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=temporary_prefix(path))
        UNFINISHED.add(name)
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
        finally:
            UNFINISHED.discard(name)


def remove_unfinished() -> None:
    """Remove what this process has half-written, before it ends at once."""
    for name in tuple(UNFINISHED):
        if os.path.isdir(name):
            shutil.rmtree(name, ignore_errors=True)
        else:
            with suppress(OSError):
                os.unlink(name)


def temporary_prefix(path: Path) -> str:
    """How the temporary name of a file or folder `path` begins; `sweep` knows it, and the process it belongs to.

    For `tempfile`, which adds eight random characters.
    """
    return f".{path.name[:LONGEST]}.harmonium-{os.getpid()}-{_machine()}-"


def sweep(folder: Path) -> list[Path]:
    """Remove what killed processes left half-written in `folder`, and return what was removed.

    Only files and folders whose names begin as `temporary_prefix` has them are touched: those of processes that no
    longer live on this machine, and of any machine those older than a day. What cannot be removed stays.
    """
    removed = []
    with suppress(OSError):
        for entry in sorted(folder.iterdir()):
            match = LEFTOVER.fullmatch(entry.name)
            if match and _abandoned(entry, int(match[1]), match[2]):
                with suppress(OSError):
                    if entry.is_dir() and not entry.is_symlink():
                        shutil.rmtree(entry)
                    else:
                        entry.unlink()
                    removed.append(entry)
    return removed


def _abandoned(path: Path, process: int, machine: str) -> bool:
    if machine == _machine() and not lives(process):
        return True
    with suppress(OSError):
        return time.time() - path.lstat().st_mtime > DAY
    return False


def lives(process: int) -> bool:
    """Whether a process of this machine with that number lives, whoever started it."""
    if sys.platform == "win32":  # where os.kill, even with the signal 0, ends it
        import ctypes

        kernel = ctypes.windll.kernel32
        handle = kernel.OpenProcess(0x1000, False, process)  # PROCESS_QUERY_LIMITED_INFORMATION
        if not handle:
            return bool(kernel.GetLastError() == 5)  # ERROR_ACCESS_DENIED
        code = ctypes.c_ulong()
        kernel.GetExitCodeProcess(handle, ctypes.byref(code))
        kernel.CloseHandle(handle)
        return code.value == 259  # STILL_ACTIVE
    if process < 1:
        return False
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # another user's
        return True
    return True


def sweep_below(folder: Path) -> None:
    """`sweep` a folder, its parent and the folders in it, but follow no links."""
    sweep(folder.parent)
    for place, _, _ in os.walk(folder):
        sweep(Path(place))


def require_plain(folder: Path) -> None:
    """Raise `CheckpointError` where a folder holds a link, pipe, socket or device, at any depth.

    What somebody has sent could otherwise lead out of the folder, to be read, overwritten or waited for.
    """
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(place, name)
            with suppress(FileNotFoundError):  # another process has removed it since
                mode = stat.S_IFMT(path.lstat().st_mode)
                if mode not in (stat.S_IFREG, stat.S_IFDIR):
                    raise CheckpointError(
                        f"{path} is {KINDS.get(mode, 'not a regular file')}, and nothing in {folder} is read or "
                        "written while it is there; remove it, or put a file or folder in its place"
                    )


def holds_more(folder: Path, than: set[str]) -> bool:
    """Whether there is anything at a path but a folder with a lock, leftovers of killed processes and `than`."""
    ours = {LOCK, WRITER, *than}
    try:
        return any(path.name not in ours and not LEFTOVER.fullmatch(path.name) for path in folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):  # there is a broken link, a file, or nothing
        return os.path.lexists(folder)
    except OSError:
        return True


class FolderLock:
    """A folder's lock, which one process at a time holds, and which ends with its process however that ends."""

    _of_this_process: ClassVar["WeakValueDictionary[str, FolderLock]"] = WeakValueDictionary()

    def __init__(self, folder: Path):
        self.folder = folder
        self.holders = 0  # in this process
        self._lock: Any = None

    @classmethod
    def of(cls, folder: Path) -> "FolderLock":
        """Return the lock of a folder, the same to all who ask in this process while one of them has it."""
        return cls._of_this_process.setdefault(os.path.realpath(folder), cls(folder))

    def acquire(self) -> str | None:
        """Hold the lock; or return which process holds it, as "process 12 of HOST".

        Who holds it already in this process shares it. Where the file system has no locks, this is said on the standard
        error, and the folder counts as held. Raises `HarmoniumError` where the folder cannot be written.
        """
        if self.holders:
            self.holders += 1
            return None
        from filelock import FileLock, Timeout

        lock = FileLock(self.folder / LOCK, fallback_to_soft=False)
        with explained(self.folder):
            try:
                lock.acquire(timeout=0)
            except Timeout:
                return self._holder()
            except OSError as error:
                if error.errno not in WITHOUT_LOCKS:
                    raise
                said = f"{self.folder}: its file system has no locks; let one process at a time write there"
                print(printable(said), file=sys.stderr)
        self._lock, self.holders = lock, 1
        write_atomically(self.folder / WRITER, f"process {os.getpid()} of {platform.node()}")
        return None

    def _holder(self) -> str:
        """Return what the holder has written of itself; it may be about to."""
        for _ in range(20):
            with suppress(OSError, ValueError):
                words = (self.folder / WRITER).read_text()[:LONGEST_WRITER]
                match = re.match(r"process (\d+) of (.*)", words)
                if match and (match[2] != platform.node() or lives(int(match[1]))):
                    return words
            time.sleep(0.1)
        return "another process"

    def holder(self) -> str | None:
        """Return which other process holds the lock, if one does."""
        lock = self.folder / LOCK
        if not lock.is_file() or lock.is_symlink():
            return None
        if (found := self.acquire()) is None:
            self.release()
        return found

    def release(self) -> None:
        """Let other processes hold it, once all have who hold it in this one."""
        self.holders -= 1
        if self.holders == 0:
            with suppress(OSError):
                (self.folder / WRITER).unlink()
            self._lock.release()
            self._lock = None


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
        raise HarmoniumError(f"cannot write {path}: {in_one_line(error)}; use another folder") from error
    except ValueError as error:
        if "embedded null" not in str(error):
            raise
        raise HarmoniumError(f"cannot write {path}: no file can have that name; use another") from error


def _machine() -> str:
    """Eight characters that stand for this machine in a shared folder."""
    return f"{zlib.crc32(platform.node().encode(errors='replace')):08x}"


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
