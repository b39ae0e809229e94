"""What all estimators share: settings, input that is checked and scaled, and training in memory."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

import jax.numpy as jnp
import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from harmonium.arguments import check, hints_of
from harmonium.data import Dataset, Preparation, Split
from harmonium.data.arrays import refuse_masked
from harmonium.data.scaling import MANY, Scale, fit_scale
from harmonium.errors import ConfigError, DataError, DivergenceError
from harmonium.estimators.programs import shared_update
from harmonium.recipes.shared.from_config import plain, recipe_from
from harmonium.recipes.shared.recipe import Recipe
from harmonium.training import Evaluation, Fitted, Screen, Stopping, Streams, TrainingState
from harmonium.training.loop import fit_alone

if TYPE_CHECKING:
    from sklearn.utils import Tags

BYTES = Preparation(offsets=(0.0,), scales=(255.0,), bounded=True)  # intensities from 0 to 255


class SettingError(ConfigError, ValueError):
    """A setting of an estimator has no meaning; a `ValueError` too, as scikit-learn's are."""


class Estimator(BaseEstimator):  # type: ignore[misc]
    """Settings that become a recipe, and examples that become what its model takes."""

    recipe_name: ClassVar[str]
    fixed: ClassVar[dict[str, Any]] = {}  # settings of the recipe that the estimator decides
    shaping: ClassVar[tuple[str, ...]] = ()  # settings that a model which learns on was made by
    # Parameters that are the estimator's own, not the recipe's.
    own: ClassVar[frozenset[str]] = frozenset(
        {
            "early_stopping",
            "patience",
            "random_state",
            "scale",
            "validation_fraction",
            "verbose",
            "warm_start",
        }
    )

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def recipe(self, seed: int = 0, examples: int | None = None, **instead: Any) -> Recipe:
        """Return the recipe of the settings, for batches of at most that many examples.

        `instead` are settings that replace those of the parameters. Raises `SettingError`, which names the parameter,
        for a value that has no meaning.
        """
        self._check_own()
        name = type(self).__name__
        given = {k: plain(v) for k, v in self.get_params(deep=False).items() if k not in self.own}
        for field, value in given.items():
            if field.endswith("batch_size") and examples and isinstance(value, int):
                given[field] = min(value, examples)
        settings = {
            "recipe": self.recipe_name,
            "seed": seed,
            "shuffle": True,
            **self.fixed,
            **given,
            **instead,
        }
        try:
            return recipe_from(settings, name)
        except ConfigError as error:
            raise SettingError(str(error)) from None

    def _check_own(self) -> None:
        """Raise `SettingError` for a parameter that is not the recipe's and has another type than it should.

        `verbose` may be a number too, as elsewhere in scikit-learn.
        """
        init = type(self).__init__
        hints = hints_of(init)
        own = {name: plain(getattr(self, name)) for name in hints if name in self.own - {"verbose"}}
        try:
            check(type(self).__name__, hints, own)
        except ConfigError as error:
            raise SettingError(str(error)) from None

    def examples(self, X: Any, *, reset: bool = False) -> np.ndarray:
        """Return X as the model takes it, in X's precision; with `reset` learn how it is to be scaled.

        Raises `ValueError` or `TypeError`, as scikit-learn words them, for what is no table of finite numbers.
        """
        given = self._given(X, reset)
        x = validate_data(
            self, given, reset=reset, accept_sparse=("csr", "csc", "coo"), dtype=(np.float64, np.float32)
        )
        x = dense(x)
        self._take_input(x, holds_bytes(given), reset)
        return self.prepared(x)

    def _given(self, X: Any, reset: bool) -> Any:
        """Return X as rows of numbers that are yet to be checked; with `reset` learn what these stand for."""
        unmasked(X, "X")
        return X

    def prepared(self, x: np.ndarray) -> np.ndarray:
        """Return rows of numbers scaled as the training set was, in their own precision."""
        how = self.preparation_
        if not how.offsets:
            return np.clip(x, 0, 1) if self._in_unit_interval() else x
        found = (x - np.array(how.offsets, x.dtype)) / np.array(how.scales, x.dtype)
        return np.clip(found, 0, 1) if how.bounded else found

    def restored(self, x: np.ndarray) -> np.ndarray:
        """Return what `prepared` made on the scale of the user's own numbers."""
        how = self.preparation_
        return x * np.array(how.scales, x.dtype) + np.array(how.offsets, x.dtype) if how.offsets else x

    def _take_input(self, x: np.ndarray, is_bytes: bool, reset: bool) -> None:
        """Learn from X how it is to be scaled, with `reset`; without, check that it is on the scale that was learned.

        Raises `SettingError` where X holds bytes and `fit` had numbers in [0, 1], or the other way round, and where it
        lies far outside the range that those have.
        """
        if reset:
            self._learn_input(x, is_bytes)
            return
        how, low, high = self.preparation_, float(x.min()), float(x.max())
        if how == BYTES and not is_bytes and len(x) >= MANY and 0 < high <= 1:
            raise SettingError(
                f"X holds values up to {high:.4g}, and {type(self).__name__} learned from bytes (uint8): give these, "
                "or 255 times X"
            )
        if is_bytes and high > 1 and not (how.offsets or how.real):
            raise SettingError(
                f"X holds bytes (uint8) up to {high:.0f}, and {type(self).__name__} learned from numbers in [0, 1]: "
                "give X / 255"
            )
        if how == BYTES and is_far(x / 255):
            raise SettingError(
                f"X holds values {low:.6g} to {high:.6g}, and {type(self).__name__} learned from bytes (uint8): give "
                "values from 0 to 255"
            )
        if self._in_unit_interval() and is_far(x):
            raise SettingError(
                f"X holds values {low:.6g} to {high:.6g}, and {type(self).__name__} learned from numbers in [0, 1]: "
                "scale X as the training set was scaled, from 0..255 by X / 255"
            )

    def _learn_input(self, x: np.ndarray, is_bytes: bool) -> None:
        """Note how X, checked and dense, is to be prepared."""
        self.preparation_ = BYTES if is_bytes else self._learned_scale(x)

    def _scale(self) -> Scale:
        """Return how numbers are brought to what the model takes."""
        return "auto" if getattr(self, "scale", False) else "none"

    def _takes_real(self) -> bool:
        """Whether the model takes any numbers, and not those in [0, 1] alone."""
        return True

    def _in_unit_interval(self) -> bool:
        """Whether the model takes numbers in [0, 1] alone, and learned from such as they were."""
        return not (self._takes_real() or self.preparation_.offsets or self.preparation_.real)

    def _learned_scale(self, x: np.ndarray) -> Preparation:
        found = fit_scale(x, scale=self._scale(), real=self._takes_real())
        if found.real and not self._takes_real():
            raise SettingError(
                f"X holds values {x.min():.6g} to {x.max():.6g}, and {type(self).__name__} takes [0, 1]; leave "
                "scale=True, or scale X"
            )
        return found

    def _seed(self) -> int:
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _train(
        self,
        recipe: Any,
        model: Any,
        examples: Any,
        *,
        part: int = 0,
        evaluate: Evaluation | None = None,
        stopping: Stopping | None = None,
        carry: Any = None,
        state: TrainingState | None = None,
        max_epochs: int | None = None,
    ) -> Fitted:
        """Train a model on arrays, or go on from `state`, which an earlier training left."""
        count = len(examples[0] if isinstance(examples, tuple) else examples)
        training = recipe.training(
            lambda: model,
            recipe.objective(),
            examples,
            part=part,
            evaluate=evaluate,
            stopping=stopping,
            carry=carry,
        )
        if state is not None:
            training = dataclasses.replace(
                training, state=dataclasses.replace(state, key=Streams(recipe.seed, part).updates)
            )
        if max_epochs is not None:
            training = dataclasses.replace(training, max_epochs=max_epochs)
        training = dataclasses.replace(training, update=shared_update(recipe, count))
        report = Screen() if getattr(self, "verbose", False) else None
        fitted = fit_alone(training, report)
        if fitted.status == "interrupted":
            raise KeyboardInterrupt
        if fitted.status == "diverged":
            at = fitted.diverged
            raise DivergenceError(
                f"{type(self).__name__} diverged: {at['metric']} was not finite at update {at['update']}; choose a "
                "smaller learning_rate, or scale X"
            )
        return fitted

    def _keep(self, fitted: Fitted, seed: int) -> None:
        """Take over the result of training; the random key, which cannot be pickled, is made from the seed again."""
        self.model_, self.seed_, self.n_epochs_ = fitted.model, seed, fitted.epochs
        self._made_by = self._shape()
        self._state = None if fitted.state is None else dataclasses.replace(fitted.state, key=cast(Any, None))

    def _shape(self) -> dict[str, Any]:
        return {name: np.ravel(plain(getattr(self, name))).tolist() for name in self.shaping}

    def _check_shape(self) -> None:
        """Raise `SettingError` where a setting asks for another model than the one that is to learn on."""
        then = getattr(self, "_made_by", {})
        for name, value in self._shape().items():
            if name in then and value != then[name]:
                was = ", ".join(map(str, then[name]))
                raise SettingError(
                    f"{name} is {getattr(self, name)!r}, and the model that is to learn on was made with {was}; set it "
                    "back, or call fit with warm_start=False, which makes another model"
                )

    def _fitted(self) -> Self:
        check_is_fitted(self, "model_")
        return self


