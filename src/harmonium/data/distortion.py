"""Random distortion of pictures, so that each is learned from in another form every time (Simard et al. 2003)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from harmonium.data.options import Distortion

if TYPE_CHECKING:
    from jaxtyping import Array, Float, PRNGKeyArray

SMOOTHNESS = 1 / 7  # share of a side over which an elastic field varies: 4 of MNIST's 28 pixels


def distorted(
    x: Float[Array, "batch height width *channels"], how: Distortion, key: PRNGKeyArray
) -> Float[Array, "batch height width *channels"]:
    """Distort each picture of a batch in a way of its own.

    The pixel at p takes the value found, by bilinear interpolation, at A·p + t + u(p), where p is counted from the
    centre, A turns, slants and scales, t shifts, and u is a smooth random field. Beyond its border a picture goes on
    with the values of the border.

    Parameters
    ----------
    x
        Pictures, with values of any range.
    how
        How far they are distorted.
    key
        Draws the distortions.

    Returns
    -------
    Pictures of the same shape.

    Examples
    --------
    >>> import jax, jax.numpy as jnp
    >>> from harmonium.data import Distortion
    >>> x = jnp.arange(2 * 28 * 28.0).reshape(2, 28, 28)
    >>> y = distorted(x, Distortion(rotation=10, elastic=0.8), jax.random.key(0))
    >>> y.shape, bool(jnp.allclose(distorted(x, Distortion(), jax.random.key(0)), x))
    ((2, 28, 28), True)
    """
    import jax
    import jax.numpy as jnp
    from jax.scipy.ndimage import map_coordinates

    batch, height, width = x.shape[:3]
    of_affine, of_field = jax.random.split(key)
    matrix, shift = affine_maps(batch, how, of_affine)
    centre = jnp.array([(height - 1) / 2, (width - 1) / 2])
    grid = jnp.stack(jnp.meshgrid(jnp.arange(height), jnp.arange(width), indexing="ij")).reshape(2, -1)
    places = matrix @ (grid - centre[:, None]) + (shift + centre)[:, :, None]  # (batch, 2, pixels)
    places = places.reshape(batch, 2, height, width)
    if how.elastic:
        places += how.elastic * smooth_fields(batch, height, width, of_field)

    def one(picture: Array, places: Array) -> Array:
        return map_coordinates(picture, list(places), order=1, mode="nearest")

    over_channels = jax.vmap(one, (-1, None), -1)
    return jax.vmap(one if x.ndim == 3 else over_channels)(x, places)


def affine_maps(
    batch: int, how: Distortion, key: PRNGKeyArray
) -> tuple[Float[Array, "batch 2 2"], Float[Array, "batch 2"]]:
    """Draw A = rotation · shear · scaling, and t, each uniformly within its bounds, on (row, column) vectors."""
    import jax
    import jax.numpy as jnp

    turn, slant, *rest = jax.random.uniform(key, (6, batch), minval=-1.0, maxval=1.0)
    angle, slope = math.radians(how.rotation) * turn, jnp.tan(math.radians(how.shear) * slant)
    cos, sin, one, zero = jnp.cos(angle), jnp.sin(angle), jnp.ones(batch), jnp.zeros(batch)
    rotation = _matrices(cos, -sin, sin, cos)
    shear = _matrices(one, zero, slope, one)
    scaling = _matrices(1 + how.scaling * rest[0], zero, zero, 1 + how.scaling * rest[1])
    return rotation @ shear @ scaling, how.shift * jnp.stack(rest[2:], axis=-1)


def smooth_fields(
    batch: int, height: int, width: int, key: PRNGKeyArray
) -> Float[Array, "batch 2 height width"]:
    """Draw displacements, of rows and of columns, whose every pixel is a standard normal number.

    White noise is smoothed by a Gaussian in both directions; weights whose squares add up to 1 keep its variance.
    """
    import jax

    noise = jax.random.normal(key, (batch, 2, height, width))
    return _smoothing(height) @ noise @ _smoothing(width).T


def _smoothing(side: int) -> Float[Array, "side side"]:
    import jax.numpy as jnp

    apart = jnp.arange(side)[:, None] - jnp.arange(side)
    weights = jnp.exp(-0.5 * jnp.square(apart / (side * SMOOTHNESS)))
    return weights / jnp.linalg.norm(weights, axis=1, keepdims=True)


def _matrices(a: Array, b: Array, c: Array, d: Array) -> Float[Array, "batch 2 2"]:
    import jax.numpy as jnp

    return jnp.stack([jnp.stack([a, b], -1), jnp.stack([c, d], -1)], -2)
