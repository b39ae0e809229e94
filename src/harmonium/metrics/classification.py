"""Scores of a classifier, from its logits and the true labels."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from harmonium.errors import DataError


def negative_log_likelihood(
    logits: Float[Array, "*batch classes"], y: Int[Array, "*batch"]
) -> Float[Array, "*batch"]:
    """-log P(Y = y | x), in nats, of each example (section 4.2).

    Labels count from 0. Raises `DataError` where they are not one for each example, and for one that is none of the
    classes; within `jax.jit` and its like, where the labels are not known yet, the number of such an example means
    nothing.

    Examples
    --------
    Equal logits for four classes are a probability of ¼ for each: log 4 nats.

    >>> print(negative_log_likelihood(jnp.zeros((1, 4)), jnp.array([2])).round(3))
    [1.386]
    """
    _check_examples(logits, y)
    _check_labels("y", y, logits.shape[-1])
    log_probabilities = jax.nn.log_softmax(logits)
    return -jnp.take_along_axis(log_probabilities, y[..., None], axis=-1)[..., 0]


def is_error(logits: Float[Array, "*batch classes"], y: Int[Array, "*batch"]) -> Float[Array, "*batch"]:
    """The zero-one loss of each example: 1 where the highest of its `logits` is not that of y, else 0 (section 3.4.1).

    Labels count from 0. Raises `DataError` where they are not one for each example, and, but within `jax.jit` and its
    like, for one that is none of the classes.

    Examples
    --------
    >>> print(is_error(jnp.array([[2.0, 1.0], [0.0, 3.0]]), jnp.array([1, 1])))
    [1. 0.]
    """
    _check_examples(logits, y)
    _check_labels("y", y, logits.shape[-1])
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

    Raises
    ------
    DataError
        For a number that is none of a class.

    Examples
    --------
    >>> confusion_counts(np.array([0, 1, 1, 1]), np.array([0, 0, 1, 1]), classes=2).tolist()
    [[1, 1], [0, 2]]
    """
    _check_labels("predicted", predicted, classes)
    _check_labels("y", y, classes)
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (y, predicted), 1)
    return counts


def _check_examples(logits: Any, y: Any) -> None:
    """Raise `DataError` unless there is a label for each example."""
    if np.shape(y) != logits.shape[:-1]:
        raise DataError(
            f"y has the shape {np.shape(y)}, but logits of shape {logits.shape} are those of {logits.shape[:-1]} "
            "examples: give a label for each"
        )


def _check_labels(name: str, y: Any, classes: int) -> None:
    """Raise `DataError` for labels that are none of the classes, where their values are known."""
    if isinstance(y, jax.core.Tracer):
        return
    y = np.asarray(y)
    if y.dtype.kind not in "iu":
        raise DataError(
            f"{name} has dtype {y.dtype}, but must hold the numbers of classes, whole and from 0 on"
        )
    if y.size and not 0 <= y.min() <= y.max() < classes:
        wrong = int(y.min() if y.min() < 0 else y.max())
        raise DataError(f"{name} holds the label {wrong}; those of {classes} classes are 0 to {classes - 1}")
