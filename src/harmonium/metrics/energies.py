"""How well an energy fits examples of real numbers, without its partition function (Hyvärinen 2005)."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


def score_matching(
    free_energy: Callable[[Float[Array, " values"]], Float[Array, ""]], v: Float[Array, " values"]
) -> Float[Array, ""]:
    """½‖∂F/∂v‖² - Σᵢ ∂²F/∂vᵢ² of one example, whose mean over examples is lowest for the energy they come from.

    That mean is, up to a constant of the data, half the mean squared distance between the gradients of log p of the
    model and of the data; log Z has no gradient, and so is not needed (Hyvärinen 2005, theorem 1).

    Examples
    --------
    The energy of N(0, 1) at v = 2: half of 2², less a curvature of 1.

    >>> print(score_matching(lambda v: 0.5 * v @ v, jnp.array([2.0])))
    1.0
    """
    gradient = jax.grad(free_energy)
    curvature = jnp.trace(jax.jacfwd(gradient)(v))
    return 0.5 * jnp.square(gradient(v)).sum() - curvature
