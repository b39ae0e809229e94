"""Piano-rolls as a model of sequences takes them: cut into chunks, padded, and averaged over their steps."""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from harmonium.data import Rolls
from harmonium.training import Objective, bucket_lengths, grouped, mean_scores_of_groups

BUCKETS = 6  # lengths that the updates are compiled for
GROUPS = 3  # lengths that scoring is compiled for
BLOCK = 5  # pieces that are scored at once, since the random numbers of their chains take memory
LONGEST = 2000  # steps of a piece that is scored as a whole; the longest tune of Nottingham has 1,793

# (model, v, key) -> the loss and every monitor of each step; v is (time, batch, visible)
Losses = Callable[[Any, Array, PRNGKeyArray], tuple[Array, dict[str, Array]]]


def objective(losses: Losses) -> Objective:
    """Return the mean of `losses` over the steps of all chunks of a batch."""

    def of_batch(model: Any, batch: Any, carry: None, key: PRNGKeyArray) -> Any:
        v, true = in_time(batch)
        loss, watched = losses(model, v, key)
        watched = {name: (value * true).sum() / true.sum() for name, value in watched.items()}
        return (loss * true).sum() / true.sum(), (jax.lax.stop_gradient(watched), carry)

    return of_batch


def scorer(losses: Losses, pieces: Rolls, noise: PRNGKeyArray) -> Callable[[Any], dict[str, float]]:
    """Return a function from a model to its monitors on whole pieces, or on parts of very long ones.

    Means over all steps.
    """
    parts = chunks(pieces, LONGEST)
    groups = grouped(parts, bucket_lengths(parts["length"], GROUPS))
    steps = float(parts["length"].mean())

    def score(model: Any, batch: Any) -> dict[str, Array]:
        v, true = in_time(batch)
        _, watched = losses(model, v, noise)
        return {name: (value * true).sum(0) / steps for name, value in watched.items()}

    return lambda model: mean_scores_of_groups(score, model, groups, block=BLOCK)


def chunks(pieces: Rolls, longest: int) -> dict[str, np.ndarray]:
    """Return pieces cut into chunks of at most `longest` steps: `notes`, padded with zeros, and `length`."""
    cut = [roll[at : at + longest] for roll in pieces.rolls for at in range(0, len(roll), longest)]
    notes = np.zeros((len(cut), max(map(len, cut)), cut[0].shape[1]), np.uint8)
    for row, chunk in zip(notes, cut, strict=True):
        row[: len(chunk)] = chunk
    return {"notes": notes, "length": np.array([len(chunk) for chunk in cut], np.int32)}


def most_frequent_steps(pieces: Rolls, count: int) -> Float[Array, "count visible"]:
    """Return the notes that most steps of pieces have, at most `count` of them, all distinct."""
    distinct, times = np.unique(np.concatenate(pieces.rolls), axis=0, return_counts=True)
    return jnp.asarray(distinct[np.argsort(-times, kind="stable")[:count]], jnp.float32)


def in_groups(pieces: Rolls) -> list[tuple[np.ndarray, dict[str, np.ndarray]]]:
    """Return whole pieces in groups of about the same length: the places of each group, and its pieces, padded."""
    lengths = np.array([len(roll) for roll in pieces.rolls])
    longest = bucket_lengths(lengths, GROUPS)
    which = np.searchsorted(longest, lengths)
    places = [np.flatnonzero(which == k) for k in range(len(longest))]
    return [(rows, chunks(pieces.taken(rows), longest[k])) for k, rows in enumerate(places)]


def in_time(
    batch: Mapping[str, Array] | Mapping[str, np.ndarray],
) -> tuple[Float[Array, "time batch visible"], Float[Array, "time batch"]]:
    """Return chunks as a model takes them, time first, and 1 for each step that is no padding."""
    v = jnp.asarray(batch["notes"].swapaxes(0, 1), jnp.float32)
    return v, (jnp.arange(len(v))[:, None] < batch["length"]).astype(jnp.float32)
