"""A data set as an encoder sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harmonium.errors import DataError

if TYPE_CHECKING:
    from jaxtyping import Array

    from harmonium.data import Dataset, Preparation
    from harmonium.data.options import DatasetOptions


def prepared_as(source: str | None, option: str, given: DatasetOptions) -> Preparation | None:
    """Return how the examples of a run were prepared, for another run that reuses its layers.

    Parameters
    ----------
    source
        The run whose layers are taken, or a file of a model; None where none are.
    option
        The option that names it, for messages.
    given
        The settings of how the other run's data are read.

    Returns
    -------
    The preparation; None where there is no such run, or nothing is known of its data: of a file, and of a run of
    version 0.1. Raises `ConfigError` where `given` set how numbers are scaled or whitened.
    """
    if source is None:
        return None
    from harmonium.data.options import refuse_given
    from harmonium.pretrained import located
    from harmonium.recipes.shared.new_examples import preparation_of
    from harmonium.training import RunFolder

    path = located(source)
    folder = RunFolder.open(path) if path.is_dir() else None
    if folder is None or folder.data() is None:
        return None
    what = f"{option} {source}, whose run says how examples are scaled"
    refuse_given(given, what, "scale", "whiten", "variance", "contrast")
    return preparation_of(folder)


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
