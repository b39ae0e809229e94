"""Optimisers by name, and the book's decaying learning rate."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import lazy_loader
from jaxtyping import Array

from harmonium.errors import ConfigError

if TYPE_CHECKING:
    import optax
else:
    optax = lazy_loader.load("optax")


def adadelta(
    rate: optax.ScalarOrSchedule, rho: float = 0.95, eps: float = 1e-6
) -> optax.GradientTransformation:
    """Adadelta (Zeiler 2012, algorithm 1), with his decay, which is the book's.

    `optax.adadelta` divides one root by the other; a single root of their quotient is a pass over the weights less,
    and an update of chapter 13's network takes 0.96 of the time.
    """

    def update(gradient: Any, state: Any, weights: Any = None) -> tuple[Any, Any]:
        e_g = optax.tree.update_moment(gradient, state.e_g, rho, 2)
        step = jax.tree.map(
            lambda g, e_g, e_x: jnp.sqrt((e_x + eps) / (e_g + eps)) * g, gradient, e_g, state.e_x
        )
        return step, optax.ScaleByAdaDeltaState(e_g, optax.tree.update_moment(step, state.e_x, rho, 2))

    scale = optax.GradientTransformation(optax.scale_by_adadelta().init, update)
    return optax.chain(scale, optax.scale_by_learning_rate(rate))


def momentum(
    rate: optax.ScalarOrSchedule, keep: optax.ScalarOrSchedule, *, nesterov: bool
) -> optax.GradientTransformation:
    """Gradient descent in which each step keeps a share of the one before, which may change from update to update."""
    if not callable(keep):
        return optax.sgd(rate, momentum=float(keep), nesterov=nesterov)
    trace = optax.inject_hyperparams(optax.trace, static_args=("nesterov",))(decay=keep, nesterov=nesterov)
    return optax.chain(trace, optax.scale_by_learning_rate(rate))


# Each takes a learning rate, and the share of the last step that momentum keeps.
OPTIMIZERS: Mapping[
    str, Callable[[optax.ScalarOrSchedule, optax.ScalarOrSchedule], optax.GradientTransformation]
] = {
    "sgd": lambda rate, keep: optax.sgd(rate),
    "momentum": functools.partial(momentum, nesterov=False),
    "nesterov": functools.partial(momentum, nesterov=True),
    "adadelta": lambda rate, keep: adadelta(rate),
    "rmsprop": lambda rate, keep: optax.rmsprop(rate),
    "adam": lambda rate, keep: optax.adam(rate),
}
SCHEDULES = ("linear", "cosine", "one-cycle")  # by which an annealed rate falls to zero
FIRST_MOMENTUM = 0.5  # from which momentum rises (Hinton 2010, section 9)


def make_optimizer(
    name: str,
    learning_rate: float,
    *,
    decay: float = 0.0,
    updates_per_epoch: int = 1,
    anneal_epochs: int = 0,
    schedule: str = "linear",
    momentum: float = 0.9,
    momentum_epochs: int = 0,
    weight_decay: float = 0.0,
) -> optax.GradientTransformation:
    """Make an optimiser with the book's decaying learning rate, μ₀ / (1 + d·t) in epoch t (section 5.4.3).

    Parameters
    ----------
    name
        One of `OPTIMIZERS`.
    learning_rate
        μ₀.
    decay
        d.
    updates_per_epoch
        How many updates an epoch has; t is counted by them, from 0.
    anneal_epochs
        Let the rate fall to zero, which it reaches at the end of this many epochs; 0 for not.
    schedule
        How: "linear", in a straight line; "cosine", along half a cosine (Loshchilov & Hutter 2017); or "one-cycle",
        which first rises from a 25th of it over three tenths of the epochs (Smith & Topin 2019).
    momentum
        The share of the last step that "momentum" and "nesterov" keep.
    momentum_epochs
        Let it rise from 0.5 in a straight line over this many epochs; 0 for not.
    weight_decay
        λ: each update also takes rate·λ·w from the weights w, whatever the optimiser makes of the gradient (decoupled,
        Loshchilov & Hutter 2019). Biases, and all that has fewer than two axes, are left alone.

    Returns
    -------
    An Optax transformation. Raises `ConfigError` for an unknown name or schedule, a rate that is not positive or a
    negative decay.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> optimizer = make_optimizer("sgd", 0.5, decay=1.0, updates_per_epoch=1)
    >>> state = optimizer.init(jnp.float32(0))
    >>> for epoch in range(2):
    ...     step, state = optimizer.update(jnp.float32(1), state)
    ...     print(float(step))
    -0.5
    -0.25
    """
    if not isinstance(learning_rate, int | float):
        raise ConfigError(f"make_optimizer: learning_rate is {learning_rate!r}, but must be a number")
    if name not in OPTIMIZERS:
        raise ConfigError(f"unknown optimizer {name!r}; choose one of {', '.join(OPTIMIZERS)}")
    if not 0 < learning_rate < float("inf") or not 0 <= decay < float("inf"):
        raise ConfigError(
            f"learning rate {learning_rate:g} must be positive and its decay {decay:g} not negative"
        )
    if schedule not in SCHEDULES:
        raise ConfigError(f"unknown schedule {schedule!r}; choose one of {', '.join(SCHEDULES)}")
    updates, rising = anneal_epochs * updates_per_epoch, momentum_epochs * updates_per_epoch
    left = _falling(schedule, updates)

    def rate(count: Array) -> Array:
        return learning_rate / (1 + decay * (count // updates_per_epoch)) * left(count)

    keep = optax.linear_schedule(FIRST_MOMENTUM, momentum, rising) if rising else momentum
    optimizer = OPTIMIZERS[name](learning_rate if decay == 0 and updates == 0 else rate, keep)
    if not weight_decay:
        return optimizer
    shrinking = optax.add_decayed_weights(lambda count: -weight_decay * rate(count), mask=_is_weight)
    return optax.chain(optimizer, shrinking)


def _falling(schedule: str, updates: int) -> optax.Schedule:
    """Return what is left of a rate of 1 at each update, which is 0 after this many; 1 throughout for no updates."""
    if not updates:
        return lambda count: 1
    if schedule == "cosine":
        return optax.cosine_decay_schedule(1.0, updates)
    if schedule == "one-cycle":
        return optax.cosine_onecycle_schedule(updates, 1.0)
    return lambda count: jnp.maximum(0, 1 - count / updates)


def _is_weight(model: Any) -> Any:
    return jax.tree.map(lambda array: array.ndim > 1, model)
