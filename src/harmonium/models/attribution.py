"""What each input adds to a prediction: integrated gradients (Sundararajan, Taly & Yan 2017)."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

POINTS = 64  # of the path at which the gradient is taken


def log_odds(logits: Float[Array, " classes"], label: Int[Array, ""] | int) -> Float[Array, ""]:
    """Log p / (1 - p), in nats, of the class `label`, where p is the softmax of the logits.

    Examples
    --------
    >>> print(log_odds(jnp.log(jnp.array([0.8, 0.1, 0.1])), 0).round(3))  # log(0.8 / 0.2)
    1.386
    """
    others = jnp.where(jnp.arange(len(logits)) == label, -jnp.inf, logits)
    return logits[label] - jax.nn.logsumexp(others)


def mean_gradient(
    function: Callable[[Array], Float[Array, ""]],
    x: Float[Array, "*shape"],
    *,
    start: Float[Array, "*shape"] | None = None,
    points: int = POINTS,
) -> Float[Array, "*shape"]:
    """Return the mean of ∇f along the straight path to x, ∫₀¹ ∇f(x' + t·(x - x')) dt.

    Times x - x' it is how much each input adds, and these shares sum to f(x) - f(x') (ibid., proposition 1).

    Parameters
    ----------
    function
        The prediction f.
    x
        One example.
    start
        x', what the example is compared with; zero unless given.
    points
        Of the path, at which the integral is taken, by Gauss and Legendre's rule.

    Examples
    --------
    >>> x = jnp.array([1.0, 2.0])
    >>> shares = x * mean_gradient(lambda x: x[0] ** 2 + 3 * x[1], x)
    >>> [round(float(share), 3) for share in shares]  # what each of the two terms is at x
    [1.0, 6.0]
    """
    origin = jnp.zeros_like(x) if start is None else start
    places, weights = np.polynomial.legendre.leggauss(points)
    steps = jnp.asarray((places + 1) / 2, x.dtype), jnp.asarray(weights / 2, x.dtype)

    def add(total: Array, step: tuple[Array, Array]) -> tuple[Array, None]:
        t, weight = step
        return total + weight * jax.grad(function)(origin + t * (x - origin)), None

    return jax.lax.scan(add, jnp.zeros_like(x), steps)[0]
