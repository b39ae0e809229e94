"""LeNet as a classifier of pictures (chapter 6)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from sklearn.utils import Tags
from sklearn.utils.validation import validate_data

from harmonium.estimators.base import SettingError, dense
from harmonium.estimators.classifiers import IncrementalClassifier
from harmonium.recipes.shared.recipe import Optimizer


class LeNetClassifier(IncrementalClassifier):
    """A convolutional network (chapter 6; LeCun et al. 1998).

    X holds pictures, (examples, height, width) or (examples, height, width, 3), or a flat row a picture. Bytes (uint8)
    are intensities from 0 to 255; other numbers should lie in [0, 1].

    Parameters
    ----------
    kernels
        Feature maps of each convolution, the first one above the picture.
    kernel_sizes
        Rows and columns of the kernels of each convolution, or one number for all.
    hidden
        Tanh units of each layer above the convolutions.
    image_shape
        (height, width) or (height, width, 3) of the pictures in flat rows; without it they are square and grey.
    learning_rate, l1, l2, max_epochs, batch_size, optimizer
        As of `LogisticRegression`.
    early_stopping, validation_fraction, patience, random_state, warm_start, verbose
        As of `LogisticRegression`.

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
    own = IncrementalClassifier.own | {"image_shape"}

    def __init__(
        self,
        *,
        kernels: tuple[int, ...] = (20, 50),
        kernel_sizes: tuple[int, ...] = (5,),
        hidden: tuple[int, ...] = (500,),
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

    def _input_checks(self) -> dict[str, Any]:
        return {"allow_nd": True}

    def examples(self, X: Any, *, reset: bool = False, **checks: Any) -> np.ndarray:
        """Return pictures as the model takes them, in X's precision."""
        options = {"accept_sparse": ("csr", "csc", "coo"), "dtype": (np.float64, np.float32)} | checks
        return self.prepared(self._shaped(dense(validate_data(self, X, reset=reset, **options))))

    def _shaped(self, x: np.ndarray) -> np.ndarray:
        """Return pictures, (examples, height, width) or (examples, height, width, 3)."""
        known = getattr(self, "image_shape_", None)
        if known is None:
            self.image_shape_ = known = self._image_shape(x)
        if x.shape[1:] != known and x.shape[1:] != (math.prod(known),):
            raise SettingError(
                f"X has shape {x.shape}, but {type(self).__name__} is expecting pictures of {known} or rows of "
                f"{math.prod(known)} features as input"
            )
        return x.reshape(len(x), *known)

    def _image_shape(self, x: np.ndarray) -> tuple[int, ...]:
        if x.ndim > 2:
            given = x.shape[1:-1] if x.ndim == 4 and x.shape[-1] == 1 else x.shape[1:]
            return tuple(given)
        if self.image_shape is not None:
            return tuple(int(side) for side in self.image_shape)
        side = math.isqrt(x.shape[1])
        if side * side != x.shape[1]:
            raise SettingError(
                f"X has rows of {x.shape[1]} numbers, which is no square picture; give X as (examples, height, width), "
                "or image_shape"
            )
        return side, side
