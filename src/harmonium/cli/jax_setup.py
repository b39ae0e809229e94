"""JAX as the commands want it: compiled programs kept, other processes joined, a device for each of several seeds."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


def prepare_jax(seeds: int = 1) -> None:
    """Keep compiled programs in the user's cache, join the other processes, and give each of several seeds a core.

    Programs in the cache let the same recipe start faster the next time. Processes on several machines find each other
    where the environment names JAX_COORDINATOR_ADDRESS (host:port), JAX_NUM_PROCESSES and JAX_PROCESS_ID.
    """
    import jax
    import pooch

    from harmonium.training import machine
    from harmonium.training.devices import agreed

    if seeds > 1 and "xla_force_host_platform_device_count" not in os.environ.get("XLA_FLAGS", ""):
        with contextlib.suppress(RuntimeError):  # a program that has begun to compute keeps its devices
            devices = min(seeds, machine.cores())
            jax.config.update("jax_num_cpu_devices", devices)  # type: ignore[no-untyped-call]
    if "JAX_COORDINATOR_ADDRESS" in os.environ:
        count, number = (os.environ.get(name) for name in ("JAX_NUM_PROCESSES", "JAX_PROCESS_ID"))
        with (
            _stdout_to_stderr()
        ):  # the connections of the CPU devices report themselves on the standard output
            jax.distributed.initialize(
                num_processes=int(count) if count else None, process_id=int(number) if number else None
            )
            agreed(0)

    if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        jax.config.update(  # type: ignore[no-untyped-call]
            "jax_compilation_cache_dir", str(Path(pooch.os_cache("harmonium")) / "compiled")
        )


@contextlib.contextmanager
def _stdout_to_stderr() -> Iterator[None]:
    """Of everything in this process, compiled libraries too."""
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
