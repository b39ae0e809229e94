"""Where minibatches come from: a set that lies on the device, or one that streams through it."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, PRNGKeyArray

from harmonium.errors import ConfigError


@dataclass(frozen=True)
class Chunk:
    """Consecutive minibatches on the device."""

    arrays: Any  # a tree; row r belongs to minibatch r // batch_size, counted from `first`
    order: Int[Array, " examples"] | None  # the rows in the order of this epoch, where they are shuffled
    first: int  # the update that the first minibatch belongs to
    updates: int


class Batches:
    """The minibatches of each epoch, the same whether the set is resident or streamed.

    Examples that do not fill a last minibatch are left out of an epoch, as in the book; shuffled epochs leave out
    different ones each time.
    """

    def __init__(
        self,
        examples: Any,
        batch_size: int,
        *,
        shuffle: bool,
        key: PRNGKeyArray,
        device_bytes: int | None = None,
    ):
        """Take a tree of arrays with one row an example.

        A set larger than `device_bytes` stays on the host and streams in chunks of at most half of that.
        Raises `ConfigError` where the set has fewer examples than one batch.
        """
        leaves = jax.tree.leaves(examples)
        self.examples, self.batch_size, self.key = len(leaves[0]), batch_size, key
        check_batch_size(batch_size, self.examples)
        self.per_epoch = self.examples // batch_size
        self.shuffle = shuffle
        size = sum(leaf.nbytes for leaf in leaves)
        self.resident = device_bytes is None or size <= device_bytes
        if self.resident:
            self.arrays = jax.tree.map(jnp.asarray, examples)
        else:
            self.arrays = jax.tree.map(np.asarray, examples)
            bytes_per_update = size * batch_size / self.examples
            self.updates_per_chunk = max(1, int((device_bytes or 0) / 2 / bytes_per_update))
        self._chunk: Chunk | None = None

    def chunk(self, update: int) -> Chunk:
        """The minibatches from `update` on that are at hand: to the epoch's end, or to the chunk's."""
        held = self._chunk
        if held is None or not held.first <= update < held.first + held.updates:
            self._chunk = None  # frees the old one before the new one is made
            self._chunk = held = self._resident(update) if self.resident else self._streamed(update)
        return held

    def _resident(self, update: int) -> Chunk:
        epoch = update // self.per_epoch
        order = self._order(epoch) if self.shuffle else None
        return Chunk(self.arrays, order, epoch * self.per_epoch, self.per_epoch)

    def _streamed(self, update: int) -> Chunk:
        epoch, within = divmod(update, self.per_epoch)
        start = within - within % self.updates_per_chunk
        stop = min(start + self.updates_per_chunk, self.per_epoch)
        rows: slice | np.ndarray = slice(start * self.batch_size, stop * self.batch_size)
        if self.shuffle:
            rows = np.asarray(self._order(epoch))[rows]
        arrays = jax.tree.map(lambda a: jnp.asarray(a[rows]), self.arrays)
        return Chunk(arrays, None, epoch * self.per_epoch + start, stop - start)

    def _order(self, epoch: int) -> Array:
        # Folded twice, so that no epoch shares its key with an update.
        return jax.random.permutation(
            jax.random.fold_in(jax.random.fold_in(self.key, 2**31), epoch), self.examples
        )


def check_batch_size(batch_size: int, examples: int) -> None:
    """Raise `ConfigError` unless the set fills a batch."""
    if batch_size < 1:
        raise ConfigError(f"batch size {batch_size} must be at least 1")
    if batch_size > examples:
        raise ConfigError(
            f"batch size {batch_size} is larger than the training set of {examples} examples; "
            f"choose at most {examples}"
        )


def minibatch(arrays: Any, order: Array | None, index: Array, batch_size: int) -> Any:
    """Slice minibatch `index` out of a chunk, on the device."""
    start = index * batch_size
    if order is None:
        return jax.tree.map(lambda a: jax.lax.dynamic_slice_in_dim(a, start, batch_size), arrays)
    rows = jax.lax.dynamic_slice_in_dim(order, start, batch_size)
    return jax.tree.map(lambda a: a[rows], arrays)
