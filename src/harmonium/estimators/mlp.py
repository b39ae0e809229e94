"""The multilayer perceptron as a classifier of rows of numbers (chapter 5)."""

from __future__ import annotations

from typing import Any, Literal

from harmonium.estimators.classifiers import IncrementalClassifier
from harmonium.recipes.shared.recipe import Optimizer


class MLPClassifier(IncrementalClassifier):
    """A multilayer perceptron (chapter 5).

    Parameters
    ----------
    hidden
        Units of each hidden layer, the first one above the input; a number for one layer.
    activation
        "tanh", "sigmoid", "relu", "softplus" or "linear".
    dropout
        Share of each layer's inputs that an update leaves out.
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
    model_ : harmonium.models.MLP
    classes_ : ndarray of shape (classes,)
    n_epochs_ : int

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> X, y = load_digits(return_X_y=True)
    >>> MLPClassifier(hidden=(50,), random_state=0).fit(X[:1000] / 16, y[:1000]).score(X[1000:] / 16, y[1000:]) > 0.9
    True
    """

    recipe_name = "mlp"
    shaping = ("hidden", "activation")

    def __init__(
        self,
        *,
        hidden: int | tuple[int, ...] = (100,),
        activation: Literal["tanh", "sigmoid", "relu", "softplus", "linear"] = "tanh",
        dropout: float = 0.0,
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
        self.activation = activation
        self.dropout = dropout
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
