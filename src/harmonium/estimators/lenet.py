"""LeNet as a classifier of pictures (chapter 6)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from sklearn.utils import Tags

from harmonium.data import Preparation
from harmonium.data.scaling import as_pictures, fit_scale
from harmonium.estimators.base import SettingError
from harmonium.estimators.classifiers import IncrementalClassifier
from harmonium.recipes.shared.recipe import Optimizer

# Checks of scikit-learn by the numbers that their rows hold, which are no picture.
ROWS = {
    1: "check_fit2d_1feature",
    2: "check_classifier_data_not_an_array check_classifiers_classes check_classifiers_train "
    "check_decision_proba_consistency check_estimators_fit_returns_self check_estimators_overwrite_params "
    "check_estimators_partial_fit_n_features check_fit_check_is_fitted check_fit_idempotent check_n_features_in",
    3: "check_dict_unchanged check_dont_overwrite_parameters check_estimator_sparse_array "
    "check_estimator_sparse_matrix check_estimator_sparse_tag check_estimators_nan_inf check_estimators_pickle "
    "check_f_contiguous_array_estimator check_fit2d_predict1d check_fit_score_takes_y "
    "check_methods_sample_order_invariance check_methods_subset_invariance check_pipeline_consistency "
    "check_readonly_memmap_input check_supervised_y_2d check_classifiers_one_label",
    5: "check_estimators_dtypes",
    10: "check_dtype_object check_fit2d_1sample",
}


class LeNetClassifier(IncrementalClassifier):
    """A convolutional network (chapter 6; LeCun et al. 1998).

    X holds pictures, (examples, height, width) or in colour (examples, height, width, 3), with the channels last or
    first, or a flat row a picture. Bytes (uint8)
    are intensities from 0 to 255; other numbers should lie in [0, 1].

    Parameters
    ----------
    kernels
        Feature maps of each convolution, the first one above the picture; without it 20 and 50, or fewer convolutions
        where the pictures are too small.
    kernel_sizes
        Rows and columns of the kernels of each convolution, or one number for all; without it 5, or what fits.
    hidden
        Tanh units of each layer above the convolutions; a number for one layer.
    image_shape
        (height, width) or (height, width, 3) of the pictures in flat rows; without it they are square and grey.
    learning_rate
        Step size of an update.
    l1, l2
        Weights of the penalties Σ |w| and Σ w².
    max_epochs
        Passes over the training set.
    batch_size
        Examples an update.
    optimizer
        How a gradient becomes a step: "sgd", "momentum", "nesterov", "adadelta", "rmsprop" or "adam".
    early_stopping
        Hold out a part of the training set, and keep the model that is the best on it.
    validation_fraction
        The share that early stopping holds out.
    patience
        Epochs without a better validation after which early stopping ends training.
    random_state
        Seed of the first weights, the order of the examples and what is held out; None for another at each `fit`.
    warm_start
        Let `fit` go on from the weights of the last one.
    verbose
        Show progress.

    Attributes
    ----------
    model_ : harmonium.models.LeNet
    classes_ : ndarray of shape (classes,)
    image_shape_ : tuple of int
    n_epochs_ : int

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> X, y = load_digits(return_X_y=True)
    >>> lenet = LeNetClassifier(kernels=(8,), kernel_sizes=(3,), hidden=(32,), max_epochs=10, random_state=0)
    >>> lenet.fit(X[:1000] / 16, y[:1000]).score(X[1000:] / 16, y[1000:]) > 0.9
    True
    """

    recipe_name = "lenet"
    shaping = ("hidden", "kernels", "kernel_sizes")
    own = IncrementalClassifier.own | {"image_shape"}
    # check_estimator's `expected_failed_checks`: each check that makes no sense here, and why.
    not_for_pictures: ClassVar[Mapping[str, str]] = {
        check: f"its rows of {numbers} numbers are no picture"
        for numbers, checks in ROWS.items()
        for check in checks.split()
    }

    def __init__(
        self,
        *,
        kernels: int | tuple[int, ...] | None = None,
        kernel_sizes: int | tuple[int, ...] | None = None,
        hidden: int | tuple[int, ...] = (500,),
        image_shape: tuple[int, ...] | None = None,
        learning_rate: float = 0.003,
        l1: float = 0.0,
        l2: float = 0.0,
        max_epochs: int = 10,
        batch_size: int = 32,
        optimizer: Optimizer = "adam",
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        patience: int = 10,
        random_state: Any = None,
        warm_start: bool = False,
        verbose: bool = False,
    ):
        self.kernels = kernels
        self.kernel_sizes = kernel_sizes
        self.hidden = hidden
        self.image_shape = image_shape
        self.learning_rate = learning_rate
        self.l1 = l1
        self.l2 = l2
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    def _given(self, X: Any, reset: bool) -> Any:
        """Return a row a picture; with `reset` learn the pictures' shape."""
        super()._given(X, reset)
        x = np.asarray(X) if isinstance(X, list | tuple) else X
        given = tuple(getattr(x, "shape", ()))
        if len(given) < 3:
            if reset:
                self.__dict__.pop("image_shape_", None)
            return X
        x, _ = as_pictures(np.asarray(x))
        if not _is_shape(x.shape[1:]):
            raise SettingError(
                f"X has shape {given}; give pictures (examples, height, width) or, in colour, (examples, height, "
                "width, 3) or (examples, 3, height, width)"
            )
        if reset:
            self.image_shape_ = x.shape[1:]
        elif x.shape[1:] != self._fitted().image_shape_:
            raise SettingError(
                f"X holds pictures of {x.shape[1:]}, but {type(self).__name__} is expecting {self.image_shape_} as "
                "input"
            )
        return x.reshape(len(x), -1)

    def _takes_real(self) -> bool:
        return False

    def _learned_scale(self, x: np.ndarray) -> Preparation:
        return fit_scale(x, scale="none", real=True)  # numbers outside [0, 1] are learned from as they are

    def _learn_input(self, x: np.ndarray, is_bytes: bool) -> None:
        if not hasattr(self, "image_shape_"):
            self.image_shape_ = self._shape_of_rows(x.shape[1])
        super()._learn_input(x, is_bytes)

    def _shape_of_rows(self, features: int) -> tuple[int, ...]:
        self._check_own()
        side = math.isqrt(features)
        shape = (side, side) if self.image_shape is None else tuple(int(one) for one in self.image_shape)
        if len(shape) == 3 and shape[-1] == 1:
            shape = shape[:2]
        if not _is_shape(shape):
            raise SettingError(
                f"image_shape {self.image_shape} must be (height, width), or in colour (height, width, 3)"
            )
        if math.prod(shape) != features:
            said = "no square picture" if self.image_shape is None else f"not image_shape {self.image_shape}"
            raise SettingError(
                f"X has rows of {features} numbers, which is {said}; give X as (examples, height, width), or another "
                "image_shape"
            )
        return shape

    def prepared(self, x: np.ndarray) -> np.ndarray:
        """Return pictures scaled as the training set was."""
        return super().prepared(x).reshape(len(x), *self.image_shape_)


def _is_shape(shape: tuple[int, ...]) -> bool:
    """Whether this is the shape of a grey picture, or of one in colour."""
    return len(shape) == 2 or (len(shape) == 3 and shape[-1] == 3)
