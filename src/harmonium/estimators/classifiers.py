"""What every classifier does with labels, probabilities and examples that come in parts."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, Self

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array
from sklearn.base import ClassifierMixin
from sklearn.model_selection import train_test_split
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d, validate_data

from harmonium.data import Split
from harmonium.estimators.base import Estimator, SettingError, dense, holds_bytes, on_device, unmasked
from harmonium.estimators.programs import applied, first_model
from harmonium.recipes.shared.classification import scorer
from harmonium.training import Evaluation, Streams, Waiting


class ClassifierEstimator(ClassifierMixin, Estimator):  # type: ignore[misc]
    """What every classifier does with labels and probabilities."""

    def fit(self, X: Any, y: Any) -> Self:
        """Learn from examples and their labels.

        Parameters
        ----------
        X
            (examples, features), dense or sparse, or a DataFrame. Bytes (uint8) are intensities from 0 to 255.
        y
            (examples,), integers or strings.
        """
        again = self.warm_start and hasattr(self, "model_")
        if again:
            self._check_shape()
        seed = self.seed_ if again else self._seed()
        known = self.classes_ if again else None
        x, codes = self._labelled(X, y, reset=not again, classes=known)
        recipe = self.recipe(seed, len(x))
        model = self.model_ if again else self._first_model(recipe, x)
        return self._learn(recipe, model, x, codes)

    def _first_model(self, recipe: Any, x: np.ndarray) -> Any:
        """Return the classifier that fine-tuning starts from."""
        classes = tuple(map(str, range(len(self.classes_))))
        neutral = dataclasses.replace(recipe, seed=0, learning_rate=1.0)
        return first_model(neutral, x.shape[1:], classes, Streams(recipe.seed).initial_weights)

    def _learn(self, recipe: Any, model: Any, x: np.ndarray, codes: np.ndarray) -> Self:
        evaluate = stopping = None
        if self.early_stopping:
            x, codes, held_x, held_codes = self._held_out(x, codes, recipe.seed)
            recipe = self.recipe(recipe.seed, len(x))
            evaluate = Evaluation(scorer(Split(held_x.astype(np.float32), held_codes)))
            stopping = Waiting(self.patience, metric="nll")
        examples = (on_device(x), jnp.asarray(codes))
        fitted = self._train(recipe, model, examples, evaluate=evaluate, stopping=stopping)
        self._keep(fitted, recipe.seed)
        return self

    def _held_out(self, x: np.ndarray, codes: np.ndarray, seed: int) -> tuple[np.ndarray, ...]:
        if not 0 < self.validation_fraction < 1:
            raise SettingError(f"validation_fraction {self.validation_fraction} must be between 0 and 1")
        if not isinstance(self.patience, int | np.integer) or self.patience < 1:
            raise SettingError(f"patience {self.patience} must be a whole number of epochs, at least 1")
        counts = np.bincount(codes)
        held, classes = math.ceil(self.validation_fraction * len(x)), np.count_nonzero(counts)
        if held >= len(x):
            raise SettingError(
                f"early_stopping holds out {held} of {len(x)} examples, and leaves none to learn from: "
                f"validation_fraction is {self.validation_fraction:g}; give a smaller one, or more examples"
            )
        rare = counts[counts > 0].min() < 2 or not classes <= held <= len(x) - classes
        x, held_x, codes, held_codes = train_test_split(
            x,
            codes,
            test_size=self.validation_fraction,
            random_state=seed,
            stratify=None if rare else codes,
        )
        return x, codes, held_x, held_codes

    def _labelled(self, X: Any, y: Any, *, reset: bool, classes: Any = None) -> tuple[np.ndarray, np.ndarray]:
        """Return X as the model takes it, and each label's number among `classes`, or among its own."""
        x, labels = self._checked(X, y, reset)
        if classes is None:
            self.classes_, codes = np.unique(labels, return_inverse=True)
            return x, codes.astype(np.int32)
        self.classes_ = np.asarray(classes)
        if strange := sorted(set(labels.tolist()) - set(self.classes_.tolist()), key=str):
            raise SettingError(
                f"y holds the class {strange[0]!r}, which is not among the classes {self.classes_}"
            )
        order = np.argsort(self.classes_)
        return x, order[np.searchsorted(self.classes_[order], labels)].astype(np.int32)

    def _checked(self, X: Any, y: Any, reset: bool) -> tuple[np.ndarray, np.ndarray]:
        """Return X scaled, and y as an array, both checked."""
        given = self._given(X, reset)
        unmasked(y, "y")
        kinds = sorted({type(one).__name__ for one in np.ravel(np.asarray(y, object))})
        if "str" in kinds and len(kinds) > 1:
            raise SettingError(
                f"y holds labels of several types ({', '.join(kinds)}): give all of one type, and leave out the "
                "examples without a label"
            )
        x, labels = validate_data(
            self,
            given,
            y,
            reset=reset,
            accept_sparse=("csr", "csc", "coo"),
            dtype=(np.float64, np.float32),
        )
        x = dense(x)
        check_classification_targets(labels)
        self._take_input(x, holds_bytes(given), reset)
        return self.prepared(x), column_or_1d(labels)

    def predict(self, X: Any) -> np.ndarray:
        """Return the likeliest class of each example, (examples,)."""
        likeliest = self._logits(X).argmax(1)
        return self.classes_[likeliest]

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return P(class | example), (examples, classes), in the order of `classes_`."""
        logits = self._logits(X)
        powers = np.exp(logits - logits.max(1, keepdims=True))
        return powers / powers.sum(1, keepdims=True)

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return log P(class | example), in nats, (examples, classes)."""
        logits = self._logits(X)
        logits = logits - logits.max(1, keepdims=True)
        return logits - np.log(np.exp(logits).sum(1, keepdims=True))

    def decision_function(self, X: Any) -> np.ndarray:
        """Return the logits, (examples, classes); of two classes the second's above the first's, (examples,)."""
        logits = self._logits(X)
        return logits[:, 1] - logits[:, 0] if logits.shape[1] == 2 else logits

    def _logits(self, X: Any) -> np.ndarray:
        self._fitted()
        return applied(logits_of, self.model_, self.examples(X))


class IncrementalClassifier(ClassifierEstimator):
    """A classifier whose updates may go on with new examples."""

    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> Self:
        """Go on learning from more examples: one pass over them, by the same optimiser.

        Parameters
        ----------
        X, y
            As of `fit`.
        classes
            All classes that will ever occur; needed at the first call, unless `fit` came before.

        Raises
        ------
        SettingError
            Where `classes` is missing at the first call, and for labels that are not among them.
        """
        first = not hasattr(self, "model_")
        if first and classes is None:
            raise SettingError(
                "classes must be given at the first call of partial_fit: all labels of y to come"
            )
        if not first:
            self._check_shape()
        known = np.unique(classes) if first else self.classes_
        x, codes = self._labelled(X, y, reset=first, classes=known)
        seed = self._seed() if first else self.seed_
        recipe = self.recipe(seed, len(x))
        model = self._first_model(recipe, x) if first else self.model_
        state = None if first else self._state
        fitted = self._train(recipe, model, (on_device(x), jnp.asarray(codes)), state=state, max_epochs=1)
        self._keep(fitted, seed)
        return self


def logits_of(model: Any, x: Array) -> Array:
    """Return the logits of many examples."""
    return model.batch(x)
