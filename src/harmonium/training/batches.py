"""Where minibatches come from: a set that lies on the device, or one that streams through it."""

from collections.abc import Sequence
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
    order: Int[Array, "*runs examples"] | None  # the rows in the order of this epoch, where they are shuffled
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
        self.examples, self.count = examples, len(leaves[0])
        self.batch_size, self.shuffle, self.key = batch_size, shuffle, key
        check_batch_size(batch_size, self.count)
        self.per_epoch = self.count // batch_size
        size = sum(leaf.nbytes for leaf in leaves)
        self.resident = device_bytes is None or size <= device_bytes
        if not self.resident:
            self.examples = jax.tree.map(np.asarray, examples)
            bytes_per_update = size * batch_size / self.count
            self.updates_per_chunk = max(1, int((device_bytes or 0) / 2 / bytes_per_update))
        self._chunk: Chunk | None = None
        self._order: tuple[int, Array] | None = None  # an epoch, and its rows

    def chunk(self, update: int) -> Chunk:
        """The minibatches from `update` on that are at hand: to the epoch's end, or to the chunk's."""
        held = self._chunk
        if held is None or not held.first <= update < held.first + held.updates:
            self._chunk = None  # frees the old one before the new one is made
            self._chunk = held = self._resident(update) if self.resident else self._streamed(update)
        return held

    def order(self, epoch: int) -> Int[Array, " examples"] | None:
        """The rows in the order in which an epoch takes them; None where that is the set's own."""
        if not self.shuffle:
            return None
        if self._order is None or self._order[0] != epoch:  # a sort, too slow to be done for each chunk
            # Folded twice, so that no epoch shares its key with an update.
            key = jax.random.fold_in(jax.random.fold_in(self.key, 2**31), epoch)
            self._order = epoch, jax.random.permutation(key, self.count)
        return self._order[1]

    def _resident(self, update: int) -> Chunk:
        self.examples = jax.tree.map(jnp.asarray, self.examples)
        epoch = update // self.per_epoch
        return Chunk(self.examples, self.order(epoch), epoch * self.per_epoch, self.per_epoch)

    def _streamed(self, update: int) -> Chunk:
        epoch, within = divmod(update, self.per_epoch)
        start = within - within % self.updates_per_chunk
        stop = min(start + self.updates_per_chunk, self.per_epoch)
        rows: slice | np.ndarray = slice(start * self.batch_size, stop * self.batch_size)
        if (order := self.order(epoch)) is not None:
            rows = np.asarray(order)[rows]
        arrays = jax.tree.map(lambda a: jnp.asarray(a[rows]), self.examples)
        return Chunk(arrays, None, epoch * self.per_epoch + start, stop - start)


class BatchesTogether:
    """The minibatches of several runs in step, of resident sets of the same shapes.

    A set that is the same in all of them lies on the device once; other sets, and orders, have a leading axis of runs.
    """

    def __init__(self, each: Sequence[Batches]):
        """Take the minibatches of every run."""
        first = each[0].examples
        self.each = each
        self.shared = all(_same(first, other.examples) for other in each[1:])
        sets = [first] if self.shared else [batches.examples for batches in each]
        self._arrays = jax.tree.map(lambda *a: jnp.asarray(a[0] if self.shared else np.stack(a)), *sets)
        self._chunk: Chunk | None = None

    def chunk(self, update: int) -> Chunk:
        """The minibatches of the epoch of `update`."""
        first = self.each[0]
        epoch = update // first.per_epoch
        if self._chunk is None or self._chunk.first != epoch * first.per_epoch:
            orders = [order for batches in self.each if (order := batches.order(epoch)) is not None]
            order = jnp.stack(orders) if orders else None
            self._chunk = Chunk(self._arrays, order, epoch * first.per_epoch, first.per_epoch)
        return self._chunk


def _same(a: Any, b: Any) -> bool:
    pairs = zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True)
    return all(x is y or np.array_equal(x, y) for x, y in pairs)


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
