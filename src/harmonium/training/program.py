"""The compiled program in which training spends its time: many updates in one call, of one run or of several."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from harmonium.training.batches import Batches, minibatch
from harmonium.training.update import TrainingState, Update


def run_updates(
    update: Update,
    batch_size: int,
    state: TrainingState,
    totals: Any,
    arrays: Any,
    order: Any,
    first: Any,
    count: Any,
) -> tuple[TrainingState, Any]:
    """Run `count` updates from minibatch `first` on; metrics are summed on the device."""

    def step(number: Any, carried: tuple[TrainingState, Any]) -> tuple[TrainingState, Any]:
        state, totals = carried
        after, metrics = update(state, minibatch(arrays, order, first + number, batch_size))
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


def program(update: Update, batch_size: int, *, runs: int = 1, shared: bool = True) -> Any:
    """`run_updates`, compiled; it takes over the memory of the state and the totals.

    For several `runs` the state, the totals and the order have a leading axis of runs, and so have the arrays unless
    they are `shared`. The minibatch that comes first, and the count, are the same for all.
    """
    function = partial(run_updates, update, batch_size)
    if runs > 1:
        function = jax.vmap(function, in_axes=(0, 0, None if shared else 0, 0, None, None))
    return jax.jit(function, donate_argnums=(0, 1))


def no_totals(update: Update, state: TrainingState, batches: Batches) -> dict[str, Any]:
    """What `run_updates` starts to sum from: nothing counted, nothing diverged."""
    one = jax.eval_shape(lambda a: minibatch(a, None, jnp.int32(0), batches.batch_size), batches.examples)
    _, metrics = jax.eval_shape(update, state, one)
    return {
        "count": jnp.int32(0),
        "sum": jax.tree.map(lambda m: jnp.zeros(m.shape, m.dtype), metrics),
        "diverged": jax.tree.map(lambda _: jnp.int32(-1), metrics),
    }
