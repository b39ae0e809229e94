"""From arguments to a dataclass, with errors of one line."""

import contextlib
import io
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import tyro

from harmonium.errors import ConfigError

T = TypeVar("T")


def parse(kind: Callable[..., T], arguments: Sequence[str], command: str, default: Any = None) -> T:
    """Make a `kind` from the arguments of `harmonium COMMAND`.

    Prints the help and leaves with exit code 0 where it is asked for; raises `ConfigError` for what does not fit.
    """
    program = f"harmonium {command}"
    complaint = io.StringIO()
    given: dict[str, Any] = {} if default is None else {"default": default}
    try:
        with contextlib.redirect_stderr(complaint):
            return tyro.cli(kind, args=list(arguments), prog=program, **given)
    except SystemExit as end:
        if end.code == 0:
            raise
        raise ConfigError(f"{_first_block(complaint.getvalue())}; see: {program} --help") from None


def use_compilation_cache() -> None:
    """Keep compiled programs in the user's cache, so that the same recipe starts faster the next time."""
    import jax
    import pooch

    if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        jax.config.update(  # type: ignore[no-untyped-call]
            "jax_compilation_cache_dir", str(Path(pooch.os_cache("harmonium")) / "compiled")
        )


def _first_block(box: str) -> str:
    """The words of tyro's message, between its title and its first rule; the frame may be lines or blanks."""
    words: list[str] = []
    for line in box.splitlines()[1:]:
        line = line.strip(" │╰╯")
        if words and set(line) <= {"─", "-"}:
            break
        words += line.strip("─- ").split()
    return " ".join(words).rstrip(".") or "the arguments do not fit"
