"""`Training`, what an optimisation needs, and `Fitted`, its result."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from harmonium.training.run_folder import Record, RunFolder
from harmonium.training.stopping import Stopping
from harmonium.training.update import TrainingState, Update


@dataclass(frozen=True)
class Evaluation:
    """How a model is scored: functions from a model to its metrics, by name.

    Parameters
    ----------
    valid
        Scores the validation set, at each validation; None where the model learns from its examples too.
    test
        Scores the test set, once, when training has ended.
    watch_test
        Score the test set at each new best validation too, as the book's programs do.
    """

    valid: Callable[[Any], dict[str, float]] | None
    test: Callable[[Any], dict[str, float]] | None = None
    watch_test: bool = False


@dataclass(frozen=True)
class Training:
    """Updates of a model over a training set, until a rule or the number of epochs ends them.

    Parameters
    ----------
    update
        What an update does to the state; see `gradient_update`.
    state
        Where training begins; see `TrainingState.init`.
    train
        The training set: any tree of arrays with one row an example.
    batch_size
        Examples an update. Examples that do not fill a last minibatch are left out of an epoch.
    max_epochs
        Passes over the training set after which training ends in any case.
    shuffle
        Take the examples in a new random order each epoch.
    evaluate
        How the model is scored at each validation, once an epoch unless the stopping rule says otherwise.
    stopping
        The rule that says which validation is the best, and when to stop. Without one the last model is the result.
        The rule is copied, so that one rule may serve several trainings.
    run
        The folder in which validations are recorded and checkpoints kept.
    snapshot_epochs
        Keep the model in the run's folder each time this many epochs have passed; 0 for never.
    beside_snapshots
        From the state to arrays by name that are kept beside each of them, to be drawn.
    device_bytes
        A training set larger than this streams through the device; None for half of an accelerator's memory.
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
    beside_snapshots: Callable[[TrainingState], dict[str, Any]] | None = None
    device_bytes: int | None = None


@dataclass
class Fitted:
    """The result of a training.

    Attributes
    ----------
    model
        The model of the best validation where a stopping rule decides, else the last one.
    best
        The record of that validation, as it stands in metrics.jsonl; None before the first validation.
    updates, epochs
        How many were made; an epoch that was begun counts.
    seconds
        Time spent in updates and validations, compilation included.
    status
        "finished", or "interrupted" by a signal, or "diverged" where a metric or a weight was not finite.
    diverged
        For a training that diverged: the update, and the metric that was not finite, or "a weight".
    together
        How many runs were trained side by side in one program; `seconds` is the time of all of them together.
    state
        Where training ended, from which another `fit` may go on; None before the end.
    asked_to_stop
        Whether a signal came before the end, also where it came too late to interrupt anything.
    """

    model: Any
    best: Record | None = None
    updates: int = 0
    epochs: int = 0
    seconds: float = 0.0
    status: Literal["running", "finished", "interrupted", "diverged"] = "running"
    diverged: Record = field(default_factory=dict)
    together: int = 1
    state: TrainingState | None = None
    asked_to_stop: bool = False
