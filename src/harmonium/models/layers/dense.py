"""The fully connected layer, and the intervals that its weights are drawn from."""

import math
import warnings
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from harmonium.errors import ConfigError, DataError


class Activation(NamedTuple):
    """A non-linearity, and the uniform interval that the weights below it are drawn from."""

    function: Callable[[Array], Array]
    bound: Callable[[float, float], float]  # (fan_in, fan_out) -> half the interval's width


def _glorot(fan_in: float, fan_out: float) -> float:
    return math.sqrt(6 / (fan_in + fan_out))


ACTIVATIONS: Mapping[str, Activation] = {
    "tanh": Activation(jnp.tanh, _glorot),  # Glorot & Bengio 2010
    "sigmoid": Activation(jax.nn.sigmoid, lambda fan_in, fan_out: 4 * _glorot(fan_in, fan_out)),
    "relu": Activation(jax.nn.relu, lambda fan_in, _: math.sqrt(6 / fan_in)),  # He et al. 2015
    "softplus": Activation(jax.nn.softplus, _glorot),
    "linear": Activation(lambda x: x, _glorot),
}


def activation(name: str) -> Activation:
    """The activation of a name. Raises `ConfigError` for a name not in `ACTIVATIONS`.

    Examples
    --------
    >>> round(activation("tanh").bound(784, 500), 4)  # √(6 / (784 + 500))
    0.0684
    """
    try:
        return ACTIVATIONS[name]
    except KeyError:
        raise ConfigError(f"unknown activation {name!r}; choose one of {', '.join(ACTIVATIONS)}") from None


def require_joint(where: str, gives: int, takes: int) -> None:
    """Raise `ConfigError` unless what lies below gives as many values as what lies above takes."""
    if gives != takes:
        raise ConfigError(f"{where}: {gives} values do not fit a layer that takes {takes}")


def require_numbers(name: str, x: Any) -> None:
    """Raise `DataError`, which names the argument, unless `x` is an array of numbers, and not of a picture's bytes."""
    kind = getattr(getattr(x, "dtype", None), "kind", None)
    if kind is None or not hasattr(x, "shape"):
        raise DataError(f"{name} is of type {type(x).__name__}, but must be an array of numbers")
    if kind in "OSU":
        raise DataError(f"{name} is an array of {x.dtype}, but must be one of numbers")
    if x.dtype != np.uint8:
        return
    if isinstance(x, jax.core.Tracer):
        warnings.warn(
            f"{name} is an array of uint8, whose values cannot be seen while JAX traces a function: bytes of pictures "
            f"become what a model takes by harmonium.data.intensities({name}), zeros and ones by {name}.astype(float)",
            stacklevel=3,
        )
    elif x.size and x.max() > 1:
        raise DataError(
            f"{name} holds bytes up to {int(x.max())}, and a model takes numbers in [0, 1]: give "
            f"harmonium.data.intensities({name})"
        )


def examples(x: Any) -> Array:
    """Return a batch, checked as `require_numbers` does: within `jax.vmap` the values of an example cannot be seen."""
    require_numbers("x", x)
    return jnp.asarray(x, jnp.float32 if x.dtype == np.uint8 else None)


def require_units(name: str, x: Any, units: int) -> None:
    """Raise `DataError`, which names the argument, unless `x` is an array whose last axis holds this many values."""
    require_numbers(name, x)
    if x.shape[-1:] != (units,):
        raise DataError(f"{name} has the shape {x.shape}, but its last axis must hold {units} values")


def flattened(name: str, x: Any, values: int) -> Array:
    """Return one example, of any shape, as a vector. Raises `DataError`, naming the argument, for anything else."""
    require_numbers(name, x)
    if x.size != values:
        raise DataError(
            f"{name} has the shape {x.shape}, but must be one example of {values} values; jax.vmap takes many at once"
        )
    return x.ravel()


def uniform(key: PRNGKeyArray, shape: tuple[int, ...], bound: float) -> Array:
    """Weights drawn uniformly from [-bound, bound] (section 5.2)."""
    return jax.random.uniform(key, shape, minval=-bound, maxval=bound)


