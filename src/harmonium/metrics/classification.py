"""Scores of a classifier, from its logits and the true labels."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int


def negative_log_likelihood(
    logits: Float[Array, "*batch classes"], y: Int[Array, "*batch"]
) -> Float[Array, "*batch"]:
    """-log P(Y = y | x), in nats, of each example (section 4.2).

    Examples
    --------
    Equal logits for four classes are a probability of ¼ for each: log 4 nats.

    >>> print(negative_log_likelihood(jnp.zeros((1, 4)), jnp.array([2])).round(3))
    [1.386]
    """
    log_probabilities = jax.nn.log_softmax(logits)
    return -jnp.take_along_axis(log_probabilities, y[..., None], axis=-1)[..., 0]


def is_error(logits: Float[Array, "*batch classes"], y: Int[Array, "*batch"]) -> Float[Array, "*batch"]:
    """The zero-one loss of each example: 1 where the highest of its `logits` is not that of y, else 0 (section 3.4.1).

    Examples
    --------
    >>> print(is_error(jnp.array([[2.0, 1.0], [0.0, 3.0]]), jnp.array([1, 1])))
    [1. 0.]
    """
    return (logits.argmax(-1) != y).astype(jnp.float32)


def confusion_counts(
    predicted: Int[np.ndarray, " examples"], y: Int[np.ndarray, " examples"], classes: int
) -> Int[np.ndarray, "classes classes"]:
    """How many examples of each class (row) were taken for each class (column).

    Parameters
    ----------
    predicted
        The class that each example was taken for, from 0.
    y
        The class that each example is of, from 0.
    classes
        How many classes there are, whether or not examples have them.

    Examples
    --------
    >>> confusion_counts(np.array([0, 1, 1, 1]), np.array([0, 0, 1, 1]), classes=2).tolist()
    [[1, 1], [0, 2]]
    """
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (y, predicted), 1)
    return counts
