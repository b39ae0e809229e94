"""What a denoising autoencoder must undo (section 7.2)."""

from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from harmonium.errors import ConfigError


def masking(x: Float[Array, "..."], level: float, *, key: PRNGKeyArray) -> Float[Array, "..."]:
    """Set each value to zero with probability `level`, independently (Vincent et al. 2008; the book's)."""
    return jnp.where(jax.random.bernoulli(key, 1 - level, x.shape), x, 0)


def salt_and_pepper(x: Float[Array, "..."], level: float, *, key: PRNGKeyArray) -> Float[Array, "..."]:
    """Set each value with probability `level` to 0 or 1, as a fair coin falls (Vincent et al. 2010)."""
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
    """`x` corrupted by `level`, in [0, 1), in the way that `kind` names; at level 0 it is `x` itself.

    Raises `ConfigError` for a level outside [0, 1) and for a kind not in `CORRUPTIONS`.
    """
    if not 0 <= level < 1:
        raise ConfigError(f"corruption level {level} must be in [0, 1)")
    if kind not in CORRUPTIONS:
        raise ConfigError(f"unknown corruption {kind!r}; choose one of {', '.join(CORRUPTIONS)}")
    return x if level == 0 else CORRUPTIONS[kind](x, level, key=key)
