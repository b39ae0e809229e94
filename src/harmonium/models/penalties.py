"""Penalties on weights, never on biases (section 3.4.3)."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


def weights(model: eqx.Module) -> list[Array]:
    """Every array of the model that a field called `weight` holds."""
    leaves = jax.tree_util.tree_leaves_with_path(model)
    return [leaf for path, leaf in leaves if getattr(path[-1], "name", None) == "weight"]


def l1(model: eqx.Module) -> Float[Array, ""]:
    """Σ |w| over all weights."""
    return sum((jnp.abs(w).sum() for w in weights(model)), jnp.float32(0))


def l2_squared(model: eqx.Module) -> Float[Array, ""]:
    """Σ w² over all weights."""
    return sum((jnp.square(w).sum() for w in weights(model)), jnp.float32(0))
