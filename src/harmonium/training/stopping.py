"""Rules that follow the validation scores: which model is the best, when training ends, when it goes back."""

import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

from harmonium.errors import ConfigError
from harmonium.metrics.table import metric


class Stopping(ABC):
    """A rule that `fit` follows: told of each validation, it says whether that is the best, and when to stop.

    A subclass keeps what changes in fields that `state` names. As it stands, a rule validates once an epoch and never
    ends training.
    """

    def validation_frequency(self, updates_per_epoch: int) -> int:
        """Return how many updates lie between two validations."""
        return updates_per_epoch

    @abstractmethod
    def is_best(self, update: int, scores: dict[str, float]) -> bool:
        """Note the validation scores after an update, counted from 0; return whether they are the best so far."""

    def retreat(self) -> float | None:
        """Return None, or, to go back to the best model now, what its learning rate is to be multiplied by."""
        return None

    def last_update(self) -> int:
        """Return the update, counted from 0, after which training stops unless a validation before it moves that."""
        return sys.maxsize - 1

    def spent(self) -> bool:
        """Whether a training has used the rule already."""
        return getattr(self, "best", None) is not None

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
        """Return what has changed since the rule was made, as JSON values, for a checkpoint."""

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what `state` returned."""
        for name, value in state.items():
            setattr(self, name, value)


def _beats(name: str, value: float, best: float | None) -> bool:
    """Whether a validation score is better than the best before it; the table of metrics says which way that is."""
    if best is None:
        return value == value  # NaN is not
    return value < best if metric(name).better == "lowest" else value > best


@dataclass
class KeepBest(Stopping):
    """Keep the best model of all epochs, and never stop early.

    Parameters
    ----------
    metric
        The validation score that decides; `harmonium.metrics.table` says whether the highest or the lowest is the best.

    Examples
    --------
    >>> rule = KeepBest("error_rate")
    >>> [rule.is_best(update, {"error_rate": error}) for update, error in enumerate([0.3, 0.2, 0.25])]
    [True, True, False]
    """

    metric: str
    best: float | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.metric, str):
            raise ConfigError(f"KeepBest: metric is {self.metric!r}, but must be the name of a score")

    def is_best(self, update: int, scores: dict[str, float]) -> bool:
        """Note the validation scores after an update; return whether they are the best so far."""
        better = _beats(self.metric, scores[self.metric], self.best)
        if better:
            self.best = scores[self.metric]
        return better

    def state(self) -> dict[str, Any]:
        """Return what changes, for a checkpoint."""
        return {"best": self.best}


@dataclass
class Halving(Stopping):
    """Go back to the best model, with half the learning rate, after a wait without a better one (section 12.7.2).

    Parameters
    ----------
    wait
        Validations in a row without a better one, after which training goes back.
    metric
        The validation score that decides, as for `KeepBest`.

    Examples
    --------
    >>> rule = Halving(wait=2, metric="f1")
    >>> [rule.is_best(update, {"f1": f1}) for update, f1 in enumerate([0.5, 0.4, 0.3])], rule.retreat()
    ([True, False, False], 0.5)
    """

    wait: int
    metric: str
    best: float | None = None
    waited: int = 0

    def is_best(self, update: int, scores: dict[str, float]) -> bool:
        """Note the validation scores after an update; return whether they are the best so far."""
        better = _beats(self.metric, scores[self.metric], self.best)
        if better:
            self.best = scores[self.metric]
        self.waited = 0 if better else self.waited + 1
        return better

    def retreat(self) -> float | None:
        """Return a half, each time that the wait is over."""
        if self.waited < self.wait:
            return None
        self.waited = 0
        return 0.5

    def state(self) -> dict[str, Any]:
        """Return what changes, for a checkpoint."""
        return {"best": self.best, "waited": self.waited}


@dataclass
class Waiting(Stopping):
    """Stop after a wait without a better validation (chapter 13).

    Parameters
    ----------
    wait
        Validations in a row without a better one, after which training stops.
    frequency
        Updates between validations; 0 for an epoch.
    metric
        The validation score that decides, as for `KeepBest`.

    Examples
    --------
    >>> rule = Waiting(wait=2, frequency=10)
    >>> for update, error in ((9, 0.3), (19, 0.4), (29, 0.5)):
    ...     best = rule.is_best(update, {"error_rate": error})
    >>> rule.last_update()
    29
    """

    wait: int
    frequency: int = 0
    metric: str = "error_rate"
    best: float | None = None
    waited: int = 0
    last: int = sys.maxsize - 1

    def validation_frequency(self, updates_per_epoch: int) -> int:
        """Return how many updates lie between two validations."""
        return self.frequency or updates_per_epoch

    def is_best(self, update: int, scores: dict[str, float]) -> bool:
        """Note the validation scores after an update; return whether they are the best so far."""
        better = _beats(self.metric, scores[self.metric], self.best)
        if better:
            self.best = scores[self.metric]
        self.waited = 0 if better else self.waited + 1
        if self.waited >= self.wait:
            self.last = update
        return better

    def last_update(self) -> int:
        """Return the update at which the wait was over; until then one that is never reached."""
        return self.last

    def state(self) -> dict[str, Any]:
        """Return what changes, for a checkpoint."""
        return {"best": self.best, "waited": self.waited, "last": self.last}


@dataclass
class LaggedWaiting(Waiting):
    """Stop by the rule of the book's program for chapter 13, which compares a validation with those long before it.

    A validation is bad if it is no better than the best one up to `wait` validations ago. Training stops at the
    (`wait` + 1)-th bad one since the last best. A model that equals the best replaces it.

    Examples
    --------
    >>> rule = LaggedWaiting(wait=2, frequency=10)
    >>> [rule.is_best(update, {"error_rate": 0.3}) for update in (9, 19)]  # equals replace each other
    [True, True]
    >>> for update, error in ((29, 0.4), (39, 0.4), (49, 0.4)):
    ...     best = rule.is_best(update, {"error_rate": error})
    >>> rule.last_update()
    49
    """

    scores: list[float] = field(default_factory=list)

    def is_best(self, update: int, scores: dict[str, float]) -> bool:
        """Note the validation scores after an update; return whether none before was better."""
        score = scores[self.metric]
        self.scores = [*self.scores, score]
        better = score == self.best or _beats(self.metric, score, self.best)
        if better:
            self.best = score
        self.waited = 0 if better else self.waited
        if any(not _beats(self.metric, score, before) for before in self.scores[: -self.wait]):
            self.waited += 1
        if self.waited > self.wait:
            self.last = update
        return better

    def state(self) -> dict[str, Any]:
        """Return what changes, for a checkpoint."""
        return {**super().state(), "scores": self.scores}


@dataclass
class Patience(Stopping):
    """Early stopping by the book's patience (section 3.4.3).

    Parameters
    ----------
    patience
        Updates that are made in any case.
    increase
        After a clear improvement at update t, training goes on at least to update t times this.
    threshold
        A validation below this share of the best so far is a clear improvement.
    metric
        The validation score that decides: a positive one of which the lowest is the best.

    Notes
    -----
    Updates count from 0. A clear improvement at an update sets patience = max(patience, update * increase);
    training stops after the first update that is not below the patience.

    Examples
    --------
    >>> rule = Patience(1000)
    >>> rule.is_best(600, {"error_rate": 0.10}), rule.last_update()
    (True, 1200)
    >>> rule.is_best(900, {"error_rate": 0.0999}), rule.last_update()  # better, but not clearly
    (True, 1200)
    >>> rule.is_best(1100, {"error_rate": 0.08}), rule.last_update()
    (True, 2200)
    """

    patience: float
    increase: float = 2.0
    threshold: float = 0.995
    metric: str = "error_rate"
    best: float | None = None

    def __post_init__(self) -> None:
        if self.metric != "error_rate" and metric(self.metric).better != "lowest":
            raise ConfigError(
                f"Patience: of {self.metric} the highest is the best, and patience asks for a share of the best; use "
                "Waiting or KeepBest"
            )
        for name in ("patience", "increase", "threshold"):
            if not isinstance(getattr(self, name), int | float):
                raise ConfigError(f"Patience: {name} is {getattr(self, name)!r}, but must be a number")
        if self.patience < 1 or self.increase < 1 or not 0 < self.threshold <= 1:
            raise ConfigError(
                f"patience {self.patience:g} must be at least 1 update, patience increase {self.increase:g} "
                f"at least 1, and improvement threshold {self.threshold:g} in (0, 1]"
            )

    def validation_frequency(self, updates_per_epoch: int) -> int:
        """Return an epoch's updates, or fewer, so that two validations fall within the first patience."""
        return max(1, min(updates_per_epoch, int(self.patience // 2)))

    def is_best(self, update: int, scores: dict[str, float]) -> bool:
        """Note the validation scores after an update; return whether they are the best so far."""
        value = scores[self.metric]
        if not _beats(self.metric, value, self.best):
            return False
        if self.best is None or value < self.best * self.threshold:
            self.patience = max(self.patience, update * self.increase)
        self.best = value
        return True

    def last_update(self) -> int:
        """Return the update after which training stops unless a validation before it raises the patience."""
        whole = int(self.patience)
        return whole if whole == self.patience else whole + 1

    def state(self) -> dict[str, Any]:
        """Return what changes, for a checkpoint."""
        return {"patience": self.patience, "best": self.best}
