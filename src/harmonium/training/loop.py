"""The one training loop of the project, and a training while the loop runs."""

import copy
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import equinox as eqx
import jax
import jax.numpy as jnp

from harmonium.errors import ConfigError
from harmonium.memory import give_back
from harmonium.training.batches import Alone, Batches, mean_metrics, no_totals
from harmonium.training.progress import Reporter, Signals, Silent, show_model
from harmonium.training.run_folder import Record, RunFolder, agreed
from harmonium.training.training import Fitted, Training
from harmonium.training.update import copied

if TYPE_CHECKING:
    from harmonium.training.together import Together

SECONDS_PER_CALL = 0.5  # how often Python looks at the clock, the screen and signals
SECONDS_PER_CHECKPOINT = 20.0


def fit_alone(training: Training, report: Reporter | None = None) -> Fitted:
    """Run one training and return its result; `fit` is the public form."""
    trainer = Trainer(training)
    trainer.restore()
    hold: Callable[..., Alone | Together] = Alone
    if jax.device_count() > 1:
        from harmonium.training.together import Together as hold  # noqa: N813
    reporter = report or Silent()
    with Signals() as signals, reporter:
        train_in_step([trainer], hold, reporter, signals)
    return trainer.fitted


def train_in_step(
    group: Sequence["Trainer"],
    hold: Callable[..., "Alone | Together"],
    report: Reporter,
    signals: Signals,
    *,
    alone: bool = True,
    ended: Callable[["Trainer"], None] = lambda trainer: None,
) -> None:
    """Run the loop for one training, or for several that have made the same number of updates.

    All of them make the same updates at the same time, and write their checkpoints together. `hold` makes what keeps
    their arrays and runs the program of updates; `alone` says that no other training ever ran beside this one. `ended`
    is called for each training that ends, when the others have written a checkpoint of that moment.
    """

    def end(trainer: Trainer) -> None:
        trainer.end()
        trainer.fitted.asked_to_stop = bool(agreed(signals.requested))
        ended(trainer)

    for trainer in group:
        trainer.fitted.together = len(group)
        if trainer.fitted.status != "running":
            end(trainer)
    running = [trainer for trainer in group if trainer.fitted.status == "running"]
    if not running:
        return
    held, call_updates = hold(running, alone=alone), 1
    on_disk, checkpointed = any(trainer.run for trainer in group), time.monotonic()
    report.begin(running[0].fitted.updates, max(trainer.last_update() for trainer in running))
    while running:
        started, done = time.perf_counter(), running[0].fitted.updates
        count = min(min(trainer.next_stop() for trainer in running) - done, call_updates)
        count, totals = held.advance(done, count)
        seconds = time.perf_counter() - started
        if call_updates == 1:
            give_back()  # what compiling took
        # The first call compiles, so that the number grows at most tenfold.
        wanted = max(1, min(10 * call_updates, int(count * SECONDS_PER_CALL / max(seconds, 1e-6))))
        call_updates = agreed(wanted)
        means = [mean_metrics(of) for of in totals]
        for trainer, of in zip(running, totals, strict=True):
            trainer.ran(count, of, seconds)
        last = max(trainer.last_update() for trainer in running)
        diverged = running[0].fitted.status == "diverged"
        save = bool(agreed(on_disk and time.monotonic() - checkpointed >= SECONDS_PER_CHECKPOINT))
        if save or any(trainer.due() for trainer in running):
            held.hand_out()
            judged = [trainer.state.result for trainer in running]
            found = [trainer.look(mean) for trainer, mean in zip(running, means, strict=True)]
            for model, line in zip(judged, found, strict=True):
                if line is not None:
                    show_model(report, model, *line)
            if validated := [line for line in found if line is not None]:
                record = held.mean([record for record, _ in validated])
                report.validated(record, any(best for _, best in validated))
            over = [trainer for trainer in running if trainer.fitted.status != "running"]
            running = [trainer for trainer in running if trainer.fitted.status == "running"]
            if save or over:  # else a training that is resumed could go back to before another one ended
                for trainer in running:
                    trainer.checkpoint()
                checkpointed = time.monotonic()
            for trainer in over:
                end(trainer)
            held.gather(running)
        if not diverged:
            report.advance(done + count, last, seconds, held.mean(means))
        if running and agreed(signals.requested):
            held.hand_out()
            for trainer in running:
                trainer.fitted.status = "interrupted"
                end(trainer)
            return


