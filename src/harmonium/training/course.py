"""One training: what it is made of, and what it has come to between two compiled calls."""

import dataclasses
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import jax
import jax.numpy as jnp

from harmonium.training.batches import Batches
from harmonium.training.devices import agreed, memory_budget
from harmonium.training.program import no_totals
from harmonium.training.run_folder import RunFolder
from harmonium.training.stopping import Stopping
from harmonium.training.update import TrainingState, Update

SECONDS_PER_CHECKPOINT = 20.0

Record = dict[str, Any]  # a line of metrics.jsonl


@dataclass(frozen=True)
class Evaluation:
    """How a model is scored: a mapping from metric to value for each held-out set."""

    valid: Callable[[Any], dict[str, float]]
    test: Callable[[Any], dict[str, float]] | None = None
    test_at_end: bool = (
        False  # score test once, where that takes as long as many updates; else at each new best
    )


@dataclass(frozen=True)
class Training:
    """Updates over `train`, a tree of arrays with one row an example, until `stopping` or `max_epochs` ends them.

    With a `run`, validations are recorded and checkpoints kept in its folder, and the model after every
    `snapshot_epochs` epochs. A set larger than `device_bytes`, or else than half of an accelerator's memory, streams
    through the device.
    """

    update: Update
    state: TrainingState
    train: Any
    _: dataclasses.KW_ONLY
    batch_size: int
    max_epochs: int
    shuffle: bool = False
    evaluate: Evaluation | None = None
    stopping: Stopping | None = None
    run: RunFolder | None = None
    snapshot_epochs: int = 0
    device_bytes: int | None = None


@dataclass
class Fitted:
    """What training came to, and what it continues from."""

    model: Any  # the best by validation, or the last where nothing decides
    best: Record | None = None  # the line of the best validation
    updates: int = 0
    epochs: int = 0
    seconds: float = 0.0  # in updates and validations, compilation included
    status: Literal["running", "finished", "interrupted", "diverged"] = "running"
    diverged: Record = field(default_factory=dict)  # the update and the metric that was not finite
    together: int = 1  # runs that shared the seconds, in one program


