"""What is added to a loss: penalties on weights, never on biases (section 3.4.3), and on a layer's sensitivity."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from harmonium.models.layers import Dense
from harmonium.models.layers.dense import activation


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


def contraction(layer: Dense, x: Float[Array, " inputs"]) -> Float[Array, ""]:
    """‖∂h/∂x‖² of a layer h = s(W·x + b) at one example: Σⱼ s'(aⱼ)² ‖Wⱼ‖² (Rifai et al. 2011).

    The Jacobian, diag(s'(a))·W, is never formed.
    """
    a = layer.weight @ x + layer.bias
    _, slope = jax.jvp(activation(layer.activation).function, (a,), (jnp.ones_like(a),))
    return jnp.square(slope) @ jnp.square(layer.weight).sum(1)
