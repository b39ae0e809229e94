"""How the work of a run, or of several, is spread over all devices that JAX sees."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from harmonium.errors import ConfigError

PARTS = "parts"  # the axis of a mesh: runs, or the examples of a batch
LEAST = 64  # examples of a batch that are worth a device: with fewer it waits for the others longer than it computes
WHOLE, SPLIT = PartitionSpec(), PartitionSpec(PARTS)  # type: ignore[no-untyped-call]


class Devices:
    """Devices that share equal parts of the work; one device where that is all."""

    def __init__(self, count: int = 1):
        """Take the first `count` devices."""
        self.count = count
        self.mesh = Mesh(np.array(jax.devices()[:count]), (PARTS,)) if count > 1 else None

    @classmethod
    def for_examples(cls, examples: int) -> "Devices":
        """The most devices that divide the examples of a batch and get at least 64 each; one for a smaller batch.

        Several processes share every batch. Raises `ConfigError` where it does not divide among their devices.
        """
        every = jax.device_count()
        if jax.process_count() > 1:
            if examples % every:
                raise ConfigError(
                    f"{examples} examples an update cannot be shared by the {every} devices of "
                    f"{jax.process_count()} processes; give a multiple of {every}"
                )
            return cls(every)
        fitting = [n for n in range(2, every + 1) if examples % n == 0 and examples >= n * LEAST]
        return cls(max(fitting, default=1))

    @classmethod
    def for_runs(cls, runs: int) -> "Devices":
        """As many devices as there are runs; all of them where each process needs to take part."""
        return cls(jax.device_count() if jax.process_count() > 1 else min(runs, jax.device_count()))

    def places(self, runs: int) -> int:
        """How many runs the devices make if all make as many."""
        return -(-runs // self.count) * self.count

    def hold(self, tree: Any, *, split: bool = False) -> Any:
        """The arrays on all devices: the whole of each, or split along their first axis."""
        if self.mesh is None:
            return tree
        sharding = NamedSharding(self.mesh, SPLIT if split else WHOLE)
        if jax.process_count() == 1:
            return jax.device_put(tree, sharding)
        return jax.tree.map(lambda a: _across_processes(a, sharding), tree)

    def local(self, tree: Any) -> Any:
        """The whole of each array on one device of this process."""
        if self.mesh is None:
            return tree
        whole = jax.jit(lambda t: t, out_shardings=NamedSharding(self.mesh, WHOLE))(tree)
        device = jax.local_devices()[0]
        return jax.tree.map(lambda a: _on(a, device), whole)

    def shared_out(self, batch: Any) -> Any:
        """Inside a program: the examples of a batch, split over the devices."""
        if self.mesh is None:
            return batch
        sharding = NamedSharding(self.mesh, SPLIT)
        return jax.lax.with_sharding_constraint(batch, sharding)  # type: ignore[no-untyped-call]


def is_key(array: jax.Array) -> bool:
    """Whether the array holds random keys, which are no numbers to NumPy."""
    return jnp.issubdtype(array.dtype, jax.dtypes.prng_key)


def _across_processes(array: jax.Array, sharding: NamedSharding) -> jax.Array:
    if is_key(array):
        return _key_of(_across_processes(jax.random.key_data(array), sharding), array)
    here = np.asarray(array)
    return jax.make_array_from_callback(here.shape, sharding, lambda part: here[part])


def _on(array: jax.Array, device: jax.Device) -> jax.Array:
    if is_key(array):
        return _key_of(_on(jax.random.key_data(array), device), array)
    return next(shard.data for shard in array.addressable_shards if shard.device == device)


def _key_of(data: jax.Array, like: jax.Array) -> jax.Array:
    return jax.random.wrap_key_data(data, impl=jax.random.key_impl(like))
