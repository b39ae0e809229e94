"""Scores of a classifier, from its logits and the true labels."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int


def negative_log_likelihood(
    logits: Float[Array, "*batch classes"], y: Int[Array, "*batch"]
) -> Float[Array, "*batch"]:
    """-log P(Y = y | x), in nats, of each example (section 4.2)."""
    log_probabilities = jax.nn.log_softmax(logits)
    return -jnp.take_along_axis(log_probabilities, y[..., None], axis=-1)[..., 0]


def is_error(logits: Float[Array, "*batch classes"], y: Int[Array, "*batch"]) -> Float[Array, "*batch"]:
    """1 where the likeliest class is not y, else 0: the zero-one loss of each example (section 3.4.1)."""
    return (logits.argmax(-1) != y).astype(jnp.float32)


def confusion_counts(
    predicted: Int[np.ndarray, " examples"], y: Int[np.ndarray, " examples"], classes: int
) -> Int[np.ndarray, "classes classes"]:
    """How many examples of each class (row) were taken for each class (column)."""
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (y, predicted), 1)
    return counts
