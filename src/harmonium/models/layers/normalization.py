"""Batch normalisation of a layer (Ioffe & Szegedy 2015)."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from harmonium.models.layers.convolution import ConvPool
from harmonium.models.layers.dense import Dense

KEPT = 0.9  # share that the moving statistics keep of their old value at each batch
EPSILON = 1e-5  # added to variances, so that a unit that never changes divides by no zero

Statistics = list[tuple[Array, Array]]  # the moving mean and variance of each normalised layer, from below


class BatchNorm(eqx.Module):
    """A layer whose units are brought to mean 0 and variance 1 over each batch while it learns.

    h = s(γ·(z - μ)/√(σ² + ε) + b),   z = W·x        (Ioffe & Szegedy 2015, algorithm 1)

    W, b and the non-linearity s are the layer's own. While it learns, μ and σ² are those of the batch, of a
    convolution's map over all positions; in prediction they are moving averages, and the layer is `folded`: one with
    other weights and biases, and no normalisation.

    Examples
    --------
    >>> layer = BatchNorm.around(Dense.init(8, 4, "relu", key=jax.random.key(0)))
    >>> h, (mean, variance) = layer.on_batch(jnp.ones((8, 20)))  # 20 examples, one a column
    >>> h.shape, mean.shape, type(layer.folded()).__name__
    ((4, 20), (4,), 'Dense')
    """

    layer: Dense | ConvPool
    gain: Float[Array, " units"]  # γ
    mean: Float[Array, " units"]  # the moving average of μ
    variance: Float[Array, " units"]  # the moving average of σ²

    @classmethod
    def around(cls, layer: Dense | ConvPool) -> "BatchNorm":
        """Normalise a layer; the moving statistics begin at mean 0 and variance 1."""
        ones = jnp.ones_like(layer.bias)
        return cls(layer, ones, jnp.zeros_like(ones), ones)

    @property
    def weight(self) -> Array:
        """The layer's W."""
        return self.layer.weight

    @property
    def bias(self) -> Array:
        """The layer's b."""
        return self.layer.bias

    def on_batch(
        self, x: Float[Array, "inputs *places batch"]
    ) -> tuple[Float[Array, "units *out batch"], tuple[Array, Array]]:
        """Units of a batch that is normalised by its own statistics, and the moving statistics, updated by these.

        The moving variance takes in the estimate without bias, σ²·n/(n - 1) of n values (algorithm 2).
        """
        z = self.layer.product(x)
        over = tuple(range(1, z.ndim))
        mean, variance = z.mean(over), z.var(over)
        count = z.size // z.shape[0]
        h = self.layer.finish(self._normalised(z, mean, variance))
        unbiased = variance * (count / max(count - 1, 1))
        moved = (
            self.mean + (1 - KEPT) * (mean - self.mean),
            self.variance + (1 - KEPT) * (unbiased - self.variance),
        )
        return h, lax.stop_gradient(moved)

    def _normalised(self, z: Array, mean: Array, variance: Array) -> Array:
        scale = self.gain / jnp.sqrt(variance + EPSILON)
        wide = (-1, *[1] * (z.ndim - 1))
        return z * scale.reshape(wide) - (mean * scale).reshape(wide)

    def __call__(self, x: Float[Array, "inputs ..."]) -> Float[Array, "units ..."]:
        """Units by the moving statistics, of one example or, of a convolution, of a batch."""
        return self.folded()(x)

    def columns(self, x: Float[Array, "inputs batch"]) -> Float[Array, "units batch"]:
        """Units by the moving statistics, of many examples, one a column; of a dense layer."""
        layer = self.folded()
        assert isinstance(layer, Dense)
        return layer.columns(x)

    def folded(self) -> Dense | ConvPool:
        """Return the plain layer that computes the same by the moving statistics: W·γ/σ, and b - γ·μ/σ."""
        scale = self.gain / jnp.sqrt(self.variance + EPSILON)
        weight = self.layer.weight * scale.reshape(-1, *[1] * (self.layer.weight.ndim - 1))
        return dataclasses.replace(self.layer, weight=weight, bias=self.layer.bias - self.mean * scale)


def normalised(layers: Sequence[Any], x: Array) -> tuple[Array, Statistics]:
    """Send a batch through a stack of normalised layers; return the last layer's units and all moving statistics."""
    moved = []
    for layer in layers:
        x, of_layer = layer.on_batch(x)
        moved.append(of_layer)
    return x, moved


def statistics(model: Any) -> Statistics:
    """Return the moving statistics of a model's normalised layers; an empty list where it has none."""
    nodes = jax.tree.leaves(model, is_leaf=_is_normalised)
    return [(layer.mean, layer.variance) for layer in nodes if _is_normalised(layer)]


def first_statistics(make: Callable[[], Any]) -> Statistics:
    """Return the first moving statistics of the model that `make` would return, without computing its weights."""
    shapes = jax.eval_shape(lambda: statistics(make()))
    return [(jnp.zeros(mean.shape), jnp.ones(variance.shape)) for mean, variance in shapes]


def with_statistics(model: Any, moved: Statistics) -> Any:
    """Return a model with other moving statistics, in the order of `statistics`."""
    left = iter(moved)

    def put(node: Any) -> Any:
        if not _is_normalised(node):
            return node
        mean, variance = next(left)
        return dataclasses.replace(node, mean=mean, variance=variance)

    return jax.tree.map(put, model, is_leaf=_is_normalised)


def _is_normalised(node: Any) -> bool:
    return isinstance(node, BatchNorm)
