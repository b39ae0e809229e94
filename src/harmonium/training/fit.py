"""The only training loop in the project."""

import dataclasses
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np

from harmonium.training.batches import Batches, minibatch
from harmonium.training.interrupt import Interrupt
from harmonium.training.progress import Reporter, Silent
from harmonium.training.run_folder import RunFolder
from harmonium.training.stopping import Stopping
from harmonium.training.update import TrainingState, Update

SECONDS_PER_CALL = 0.5  # how often Python looks at the clock, the screen and Ctrl+C
SECONDS_PER_CHECKPOINT = 20.0

Record = dict[str, Any]  # a line of metrics.jsonl


@dataclass(frozen=True)
class Evaluation:
    """How a model is scored: a mapping from metric to value for each held-out set."""

    valid: Callable[[Any], dict[str, float]]
    test: Callable[[Any], dict[str, float]] | None = None


@dataclass
class Fitted:
    """What `fit` returns, and what it continues from."""

    model: Any  # the best by validation, or the last where nothing decides
    best: Record | None = None  # the line of the best validation
    updates: int = 0
    epochs: int = 0
    seconds: float = 0.0  # in updates and validations, compilation included
    status: Literal["running", "finished", "interrupted", "diverged"] = "running"
    diverged: Record = field(default_factory=dict)  # the update and the metric that was not finite


def fit(
    update: Update,
    state: TrainingState,
    train: Any,
    *,
    batch_size: int,
    max_epochs: int,
    shuffle: bool = False,
    evaluate: Evaluation | None = None,
    stopping: Stopping | None = None,
    run: RunFolder | None = None,
    report: Reporter | None = None,
    snapshot_epochs: int = 0,
    device_bytes: int | None = None,
) -> Fitted:
    """Run updates over `train` until `stopping` or `max_epochs` ends them, and return the best model.

    `train` is a tree of arrays with one row an example. With a `run`, validations are recorded and checkpoints
    kept in its folder, and the model after every `snapshot_epochs` epochs; training goes on from the folder's last
    checkpoint: the result is bit for bit that of a run that was never stopped. Ctrl+C ends training after the
    current compiled call. A metric that is not finite ends it with the status "diverged" and the last checkpoint
    before it intact.
    """
    report = report or Silent()
    batches = Batches(train, batch_size, shuffle=shuffle, key=state.key, device_bytes=device_bytes)
    loop = _Loop(update, jax.tree.map(jnp.copy, state), batches, evaluate, stopping, run, report, max_epochs)
    loop.snapshot_updates = snapshot_epochs * batches.per_epoch
    if run is not None:
        run.begin()
        loop.restore(run)
    with Interrupt() as interrupt, report:
        report.begin(loop.fitted.updates, loop.last_update())
        while loop.fitted.status == "running":
            loop.advance()
            if interrupt.requested and loop.fitted.status == "running":
                loop.fitted.status = "interrupted"
        loop.end()
    return loop.fitted


