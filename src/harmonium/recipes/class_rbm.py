"""The RBM that classifies (Larochelle & Bengio 2008)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from harmonium.recipes.shared.classification import Classification
from harmonium.recipes.shared.search_space import Choice, LogUniform, Space
from harmonium.recipes.shared.unsupervised import TILES

if TYPE_CHECKING:
    from jaxtyping import Array, PRNGKeyArray

    from harmonium.data import Dataset
    from harmonium.models import ClassRBM


@dataclass(frozen=True, kw_only=True)
class ClassRBMRecipe(Classification):
    """Train a restricted Boltzmann machine to classify, by the exact gradient of log p(class | example).

    Larochelle and Bengio (2008): 1.81 % test error on MNIST with 500 hidden units.
    """

    name: ClassVar[str] = "class-rbm"
    in_the_book: ClassVar[bool] = False
    search_space: ClassVar[Space] = {
        "learning_rate": LogUniform(0.005, 0.2),
        "hidden": Choice((250, 500, 1000)),
        "l2": Choice((0.0, 0.00001, 0.0001)),
    }

    learning_rate: float = 0.05
    max_epochs: int = 200
    batch_size: int = 20
    patience: int = 50_000
    shuffle: bool = True
    hidden: int = 500
    """Hidden units, which see both the example and its class."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require("hidden", self.hidden >= 1, "be at least 1")

    @property
    def takes_real(self) -> bool:
        """Whether the numbers of an example may be any: the visible units are binary."""
        return False

    def model(self, dataset: Dataset, key: PRNGKeyArray) -> ClassRBM:
        """Return weights drawn from the paper's intervals."""
        from harmonium.models import ClassRBM

        return ClassRBM.init(math.prod(dataset.shape), self.hidden, len(dataset.classes), key=key)

    def filters(self, model: ClassRBM, shape: tuple[int, ...]) -> Array:
        """Return the weights of each hidden unit."""
        return model.weight[:TILES].reshape(-1, *shape)
