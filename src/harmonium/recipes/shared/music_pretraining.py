"""How models of music learn in parts: pre-training, and steps of parts that differ (section 14.4)."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from harmonium import metrics
from harmonium.data import Dataset, Music, Rolls, Split
from harmonium.models import RBM, RNNRBM
from harmonium.models.contrastive import Offsets, centred_gradient

RECURRENT = (  # what computes the biases of each step
    "recurrent_to_visible",
    "recurrent_to_hidden",
    "visible_to_recurrent",
    "recurrent_weight",
    "recurrent_bias",
    "initial",
)


def predicting(model: RNNRBM, v: Float[Array, "time batch visible"], key: PRNGKeyArray) -> Any:
    """Return the cross-entropy of each step as the recurrent units alone predict it.

    It is what W_uv, W_uu, W_vu and bᵤ learn from in pre-training.
    """
    bias = jax.lax.stop_gradient(model.visible_bias)
    cross_entropy = metrics.cross_entropy(bias + model.previous_states(v) @ model.recurrent_to_visible, v)
    return cross_entropy, {"cross_entropy": cross_entropy}


def with_pretrained(model: RNNRBM, found: RBM | RNNRBM) -> RNNRBM:
    """Return the model with the weights and biases of a machine of single steps, or as a whole the one found."""
    if isinstance(found, RNNRBM):
        return found

    return eqx.tree_at(_shared, model, _shared(found))


def as_frames(music: Music) -> Dataset:
    """Return all steps of all pieces, without their order."""
    frames = (np.concatenate(split.rolls).astype(np.float32) for split in music.splits.values())
    train, valid, test = (Split(x, np.zeros(len(x), np.int32)) for x in frames)
    return Dataset(music.name, train, valid, test, ())


def centred(pieces: Rolls) -> Callable[[RNNRBM, Any], RNNRBM]:
    """Return the function from a gradient to the centred one, whose offsets are the notes' means in pieces, and ½."""
    mean = jnp.asarray(np.concatenate(pieces.rolls).mean(0), jnp.float32)

    def direction(gradient: RNNRBM, carry: Any) -> RNNRBM:
        offsets = Offsets(mean, jnp.full_like(gradient.hidden_bias, 0.5))
        return eqx.tree_at(_shared, gradient, _shared(centred_gradient(RBM(*_shared(gradient)), offsets)))

    return direction


def _shared(model: Any) -> tuple[Array, ...]:
    return model.weight, model.visible_bias, model.hidden_bias


def recurrent_steps(step: RNNRBM, rate: float) -> RNNRBM:
    """Return a step whose part of what is recurrent is `rate` times as large."""

    def recurrent(model: RNNRBM) -> tuple[Any, ...]:
        return tuple(getattr(model, name) for name in RECURRENT)

    scaled = jax.tree.map(lambda one: rate * one, recurrent(step))
    return eqx.tree_at(recurrent, step, scaled, is_leaf=lambda one: one is None)
