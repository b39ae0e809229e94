"""Max-norm regularisation: an upper bound on the norm of each unit's weights (Srivastava et al. 2014)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jaxtyping import Array


def within(longest: float) -> Callable[[Any], Any]:
    """Return a function that shortens the weights into each unit to a Euclidean length of at most `longest`.

    Units are the first axis of every array of `Classifier.weights` (max-norm, Srivastava et al. 2014).
    """
    import jax
    import jax.numpy as jnp

    def shortened(path: tuple[Any, ...], w: Array) -> Array:
        if getattr(path[-1], "name", None) != "weight":
            return w
        length = jnp.sqrt(jnp.square(w).sum(range(1, w.ndim), keepdims=True))
        return w * jnp.minimum(1, longest / jnp.maximum(length, longest))

    return lambda model: jax.tree_util.tree_map_with_path(shortened, model)
