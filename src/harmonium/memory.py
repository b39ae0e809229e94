"""How much memory there is, so that a file is refused before it takes more."""

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from harmonium.errors import ConfigError, DataError

GROUPS = Path("/sys/fs/cgroup")
UNLIMITED = sys.maxsize
COPIES = 3  # of a training's state: itself, its gradients or next values, and the best or one being written
SMALL = 2**24  # bytes that any machine has


def available() -> int:
    """Bytes that this process may still take: the least of what the machine, its control group and `ulimit` leave.

    Where the operating system does not say what is free (macOS), all its memory counts; where it says nothing,
    `sys.maxsize`.
    """
    return max(0, min([_free(), *_left_by_groups(), *_left_by_limits()]))


def check_fits(size: int, where: object, *, copies: float = 1) -> None:
    """Raise `DataError`, beginning with `where`, unless `size` bytes, held `copies` times at once, fit into memory."""
    # To ask takes half a millisecond, too much for each of many small pictures.
    if size * copies > SMALL and size * copies > (free := available()):
        raise DataError(
            f"{where}: takes {size * copies / 2**30:,.1f} GiB of memory, and {free / 2**30:,.1f} GiB are free; give "
            "less of it, or use a machine with more"
        )


def check_model_fits(size: int) -> None:
    """Refuse a model before it is made.

    Parameters
    ----------
    size
        Bytes of what is trained: the parameters, what the optimiser keeps of each, a running mean.

    Raises
    ------
    ConfigError
        Where that, as much for its gradients and updates, and a copy of the best do not fit into memory.
    """
    import jax

    device = jax.local_devices()[0].memory_stats()
    free = available() if not device else device.get("bytes_limit", UNLIMITED) - device.get("bytes_in_use", 0)
    if size * COPIES > free:
        raise ConfigError(
            f"the model would be too large: to train it takes {size * COPIES / 2**30:,.1f} GiB of memory, and "
            f"{free / 2**30:,.1f} GiB are free; give it fewer values (for pictures --size 28, --grey) or fewer units"
        )


def give_back() -> None:
    """Return to the system what was freed. GNU's C library keeps it: 40 MB once a program has been compiled."""
    if sys.platform == "linux":
        import ctypes

        with suppress(OSError, AttributeError):  # of another C library
            ctypes.CDLL(None).malloc_trim(0)


def _free() -> int:
    with suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    with suppress(AttributeError, OSError, ValueError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return UNLIMITED


def _left_by_groups() -> Iterator[int]:
    """What each control group above this process leaves, of version 2 and of version 1."""
    with suppress(OSError, ValueError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, place = line.split(":", 2)
            if controllers == "":
                yield from _left_in(GROUPS, place, "memory.max", "memory.current", "inactive_file")
            elif "memory" in controllers.split(","):
                root = GROUPS / "memory"
                yield from _left_in(
                    root, place, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"
                )


def _left_in(root: Path, place: str, limit: str, used: str, reclaimable: str) -> Iterator[int]:
    folder = root / place.lstrip("/")
    # In a container the folder named may lie outside what is seen; its own is then the root.
    for group in (folder, *folder.parents):
        with suppress(OSError, ValueError):
            most, taken = (int((group / name).read_text()) for name in (limit, used))
            yield most - taken + _entry(group / "memory.stat", reclaimable)
        if group == root:
            break


def _entry(path: Path, name: str) -> int:
    with suppress(OSError):
        for line in path.read_text().splitlines():
            if line.startswith(f"{name} "):
                return int(line.split()[1])
    return 0


def _left_by_limits() -> Iterator[int]:
    """What `ulimit -v` leaves of addresses."""
    if sys.platform == "win32":
        return
    import resource

    with suppress(OSError, ValueError, IndexError):
        most, _ = resource.getrlimit(resource.RLIMIT_AS)
        if most != resource.RLIM_INFINITY:
            pages = int(Path("/proc/self/statm").read_text().split()[0])
            yield most - pages * os.sysconf("SC_PAGE_SIZE")
