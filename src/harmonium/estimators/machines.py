"""Restricted Boltzmann machines as transformers: X to the probabilities of the hidden units (chapter 9)."""

from __future__ import annotations

from typing import Any, Literal

import jax
import numpy as np
from jaxtyping import Array

from harmonium.arguments import checked
from harmonium.data.scaling import Scale
from harmonium.estimators.base import SettingError
from harmonium.estimators.programs import applied
from harmonium.estimators.transformers import LayerEstimator
from harmonium.models.contrastive import exact_pseudo_log_likelihood
from harmonium.recipes.shared.recipe import Optimizer
from harmonium.sampling import run_chain
from harmonium.training import Streams


class MachineEstimator(LayerEstimator):
    """What both machines share."""

    recipe_name = "rbm"
    shaping = ("hidden",)

    @property
    def _n_features_out(self) -> int:
        return int(self.model_.weight.shape[1])

    def free_energy(self, X: Any) -> np.ndarray:
        """Return F of each example, in nats, (examples,): -log(p(x)·Z)."""
        self._fitted()
        return applied(free_energies_of, self.model_, self.examples(X))

    @checked
    def sample(self, n_samples: int = 1, *, steps: int = 1000) -> np.ndarray:
        """Draw examples of what the machine has learned, (n_samples, features), on the scale of the training set.

        With a number as `random_state` every call draws the same examples; with None each draws others.

        Parameters
        ----------
        n_samples
            Independent chains, each of which gives one example.
        steps
            Gibbs steps from random units.
        """
        self._fitted()
        if n_samples < 1 or steps < 1:
            raise SettingError(f"n_samples {n_samples} and steps {steps} must be at least 1")
        streams = Streams(self._seed())
        v = jax.random.uniform(streams.start, (n_samples, len(self.model_.weight)))
        return self.restored(np.asarray(_walked(self.model_, v, jax.random.split(streams.chains, steps))))

    def _decoder(self) -> Any:
        return visible_means_of


class BernoulliRBM(MachineEstimator):
    """A restricted Boltzmann machine of binary units, learned by persistent contrastive divergence (chapter 9).

    Parameters
    ----------
    hidden
        Hidden units.
    gibbs_steps
        Gibbs steps an update, k.
    persistent
        Let the chains go on from update to update (PCD), instead of starting them at the examples (CD).
    chains
        Persistent chains.
    centred
        Follow the centred gradient, from which the units' means are taken off.
    l2
        Weight of the penalty Σ w².
    binarize
        "none" learns from values in [0, 1] as probabilities, "rounded" from 0 and 1, "sampled" from 0 and 1 drawn anew
        at each update.
    initial_weights
        "small": N(0, 0.01²), with visible biases at the log-odds of the data; "book": the book's wide interval.
    scale
        Bring each column of X into [0, 1] by the training set's least and largest values, where X lies outside.
    learning_rate
        Step size of an update.
    max_epochs
        Passes over X. A few hundred updates teach little: from small sets learn longer, or by smaller batches.
    batch_size
        Examples an update.
    optimizer
        How a gradient becomes a step: "sgd", "momentum", "nesterov", "adadelta", "rmsprop" or "adam".
    random_state
        Seed of the first weights, the chains, the order of the examples and what `sample` draws; None for another at
        each `fit` and each `sample`.
    warm_start
        Let `fit` go on from the weights of the last one.
    verbose
        Show progress.

    Attributes
    ----------
    model_ : harmonium.models.RBM
        Its partition function is `harmonium.models.log_partition`'s, exact for small machines and else estimated.
    n_epochs_ : int

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> X, _ = load_digits(return_X_y=True)
    >>> rbm = BernoulliRBM(hidden=32, max_epochs=10, random_state=0).fit(X[:1000] / 16)
    >>> rbm.transform(X[1000:] / 16).shape, rbm.sample(5).shape
    ((797, 32), (5, 64))
    >>> noise = np.random.default_rng(0).random((100, 64))
    >>> rbm.score(X[1000:] / 16) > rbm.score(noise) + 50  # nats
    True
    """

    def __init__(
        self,
        *,
        hidden: int = 64,
        gibbs_steps: int = 1,
        persistent: bool = True,
        chains: int = 32,
        centred: bool = False,
        l2: float = 0.0,
        binarize: Literal["none", "rounded", "sampled"] = "none",
        initial_weights: Literal["small", "book"] = "small",
        scale: bool = True,
        learning_rate: float = 0.05,
        max_epochs: int = 10,
        batch_size: int = 32,
        optimizer: Optimizer = "sgd",
        random_state: Any = None,
        warm_start: bool = False,
        verbose: bool = False,
    ):
        self.hidden = hidden
        self.gibbs_steps = gibbs_steps
        self.persistent = persistent
        self.chains = chains
        self.centred = centred
        self.l2 = l2
        self.binarize = binarize
        self.initial_weights = initial_weights
        self.scale = scale
        self.learning_rate = learning_rate
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose

    def score_samples(self, X: Any) -> np.ndarray:
        """Return the log pseudo-likelihood of each example rounded to 0 and 1, in nats, (examples,).

        Σᵢ log p(xᵢ | the other units), summed over all units, so that the same example always has the same score.
        """
        return super().score_samples(X)

    def _takes_real(self) -> bool:
        return False

    def _scorer(self) -> Any:
        return exact_pseudo_log_likelihood


