"""From arguments to a dataclass, with errors of one line."""

import contextlib
import io
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import tyro

from harmonium.errors import ConfigError

T = TypeVar("T")


def parse(
    kind: Callable[..., T],
    arguments: Sequence[str],
    command: str,
    default: Any = None,
    description: str | None = None,
) -> T:
    """Make a `kind` from the arguments of `harmonium COMMAND`; its docstring stands above the help, or `description`.

    Prints the help and leaves with exit code 0 where it is asked for; raises `ConfigError` for what does not fit.
    """
    program = f"harmonium {command}"
    complaint = io.StringIO()
    given: dict[str, Any] = {} if default is None else {"default": default}
    try:
        with contextlib.redirect_stderr(complaint):
            return tyro.cli(kind, args=list(arguments), prog=program, description=description, **given)
    except SystemExit as end:
        if end.code == 0:
            raise
        raise ConfigError(f"{_first_block(complaint.getvalue())}; see: {program} --help") from None


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


def _first_block(box: str) -> str:
    """The words of tyro's message, between its title and its first rule; the frame may be lines or blanks."""
    words: list[str] = []
    for line in box.splitlines()[1:]:
        line = line.strip(" │╰╯")
        if words and set(line) <= {"─", "-"}:
            break
        words += line.strip("─- ").split()
    return " ".join(words).rstrip(".") or "the arguments do not fit"
