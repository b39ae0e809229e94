"""How far a reconstruction is from its input, summed over an example's values (section 7.1)."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


def cross_entropy(
    logits: Float[Array, "*batch visible"], x: Float[Array, "*batch visible"]
) -> Float[Array, "*batch"]:
    """-Σₖ xₖ log zₖ + (1 - xₖ) log(1 - zₖ), in nats, of z = σ(logits) and x in [0, 1]."""
    return (jax.nn.softplus(logits) - x * logits).sum(-1)


def squared_error(
    z: Float[Array, "*batch visible"], x: Float[Array, "*batch visible"]
) -> Float[Array, "*batch"]:
    """‖x - z‖²."""
    return jnp.square(x - z).sum(-1)
