"""Adversarial training (Goodfellow et al. 2015): examples moved in the direction in which their loss grows fastest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


def beside_moved(
    loss_of: Callable[[Array], tuple[Float[Array, ""], Any]],
    x: Float[Array, "batch ..."],
    distance: float | Float[Array, ""],
) -> tuple[Float[Array, ""], Any]:
    """Return the mean of the losses at x and at x + distance·g/|g|, g being an example's gradient of the loss at x.

    Parameters
    ----------
    loss_of
        From examples to their loss and whatever is returned beside it. No gradient flows through the move.
    x
        The examples, one a row.
    distance
        How far each is moved, in Euclidean length over all of its values.

    Returns
    -------
    The mean, and what `loss_of` returned beside the loss at x.
    """
    (loss, beside), g = jax.value_and_grad(loss_of, has_aux=True)(x)
    g = g.reshape(len(x), -1)
    along = g / jnp.maximum(jnp.linalg.norm(g, axis=1, keepdims=True), 1e-12)
    moved = jax.lax.stop_gradient(x + distance * along.reshape(x.shape))
    return (loss + loss_of(moved)[0]) / 2, beside