class Course:
    """A training on its way."""

    def __init__(self, training: Training):
        """Begin, or go on from the last checkpoint of its folder."""
        self.training, self.stopping, self.run = training, training.stopping, training.run
        self.batches = Batches(
            training.train,
            training.batch_size,
            shuffle=training.shuffle,
            key=training.state.key,
            device_bytes=training.device_bytes or memory_budget(),
        )
        per_epoch = self.batches.per_epoch
        self.state = jax.tree.map(jnp.copy, training.state)  # a copy: updates donate the state
        self.fitted = Fitted(jax.tree.map(jnp.copy, training.state.model))
        self.totals = no_totals(training.update, training.state, self.batches)
        self.max_updates = training.max_epochs * per_epoch
        self.frequency = self.stopping.validation_frequency(per_epoch) if self.stopping else per_epoch
        self.snapshot_updates = training.snapshot_epochs * per_epoch  # 0 is never
        self.checkpointed = time.monotonic()
        if self.max_updates == 0:
            self.fitted.status = "finished"
        if self.run is not None:
            self.run.begin()
            self._restore(self.run)

    def last_update(self) -> int:
        """How many updates there will be if no later validation raises the patience."""
        if self.stopping is None:
            return self.max_updates
        return min(self.max_updates, self.stopping.last_update() + 1)

    def next_stop(self) -> int:
        """The update after which the next validation or the end is due."""
        done = self.fitted.updates
        return min(done - done % self.frequency + self.frequency, self.last_update())

    def validation_due(self) -> bool:
        """Whether a validation is due, as it also is where the end comes before the first."""
        fitted = self.fitted
        ends_unseen = fitted.best is None and fitted.updates == self.max_updates
        return fitted.updates % self.frequency == 0 or ends_unseen

    def due(self) -> bool:
        """Whether `look` has something to do with the state: validate, keep it, or end."""
        fitted, snapshots = self.fitted, self.snapshot_updates
        return (
            fitted.status != "running"
            or self.validation_due()
            or bool(snapshots and fitted.updates % snapshots == 0)
            or fitted.updates >= self.last_update()
            or self._wants_checkpoint()
        )

    def ran(self, count: int, totals: Any, seconds: float) -> None:
        """Note that so many updates were run, and what they came to."""
        fitted = self.fitted
        fitted.updates += count
        fitted.epochs = -(-fitted.updates // self.batches.per_epoch)
        fitted.seconds += seconds
        diverged = {name: int(at) for name, at in totals["diverged"].items() if at >= 0}
        if diverged:
            metric = min(diverged, key=lambda name: diverged[name])
            fitted.diverged = {"update": diverged[metric], "metric": metric}
            fitted.status = "diverged"

    def look(self, train: Mapping[str, float]) -> tuple[Record, bool] | None:
        """Do what is due with the state; the line of the validation, if there was one, and whether it is the best."""
        fitted, found = self.fitted, None
        if fitted.status == "diverged":
            return None
        if self.validation_due():
            found = self._validate(train)
        if self.run and self.snapshot_updates and fitted.updates % self.snapshot_updates == 0:
            self.run.save_snapshot(fitted.epochs, self.state.result)
        if fitted.updates >= self.last_update():
            fitted.status = "finished"
        if self._wants_checkpoint():
            self._checkpoint()
        return found

    def end(self) -> None:
        """Leave a checkpoint to resume from; without early stopping the last model is the result."""
        diverged = self.fitted.status == "diverged"
        if self.stopping is None and not diverged:
            self.fitted.model = self.state.result
        evaluate, best = self.training.evaluate, self.fitted.best
        if evaluate and evaluate.test and evaluate.test_at_end and best and self.fitted.status == "finished":
            best["test"] = evaluate.test(self.fitted.model)
        if self.run and diverged:
            self._save_model(self.run)
        elif self.run:
            self._checkpoint()

    def _wants_checkpoint(self) -> bool:
        due = time.monotonic() - self.checkpointed >= SECONDS_PER_CHECKPOINT
        return self.run is not None and bool(agreed(due))

    def _validate(self, train: Mapping[str, float]) -> tuple[Record, bool]:
        """Score the model, keep it if it is the best, and write the line down."""
        started = time.perf_counter()
        fitted, evaluate = self.fitted, self.training.evaluate
        record: Record = {
            "epoch": fitted.epochs,
            "update": fitted.updates,
            "seconds": 0.0,
            "train": dict(train),
        }
        is_best = self.stopping is None
        if evaluate:
            record["valid"] = evaluate.valid(self.state.result)
            if self.stopping:
                is_best = self.stopping.is_best(fitted.updates - 1, record["valid"])
            if is_best and evaluate.test and not evaluate.test_at_end:
                record["test"] = evaluate.test(self.state.result)
        if is_best:
            fitted.model = jax.tree.map(jnp.copy, self.state.result)
        if self.stopping and (scale := self.stopping.retreat()) is not None:
            self.state = self.state.back_at(fitted.model, scale)
        self.totals = jax.tree.map(jnp.zeros_like, self.totals) | {"diverged": self.totals["diverged"]}
        fitted.seconds += time.perf_counter() - started
        record["seconds"] = round(fitted.seconds, 3)
        if is_best:
            fitted.best = record
        if self.run:
            self.run.record(record)
        return record, is_best

    def _checkpoint(self) -> None:
        """Save everything that the rest of the run depends on."""
        fitted = self.fitted
        progress = {
            "updates": fitted.updates,
            "epochs": fitted.epochs,
            "seconds": fitted.seconds,
            "best": fitted.best,
            "stopping": self.stopping.state() if self.stopping else None,
        }
        assert self.run is not None
        self.run.checkpoint(fitted.updates, self._arrays(), progress)
        self._save_model(self.run)
        self.checkpointed = time.monotonic()

    def _save_model(self, run: RunFolder) -> None:
        """Write the result so far; before the first validation there is none but the first weights."""
        if self.fitted.best or self.fitted.status == "finished":
            run.save_model(self.fitted.model)

    def _restore(self, run: RunFolder) -> None:
        """Continue from the run's last checkpoint, if it has one."""
        found = run.restore(self._arrays())
        if found is None:
            run.forget_records_after(0)
            return
        arrays, progress = found
        self.state, self.totals = arrays["state"], arrays["totals"]
        fitted = self.fitted
        fitted.model, fitted.best = arrays["best"], progress["best"]
        fitted.updates, fitted.epochs, fitted.seconds = (
            progress[k] for k in ("updates", "epochs", "seconds")
        )
        if self.stopping and progress["stopping"]:
            self.stopping.restore(progress["stopping"])
        run.forget_records_after(fitted.updates)
        if fitted.updates >= self.last_update():
            fitted.status = "finished"

    def _arrays(self) -> dict[str, Any]:
        return {"state": self.state, "totals": self.totals, "best": self.fitted.model}
