"""How accurately the notes of each time step of a piece were predicted (Bay, Ehmann & Downie 2009)."""

import jax.numpy as jnp
from jaxtyping import Array, Float


def expected_counts(
    p: Float[Array, "*steps notes"], v: Float[Array, "*steps notes"]
) -> Float[Array, "*steps 3"]:
    """The expected numbers of true positives, false positives and false negatives among the notes of each step.

    Parameters
    ----------
    p
        The probability with which each note is predicted to sound; 0 or 1 for a definite prediction.
    v
        1 where the note sounds, else 0.

    Examples
    --------
    Of two notes that sound one is predicted for certain, and one as likely as not; a third is predicted wrongly.

    >>> expected_counts(jnp.array([1.0, 0.5, 1.0]), jnp.array([1.0, 1.0, 0.0])).tolist()
    [1.5, 1.0, 0.5]
    """
    return jnp.stack([(p * v).sum(-1), (p * (1 - v)).sum(-1), ((1 - p) * v).sum(-1)], -1)


def frame_accuracy(counts: Float[Array, "*steps 3"]) -> Float[Array, ""]:
    """TP / (TP + FP + FN), each summed over all steps; 1 where nothing sounds and nothing was predicted.

    `counts` holds for each step how many notes were found (TP), predicted and silent (FP), and missed (FN).

    Examples
    --------
    >>> float(frame_accuracy(jnp.array([[3.0, 0.0, 1.0], [0.0, 1.0, 1.0]])))
    0.5
    """
    totals = counts.reshape(-1, 3).sum(0)
    whole = totals.sum()
    return jnp.where(whole > 0, totals[0] / jnp.where(whole > 0, whole, 1), 1.0)
