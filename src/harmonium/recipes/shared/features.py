"""A data set as an encoder sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harmonium.errors import DataError

if TYPE_CHECKING:
    from jaxtyping import Array

    from harmonium.data import Dataset


def encoded(dataset: Dataset, encoder: Any, source: str) -> Dataset:
    """Return `dataset` with each example replaced by its code, as float32.

    Raises `DataError` where the model from `source` encodes nothing, or examples of another size.
    """
    import jax
    import jax.numpy as jnp
    import numpy as np

    from harmonium.data import Dataset, Split, intensities

    if not hasattr(encoder, "encode"):
        raise DataError(f"the model of {source} is a {type(encoder).__name__}, which has no encoder")

    @jax.jit
    def codes(x: Array) -> Array:
        return jax.lax.map(lambda one: encoder.encode(intensities(one)), x, batch_size=500)

    try:
        train, valid, test = (
            Split(np.asarray(codes(jnp.asarray(s.x))), s.y) for s in dataset.splits.values()
        )
    except (TypeError, ValueError, DataError) as error:
        raise DataError(
            f"the encoder of {source} does not take examples of shape {dataset.shape}, as {dataset.name} holds; "
            f"train it on the same data"
        ) from error
    return Dataset(dataset.name, train, valid, test, dataset.classes)
