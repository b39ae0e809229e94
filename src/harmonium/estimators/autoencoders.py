"""Autoencoders as transformers: X to codes, and back (chapter 7)."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any, Literal

import jax
import numpy as np
from jaxtyping import Array

from harmonium.estimators.transformers import LayerEstimator
from harmonium.models.layers.dense import activation
from harmonium.recipes.shared.recipe import Optimizer


class AutoencoderEstimator(LayerEstimator):
    """What both autoencoders share."""

    shaping = ("hidden", "activation", "tied", "reconstruction")

    def _takes_real(self) -> bool:
        return bool(self.cost == "squared-error")

    @property
    def _n_features_out(self) -> int:
        return len(self.model_.encoder.weight)

    def _decoder(self) -> Any:
        return reconstructions_of

    def _scorer(self) -> Any:
        return _minus_cost(dataclasses.replace(self.recipe(), learning_rate=1.0))

    def score_samples(self, X: Any) -> np.ndarray:
        """Return minus the cost of reconstructing each example, summed over its values, (examples,).

        The cost is the cross-entropy in nats, or the squared error, as `cost` says, of X as it was scaled.
        """
        return super().score_samples(X)


class DenoisingAutoencoder(AutoencoderEstimator):
    """An autoencoder that learns to undo corruption (section 7.2; Vincent et al. 2008).

    Parameters
    ----------
    hidden
        Units of the code.
    corruption_level
        Share of values that are corrupted, or the noise's standard deviation; 0 for a plain autoencoder.
    corruption
        "masking", "salt-and-pepper" or "gaussian".
    activation
        The code's: "sigmoid", "tanh", "relu", "softplus" or "linear".
    tied
        Decode with the transpose of the encoder's weights.
    reconstruction, cost
        "sigmoid" and "cross-entropy" for values in [0, 1]; "linear" and "squared-error" for real ones.
    scale
        Bring each column of X into [0, 1] by the training set's least and largest values, where X lies outside; with
        cost="squared-error" to mean 0 and deviation 1.
    learning_rate
        Step size of an update.
    max_epochs
        Passes over X.
    batch_size
        Examples an update.
    optimizer
        How a gradient becomes a step: "sgd", "momentum", "nesterov", "adadelta", "rmsprop" or "adam".
    random_state
        Seed of the first weights, the corruption, and the order of the examples; None for another at each `fit`.
    warm_start
        Let `fit` go on from the weights of the last one.
    verbose
        Show progress.

    Attributes
    ----------
    model_ : harmonium.models.Autoencoder
    n_epochs_ : int

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> X, _ = load_digits(return_X_y=True)
    >>> coder = DenoisingAutoencoder(hidden=32, max_epochs=10, random_state=0).fit(X[:1000])
    >>> codes = coder.transform(X[1000:])
    >>> codes.shape, coder.inverse_transform(codes).shape
    ((797, 32), (797, 64))
    """

    recipe_name = "denoising-autoencoder"

    def __init__(
        self,
        *,
        hidden: int = 64,
        corruption_level: float = 0.3,
        corruption: Literal["masking", "salt-and-pepper", "gaussian"] = "masking",
        activation: Literal["sigmoid", "tanh", "relu", "softplus", "linear"] = "sigmoid",
        tied: bool = True,
        reconstruction: Literal["sigmoid", "linear"] = "sigmoid",
        cost: Literal["cross-entropy", "squared-error"] = "cross-entropy",
        scale: bool = True,
        learning_rate: float = 0.003,
        max_epochs: int = 20,
        batch_size: int = 32,
        optimizer: Optimizer = "adam",
        random_state: Any = None,
        warm_start: bool = False,
        verbose: bool = False,
    ):
        self.hidden = hidden
        self.corruption_level = corruption_level
        self.corruption = corruption
        self.activation = activation
        self.tied = tied
        self.reconstruction = reconstruction
        self.cost = cost
        self.scale = scale
        self.learning_rate = learning_rate
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose


class ContractiveAutoencoder(AutoencoderEstimator):
    """An autoencoder whose code hardly moves with its input (Rifai et al. 2011).

    Parameters
    ----------
    hidden
        Units of the code.
    contraction
        Weight of the penalty ‖∂code/∂input‖².
    activation
        The code's: "sigmoid", "tanh", "relu", "softplus" or "linear".
    tied
        Decode with the transpose of the encoder's weights.
    reconstruction, cost
        "sigmoid" and "cross-entropy" for values in [0, 1]; "linear" and "squared-error" for real ones.
    scale
        Bring each column of X into [0, 1] by the training set's least and largest values, where X lies outside; with
        cost="squared-error" to mean 0 and deviation 1.
    learning_rate
        Step size of an update.
    max_epochs
        Passes over X.
    batch_size
        Examples an update.
    optimizer
        How a gradient becomes a step: "sgd", "momentum", "nesterov", "adadelta", "rmsprop" or "adam".
    random_state
        Seed of the first weights and the order of the examples; None for another at each `fit`.
    warm_start
        Let `fit` go on from the weights of the last one.
    verbose
        Show progress.

    Attributes
    ----------
    model_ : harmonium.models.Autoencoder
    n_epochs_ : int
    """

    recipe_name = "contractive-autoencoder"

    def __init__(
        self,
        *,
        hidden: int = 64,
        contraction: float = 0.1,
        activation: Literal["sigmoid", "tanh", "relu", "softplus", "linear"] = "sigmoid",
        tied: bool = True,
        reconstruction: Literal["sigmoid", "linear"] = "sigmoid",
        cost: Literal["cross-entropy", "squared-error"] = "cross-entropy",
        scale: bool = True,
        learning_rate: float = 0.003,
        max_epochs: int = 20,
        batch_size: int = 32,
        optimizer: Optimizer = "adam",
        random_state: Any = None,
        warm_start: bool = False,
        verbose: bool = False,
    ):
        self.hidden = hidden
        self.contraction = contraction
        self.activation = activation
        self.tied = tied
        self.reconstruction = reconstruction
        self.cost = cost
        self.scale = scale
        self.learning_rate = learning_rate
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose


def reconstructions_of(model: Any, y: Array) -> Array:
    """Return what many codes are decoded to."""
    return activation(model.reconstruction).function(jax.vmap(model.decode)(y))


@functools.lru_cache(maxsize=64)
def _minus_cost(recipe: Any) -> Callable[[Any, Array], Array]:
    def score(model: Any, x: Array) -> Array:
        return -jax.vmap(lambda one: recipe.reconstruction_cost(model, one, one))(x)

    return score
