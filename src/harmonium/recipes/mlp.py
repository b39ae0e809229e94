"""The multilayer perceptron on images (chapter 5)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from harmonium.recipes.shared.classification import Classification
from harmonium.recipes.shared.search_space import Choice, LogUniform, Space

if TYPE_CHECKING:
    from jaxtyping import Array, PRNGKeyArray

    from harmonium.data import Dataset
    from harmonium.models import MLP


@dataclass(frozen=True, kw_only=True)
class Perceptron(Classification):
    """The settings of every multilayer perceptron, whether its layers were trained before or not."""

    dropout: float = 0.0
    """Share of each layer's inputs that each update leaves out."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require("dropout", 0 <= self.dropout < 1, "be in [0, 1)")

    def changes(self) -> dict[str, Any]:
        """Return the dropout of an update."""
        return {"dropout": self.dropout}


@dataclass(frozen=True, kw_only=True)
class MLPRecipe(Perceptron):
    """Train a multilayer perceptron. The book: 1.65 % test error on MNIST, 828 epochs."""

    name: ClassVar[str] = "mlp"
    configurations: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "best": {
            "hidden": (1200, 600, 300, 150),
            "activation": "relu",
            "batch_norm": True,
            "adversarial": 1.5,
            "l2": 0.0,
            "optimizer": "adam",
            "learning_rate": 0.002,
            "anneal": True,
            "batch_size": 128,
            "shuffle": True,
            "max_epochs": 12,
            "patience": 100_000,
        }
    }
    search_space: ClassVar[Space] = {
        "learning_rate": LogUniform(0.002, 0.05),
        "l2": Choice((0.0, 0.0001, 0.001)),
        "hidden": Choice(((250,), (500,), (1000,), (500, 500))),
    }

    learning_rate: float = 0.01
    l2: float = 0.0001
    max_epochs: int = 1000
    batch_size: int = 20
    patience: int = 10000
    hidden: tuple[int, ...] = (500,)
    """Units of each hidden layer, the first one above the image."""
    activation: Literal["tanh", "sigmoid", "relu", "softplus", "linear"] = "tanh"
    """The hidden units' non-linearity, which also decides the interval of their first weights."""
    batch_norm: bool = False
    """Bring each hidden unit to mean 0 and variance 1 over the batch (Ioffe & Szegedy 2015)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require("dropout", not (self.dropout and self.batch_norm), "be 0 with --batch-norm")
        self.require("hidden", all(units >= 1 for units in self.hidden), "hold positive numbers of units")

    def model(self, dataset: Dataset, key: PRNGKeyArray) -> MLP:
        """Return hidden layers drawn from the book's intervals under an output of zeros."""
        from harmonium.models.mlp import MLP

        inputs, classes = math.prod(dataset.shape), len(dataset.classes)
        return MLP.init(inputs, self.hidden, classes, self.activation, batch_norm=self.batch_norm, key=key)

    @property
    def normalises(self) -> bool:
        """Whether hidden layers are normalised."""
        return self.batch_norm

    def filters(self, model: MLP, shape: tuple[int, ...]) -> Array:
        """Return the weights of each unit of the first hidden layer, or of each class where there is none."""
        first = model.hidden[0] if model.hidden else model.output
        return first.weight.reshape(-1, *shape)
