"""How far a reconstruction is from its input, summed over an example's values (section 7.1)."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


def cross_entropy(
    logits: Float[Array, "*batch visible"], x: Float[Array, "*batch visible"]
) -> Float[Array, "*batch"]:
    """-Σₖ [xₖ log zₖ + (1 - xₖ) log(1 - zₖ)], in nats, where z = σ(logits) and x is in [0, 1].

    Examples
    --------
    Logits of zero say ½ of each value, which costs log 2 = 0.693 nats a value, whatever the value.

    >>> print(cross_entropy(jnp.zeros((2, 3)), jnp.array([[0.0, 1.0, 1.0], [0.5, 0.2, 0.7]])).round(3))
    [2.079 2.079]
    """
    return (jax.nn.softplus(logits) - x * logits).sum(-1)


def squared_error(
    z: Float[Array, "*batch visible"], x: Float[Array, "*batch visible"]
) -> Float[Array, "*batch"]:
    """‖x - z‖² of each example x and its reconstruction z.

    Examples
    --------
    >>> print(squared_error(jnp.array([[1.0, 2.0]]), jnp.array([[1.0, 5.0]])))
    [9.]
    """
    return jnp.square(x - z).sum(-1)
