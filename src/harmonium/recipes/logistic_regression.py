"""Logistic regression on images (chapter 4)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from harmonium.recipes.shared.classification import Classification
from harmonium.recipes.shared.search_space import Choice, LogUniform, Space

if TYPE_CHECKING:
    from jaxtyping import Array, PRNGKeyArray

    from harmonium.data import Dataset
    from harmonium.models import LogisticRegression
    from harmonium.training import RunFolder


@dataclass(frozen=True, kw_only=True)
class LogisticRegressionRecipe(Classification):
    """Train a linear classifier. The book: 7.49 % test error on MNIST after 74 epochs."""

    name: ClassVar[str] = "logistic-regression"
    layers_of: ClassVar[str | None] = "features"
    search_space: ClassVar[Space] = {
        "learning_rate": LogUniform(0.01, 1.0),
        "l2": Choice((0.0, 0.00001, 0.0001, 0.001)),
        "batch_size": Choice((100, 600)),
    }

    learning_rate: float = 0.13
    max_epochs: int = 1000
    batch_size: int = 600
    patience: int = 5000
    whole_batches: bool = True  # 9,600 of MNIST's 10,000: the book's 7.49 % is 719 errors among them
    features: str | None = None
    """Learn from the images' codes by the encoder of this run: of an autoencoder, an RBM, an MLP or a LeNet."""

    def model(self, dataset: Dataset, key: PRNGKeyArray) -> LogisticRegression:
        """Return weights of zero, whatever the key."""
        from harmonium.models.logistic_regression import LogisticRegression

        return LogisticRegression.init(math.prod(dataset.shape), len(dataset.classes))

    def seen(self, dataset: Dataset, folder: RunFolder) -> Dataset:
        """Return the data, or with `features` its codes."""
        from harmonium.recipes.shared.features import encoded
        from harmonium.recipes.shared.saved import load

        if self.features is None:
            return dataset
        encoder = load(folder.features if folder.features.exists() else self.features)
        folder.learn_from(encoder)
        return encoded(dataset, encoder, self.features)

    def filters(self, model: LogisticRegression, shape: tuple[int, ...]) -> Array | None:
        """Return the weights of each class, where they are weights of pixels."""
        return None if self.features else model.weight.reshape(-1, *shape)
