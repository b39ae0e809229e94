"""Deep networks whose layers are first trained one by one, without labels (chapters 8 and 10)."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from harmonium.estimators.base import as_dataset
from harmonium.estimators.classifiers import ClassifierEstimator
from harmonium.models import MLP, LogisticRegression
from harmonium.recipes.shared.recipe import Optimizer
from harmonium.training import Streams


class StackEstimator(ClassifierEstimator):
    """What both stacks share: pre-training, then fine-tuning."""

    shaping = ("hidden",)

    def _takes_real(self) -> bool:
        return False

    def _first_model(self, recipe: Any, x: np.ndarray) -> MLP:
        """Return the network whose layers have learned from x, and whose output has not."""
        codes, layers = jnp.asarray(x, jnp.float32), []
        for number in range(len(recipe.hidden)):
            block, seen = recipe.block(number), as_dataset(codes)
            model = block.model(seen, Streams(recipe.seed, number + 1))
            fitted = self._train(block, model, codes, part=number + 1, carry=block.carry(seen))
            layers.append(block.layer(fitted.model))
            codes = _layer_codes(layers[-1], codes)
        return MLP(tuple(layers), LogisticRegression.init(recipe.hidden[-1], len(self.classes_)))


class StackedDenoisingAutoencoderClassifier(StackEstimator):
    """A deep network of denoising autoencoders (chapter 8; Vincent et al. 2010).

    Parameters
    ----------
    hidden
        Sigmoid units of each layer, the first one above the input; a number for one layer.
    pretraining_epochs, pretraining_learning_rate
        Of each layer's own training, a tuple of them or one number for all.
    pretraining_batch_size
        Examples an update of pre-training.
    corruption_level
        Share of each layer's inputs that is masked, a tuple or one number for all.
    dropout
        Share of each layer's inputs that an update of fine-tuning leaves out.
    scale
        Bring each column of X into [0, 1] by the training set's least and largest values, where X lies outside.
    learning_rate
        Step size of an update of fine-tuning.
    l1, l2
        Weights of the penalties Σ |w| and Σ w² in fine-tuning.
    max_epochs
        Passes of fine-tuning over the training set.
    batch_size
        Examples an update of fine-tuning.
    optimizer
        How a gradient becomes a step of fine-tuning: "sgd", "momentum", "nesterov", "adadelta", "rmsprop" or "adam".
    early_stopping
        Hold out a part of the training set, and keep the model that is the best on it.
    validation_fraction
        The share that early stopping holds out.
    patience
        Epochs without a better validation after which early stopping ends training.
    random_state
        Seed of the first weights, the order of the examples and what is held out; None for another at each `fit`.
    warm_start
        Let a second `fit` go on from the weights of the last one, by fine-tuning alone.
    verbose
        Show progress.

    Attributes
    ----------
    model_ : harmonium.models.MLP
    classes_ : ndarray of shape (classes,)
    n_epochs_ : int
        Passes of fine-tuning that were made.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> X, y = load_digits(return_X_y=True)
    >>> stack = StackedDenoisingAutoencoderClassifier(hidden=(40, 30), max_epochs=20, random_state=0)
    >>> stack.fit(X[:1000], y[:1000]).score(X[1000:], y[1000:]) > 0.85
    True
    """

    recipe_name = "stacked-denoising-autoencoder"

    def __init__(
        self,
        *,
        hidden: int | tuple[int, ...] = (64, 64),
        pretraining_epochs: int | tuple[int, ...] = 5,
        pretraining_learning_rate: float | tuple[float, ...] = 0.05,
        pretraining_batch_size: int = 32,
        corruption_level: float | tuple[float, ...] = 0.2,
        dropout: float = 0.0,
        scale: bool = True,
        learning_rate: float = 0.003,
        l1: float = 0.0,
        l2: float = 0.0,
        max_epochs: int = 30,
        batch_size: int = 32,
        optimizer: Optimizer = "adam",
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        patience: int = 10,
        random_state: Any = None,
        warm_start: bool = False,
        verbose: bool = False,
    ):
        self.hidden = hidden
        self.pretraining_epochs = pretraining_epochs
        self.pretraining_learning_rate = pretraining_learning_rate
        self.pretraining_batch_size = pretraining_batch_size
        self.corruption_level = corruption_level
        self.dropout = dropout
        self.scale = scale
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


class DBNClassifier(StackEstimator):
    """A deep belief network, fine-tuned as a classifier (chapter 10; Hinton, Osindero & Teh 2006).

    Parameters
    ----------
    hidden
        Sigmoid units of each layer, the first one above the input; a number for one layer.
    pretraining_epochs, pretraining_learning_rate
        Of each layer's own training, a tuple of them or one number for all.
    pretraining_batch_size
        Examples an update of pre-training.
    gibbs_steps
        Gibbs steps an update of contrastive divergence, k.
    dropout
        Share of each layer's inputs that an update of fine-tuning leaves out.
    scale
        Bring each column of X into [0, 1] by the training set's least and largest values, where X lies outside.
    learning_rate
        Step size of an update of fine-tuning.
    l1, l2
        Weights of the penalties Σ |w| and Σ w² in fine-tuning.
    max_epochs
        Passes of fine-tuning over the training set.
    batch_size
        Examples an update of fine-tuning.
    optimizer
        How a gradient becomes a step of fine-tuning: "sgd", "momentum", "nesterov", "adadelta", "rmsprop" or "adam".
    early_stopping
        Hold out a part of the training set, and keep the model that is the best on it.
    validation_fraction
        The share that early stopping holds out.
    patience
        Epochs without a better validation after which early stopping ends training.
    random_state
        Seed of the first weights, the order of the examples and what is held out; None for another at each `fit`.
    warm_start
        Let a second `fit` go on from the weights of the last one, by fine-tuning alone.
    verbose
        Show progress.

    Attributes
    ----------
    model_ : harmonium.models.MLP
    classes_ : ndarray of shape (classes,)
    n_epochs_ : int
        Passes of fine-tuning that were made.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> X, y = load_digits(return_X_y=True)
    >>> stack = DBNClassifier(hidden=(40, 30), max_epochs=20, random_state=0)
    >>> stack.fit(X[:1000], y[:1000]).score(X[1000:], y[1000:]) > 0.85
    True
    """

    recipe_name = "dbn"

    def __init__(
        self,
        *,
        hidden: int | tuple[int, ...] = (64, 64),
        pretraining_epochs: int | tuple[int, ...] = 5,
        pretraining_learning_rate: float | tuple[float, ...] = 0.05,
        pretraining_batch_size: int = 32,
        gibbs_steps: int = 1,
        dropout: float = 0.0,
        scale: bool = True,
        learning_rate: float = 0.003,
        l1: float = 0.0,
        l2: float = 0.0,
        max_epochs: int = 30,
        batch_size: int = 32,
        optimizer: Optimizer = "adam",
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        patience: int = 10,
        random_state: Any = None,
        warm_start: bool = False,
        verbose: bool = False,
    ):
        self.hidden = hidden
        self.pretraining_epochs = pretraining_epochs
        self.pretraining_learning_rate = pretraining_learning_rate
        self.pretraining_batch_size = pretraining_batch_size
        self.gibbs_steps = gibbs_steps
        self.dropout = dropout
        self.scale = scale
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


@jax.jit
def _layer_codes(layer: Any, x: Array) -> Array:
    return jax.vmap(layer)(x)
