"""A run's model on arrays: pictures or rows of numbers that lie in memory."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from harmonium.errors import ConfigError, DataError

if TYPE_CHECKING:
    import numpy as np
    from jaxtyping import Array

    from harmonium.data import Preparation


def as_examples(x: Any, shape: Sequence[int], preparation: Preparation, *, real: bool = False) -> np.ndarray:
    """Return `x` as the examples that a run's model takes, prepared as those that it learned from.

    Parameters
    ----------
    x
        An array, a DataFrame, a sparse matrix, or nested lists of numbers: (examples, *shape), with channels last or
        first, or one flat row an example; of a DataFrame the columns that the run learned from. The numbers are on the
        scale of the run's own data; bytes, and numbers in [0, 1] where the run learned from bytes, are intensities.
    shape
        Of one example of the run, as its model takes it.
    preparation
        How the run's own data were prepared.
    real
        Whether the model takes any numbers, and not those in [0, 1] alone.

    Returns
    -------
    (examples, *shape), uint8 or float32; white where the run's own were. Rows that hold words or numbers unlike those
    of the training set are told in a warning.

    Raises
    ------
    DataError
        For anything else; it names `x`, and what was expected.

    Examples
    --------
    >>> from harmonium.data import Preparation
    >>> as_examples([[0.0, 1.0, 0.5, 0.5]], (2, 2), Preparation()).shape
    (1, 2, 2)
    """
    import numpy as np

    from harmonium.data import known_columns, scaled_rows
    from harmonium.data.arrays import full
    from harmonium.data.assembly import check_ground
    from harmonium.data.in_memory import as_table
    from harmonium.data.new_numbers import check_alike
    from harmonium.data.scaling import as_pictures, check_finite
    from harmonium.data.unlike import unlike_rows

    shape = preparation.shape_before(shape)
    table = as_table(x, "x")
    found = full(x, "x") if table is None else known_columns(table, preparation, "x")
    flat, wanted = math.prod(shape), _described(shape)
    if found.dtype.kind not in "biuf":
        raise DataError(f"x holds {found.dtype}, not numbers; give an array of shape {wanted}")
    found = as_pictures(found)[0] if found.shape[1:] != tuple(shape) else found
    if found.shape[1:] not in (tuple(shape), (flat,)):
        one = "; for a single example give x[None]" if found.shape in (tuple(shape), (flat,)) else ""
        raise DataError(f"x has shape {found.shape}; the run's model takes {wanted}{one}")
    if not len(found):
        raise DataError("x holds no examples; give at least one")
    if found.dtype != np.uint8:  # in double precision where they come so, until they are scaled
        found = found.astype(np.promote_types(found.dtype, np.float32))
        check_finite(found, "x")
    found = found.reshape(len(found), *shape)
    check_alike(found, preparation, "x", real=real)
    check_ground(found, preparation, "x")
    for note in unlike_rows(found, preparation):
        warnings.warn(f"x: {note}", stacklevel=4)  # where the run's method was called
    return preparation.whitened(scaled_rows(found, preparation, shape))


def probabilities(model: Any, x: np.ndarray, where: str) -> np.ndarray:
    """Return P(class | example) of arrays, (examples, classes).

    Raises `ConfigError`, beginning with `where`, for a model that classifies no arrays.
    """
    from harmonium.models import Classifier
    from harmonium.recipes.shared.classified import probabilities as of_classifier

    if not isinstance(model, Classifier):
        raise ConfigError(
            f"{where} holds a {type(model).__name__}, which learned to classify no arrays; its codes are `encode`'s"
        )
    return of_classifier(model, x)


def codes(model: Any, x: np.ndarray, where: str) -> np.ndarray:
    """Return the code of each of many arrays, (examples, units of the code).

    Raises `ConfigError`, beginning with `where`, for a model without codes of arrays.
    """
    import jax
    import jax.numpy as jnp
    import numpy as np

    from harmonium.data import intensities

    if not hasattr(model, "encode"):
        raise ConfigError(f"{where} holds a {type(model).__name__}, which has no encoder")

    @jax.jit
    def encode(x: Array) -> Array:
        return jax.lax.map(lambda one: model.encode(intensities(one)), x, batch_size=500)

    return np.asarray(encode(jnp.asarray(x)))


def _described(shape: Sequence[int]) -> str:
    flat = math.prod(shape)
    whole = "(examples, " + ", ".join(map(str, shape)) + ")"
    return whole if len(shape) == 1 else f"{whole} or (examples, {flat})"
