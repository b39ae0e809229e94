"""What every multilayer perceptron shares, whether its layers were trained before or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harmonium.recipes.shared.classification import Classification, penalized

if TYPE_CHECKING:
    from harmonium.training import Objective


@dataclass(frozen=True, kw_only=True)
class Perceptron(Classification):
    """The settings of every multilayer perceptron."""

    dropout: float = 0.0
    """Share of each layer's inputs that each update leaves out."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require("dropout", 0 <= self.dropout < 1, "be in [0, 1)")

    def objective(self) -> Objective:
        """Return the mean negative log-likelihood, with penalties and under dropout."""
        return penalized(self.l1, self.l2, self.dropout)