def product(x: Float[Array, "*leading inputs"], weight: Float[Array, "inputs outputs"]) -> Array:
    """x·W over any leading axes, as one product of two matrices.

    With several such axes the gradient of plain `x @ weight` takes 2.2 times as long on a CPU.
    """
    return (x.reshape(-1, x.shape[-1]) @ weight).reshape(*x.shape[:-1], -1)


FEW = 50  # examples of a batch up to which `columns_product` pays; of 100 an update takes 1.03 times as long
HELD = 2**19  # weights, 2 MiB of them: what the second cache of today's cores holds


@jax.custom_vjp
def columns_product(
    weight: Float[Array, "outputs inputs"], x: Float[Array, "inputs batch"]
) -> Float[Array, "outputs batch"]:
    """W·x of a few examples as columns, with gradients in the forms that a CPU computes fastest.

    XLA packs the second factor of a product anew each time, which costs most where that is W and the examples are few:
    with 500x784 weights and 20 of them W·x takes 0.7 of the time of xᵀ·Wᵀ, which autodiff's form comes to. An update
    of that perceptron takes 0.87 of the time, one of three layers of 1,000 units at batch 10 0.90.
    """
    return _forward(weight, x)[0]


def _forward(weight: Array, x: Array) -> tuple[Array, tuple[Array, Array]]:
    rows = jax.lax.optimization_barrier(x.T)  # type: ignore[no-untyped-call]
    return weight @ rows.T, (weight, rows)


def _backward(saved: tuple[Array, Array], gradient: Array) -> tuple[Array, Array]:
    weight, x = saved
    columns, rows = jax.lax.optimization_barrier((gradient, gradient.T))  # type: ignore[no-untyped-call]
    # Of two forms of one product, XLA hands the second to YNNPACK, which is the faster where W is not held.
    of_weight = rows.T @ x if weight.size <= HELD else columns @ x
    return of_weight, jax.lax.optimization_barrier(rows @ weight).T  # type: ignore[no-untyped-call]


columns_product.defvjp(_forward, _backward)


class Dense(eqx.Module):
    """A fully connected layer.

    h(x) = s(W·x + b)        (section 5.1)

    Examples
    --------
    >>> layer = Dense(jnp.array([[1.0, -1.0]]), jnp.array([0.5]), "relu")
    >>> print(layer(jnp.array([2.0, 1.0])), layer(jnp.array([1.0, 2.0])))
    [1.5] [0.]
    """

    # (outputs, inputs), not its transpose: on a CPU at batch 20 an update is 1.13 times as fast.
    weight: Float[Array, "outputs inputs"]  # W
    bias: Float[Array, " outputs"]  # b
    activation: str = eqx.field(static=True, default="tanh")  # s

    def __check_init__(self) -> None:
        activation(self.activation)

    @classmethod
    def init(cls, inputs: int, outputs: int, activation_name: str = "tanh", *, key: PRNGKeyArray) -> "Dense":
        """Draw the weights from the activation's interval; the biases are zero (section 5.2)."""
        bound = activation(activation_name).bound(inputs, outputs)
        return cls(uniform(key, (outputs, inputs), bound), jnp.zeros(outputs), activation_name)

    def __call__(self, x: Float[Array, " inputs"]) -> Float[Array, " outputs"]:
        """h(x) of one example."""
        require_units("x", x, self.weight.shape[1])
        return self.finish(self.product(x))

    def columns(self, x: Float[Array, "inputs batch"]) -> Float[Array, "outputs batch"]:
        """h(x) of many examples, one a column."""
        return self.finish(columns_product(self.weight, x))

    def product(self, x: Float[Array, "inputs ..."]) -> Float[Array, "outputs ..."]:
        """W·x, of one example or of many as columns."""
        return self.weight @ x

    def finish(self, z: Float[Array, "outputs ..."]) -> Float[Array, "outputs ..."]:
        """s(z + b)."""
        return activation(self.activation).function(z + self.bias.reshape(-1, *[1] * (z.ndim - 1)))
