"""Where the chains of a sampler start: shapes that fit, one precision, and energies that are finite."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from harmonium.errors import ConfigError, DataError

Energy = Callable[[PyTree], Float[Array, ""]]  # from one position, any tree of arrays, to nats


def in_working_precision(energy: Energy, positions: PyTree) -> tuple[Energy, PyTree, int]:
    """Return an energy and where its chains start in JAX's own precision, and the number of chains.

    That is float32, or float64 where JAX's option `jax_enable_x64` is on. Raises `DataError` and `ConfigError` as
    `sample_hmc` does, for positions and energies that do not fit each other.
    """
    chains, dtype = _checked(energy, positions), jnp.result_type(float)
    positions = jax.tree.map(lambda leaf: jnp.asarray(leaf, dtype), positions)
    return lambda position: jnp.asarray(energy(position), dtype), positions, chains


def check_finite(energies: Float[Array, " chains"], gradients: PyTree) -> None:
    """Raise `DataError`, which names the chains, where an energy or its gradient is not finite."""
    leaves = [energies, *jax.tree.leaves(gradients)]
    if any(isinstance(leaf, jax.core.Tracer) for leaf in leaves):
        return  # within a program that somebody compiles
    finite = np.all([np.isfinite(leaf).reshape(len(energies), -1).all(1) for leaf in leaves], 0)
    if not finite.all():
        bad = np.flatnonzero(~finite)
        raise DataError(
            f"the energy or its gradient is not finite where chain {_numbers(bad)} start{'s' * (len(bad) == 1)}: "
            f"the energy is {float(energies[bad[0]]):g} at the first; start where it is finite"
        )


def _checked(energy: Energy, positions: PyTree) -> int:
    """Return how many chains `positions` start, once they and their energy have the right shapes."""
    leaves = jax.tree.leaves(positions)
    shapes = [jnp.shape(leaf) for leaf in leaves]
    if max(map(len, shapes), default=0) < 2:
        raise DataError(
            f"positions of shape {_listed(shapes)} have no axis for the chains: they must be (chains, values), so give "
            f"one position s as s[None], and numbers, each the start of a chain, as s[:, None]"
        )
    chains = {shape[0] if shape else None for shape in shapes}
    if len(chains) > 1:
        raise DataError(
            f"positions of shapes {_listed(shapes)} differ in their number of chains, the first axis"
        )
    if not all(jnp.issubdtype(jnp.result_type(leaf), jnp.floating) for leaf in leaves):
        raise DataError("positions must be floats, since they move by the energy's gradient")
    inner = _listed([shape[1:] for shape in shapes])

    def of_first(s: PyTree) -> Array:
        return energy(jax.tree.map(lambda leaf: jnp.asarray(leaf)[0], s))

    try:
        found = jax.eval_shape(of_first, positions)
    except jax.errors.JAXTypeError as error:
        raise ConfigError(
            "the energy needs the numbers themselves, and JAX follows it without them, to differentiate it: write "
            "jax.numpy in place of numpy and math, and jnp.where in place of if and while "
            f"({str(error).splitlines()[0]})"
        ) from error
    except (TypeError, ValueError, IndexError) as error:
        raise DataError(
            f"the energy does not take a position of shape {inner}, which is what positions of shape "
            f"{_listed(shapes)}, (chains, …), hold for each chain: {str(error).splitlines()[0]}"
        ) from error
    if getattr(found, "shape", None) != ():
        raise ConfigError(
            f"the energy of one position, of shape {inner}, must be a scalar, but has shape "
            f"{getattr(found, 'shape', type(found).__name__)}; sum over its values"
        )
    return shapes[0][0]


def _listed(shapes: list[tuple[int, ...]]) -> str:
    return ", ".join(map(str, shapes)) or "()"


def _numbers(chains: np.ndarray) -> str:
    return ", ".join(map(str, chains[:10])) + (f" and {len(chains) - 10} more" if len(chains) > 10 else "")
