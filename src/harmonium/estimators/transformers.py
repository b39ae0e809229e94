"""What every model of one visible and one hidden layer does as a transformer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_array

from harmonium.estimators.base import Estimator, as_dataset, dense, on_device
from harmonium.estimators.programs import applied
from harmonium.training import Streams


class LayerEstimator(ClassNamePrefixFeaturesOutMixin, TransformerMixin, Estimator, ABC):  # type: ignore[misc]
    """A model that learns from examples alone, and gives each a code."""

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn from examples.

        Parameters
        ----------
        X
            (examples, features), dense or sparse, or a DataFrame. Bytes (uint8) are intensities from 0 to 255.
        y
            Not used.
        """
        again = self.warm_start and hasattr(self, "model_")
        return self._learn(X, again=again)

    def partial_fit(self, X: Any, y: Any = None) -> Self:
        """Go on learning from more examples: one pass over them, by the same optimiser and the same chains.

        X is scaled as at the first call. What then lies outside [0, 1] is moved to its ends, if the model takes numbers
        in [0, 1] alone; numbers on another scale than those of the first call, as 0..255 after [0, 1], are refused.
        """
        again = hasattr(self, "model_")
        return self._learn(X, again=again, state=self._state if again else None, max_epochs=1)

    def _learn(self, X: Any, *, again: bool, **how: Any) -> Self:
        if again:
            self._check_shape()
        x = self.examples(X, reset=not again)
        seed = self.seed_ if again else self._seed()
        recipe: Any = self.recipe(seed, len(x))
        rows = on_device(x)
        seen = as_dataset(rows)
        model = self.model_ if again else recipe.model(seen, Streams(seed))
        self._keep(self._train(recipe, model, rows, carry=recipe.carry(seen), **how), seed)
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return the code of each example, (examples, hidden)."""
        self._fitted()
        return applied(codes_of, self.model_, self.examples(X))

    def inverse_transform(self, X: Any) -> np.ndarray:
        """Return the examples that codes stand for, (examples, features), on the scale of the training set.

        Parameters
        ----------
        X
            Codes, (examples, hidden).
        """
        self._fitted()
        codes = dense(check_array(X, accept_sparse="csr", dtype=(np.float64, np.float32)))
        if codes.shape[1] != self._n_features_out:
            raise ValueError(
                f"X has {codes.shape[1]} features, but the codes of {type(self).__name__} have {self._n_features_out}"
            )
        return self.restored(applied(self._decoder(), self.model_, codes))

    def score_samples(self, X: Any) -> np.ndarray:
        """Return how well the model knows each example, (examples,); higher is better."""
        self._fitted()
        return applied(self._scorer(), self.model_, self.examples(X))

    def score(self, X: Any, y: Any = None) -> float:
        """Return the mean of `score_samples`."""
        return float(self.score_samples(X).mean())

    @abstractmethod
    def _decoder(self) -> Any:
        """Return a function from the model and codes to examples."""

    @abstractmethod
    def _scorer(self) -> Any:
        """Return a function from the model and examples to their scores."""

    @property
    @abstractmethod
    def _n_features_out(self) -> int:
        """Return how many units the code of the model has, whatever `hidden` has been set to since."""


def codes_of(model: Any, x: Any) -> Any:
    """Return the codes of many examples."""
    import jax

    return jax.vmap(model.encode)(x)
