"""Held-out and new texts in groups of about the same length, so that short ones need not wait for long ones."""

from collections.abc import Callable, Mapping

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from harmonium import metrics
from harmonium.data import Texts
from harmonium.models import TextClassifier
from harmonium.training import bucket_lengths, mean_scores_of_groups

GROUPS = 8
BLOCK = 250  # texts that are read at once
WORDS = 100_000  # that they have at most, padding included: a text that is read as a whole may have thousands


def scorer(texts: Texts, read: Int[np.ndarray, " texts"]) -> Callable[[TextClassifier], dict[str, float]]:
    """Return a function from a model to its error rate and mean nll on the last `read` words of each text."""
    found, block = groups(texts, read)
    return lambda model: mean_scores_of_groups(score, model, found, block=block)


def score(model: TextClassifier, batch: Mapping[str, Array]) -> dict[str, Array]:
    """Return whether each text's likeliest class is wrong, and its nll."""
    return scores(model(batch["words"]), batch["y"])


def scores(logits: Float[Array, "texts classes"], y: Int[Array, " texts"]) -> dict[str, Array]:
    """Return the same from the logits."""
    return {"nll": metrics.negative_log_likelihood(logits, y), "error_rate": metrics.is_error(logits, y)}


def probabilities(
    model: TextClassifier, texts: Texts, read: Int[np.ndarray, " texts"]
) -> Float[np.ndarray, "texts classes"]:
    """Return the probability of each class, for the last `read` words of every text."""
    found = np.zeros((len(texts), len(model.bias)), np.float32)
    parts, block = groups(texts, read)
    for rows, group in parts:
        found[rows] = model.probabilities(group["words"], block=block)
    return found


def groups(
    texts: Texts, read: Int[np.ndarray, " texts"]
) -> tuple[list[tuple[np.ndarray, dict[str, Array]]], int]:
    """Return the rows of each group, with its words and classes on the device; and how many to read at once."""
    lengths = bucket_lengths(read, GROUPS)
    which = np.searchsorted(lengths, read)
    found = []
    for k, length in enumerate(lengths):
        rows = np.flatnonzero(which == k)
        part = texts.taken(rows)
        found.append((rows, {"words": jnp.asarray(part.padded(length)["words"]), "y": jnp.asarray(part.y)}))
    return found, max(1, min(BLOCK, WORDS // lengths[-1]))
