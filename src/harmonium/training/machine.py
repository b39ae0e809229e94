"""The machine and the versions of libraries that a run was measured on."""

import importlib.metadata
import platform
import sys
from pathlib import Path

import jax

from harmonium import __version__


def device() -> str:
    """Return the processor or accelerator that the updates run on, in words."""
    first, count = jax.devices()[0], jax.device_count()
    if first.platform != "cpu":
        return f"{count} x {first.device_kind}"
    return f"CPU, {cores()} cores, {platform.machine()}"


def versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that decide the numbers."""
    libraries = {name: importlib.metadata.version(name) for name in ("jax", "equinox", "optax", "numpy")}
    # Our own is that of the program which runs, since an editable install may have been made at an earlier one.
    return {"python": platform.python_version(), "harmonium": __version__, **libraries}


def peak_memory_bytes() -> int:
    """Return the most main memory this process has held."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage would count the parent's memory too, where it started this process
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    if sys.platform == "win32":
        return 0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def cores() -> int:
    """Return how many processor cores that this process may use."""
    import os

    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
