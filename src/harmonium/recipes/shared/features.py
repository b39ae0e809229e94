"""A data set as an encoder sees it."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from harmonium.data import Dataset, Split, intensities
from harmonium.errors import DataError


def encoded(dataset: Dataset, encoder: Any, source: str) -> Dataset:
    """`dataset` with each example replaced by its code, as float32.

    Raises `DataError` where the model from `source` encodes nothing, or examples of another size.
    """
    if not hasattr(encoder, "encode"):
        raise DataError(f"the model of {source} is a {type(encoder).__name__}, which has no encoder")

    @jax.jit
    def codes(x: Array) -> Array:
        return jax.lax.map(lambda one: encoder.encode(intensities(one)), x, batch_size=500)

    try:
        train, valid, test = (
            Split(np.asarray(codes(jnp.asarray(s.x))), s.y) for s in dataset.splits.values()
        )
    except (TypeError, ValueError) as error:
        raise DataError(
            f"the encoder of {source} does not take examples of shape {dataset.shape}, as {dataset.name} holds; "
            f"train it on the same data"
        ) from error
    return Dataset(dataset.name, train, valid, test, dataset.classes)
