"""A run is a folder: configuration, lines of metrics, summary, best model, checkpoints."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, NoReturn, ParamSpec, Self

import lazy_loader

from harmonium.errors import ConfigError, HarmoniumError
from harmonium.files import FolderLock, explained, holds_more, require_plain, sweep_below, write_atomically
from harmonium.terminal import printable
from harmonium.training.records import WHITENING, RunRecords, read_kept, read_lines
from harmonium.training.records import Record as Record
from harmonium.training.saved_model import save_array, save_arrays, save_model

if TYPE_CHECKING:
    import equinox as eqx
    import jax

    from harmonium.training.loop import Trainer
else:
    jax = lazy_loader.load("jax")

P = ParamSpec("P")


def agreed(number: int) -> int:
    """Return what the first of several processes says, where clocks and keys may say different things."""
    if jax.process_count() == 1:
        return number
    import numpy as np
    from jax.experimental import multihost_utils

    return int(multihost_utils.broadcast_one_to_all(np.int32(number)))


def by_the_first_process(
    write: Callable[Concatenate[RunFolder, P], None],
) -> Callable[Concatenate[RunFolder, P], None]:
    """Of several processes that share a folder only the first writes; the others wait for it, or fail with it."""

    @wraps(write)
    def once(self: RunFolder, /, *arguments: P.args, **named: P.kwargs) -> None:
        failure: HarmoniumError | None = None
        if jax.process_index() == 0:
            try:
                self.require_presence()
                write(self, *arguments, **named)
            except HarmoniumError as error:
                failure = error
        if agreed(failure is not None):
            raise failure or HarmoniumError("the first process could not write; its message says why")

    return once


class RunFolder(RunRecords):
    """The files of one run; every one of them is whole, or absent, and one process at a time writes them."""

    def __init__(
        self, path: str | Path, config: Mapping[str, Any] | None = None, *, owner: RunFolder | None = None
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
        self.users_note = ""  # what the user says of a new run
        self.given: Any = None  # arrays to learn from, or data to take in place of those that the run names
        self._tie: Mapping[str, Any] | None = None
        self._lock: FolderLock | None = None
        # from `begin` on: the folder's device and inode, and whether it held a config.json
        self._place: tuple[int, int, bool] | None = None
        self._features: eqx.Module | None = None
        self._vocabulary: Sequence[str] | None = None
        self._words = path / "vocabulary.json"
        self._metrics = path / "metrics.jsonl"
        self._snapshots = path / "snapshots"
        self._checkpoints = path / "checkpoints"

    @classmethod
    def new(cls, path: str | Path, config: Mapping[str, Any]) -> Self:
        """Name a run that has not begun; nothing is written yet.

        Raises `ConfigError` where the path exists, unless it holds only what a run writes before its config.json, which
        a process that was killed leaves behind.
        """
        folder = cls(path, config)
        folder._refuse_taken()
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
        if self._config is not None and not config.exists():
            if self._features is not None:
                save_model(self.features, self._features)
            if self._tie is not None:
                if self._arrays:
                    save_arrays(self.path / WHITENING, self._arrays)
                write_atomically(self.path / "data.json", json.dumps(self._tie) + "\n")
            if self._vocabulary is not None:
                write_atomically(self._words, json.dumps(list(self._vocabulary)) + "\n")
            if self.users_note:
                write_atomically(self.path / "note.txt", os.fsencode(self.users_note + "\n"))
            write_atomically(config, json.dumps(self._config, indent=2) + "\n")  # last: it makes a run
        self._place = self._found()

    def _found(self) -> tuple[int, int, bool]:
        at = self.path.stat()
        return at.st_dev, at.st_ino, (self.path / "config.json").exists()

    def _acquire(self) -> None:
        require_plain(self.path)
        lock = FolderLock.of(self.path)
        if holder := lock.acquire():
            raise ConfigError(
                f"{self.path} is being written by {holder}; wait until that has ended, or end it"
            )
        if self._new and self._taken():
            lock.release()
            self._refuse()
        self._new, self._lock = False, lock
        sweep_below(self.path)

    def require_presence(self) -> None:
        """Raise `HarmoniumError` where the folder, which this process writes, has been moved or deleted since."""
        if self._place is None:
            return
        with suppress(OSError):
            if self._found() == self._place:
                return
        raise HarmoniumError(
            f"the run folder {self.path} was moved or deleted while it was being written, so that training ends; where "
            f"it was moved, continue it by its new name: harmonium resume RUN"
        )

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for this process, whatever lies in it."""
        self.begin()
        try:
            yield
        finally:
            self.release()

    def release(self) -> None:
        """Let other processes write in the folder; remove one that was reserved for a run that never began."""
        self._place = None
        if self._lock is not None:
            self._lock.release()
            self._lock = None
        elif self._new and jax.process_index() == 0:
            with suppress(OSError):
                self.path.rmdir()
                self.path.parent.rmdir()  # where it holds nothing else

    def _taken(self) -> bool:
        """Return whether the path holds more than the files that a run writes before its config.json."""
        known = {self._words.name, self.features.name, WHITENING, "data.json", "note.txt"}
        return holds_more(self.path, known)

    @by_the_first_process
    def _refuse_taken(self) -> None:
        if self._taken():
            self._refuse()

    def _refuse(self) -> NoReturn:
        if holder := FolderLock.of(self.path).holder():
            raise ConfigError(f"{self.path} is being written by {holder}; give another --out")
        raise ConfigError(f"{self.path} exists already; give another --out, or: harmonium resume {self.path}")

    def tie(self, data: Mapping[str, Any], understood: list[str], arrays: Mapping[str, Any]) -> None:
        """Have `begin` write `data`, by which the run knows its data again; `understood` says it in lines."""
        self._tie, self._understood, self._arrays = data, understood, arrays

    def understood(self) -> list[str]:
        """Return what the data of a run that has not begun were taken for, in lines."""
        return [] if self._tie is None else self._understood

    def data(self) -> dict[str, Any] | None:
        """Return what the run keeps of its data; None for a new run, and for one of version 0.1."""
        path = self.path / "data.json"
        return read_kept(path) if path.exists() else None

    def begun(self) -> bool:
        """Return whether the folder holds a run."""
        return (self.path / "config.json").exists()

    def learn_from(self, encoder: eqx.Module) -> None:
        """Have `begin` keep the encoder whose codes the run learns from, so that the run stands on its own."""
        self._features = encoder

    def read_with(self, vocabulary: Sequence[str]) -> None:
        """Have `begin` keep the words that the run's model knows, in their order."""
        self._vocabulary = vocabulary

    def phase(self, name: str, config: Mapping[str, Any]) -> RunFolder:
        """Return the folder of a training that comes before this one: a run of its own, inside this run's folder."""
        return RunFolder(self.path / "pretraining" / name, config, owner=self)

    @staticmethod
    def say(text: str) -> None:
        """Tell the person who waits, on the standard error, beside the progress."""
        print(printable(text), file=sys.stderr)

    @by_the_first_process
    def write_config(self, config: Mapping[str, Any]) -> None:
        """Replace the recipe's configuration."""
        write_atomically(self.path / "config.json", json.dumps(config, indent=2) + "\n")

    @by_the_first_process
    def write_summary(self, summary: Mapping[str, Any]) -> None:
        """Write the run's results into summary.json."""
        write_atomically(self.path / "summary.json", json.dumps(summary, indent=2) + "\n")

    @by_the_first_process
    def write_log_likelihood(self, scores: Mapping[str, Any]) -> None:
        """Keep an estimate of the likelihood of held-out data, which takes long to repeat."""
        write_atomically(self.path / "log-likelihood.json", json.dumps(scores, indent=2) + "\n")

    @by_the_first_process
    def record(self, record: Record) -> None:
        """Append a line to metrics.jsonl."""
        with explained(self._metrics), self._metrics.open("a") as file:
            file.write(json.dumps(record) + "\n")

    @by_the_first_process
    def forget_after(self, update: int) -> None:
        """Remove the checkpoints and records after `update`, from which a run goes on and will write them again.

        Damaged lines of metrics.jsonl are removed too, which is said.
        """
        if self._checkpoints.exists():
            from harmonium.training.checkpoints import forget_after

            forget_after(self._checkpoints, update)
        if not self._metrics.exists():
            return
        kept = [line for line in read_lines(self._metrics, lenient=True) if line["update"] <= update]
        write_atomically(self._metrics, "".join(json.dumps(line) + "\n" for line in kept))

    @by_the_first_process
    def save_model(self, model: eqx.Module) -> None:
        """Write the best model so far."""
        save_model(self.model, model)

    @by_the_first_process
    def save_snapshot(self, epoch: int, model: eqx.Module, beside: Mapping[str, Any]) -> None:
        """Keep the model as it is after `epoch`, and arrays beside it, to be drawn."""
        path = self._snapshots / f"epoch-{epoch:05d}.safetensors"
        with explained(path):
            path.parent.mkdir(exist_ok=True)
        save_model(path, model)
        for name, array in beside.items():
            save_array(path.with_name(f"{name}-{epoch:05d}.safetensors"), array)

    @by_the_first_process
    def checkpoint(self, trainer: Trainer) -> None:
        """Keep all that a training's rest depends on."""
        from harmonium.training.checkpoints import save

        save(self._checkpoints, trainer)

    def restore(self, trainer: Trainer, at: int | None = None) -> None:
        """Put a training where its last checkpoint left it, or that of the update `at`, if there is one."""
        if self._checkpoints.exists():
            from harmonium.training.checkpoints import restore

            restore(self._checkpoints, trainer, at)


def _numbered(path: Path, number: int) -> Path:
    return path if number == 1 else path.with_name(f"{path.name}-{number}")
