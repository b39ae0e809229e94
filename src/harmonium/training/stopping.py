"""What the validations decide: which model is the best, when training ends, and when it goes back."""

import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from harmonium.errors import ConfigError
from harmonium.metrics.table import metric


class Stopping(ABC):
    """A rule that `fit` follows; this one never ends training, and validates once an epoch."""

    def validation_frequency(self, updates_per_epoch: int) -> int:
        """Updates between validations."""
        return updates_per_epoch

    @abstractmethod
    def is_best(self, update: int, scores: dict[str, float]) -> bool:
        """Note the validation scores after `update`; true where they are the best so far."""

    def retreat(self) -> float | None:
        """Asked after each validation: to go back to the best model, what to multiply the learning rate by."""
        return None

    def last_update(self) -> int:
        """The update after which training stops unless a validation before it moves that."""
        return sys.maxsize - 1

    def spent(self) -> bool:
        """Whether a training has used the rule already."""
        return bool(abs(getattr(self, "best", float("inf"))) != float("inf"))

    def require_new(self, *, scored: bool) -> None:
        """Raise `ConfigError` where no validation set is scored for the rule to follow, or it is used up."""
        if not scored:
            raise ConfigError(
                f"the stopping rule {type(self).__name__} needs `evaluate`, whose scores it follows"
            )
        if self.spent():
            raise ConfigError(f"the stopping rule {self} has been used already; make a new one")

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """What changes, for a checkpoint."""

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from what `state()` returned."""
        for name, value in state.items():
            setattr(self, name, value)


@dataclass
class KeepBest(Stopping):
    """Keep the best model of all epochs, and never stop early.

    Parameters
    ----------
    metric
        The validation score that decides; `harmonium.metrics.table` says whether the highest or the lowest is the best.
    """

    metric: str
    best: float | None = None

    def is_best(self, update: int, scores: dict[str, float]) -> bool:
        """Note the validation scores after `update`; true where they are the best so far."""
        value = scores[self.metric]
        sign = 1 if metric(self.metric).better == "lowest" else -1
        if self.best is not None and not sign * value < sign * self.best:
            return False
        self.best = value
        return True

    def spent(self) -> bool:
        """Whether a training has used the rule already."""
        return self.best is not None

    def state(self) -> dict[str, Any]:
        """What changes, for a checkpoint."""
        return {"best": self.best}


@dataclass
class Halving(Stopping):
    """Go back to the best model, with half the learning rate, after `wait` validations in a row without a better one.

    Higher values of the metric are better (section 12.7.2).
    """

    wait: int
    metric: str
    best: float = float("-inf")
    waited: int = 0

    def is_best(self, update: int, scores: dict[str, float]) -> bool:
        """Note the validation scores after `update`; true where they are the best so far."""
        better = scores[self.metric] > self.best
        self.best = max(self.best, scores[self.metric])
        self.waited = 0 if better else self.waited + 1
        return better

    def retreat(self) -> float | None:
        """A half, each time that the wait is over."""
        if self.waited < self.wait:
            return None
        self.waited = 0
        return 0.5

    def state(self) -> dict[str, Any]:
        """What changes, for a checkpoint."""
        return {"best": self.best, "waited": self.waited}


@dataclass
class Waiting(Stopping):
    """Stop after `wait` validations in a row without a better one, validating every so many updates (chapter 13).

    Lower values of the metric are better. A frequency of 0 is an epoch.
    """

    wait: int
    frequency: int = 0
    metric: str = "error_rate"
    best: float = float("inf")
    waited: int = 0
    last: int = sys.maxsize - 1

    def validation_frequency(self, updates_per_epoch: int) -> int:
        """Updates between validations."""
        return self.frequency or updates_per_epoch

    def is_best(self, update: int, scores: dict[str, float]) -> bool:
        """Note the validation scores after `update`; true where they are the best so far."""
        better = scores[self.metric] < self.best
        self.best = min(self.best, scores[self.metric])
        self.waited = 0 if better else self.waited + 1
        if self.waited >= self.wait:
            self.last = update
        return better

    def last_update(self) -> int:
        """Where the wait was over; until then there is no last update."""
        return self.last

    def state(self) -> dict[str, Any]:
        """What changes, for a checkpoint."""
        return {"best": self.best, "waited": self.waited, "last": self.last}


@dataclass
class Patience(Stopping):
    """Early stopping by the book's patience (section 3.4.3).

    Look at `patience` updates in any case, and `increase` times as far after each clear improvement.

    Updates count from 0. A new best below `best * threshold` sets patience = max(patience, update * increase);
    training stops after the first update that is not below the patience. Lower values of the metric are better.
    """

    patience: float
    increase: float = 2.0
    threshold: float = 0.995
    metric: str = "error_rate"
    best: float = float("inf")

    def __post_init__(self) -> None:
        if self.patience < 1 or self.increase < 1 or not 0 < self.threshold <= 1:
            raise ConfigError(
                f"patience {self.patience:g} must be at least 1 update, patience increase {self.increase:g} "
                f"at least 1, and improvement threshold {self.threshold:g} in (0, 1]"
            )

    def validation_frequency(self, updates_per_epoch: int) -> int:
        """Updates between validations: an epoch, but at least two validations within the first patience."""
        return max(1, min(updates_per_epoch, int(self.patience // 2)))

    def is_best(self, update: int, scores: dict[str, float]) -> bool:
        """Note the validation scores after `update`; true where they are the best so far."""
        value = scores[self.metric]
        if not value < self.best:
            return False
        if value < self.best * self.threshold:
            self.patience = max(self.patience, update * self.increase)
        self.best = value
        return True

    def last_update(self) -> int:
        """The update after which training stops unless a validation before it raises the patience."""
        whole = int(self.patience)
        return whole if whole == self.patience else whole + 1

    def state(self) -> dict[str, Any]:
        """What changes, for a checkpoint."""
        return {"patience": self.patience, "best": self.best}
