"""A run is a folder: configuration, lines of metrics, summary, best model, checkpoints."""

import json
import os
import platform
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec, Self, TypeVar

import equinox as eqx
import jax

from harmonium.errors import CheckpointError, ConfigError, HarmoniumError
from harmonium.files import explained, sweep, write_atomically
from harmonium.training.saved_model import save_model

if TYPE_CHECKING:
    from harmonium.training.fit import Trainer

Record = dict[str, Any]  # a line of metrics.jsonl
J = TypeVar("J", dict[str, Any], list[Any])
P = ParamSpec("P")

LOCK, WRITER = ".lock", ".writer"  # held by the process that writes in a folder, and what it is


def agreed(number: int) -> int:
    """Return what the first of several processes says, where clocks and keys may say different things."""
    if jax.process_count() == 1:
        return number
    import numpy as np
    from jax.experimental import multihost_utils

    return int(multihost_utils.broadcast_one_to_all(np.int32(number)))


def by_the_first_process(write: Callable[P, None]) -> Callable[P, None]:
    """Of several processes that share a folder only the first writes; the others wait for it, or fail with it."""

    @wraps(write)
    def once(*arguments: P.args, **named: P.kwargs) -> None:
        failure: HarmoniumError | None = None
        if jax.process_index() == 0:
            try:
                write(*arguments, **named)
            except HarmoniumError as error:
                failure = error
        if agreed(failure is not None):
            raise failure or HarmoniumError(
                "the first of the processes could not write; its message says why"
            )

    return once


