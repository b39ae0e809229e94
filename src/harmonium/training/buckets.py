"""Sequences of many lengths in one program: all are padded to one length, and each batch is cut to one of a few.

A set of sequences is a mapping from name to array with one row a sequence: its column `length` counts each one's steps,
arrays of two axes or more are padded along their second, and the rest have no time axis.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int

Sequences = Mapping[str, Any]


def bucketed(function: Callable[..., Any], lengths: Sequence[int]) -> Callable[..., Any]:
    """Make `function`, of a model and a batch of sequences, work on no more steps than the batch needs.

    Its batch is cut to the first of the ascending `lengths` that holds every sequence, or to the last of them. Each
    length is compiled once, as a branch of one program; the results must have the same shapes in all.

    Parameters
    ----------
    function
        Takes a model, a batch of sequences by name, (batch, time, …) with their `length`, (batch,), and what else it
        is given.
    lengths
        The lengths that batches may be cut to, ascending, as `bucket_lengths` chooses them.

    Examples
    --------
    >>> mean_length = bucketed(lambda model, batch: jnp.float32(batch["words"].shape[1]), (4, 10))
    >>> batch = {"words": jnp.zeros((2, 10)), "length": jnp.array([3, 4])}
    >>> print(mean_length(None, batch))  # ten steps were given, four are needed
    4.0
    """

    def branch(length: int) -> Callable[..., Any]:
        return lambda model, batch, *rest: function(model, cut(batch, length), *rest)

    def of_batch(model: Any, batch: Sequences, *rest: Any) -> Any:
        index = jnp.searchsorted(jnp.asarray(lengths), longest(batch["length"]))  # lax.switch clamps it
        return jax.lax.switch(index, [branch(length) for length in lengths], model, batch, *rest)

    return of_batch


@jax.custom_batching.custom_vmap
def longest(lengths: Int[Array, "..."]) -> Int[Array, ""]:
    """The greatest of the lengths; where runs are vmapped, that of all runs, so that all take the same branch."""
    return lengths.max()


@longest.def_vmap
def _longest_of_all(_: int, __: list[bool], lengths: Int[Array, "runs ..."]) -> tuple[Int[Array, ""], bool]:
    return lengths.max(), False


def cut(sequences: Sequences, length: int) -> dict[str, Any]:
    """The first `length` steps of each sequence."""
    return {name: array[:, :length] if array.ndim > 1 else array for name, array in sequences.items()}


def bucket_lengths(lengths: np.ndarray, count: int, *, batch_size: int = 1) -> tuple[int, ...]:
    """The at most `count` lengths, the largest among them, that leave batches the least padding, on average.

    A batch is as long as the longest of its `batch_size` sequences, drawn at random from those of `lengths`.

    Examples
    --------
    Most texts are short and one is long: the short ones get a length of their own.

    >>> bucket_lengths(np.array([5] * 9 + [100]), 2)
    (5, 100)
    """
    distinct, counts = np.unique(lengths, return_counts=True)
    share = (np.cumsum(counts) / counts.sum()) ** batch_size  # of the batches that are no longer than each
    before = np.concatenate([[0.0], share])
    # steps[i, j]: of the batches longer than distinct[i - 1] and no longer than distinct[j], if cut to the latter.
    steps = np.where(
        np.tri(len(distinct) + 1, len(distinct), -1, bool), np.inf, distinct * (share - before[:, None])
    )
    least, choices = steps[0], []  # with one bucket, up to each length
    for _ in range(min(count, len(distinct)) - 1):
        totals = np.concatenate([[np.inf], least])[:, None] + steps
        choices.append(totals.argmin(0))
        least = totals.min(0)
    last, chosen = len(distinct) - 1, []
    for starts in [*reversed(choices), np.zeros(len(distinct), int)]:
        chosen.append(int(distinct[last]))
        last = int(starts[last]) - 1
    return tuple(reversed(chosen))


def grouped(sequences: Sequences, lengths: Sequence[int]) -> list[tuple[np.ndarray, dict[str, Any]]]:
    """A held-out set in groups of about the same length: the rows of each group, and its sequences on the device.

    Group k holds those of the `sequences` (their arrays by name, with `length`) that are longer than the one of the
    ascending `lengths` before and no longer than its own; the last group holds all the rest.
    """
    which = np.searchsorted(lengths[:-1], np.asarray(sequences["length"]))
    groups = []
    for k, length in enumerate(lengths):
        if len(rows := np.flatnonzero(which == k)):
            taken = cut({name: np.asarray(array)[rows] for name, array in sequences.items()}, length)
            groups.append((rows, {name: jnp.asarray(array) for name, array in taken.items()}))
    return groups