class GaussianRBM(MachineEstimator):
    """A restricted Boltzmann machine of real visible units with learned variance (Cho, Ilin & Raiko 2011).

    Parameters
    ----------
    hidden
        Hidden units.
    gibbs_steps
        Gibbs steps an update, k.
    persistent
        Let the chains go on from update to update (PCD), instead of starting them at the examples (CD).
    chains
        Persistent chains.
    l2
        Weight of the penalty Σ w².
    scale
        Bring each column of X to mean 0 and deviation 1, by the training set's own; without it X must be so.
    learning_rate
        Step size of an update.
    max_epochs
        Passes over X. A few hundred updates teach little: from small sets learn longer, or by smaller batches.
    batch_size
        Examples an update.
    optimizer
        How a gradient becomes a step: "sgd", "momentum", "nesterov", "adadelta", "rmsprop" or "adam".
    random_state
        Seed of the first weights, the chains, the order of the examples and what `sample` draws; None for another at
        each `fit` and each `sample`.
    warm_start
        Let `fit` go on from the weights of the last one.
    verbose
        Show progress.

    Attributes
    ----------
    model_ : harmonium.models.GaussianRBM
    n_epochs_ : int

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, _ = load_iris(return_X_y=True)
    >>> rbm = GaussianRBM(hidden=8, max_epochs=20, random_state=0).fit(X)
    >>> rbm.transform(X).shape, rbm.sample(5, steps=100).shape
    ((150, 8), (5, 4))
    """

    fixed = {"visible": "gaussian"}

    def __init__(
        self,
        *,
        hidden: int = 64,
        gibbs_steps: int = 1,
        persistent: bool = False,
        chains: int = 32,
        l2: float = 0.0,
        scale: bool = True,
        learning_rate: float = 0.01,
        max_epochs: int = 10,
        batch_size: int = 32,
        optimizer: Optimizer = "sgd",
        random_state: Any = None,
        warm_start: bool = False,
        verbose: bool = False,
    ):
        self.hidden = hidden
        self.gibbs_steps = gibbs_steps
        self.persistent = persistent
        self.chains = chains
        self.l2 = l2
        self.scale = scale
        self.learning_rate = learning_rate
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose

    def score_samples(self, X: Any) -> np.ndarray:
        """Return log(p(x)·Z) of each example as it was scaled, in nats, (examples,): minus its free energy."""
        return super().score_samples(X)

    def _scale(self) -> Scale:
        return "standardise" if self.scale else "none"

    def _scorer(self) -> Any:
        return minus_free_energies_of


def visible_means_of(model: Any, h: Array) -> Array:
    """Return the mean of the visible units given the hidden ones."""
    return model.visible_mean(model.visible_field(h))


def free_energies_of(model: Any, v: Array) -> Array:
    """Return F(v)."""
    return model.free_energy(v)


def minus_free_energies_of(model: Any, v: Array) -> Array:
    """Return log(p(v)·Z)."""
    return -model.free_energy(v)


@jax.jit
def _walked(model: Any, v: Array, keys: Array) -> Array:
    return run_chain(lambda v, key: model.gibbs_vhv(v, key=key), v, keys)
