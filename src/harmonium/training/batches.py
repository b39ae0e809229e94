"""Minibatches, of a set that lies on the device or streams through it, and the program that makes updates of them."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, PRNGKeyArray

from harmonium.errors import ConfigError, DataError
from harmonium.training.run_folder import Record
from harmonium.training.streams import order_key
from harmonium.training.update import TrainingState, Update

if TYPE_CHECKING:
    from harmonium.training.loop import Trainer


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
        """Take a tree of arrays with one row an example, and the run's stream of updates as `key`.

        A set larger than `device_bytes`, or else than half of an accelerator's memory, stays on the host and streams in
        chunks of at most half of that. Raises `ConfigError` where the set has fewer examples than one batch, and
        `DataError` where its arrays differ in their rows.
        """
        leaves = jax.tree.leaves(examples)
        rows = sorted({np.shape(leaf)[:1] for leaf in leaves})
        if len(rows) != 1 or rows == [()]:
            said = ", ".join(str(np.shape(leaf)) for leaf in leaves[:4]) or "none"
            more = " and so on: lists are no arrays" if len(leaves) > 4 else ""
            raise DataError(f"train must hold arrays with one row an example; their shapes are {said}{more}")
        self.examples, self.count = examples, len(leaves[0])
        self.batch_size, self.shuffle, self.key = batch_size, shuffle, key
        check_batch_size(batch_size, self.count)
        self.per_epoch = self.count // batch_size
        size = sum(leaf.nbytes for leaf in leaves)
        device_bytes = device_bytes or memory_budget()
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
            self._order = epoch, jax.random.permutation(order_key(self.key, epoch), self.count)
        return self._order[1]

    def _resident(self, update: int) -> Chunk:
        self.examples = jax.tree.map(_on_the_device, self.examples)
        epoch = update // self.per_epoch
        return Chunk(self.examples, self.order(epoch), epoch * self.per_epoch, self.per_epoch)

    def _streamed(self, update: int) -> Chunk:
        epoch, within = divmod(update, self.per_epoch)
        start = within - within % self.updates_per_chunk
        stop = min(start + self.updates_per_chunk, self.per_epoch)
        rows: slice | np.ndarray = slice(start * self.batch_size, stop * self.batch_size)
        if (order := self.order(epoch)) is not None:
            rows = np.asarray(order)[rows]
        arrays = jax.device_put(jax.tree.map(lambda a: a[rows], self.examples))
        return Chunk(arrays, None, epoch * self.per_epoch + start, stop - start)


def _on_the_device(array: Any) -> Any:
    """An array on the device, as a copy where its owner may still write into it."""
    writable = isinstance(array, np.ndarray) and array.flags.writeable
    return jnp.array(array) if writable else jax.device_put(array)


def check_batch_size(batch_size: int, examples: int) -> None:
    """Raise `ConfigError` unless a training set of this many `examples` fills a batch of `batch_size`."""
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


def updates_program(
    update: Update, batch_size: int, spread: Callable[[Any], Any] | None = None
) -> Callable[..., Any]:
    """Make the program that training spends its time in: many updates in one call.

    Parameters
    ----------
    update
        What an update does to the state.
    batch_size
        Rows of `arrays` that an update takes.
    spread
        Inside the program, lays the examples of a batch on several devices.

    Returns
    -------
    (state, totals, arrays, order, first, count) -> (state, totals): `count` updates, from minibatch `first` of a chunk
    on. The totals sum the metrics of updates, and hold the first update at which each was not finite, or -1.
    """

    def run_updates(
        state: TrainingState, totals: Any, arrays: Any, order: Any, first: Any, count: Any
    ) -> tuple[TrainingState, Any]:
        def step(number: Any, carried: tuple[TrainingState, Any]) -> tuple[TrainingState, Any]:
            state, totals = carried
            batch = minibatch(arrays, order, first + number, batch_size)
            after, metrics = update(state, spread(batch) if spread else batch)
            return after, {
                "count": totals["count"] + 1,
                "sum": jax.tree.map(jnp.add, totals["sum"], metrics),
                "diverged": jax.tree.map(
                    lambda at, value: jnp.where((at < 0) & ~jnp.isfinite(value), state.update, at),
                    totals["diverged"],
                    metrics,
                ),
            }

        return jax.lax.fori_loop(0, count, step, (state, totals))

    return run_updates


def compiled(program: Callable[..., Any]) -> Any:
    """Compile a program of updates, which takes over the memory of the state and the totals."""
    # Else XLA copies, each turn of the loop, the weights that are read once more before they are replaced.
    options = {"xla_cpu_copy_insertion_use_region_analysis": True} if jax.default_backend() == "cpu" else None
    return jax.jit(program, donate_argnums=(0, 1), compiler_options=options)


def no_totals(update: Update, state: TrainingState, batches: Batches) -> dict[str, Any]:
    """Return what a program starts to sum from: nothing counted, nothing diverged."""
    one = jax.eval_shape(lambda a: minibatch(a, None, jnp.int32(0), batches.batch_size), batches.examples)
    _, metrics = jax.eval_shape(update, state, one)
    totals = {
        "count": np.int32(0),
        "sum": jax.tree.map(lambda m: np.zeros(m.shape, m.dtype), metrics),
        "diverged": jax.tree.map(lambda _: np.int32(-1), metrics),
    }
    return jax.device_put(totals)


def memory_budget() -> int | None:
    """Return half of an accelerator's memory, in bytes; None where the set lies in main memory in any case."""
    known = jax.local_devices()[0].memory_stats() or {}
    return known["bytes_limit"] // 2 if "bytes_limit" in known else None


def mean_metrics(totals: Any) -> dict[str, float]:
    """The means of the metrics over the updates that `totals` were summed over."""
    count = max(int(totals["count"]), 1)
    return {name: float(np.asarray(value)) / count for name, value in totals["sum"].items()}


class Alone:
    """Holds the arrays of one training on one device; each call of the program replaces them by new ones."""

    def __init__(self, trainers: Sequence["Trainer"], alone: bool = True):
        (self.trainer,) = trainers
        self.program = program_of(self.trainer.training.update, self.trainer.training.batch_size)

    def advance(self, done: int, count: int) -> tuple[int, list[Any]]:
        """Make at most `count` updates; return how many were made, and the totals."""
        trainer, chunk = self.trainer, self.trainer.batches.chunk(done)
        count = min(count, chunk.first + chunk.updates - done)
        trainer.state, trainer.totals = self.program(
            trainer.state, trainer.totals, chunk.arrays, chunk.order, done - chunk.first, count
        )
        return count, [jax.device_get(trainer.totals)]

    def hand_out(self) -> None:
        """Do nothing: the training has its arrays."""

    def gather(self, running: list["Trainer"]) -> None:
        """Do nothing: the arrays stay where they are."""

    def mean(self, records: Sequence[Record]) -> Record:
        """Return the only record."""
        return records[0]


@functools.lru_cache(maxsize=32)
def program_of(update: Update, batch_size: int) -> Any:
    """Return the compiled program; trainings that hand over the same function share it."""
    return compiled(updates_program(update, batch_size))
