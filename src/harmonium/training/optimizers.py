"""Optax's optimisers by name, and the book's decaying learning rate."""

from collections.abc import Callable, Mapping

import jax.numpy as jnp
import optax
from jaxtyping import Array

from harmonium.errors import ConfigError

OPTIMIZERS: Mapping[str, Callable[[optax.ScalarOrSchedule], optax.GradientTransformation]] = {
    "sgd": optax.sgd,
    "momentum": lambda rate: optax.sgd(rate, momentum=0.9),
    "nesterov": lambda rate: optax.sgd(rate, momentum=0.9, nesterov=True),
    "adadelta": lambda rate: optax.adadelta(rate, rho=0.95),  # the decay of Zeiler 2012, and the book's
    "rmsprop": optax.rmsprop,
    "adam": optax.adam,
}


def make_optimizer(
    name: str,
    learning_rate: float,
    *,
    decay: float = 0.0,
    updates_per_epoch: int = 1,
    anneal_epochs: int = 0,
) -> optax.GradientTransformation:
    """Make the optimiser `name` with the rate μ₀ / (1 + d·t), t the epoch counted from 0 (section 5.4.3).

    With `anneal_epochs` the rate also falls in a straight line to zero at the end of that many epochs. Raises
    `ConfigError` for an unknown name, a rate that is not positive or a negative decay.
    """
    if name not in OPTIMIZERS:
        raise ConfigError(f"unknown optimizer {name!r}; choose one of {', '.join(OPTIMIZERS)}")
    if not 0 < learning_rate < float("inf") or not 0 <= decay < float("inf"):
        raise ConfigError(
            f"learning rate {learning_rate:g} must be positive and its decay {decay:g} not negative"
        )
    if decay == 0 and anneal_epochs == 0:
        return OPTIMIZERS[name](learning_rate)
    updates = anneal_epochs * updates_per_epoch

    def rate(count: Array) -> Array:
        left = jnp.maximum(0, 1 - count / updates) if updates else 1
        return learning_rate / (1 + decay * (count // updates_per_epoch)) * left

    return OPTIMIZERS[name](rate)