class RunFolder:
    """The files of one run; every one of them is whole, or absent, and one process at a time writes them."""

    def __init__(
        self, path: str | Path, config: Mapping[str, Any] | None = None, *, owner: "RunFolder | None" = None
    ):
        """Name a folder.

        Parameters
        ----------
        path
            The folder.
        config
            What `begin` writes into a new one as its config.json.
        owner
            The run that the folder lies in, where it is that of a phase.
        """
        self.path = path = Path(path)
        self.model = path / "model.safetensors"
        self.figures = path / "figures"
        self.features = path / "features.safetensors"  # the encoder of a run that learns from codes
        self._config, self._owner, self._new = config, owner, False
        self._lock: Any = None
        self._features: eqx.Module | None = None
        self._vocabulary: Sequence[str] | None = None
        self._words = path / "vocabulary.json"
        self._metrics = path / "metrics.jsonl"
        self._snapshots = path / "snapshots"
        self._checkpoints = path / "checkpoints"

    @classmethod
    def new(cls, path: str | Path, config: Mapping[str, Any]) -> Self:
        """Name a run that has not begun. Raises `ConfigError` where the path exists; nothing is written yet."""
        folder = cls(path, config)
        if jax.process_index() == 0 and (folder.path.exists() or folder.path.is_symlink()):
            folder._refuse()
        folder._new = True
        return folder

    @classmethod
    def reserved(cls, path: Path, config: Mapping[str, Any] | None) -> Self:
        """Make an empty folder for a run that has not begun: `path`, or the first of path-2, path-3, … that is free."""
        number = 1
        while jax.process_index() == 0:
            with explained(path), suppress(FileExistsError):
                path.parent.mkdir(parents=True, exist_ok=True)
                _numbered(path, number).mkdir()
                break
            number += 1
        folder = cls(_numbered(path, agreed(number)), config)
        folder._new = True
        return folder

    def begin(self) -> None:
        """Lock the folder for this process, and write the first files of a run that has not begun.

        Raises `ConfigError` where another process writes in it, or where it holds another run.
        """
        if self._owner is not None:
            self._owner.begin()
        self._begin()

    @by_the_first_process
    def _begin(self) -> None:
        with explained(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
        if self._owner is None and self._lock is None:
            self._acquire()
        config = self.path / "config.json"
        if self._config is None or config.exists():
            return
        if self._features is not None:
            save_model(self.features, self._features)
        if self._vocabulary is not None:
            write_atomically(self._words, json.dumps(list(self._vocabulary)) + "\n")
        write_atomically(config, _as_json(self._config))  # the last, since it makes the folder a run

    def _acquire(self) -> None:
        from filelock import FileLock, Timeout

        lock, writer = FileLock(self.path / LOCK, fallback_to_soft=False), self.path / WRITER
        try:
            lock.acquire(timeout=0)
        except Timeout:
            number = writer.read_text() if writer.exists() else "another process"
            raise ConfigError(
                f"{self.path} is being written by {number}; wait until it has ended, or give another --out"
            ) from None
        except (NotImplementedError, OSError):
            print(
                f"{self.path}: its file system has no locks; let one process at a time write there",
                file=sys.stderr,
            )
        if self._new and (self.path / "config.json").exists():
            lock.release()
            self._refuse()
        self._new, self._lock = False, lock
        write_atomically(writer, f"process {os.getpid()} of {platform.node()}")
        sweep(self.path)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for this process, whatever lies in it."""
        self.begin()
        try:
            yield
        finally:
            self.release()

    def release(self) -> None:
        """Let other processes write in the folder; one that was reserved and not begun goes."""
        if self._lock is not None:
            (self.path / WRITER).unlink(missing_ok=True)
            self._lock.release()
            self._lock = None
        elif self._new and jax.process_index() == 0:
            with suppress(OSError):
                self.path.rmdir()
                self.path.parent.rmdir()  # where it holds nothing else

    def _refuse(self) -> NoReturn:
        raise ConfigError(f"{self.path} exists already; give another --out, or: harmonium resume {self.path}")

    def learn_from(self, encoder: eqx.Module) -> None:
        """Have `begin` keep the encoder whose codes the run learns from, so that the run stands on its own."""
        self._features = encoder

    def read_with(self, vocabulary: Sequence[str]) -> None:
        """Have `begin` keep the words that the run's model knows, in their order."""
        self._vocabulary = vocabulary

    def vocabulary(self) -> tuple[str, ...]:
        """The words that the run's model knows, in their order."""
        words = _read_json(self._words, list)
        if not all(isinstance(word, str) for word in words):
            raise CheckpointError(f"{self._words} must hold words alone")
        return tuple(words)

    def phase(self, name: str, config: Mapping[str, Any]) -> "RunFolder":
        """The folder of a training that comes before this one: a run of its own, inside."""
        return RunFolder(self.path / "pretraining" / name, config, owner=self)

    def phase_names(self) -> list[str]:
        """Return the names of the trainings that came before this one."""
        return sorted(path.name for path in (self.path / "pretraining").glob("*") if path.is_dir())

    def seconds_pretraining(self) -> float:
        """How long the trainings before this one took, in updates and validations."""
        phases = [self.phase(name, {}).summary() for name in self.phase_names()]
        return sum(summary["seconds_training"] for summary in phases if summary)

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Open the folder of an earlier run. Raises `CheckpointError` where there is none."""
        path = Path(path)
        if not (path / "config.json").is_file():
            what = "is not a run folder: it has no config.json" if path.is_dir() else "does not exist"
            raise CheckpointError(f"{path} {what}; list your runs with: harmonium runs")
        return cls(path)

    def config(self) -> dict[str, Any]:
        """The recipe's configuration."""
        return _read_json(self.path / "config.json", dict)

    @by_the_first_process
    def write_config(self, config: Mapping[str, Any]) -> None:
        """Replace the recipe's configuration."""
        write_atomically(self.path / "config.json", _as_json(config))

    def summary(self) -> dict[str, Any] | None:
        """What the run came to, or None while it has not ended."""
        path = self.path / "summary.json"
        return _read_json(path, dict) if path.exists() else None

    def finished(self) -> bool:
        """Return whether the training in the folder came to its end and left a model."""
        summary = self.summary()
        return summary is not None and summary["status"] == "finished" and self.model.exists()

    def ended(self) -> dict[str, Any]:
        """What the run came to. Raises `CheckpointError` while it has not ended."""
        summary = self.summary()
        if summary is None:
            raise CheckpointError(
                f"the run {self.path} has not ended; continue it with: harmonium resume {self.path}"
            )
        return summary

    @by_the_first_process
    def write_summary(self, summary: Mapping[str, Any]) -> None:
        """Write what the run came to."""
        write_atomically(self.path / "summary.json", _as_json(summary))

    @by_the_first_process
    def write_log_likelihood(self, scores: Mapping[str, Any]) -> None:
        """Keep an estimate of the likelihood of held-out data, which takes long to repeat."""
        write_atomically(self.path / "log-likelihood.json", _as_json(scores))

    @by_the_first_process
    def record(self, record: Record) -> None:
        """Append a line to metrics.jsonl."""
        with explained(self._metrics), self._metrics.open("a") as file:
            file.write(json.dumps(record) + "\n")

    def records(self) -> list[Record]:
        """All whole lines of metrics.jsonl; a crash may have cut the last one."""
        if not self._metrics.exists():
            return []
        records = []
        lines = self._metrics.read_text().splitlines()
        for number, line in enumerate(lines, 1):
            try:
                records.append(json.loads(line))
            except ValueError as error:
                if number < len(lines):
                    raise CheckpointError(f"{self._metrics}, line {number}, is not JSON: {error}") from error
        return records

    @by_the_first_process
    def forget_records_after(self, update: int) -> None:
        """Drop the lines that a run continued at `update` will write again."""
        kept = [record for record in self.records() if record["update"] <= update]
        if kept or self._metrics.exists():
            write_atomically(self._metrics, "".join(json.dumps(record) + "\n" for record in kept))

    @by_the_first_process
    def save_model(self, model: eqx.Module) -> None:
        """Write the best model so far."""
        save_model(self.model, model)

    @by_the_first_process
    def save_snapshot(self, epoch: int, model: eqx.Module) -> None:
        """Keep the model as it is after `epoch`, to be drawn."""
        path = self._snapshots / f"epoch-{epoch:05d}.safetensors"
        with explained(path):
            path.parent.mkdir(exist_ok=True)
        save_model(path, model)

    def snapshots(self) -> dict[int, Path]:
        """The model files that `save_snapshot` wrote, by epoch."""
        return {int(path.stem[6:]): path for path in sorted(self._snapshots.glob("epoch-*.safetensors"))}

    @by_the_first_process
    def checkpoint(self, trainer: "Trainer") -> None:
        """Keep all that a training's rest depends on."""
        from harmonium.training.checkpoints import save

        save(self._checkpoints, trainer)

    def restore(self, trainer: "Trainer") -> None:
        """Put a training where its last checkpoint left it, if there is one."""
        if self._checkpoints.exists():
            from harmonium.training.checkpoints import restore

            restore(self._checkpoints, trainer)


def _numbered(path: Path, number: int) -> Path:
    return path if number == 1 else path.with_name(f"{path.name}-{number}")


def _as_json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, indent=2) + "\n"


def _read_json(path: Path, kind: type[J]) -> J:
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise CheckpointError(f"cannot read {path}: {error}") from error
    if not isinstance(content, kind):
        wanted = "object" if kind is dict else "array"
        raise CheckpointError(f"{path} must hold a JSON {wanted}, not {type(content).__name__}")
    return content