def holds_bytes(X: Any) -> bool:
    """Whether X holds bytes (uint8): an array or sparse matrix, or a DataFrame all of whose columns do."""
    columns = (
        list(X.dtypes) if hasattr(X, "columns") and hasattr(X, "dtypes") else [getattr(X, "dtype", None)]
    )
    return bool(columns) and all(getattr(one, "numpy_dtype", one) == np.uint8 for one in columns)


def unmasked(array: Any, name: str) -> None:
    """Raise `SettingError`, beginning with `name`, for an array whose mask hides values."""
    try:
        refuse_masked(array, name)
    except DataError as error:
        raise SettingError(str(error)) from None


def is_far(x: np.ndarray) -> bool:
    """Whether numbers cannot be on the scale of those in [0, 1]; a few may lie beyond its ends, or a little.

    Those that are not zero lie a quarter outside on average, and some of them further than the interval is wide.
    """
    outside = np.maximum(-x, x - 1).clip(0)
    return bool(outside.max() > 1 and outside[x != 0].mean() > 0.25)


def dense(x: Any) -> np.ndarray:
    """Return a sparse matrix as an array; the models' weights are dense."""
    return x.toarray() if hasattr(x, "toarray") else x


def as_dataset(x: Any, classes: tuple[str, ...] = ()) -> Dataset:
    """Return arrays as the `Dataset` that recipes take; they ask it for x of train, its shape and the classes alone."""
    split = Split(x, np.zeros(len(x), np.int32))
    return Dataset("X", split, split, split, classes)


def on_device(x: np.ndarray) -> Any:
    """Return examples in the precision of training."""
    return jnp.asarray(x, jnp.float32)