class _Loop:
    """The loop's state between two compiled calls."""

    def __init__(
        self,
        update: Update,
        state: TrainingState,
        batches: Batches,
        evaluate: Evaluation | None,
        stopping: Stopping | None,
        run: RunFolder | None,
        report: Reporter,
        max_epochs: int,
    ):
        self.batches, self.evaluate, self.stopping = batches, evaluate, stopping
        self.run, self.report, self.max_updates = run, report, max_epochs * batches.per_epoch
        self.state = state
        self.fitted = Fitted(jax.tree.map(jnp.copy, state.model))  # a copy: updates donate the state
        self.totals = no_totals(update, state, batches)
        self.frequency = stopping.validation_frequency(batches.per_epoch) if stopping else batches.per_epoch
        self.run_updates = jax.jit(partial(run_updates, update, batches.batch_size), donate_argnums=(0, 1))
        self.snapshot_updates = 0  # how often the model is kept to be drawn; 0 is never
        self.call_updates = 1  # how many updates the next call may run
        self.checkpointed = time.monotonic()
        if self.max_updates == 0:
            self.fitted.status = "finished"

    def last_update(self) -> int:
        """How many updates there will be if no later validation raises the patience."""
        if self.stopping is None:
            return self.max_updates
        return min(self.max_updates, self.stopping.last_update() + 1)

    def advance(self) -> None:
        """Run one compiled call, and validate, stop or checkpoint where that is due."""
        fitted, started = self.fitted, time.perf_counter()
        chunk = self.batches.chunk(fitted.updates)
        next_validation = fitted.updates - fitted.updates % self.frequency + self.frequency
        ends = (
            next_validation,
            self.last_update(),
            chunk.first + chunk.updates,
            fitted.updates + self.call_updates,
        )
        count = min(ends) - fitted.updates
        self.state, self.totals = self.run_updates(
            self.state, self.totals, chunk.arrays, chunk.order, chunk.first, count
        )
        totals = jax.device_get(self.totals)
        fitted.updates += count
        fitted.epochs = -(-fitted.updates // self.batches.per_epoch)
        diverged = {name: int(at) for name, at in totals["diverged"].items() if at >= 0}
        if diverged:
            metric = min(diverged, key=lambda name: diverged[name])
            fitted.diverged = {"update": diverged[metric], "metric": metric}
            fitted.status = "diverged"
            return
        seconds = time.perf_counter() - started
        self.call_updates = _calls_of(SECONDS_PER_CALL, count, seconds, self.call_updates)
        if fitted.updates % self.frequency == 0:
            seconds += self.validate(_means(totals), seconds)
        fitted.seconds += seconds
        if self.run and self.snapshot_updates and fitted.updates % self.snapshot_updates == 0:
            self.run.save_snapshot(fitted.epochs, self.state.model)
        if fitted.updates >= self.last_update():
            fitted.status = "finished"
        self.report.advance(fitted.updates, self.last_update(), seconds, _means(totals))
        if self.run and time.monotonic() - self.checkpointed >= SECONDS_PER_CHECKPOINT:
            self.checkpoint()

    def validate(self, train: Mapping[str, float], seconds: float) -> float:
        """Score the model, keep it if it is the best, write the line down; return the seconds this took."""
        started = time.perf_counter()
        fitted = self.fitted
        record: Record = {
            "epoch": fitted.epochs,
            "update": fitted.updates,
            "seconds": 0.0,
            "train": dict(train),
        }
        is_best = self.stopping is None
        if self.evaluate:
            record["valid"] = self.evaluate.valid(self.state.model)
            if self.stopping:
                is_best = self.stopping.is_best(fitted.updates - 1, record["valid"])
            if is_best and self.evaluate.test:
                record["test"] = self.evaluate.test(self.state.model)
        if is_best:
            fitted.model = jax.tree.map(jnp.copy, self.state.model)
        if self.stopping and (scale := self.stopping.retreat()) is not None:
            self.go_back(scale)
        self.totals = jax.tree.map(jnp.zeros_like, self.totals) | {"diverged": self.totals["diverged"]}
        took = time.perf_counter() - started
        record["seconds"] = round(fitted.seconds + seconds + took, 3)
        if is_best:
            fitted.best = record
        if self.run:
            self.run.record(record)
        self.report.validated(record, is_best)
        return took

    def go_back(self, scale: float) -> None:
        """Continue from the best model; the optimiser keeps what it has gathered, but its steps are scaled."""
        best = jax.tree.map(jnp.copy, self.fitted.model)
        self.state = dataclasses.replace(self.state, model=best, rate=self.state.rate * scale)

    def end(self) -> None:
        """Leave a checkpoint to resume from; without early stopping the last model is the result."""
        diverged = self.fitted.status == "diverged"
        if self.stopping is None and not diverged:
            self.fitted.model = self.state.model
        if self.run and diverged:
            self.run.save_model(self.fitted.model)
        elif self.run:
            self.checkpoint()

    def checkpoint(self) -> None:
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
        self.run.save_model(fitted.model)
        self.checkpointed = time.monotonic()

    def restore(self, run: RunFolder) -> None:
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


def run_updates(
    update: Update,
    batch_size: int,
    state: TrainingState,
    totals: Any,
    arrays: Any,
    order: Any,
    first: Any,
    count: Any,
) -> tuple[TrainingState, Any]:
    """Run `count` updates in one program; metrics are summed on the device."""

    def step(_: Any, carried: tuple[TrainingState, Any]) -> tuple[TrainingState, Any]:
        state, totals = carried
        batch = minibatch(arrays, order, state.update - first, batch_size)
        after, metrics = update(state, batch)
        return after, {
            "count": totals["count"] + 1,
            "sum": jax.tree.map(jnp.add, totals["sum"], metrics),
            "diverged": jax.tree.map(
                lambda at, value: jnp.where((at < 0) & ~jnp.isfinite(value), state.update, at),
                totals["diverged"],
                metrics,
            ),
        }

    return jax.lax.fori_loop(0, count, step, (state, totals))


def no_totals(update: Update, state: TrainingState, batches: Batches) -> dict[str, Any]:
    """What `run_updates` starts to sum from: nothing counted, nothing diverged."""
    chunk = batches.chunk(0)
    one = jax.eval_shape(lambda a: minibatch(a, None, jnp.int32(0), batches.batch_size), chunk.arrays)
    _, metrics = jax.eval_shape(update, state, one)
    return {
        "count": jnp.int32(0),
        "sum": jax.tree.map(lambda m: jnp.zeros(m.shape, m.dtype), metrics),
        "diverged": jax.tree.map(lambda _: jnp.int32(-1), metrics),
    }


def _means(totals: Any) -> dict[str, float]:
    return {
        name: float(np.asarray(value)) / max(int(totals["count"]), 1) for name, value in totals["sum"].items()
    }


def _calls_of(target: float, count: int, seconds: float, before: int) -> int:
    """Updates that take about `target` seconds, growing at most tenfold: the first call compiles."""
    return max(1, min(10 * before, int(count * target / max(seconds, 1e-6))))
