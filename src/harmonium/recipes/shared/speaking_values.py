"""Which pixels of a picture, or which columns of a row, speak for the class that a model gives it."""

from typing import Any

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Float

from harmonium.data import Preparation, intensities
from harmonium.models import Classifier
from harmonium.models.attribution import log_odds, mean_gradient


def shares(model: Classifier, x: np.ndarray, preparation: Preparation) -> Float[np.ndarray, "examples ..."]:
    """Return how much each value of each example adds to the log-odds of its class, in nats.

    Shares are integrated gradients, along the straight path from values that are all zero: a black picture, or a row of
    means where rows were standardised. They sum to the log-odds of the example's class less those at the start.

    Parameters
    ----------
    model
        Any classifier.
    x
        Examples as the model takes them, (examples, …).
    preparation
        How they were prepared. Where they were whitened, shares are those of the values before whitening, and the path
        begins at the training set's mean.
    """
    values = jax.device_put(intensities(x))
    gradients = np.asarray(_mean_gradients(model, values))
    white = preparation.whitening
    if white is None:
        return np.asarray(values) * gradients
    flat = gradients.reshape(len(x), -1) @ white.forward.T
    return np.asarray(white.patterns(np.asarray(values).reshape(len(x), -1)) * flat.reshape(-1, *white.shape))


@eqx.filter_jit
def _mean_gradients(model: Any, x: Float[Array, "examples ..."]) -> Float[Array, "examples ..."]:
    def one(x: Array) -> Array:
        label = model.batch(x[None])[0].argmax()
        return mean_gradient(lambda x: log_odds(model.batch(x[None])[0], label), x)

    return jax.lax.map(one, x)


def explained(
    predictions: list[dict[str, Any]], model: Classifier, x: np.ndarray, preparation: Preparation
) -> list[dict[str, Any]]:
    """Return predictions with the `shares` of the values that each was `read_as`.

    A picture's are pixels, (height, width), whose channels' shares are added; a row's are the names of its columns, or
    their numbers, counted from 1.
    """
    found = []
    restored = preparation.restored(np.asarray(intensities(x)).reshape(len(x), -1), x.shape[1:])
    for one, seen, share in zip(predictions, restored, shares(model, x, preparation), strict=True):
        if seen.ndim == 1:
            found.append(one | {"read_as": preparation.names(len(seen)), "shares": share.tolist()})
        else:
            pixels = share.sum(-1) if share.ndim == 3 else share
            found.append(one | {"read_as": seen.tolist(), "shares": pixels.tolist()})
    return found
