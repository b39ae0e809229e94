"""Random corruption of inputs, which a denoising autoencoder learns to undo (section 7.2)."""

from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from harmonium.errors import ConfigError


def masking(x: Float[Array, "..."], level: float, *, key: PRNGKeyArray) -> Float[Array, "..."]:
    """Set each value to zero with probability `level`, as the book does (Vincent et al. 2008)."""
    return jnp.where(jax.random.bernoulli(key, 1 - level, x.shape), x, 0)


def salt_and_pepper(x: Float[Array, "..."], level: float, *, key: PRNGKeyArray) -> Float[Array, "..."]:
    """Set each value with probability `level` to 0 or 1, either equally likely (Vincent et al. 2010)."""
    u = jax.random.uniform(key, x.shape)
    return jnp.where(u < level, (u < level / 2).astype(x.dtype), x)


def gaussian(x: Float[Array, "..."], level: float, *, key: PRNGKeyArray) -> Float[Array, "..."]:
    """Add noise of mean 0 and standard deviation `level` (Vincent et al. 2010)."""
    return x + level * jax.random.normal(key, x.shape)


CORRUPTIONS: Mapping[str, Callable[..., Float[Array, "..."]]] = {
    "masking": masking,
    "salt-and-pepper": salt_and_pepper,
    "gaussian": gaussian,
}


def corrupt(
    x: Float[Array, "..."], level: float, kind: str = "masking", *, key: PRNGKeyArray
) -> Float[Array, "..."]:
    """Corrupt values at random; at level 0 they stay as they are.

    Parameters
    ----------
    x
        Values of any shape.
    level
        The probability with which each value is corrupted, or the standard deviation of Gaussian noise, in [0, 1).
    kind
        "masking", "salt-and-pepper" or "gaussian".
    key
        The key of the noise.

    Raises
    ------
    ConfigError
        For a level outside [0, 1) and for another kind.

    Examples
    --------
    >>> x = jnp.ones(1000)
    >>> hidden = corrupt(x, 0.3, key=jax.random.key(0))
    >>> sorted(set(hidden.tolist())), bool(250 < (hidden == 0).sum() < 350)
    ([0.0, 1.0], True)
    """
    if not 0 <= level < 1:
        raise ConfigError(f"corruption level {level} must be in [0, 1)")
    if kind not in CORRUPTIONS:
        raise ConfigError(f"unknown corruption {kind!r}; choose one of {', '.join(CORRUPTIONS)}")
    return x if level == 0 else CORRUPTIONS[kind](x, level, key=key)
