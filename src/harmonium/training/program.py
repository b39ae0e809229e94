"""The compiled program in which training spends its time: many updates in one call, of one run or of several."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from harmonium.training.batches import Batches, minibatch
from harmonium.training.devices import SPLIT, WHOLE, Devices
from harmonium.training.update import TrainingState, Update


def program(
    update: Update, batch_size: int, devices: Devices | None = None, *, runs: int = 1, shared: bool = True
) -> Any:
    """Compile (state, totals, arrays, order, first, count) -> (state, totals): `count` updates from batch `first` on.

    It takes over the memory of the state and the totals, in which metrics are summed. For several `runs` these and
    the order have a leading axis of runs, and so have the arrays unless they are `shared`; the runs are split over the
    devices. The batch of a single run is.
    """
    devices = devices or Devices()
    split_batch = devices.shared_out if runs == 1 else lambda batch: batch

    def run_updates(
        state: TrainingState, totals: Any, arrays: Any, order: Any, first: Any, count: Any
    ) -> tuple[TrainingState, Any]:
        def step(number: Any, carried: tuple[TrainingState, Any]) -> tuple[TrainingState, Any]:
            state, totals = carried
            after, metrics = update(state, split_batch(minibatch(arrays, order, first + number, batch_size)))
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

    function: Any = run_updates
    if runs > 1:
        axes = (0, 0, None if shared else 0, 0, None, None)
        # Eight runs of an MLP, 20 examples an update: 8.1 times one in turn, 9.3 times vmapped, since a single model
        # stays in a core's own cache; accelerators want the large products.
        function = in_turn(function, axes) if jax.default_backend() == "cpu" else jax.vmap(function, axes)
        if devices.mesh is not None:
            specs = tuple(WHOLE if axis is None else SPLIT for axis in axes)
            function = jax.shard_map(
                function, mesh=devices.mesh, in_specs=specs, out_specs=SPLIT, check_vma=False
            )
    # Else XLA copies, each turn of the loop, the weights that are read once more before they are replaced.
    options = {"xla_cpu_copy_insertion_use_region_analysis": True} if jax.default_backend() == "cpu" else None
    return jax.jit(function, donate_argnums=(0, 1), compiler_options=options)


def in_turn(function: Callable[..., Any], axes: tuple[int | None, ...]) -> Callable[..., Any]:
    """What `jax.vmap` makes of a function, but one part after the other."""

    def of_all(*arguments: Any) -> Any:
        split = tuple(argument for argument, axis in zip(arguments, axes, strict=True) if axis == 0)

        def of_one(part: tuple[Any, ...]) -> Any:
            parts = iter(part)
            return function(
                *(
                    argument if axis is None else next(parts)
                    for argument, axis in zip(arguments, axes, strict=True)
                )
            )

        return jax.lax.map(of_one, split)

    return of_all


def no_totals(update: Update, state: TrainingState, batches: Batches) -> dict[str, Any]:
    """What a program starts to sum from: nothing counted, nothing diverged."""
    one = jax.eval_shape(lambda a: minibatch(a, None, jnp.int32(0), batches.batch_size), batches.examples)
    _, metrics = jax.eval_shape(update, state, one)
    return {
        "count": jnp.int32(0),
        "sum": jax.tree.map(lambda m: jnp.zeros(m.shape, m.dtype), metrics),
        "diverged": jax.tree.map(lambda _: jnp.int32(-1), metrics),
    }
