"""Scores of a model over a whole set, without the set ever being held twice."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

# (model, batch) -> one number an example, for each metric
Score = Callable[[Any, Any], dict[str, Float[Array, " examples"]]]


def mean_scores(score: Score, model: Any, examples: Any, *, block: int = 500) -> dict[str, float]:
    """Average each metric over all examples, `block` of them at a time.

    `examples` is any tree of arrays with one row an example.
    """
    return {name: float(value) for name, value in _mean_scores(score, block, model, examples).items()}


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
