"""Early stopping by the book's patience (section 3.4.3)."""

from dataclasses import dataclass
from typing import Any

from harmonium.errors import ConfigError


@dataclass
class Patience:
    """Look at `patience` updates in any case, and `increase` times as far after each clear improvement.

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

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from what `state()` returned."""
        self.patience, self.best = float(state["patience"]), float(state["best"])
