"""Means of a model's scores over a whole set, some hundred examples at a time."""

from collections.abc import Callable, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

# (model, batch) -> one number an example, for each metric
Score = Callable[[Any, Any], dict[str, Float[Array, " examples"]]]


def mean_scores(score: Score, model: Any, examples: Any, *, block: int = 500) -> dict[str, float]:
    """Average each metric over all examples.

    Parameters
    ----------
    score
        (model, batch) -> one number an example, for each metric.
    model
        The model.
    examples
        Any tree of arrays with one row an example.
    block
        Examples that are scored at once.

    Returns
    -------
    The mean of each metric.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> mean_scores(lambda w, x: {"squared": jnp.square(w * x)}, jnp.float32(2), jnp.array([1.0, 2.0, 3.0]), block=2)
    {'squared': 18.666...}
    """
    return {name: float(value) for name, value in _mean_scores(score, block, model, examples).items()}


def mean_scores_of_groups(
    score: Score, model: Any, groups: Sequence[tuple[Any, Any]], *, block: int = 500
) -> dict[str, float]:
    """Average each metric over the examples of all `groups` of rows and their sequences (see `buckets.grouped`).

    `score` maps the model and some examples to metrics by name, a value an example; `block` of these are scored at a
    time.
    """
    scores = [(len(rows), mean_scores(score, model, examples, block=block)) for rows, examples in groups]
    total = sum(count for count, _ in scores)
    return {name: sum(count * of[name] for count, of in scores) / total for name in scores[0][1]}


@eqx.filter_jit
def _mean_scores(score: Score, block: int, model: Any, examples: Any) -> dict[str, Array]:
    total = len(jax.tree.leaves(examples)[0])
    whole = total - total % block

    def sums(batch: Any) -> dict[str, Array]:
        return jax.tree.map(jnp.sum, score(model, batch))

    parts = []
    if whole:
        blocks = jax.tree.map(lambda a: a[:whole].reshape(-1, block, *a.shape[1:]), examples)
        parts.append(jax.tree.map(lambda a: a.sum(0), jax.lax.map(sums, blocks)))
    if whole < total:
        parts.append(sums(jax.tree.map(lambda a: a[whole:], examples)))
    return jax.tree.map(lambda *values: sum(values) / total, *parts)