class Trainer:
    """A training in progress: its state, what it has come to, and what is due between two compiled calls."""

    def __init__(self, training: Training):
        """Begin; `restore` then goes on with what the training's folder holds."""
        self.training, self.run = training, training.run
        self.stopping = copy.deepcopy(training.stopping)
        if self.stopping:
            self.stopping.require_new(scored=bool(training.evaluate and training.evaluate.valid))
        self.batches = Batches(
            training.train,
            training.batch_size,
            shuffle=training.shuffle,
            key=training.state.key,
            device_bytes=training.device_bytes,
        )
        per_epoch = self.batches.per_epoch
        self.state = copied(training.state)  # a copy: updates take over the state's memory
        self.fitted = Fitted(copied(training.state.result))
        self.totals = no_totals(training.update, training.state, self.batches)
        if training.max_epochs < 0:
            raise ConfigError(f"max_epochs is {training.max_epochs}, but must not be negative")
        self.max_updates = training.max_epochs * per_epoch
        self.frequency = self.stopping.validation_frequency(per_epoch) if self.stopping else per_epoch
        self.snapshot_updates = training.snapshot_epochs * per_epoch  # 0 is never
        if self.max_updates == 0:
            self.fitted.status = "finished"
        if self.run is not None:
            if not isinstance(training.state.model, eqx.Module):
                raise ConfigError(
                    f"a run keeps its model as an equinox.Module, and this one is of type "
                    f"{type(training.state.model).__name__}: make it the field of a Module, or leave `run` out"
                )
            self.run.begin()

    def restore(self, at: int | None = None) -> None:
        """Continue from the last checkpoint in the run's folder, or from that of the update `at`, if there is one."""
        if self.run is not None:
            self.run.restore(self, at)
            self.run.forget_after(self.fitted.updates)
            if self.fitted.updates and self.fitted.updates >= self.last_update():
                self.fitted.status = "finished"

    def last_update(self) -> int:
        """How many updates there will be in all, unless a later validation moves the end."""
        if self.stopping is None:
            return self.max_updates
        return min(self.max_updates, self.stopping.last_update() + 1)

    def next_stop(self) -> int:
        """The update after which the next validation or the end is due."""
        done = self.fitted.updates
        return min(done - done % self.frequency + self.frequency, self.last_update())

    def validation_due(self) -> bool:
        """Whether to validate now: as often as the rule says, and at an end before which there was no validation."""
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
        )

    def ran(self, count: int, totals: Any, seconds: float) -> None:
        """Record the number of updates made, and their metrics."""
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
        """Validate, keep a snapshot and end, each where it is due.

        Returns the record of the validation and whether it is the best, or None where there was no validation.
        """
        fitted, found = self.fitted, None
        if fitted.status != "diverged" and not _is_finite(self.state.model):  # which not every metric tells
            fitted.diverged = {"update": fitted.updates - 1, "metric": "a weight"}
            fitted.status = "diverged"
        if fitted.status == "diverged":
            return None
        if self.validation_due():
            found = self._validate(train)
        if self.run and self.snapshot_updates and fitted.updates % self.snapshot_updates == 0:
            beside = self.training.beside_snapshots
            self.run.save_snapshot(fitted.epochs, self.state.result, beside(self.state) if beside else {})
        if fitted.updates >= self.last_update():
            fitted.status = "finished"
        return found

    def end(self) -> None:
        """Score the test set where training has finished, and leave a checkpoint to resume from."""
        fitted, evaluate = self.fitted, self.training.evaluate
        fitted.state = self.state
        if self.stopping is None and fitted.status != "diverged":
            fitted.model = self.state.result
        best, finished = fitted.best, fitted.status == "finished"
        if finished and best and evaluate and evaluate.test and "test" not in best:
            best["test"] = evaluate.test(fitted.model)
        if self.run and fitted.status == "diverged":
            self._save_model(self.run)
        else:
            self.checkpoint()

    def _validate(self, train: Mapping[str, float]) -> tuple[Record, bool]:
        """Score the model, keep it if it is the best, and write the record down."""
        started = time.perf_counter()
        fitted, evaluate, rule = self.fitted, self.training.evaluate, self.stopping
        record: Record = {
            "epoch": fitted.epochs,
            "update": fitted.updates,
            "seconds": 0.0,
            "train": dict(train),
        }
        is_best = False
        if evaluate and evaluate.valid:
            record["valid"] = self._scores(evaluate.valid(self.state.result))
            if rule and (is_best := rule.is_best(fitted.updates - 1, record["valid"])):
                record["best"] = True
                if evaluate.test and evaluate.watch_test:
                    record["test"] = evaluate.test(self.state.result)
        if is_best or rule is None:
            fitted.model = copied(self.state.result)
        if rule and (scale := rule.retreat()) is not None:
            self.state = self.state.back_at(fitted.model, scale)
        self.totals = jax.tree.map(jnp.zeros_like, self.totals) | {"diverged": self.totals["diverged"]}
        fitted.seconds += time.perf_counter() - started
        record["seconds"] = round(fitted.seconds, 3)
        if is_best or rule is None:
            fitted.best = record
        if self.run:
            self.run.record(record)
        return record, is_best

    def _scores(self, found: Any) -> Any:
        """Return what scored the validation set, once it is known to be what the stopping rule asks for."""
        if not isinstance(found, Mapping):
            raise ConfigError(
                f"evaluate must return scores by name, as {{'nll': 0.3}}, and returned {type(found).__name__}"
            )
        wanted = getattr(self.stopping, "metric", None)
        if wanted is not None and wanted not in found:
            raise ConfigError(
                f"{type(self.stopping).__name__} follows {wanted}, and evaluate returns "
                f"{', '.join(map(str, found)) or 'no score'}; name one of these"
            )
        return found

    def checkpoint(self) -> None:
        """Save everything that the rest of the run depends on, where it has a folder."""
        if self.run is not None:
            self.run.checkpoint(self)
            self._save_model(self.run)

    def _save_model(self, run: RunFolder) -> None:
        """Write the result so far; before the first validation there is none but the first weights."""
        if self.fitted.best or self.fitted.status == "finished":
            run.save_model(self.fitted.model)


@jax.jit
def _is_finite(model: Any) -> Any:
    leaves = [leaf for leaf in jax.tree.leaves(model) if jnp.issubdtype(leaf.dtype, jnp.inexact)]
    return jnp.all(jnp.array([jnp.isfinite(leaf).all() for leaf in leaves]))
