"""Commands of the program, each in a process of its own that can be killed at any moment.

A process is forked from the campaign's, which has imported the program and computed nothing, so that a command costs
what it does and not its imports; or it is started anew, as users start it. All others share the fork's seed of hashes:
what is compared with them should have been started anew once, so that an order of sets or names that changes from
process to process is noticed.
"""

import contextlib
import importlib
import os
import resource
import select
import shlex
import shutil
import signal
import subprocess
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

os.environ["JAX_PLATFORMS"] = "cpu"
IMPORTED = (
    "orbax.checkpoint",
    "matplotlib.backends.backend_agg",
    "matplotlib.figure",
    "pandas",
    "PIL.Image",
    "symusic",
    "harmonium.figures",
    "harmonium.runs.draw",
    "harmonium.runs.evaluate",
    "harmonium.runs.sample",
    "harmonium.runs.search",
    "harmonium.runs.seeds",
    "harmonium.training.together",
    *(f"harmonium.cli.{name}" for name in ("evaluate", "figures", "resume", "sample", "search", "train")),
)
CHECKPOINTS = (
    0.2  # seconds between two, where a user's lie 20 apart, so that short runs are broken in all places
)
PATIENCE = 3600  # seconds for a command
FRESH = """
import sys
sys.path.insert(0, {here!r})
import programs
programs.run(sys.argv[1:])
"""


@dataclass(frozen=True)
class Program:
    """A command that runs; `process` is its number, and that of its group."""

    process: int

    def ended(self, seconds: float = PATIENCE) -> int | None:
        """Wait for its end, and return its exit code; None where it has not come in so many seconds."""
        descriptor = os.pidfd_open(self.process)
        try:
            if not select.select([descriptor], [], [], max(0.0, seconds))[0]:
                return None
        finally:
            os.close(descriptor)
        return os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])

    def worked(self) -> float:
        """For how many seconds it has had the processor, while it lives."""
        return worked_by(self.process)

    def kill(self) -> None:
        """End it, and all that it has started, as a loss of power would."""
        os.killpg(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)


def worked_by(process: int) -> float:
    """For how many seconds a process that lives, or has ended and is not yet waited for, has had the processor."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def worked() -> float:
    """For how many seconds all programs that have ended had the processor."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def start(
    command: str, folder: Path, log: Path | None = None, *, fresh: bool = False, copying: float = 0.0
) -> Program:
    """Run `harmonium COMMAND` in a folder; what it prints is added to `log`, which without one is the folder's.

    A fork takes `copying` seconds for each third of a file that it copies.
    """
    log = log or folder / "log"
    if fresh:
        program = FRESH.format(here=str(Path(__file__).parent))
        with log.open("ab") as file:
            process = subprocess.Popen(
                [sys.executable, "-c", program, *shlex.split(command)],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,
            )
        process.returncode = 0  # `ended` waits for it, and Popen need not
        return Program(process.pid)
    prepare()
    sys.stdout.flush()
    sys.stderr.flush()
    if number := os.fork():
        with contextlib.suppress(OSError):  # it has done so itself
            os.setpgid(number, number)
        return Program(number)
    _in_the_fork(command, folder, log, copying)


def _in_the_fork(command: str, folder: Path, log: Path, copying: float) -> NoReturn:
    """Run a command in this process, which then ends, whatever happens."""
    code = 1
    try:
        os.setpgid(0, 0)
        os.chdir(folder)
        for number, path, how in (
            (0, os.devnull, os.O_RDONLY),
            (1, str(log), os.O_WRONLY | os.O_APPEND | os.O_CREAT),
        ):
            opened = os.open(path, how, 0o644)
            os.dup2(opened, number)
            os.close(opened)
        os.dup2(1, 2)
        if copying:
            _copy_slowly(copying)
        run(shlex.split(command))
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def run(arguments: list[str]) -> NoReturn:
    """Run a command of the program in this process, and leave with its exit code."""
    from harmonium.__main__ import program

    if arguments[0] in ("train", "resume", "search"):
        importlib.import_module("harmonium.training.loop")
        sys.modules["harmonium.training.loop"].SECONDS_PER_CHECKPOINT = CHECKPOINTS  # type: ignore[attr-defined]
    sys.argv = ["harmonium", *arguments]
    sys.exit(program())


def _copy_slowly(seconds: float) -> None:
    """Have each file be copied in two halves, and so many seconds pass before, between and after them."""

    def copyfile(origin: Path, target: Path) -> None:
        content = Path(origin).read_bytes()
        with Path(target).open("wb", buffering=0) as file:
            for piece in (content[: len(content) // 2], content[len(content) // 2 :]):
                time.sleep(seconds)
                file.write(piece)
            time.sleep(seconds)

    shutil.copyfile = copyfile  # type: ignore[assignment]


def prepare() -> None:
    """Import what commands need; nothing may have begun to compute, which no fork survives."""
    from harmonium.recipes.catalogue import RECIPES

    for name in (*IMPORTED, *(f"harmonium.recipes.{module}" for module, _, _ in RECIPES.values())):
        importlib.import_module(name)
    from jax._src import xla_bridge

    assert not xla_bridge._backends, "an import has begun to compute"
