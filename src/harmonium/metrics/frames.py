"""How well the notes of each step of a piece were foretold (Bay, Ehmann & Downie 2009)."""

import jax.numpy as jnp
from jaxtyping import Array, Float


def expected_counts(
    p: Float[Array, "*steps notes"], v: Float[Array, "*steps notes"]
) -> Float[Array, "*steps 3"]:
    """How many notes of each step are expected to be true positives, false positives and false negatives.

    `p` are the probabilities with which each note is foretold, `v` is 1 where it sounds.
    """
    return jnp.stack([(p * v).sum(-1), (p * (1 - v)).sum(-1), ((1 - p) * v).sum(-1)], -1)


def frame_accuracy(counts: Float[Array, "*steps 3"]) -> Float[Array, ""]:
    """TP / (TP + FP + FN), each summed over all steps; 1 where nothing sounds and nothing was foretold."""
    totals = counts.reshape(-1, 3).sum(0)
    whole = totals.sum()
    return jnp.where(whole > 0, totals[0] / jnp.where(whole > 0, whole, 1), 1.0)
