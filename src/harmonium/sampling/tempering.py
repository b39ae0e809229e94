"""Parallel tempering: chains at several temperatures that exchange their states (Swendsen & Wang 1986)."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray, PyTree


def tempered_transition(
    log_density: Callable[[PyTree, Float[Array, ""]], Float[Array, " chains"]],
    transition: Callable[[PyTree, Float[Array, ""], PRNGKeyArray], PyTree],
    betas: Float[Array, " temperatures"],
) -> Callable[[PyTree, PRNGKeyArray], PyTree]:
    """A transition of ladders of states, (temperatures, chains, …), the state at `betas`[i] at index i.

    Every state moves by `transition`, then neighbours i, i + 1 are exchanged with probability
    min(1, f_i(x_{i+1}) f_{i+1}(x_i) / f_i(x_i) f_{i+1}(x_{i+1})), the even i and the odd i in turn by a coin.
    """
    temperatures = len(betas)

    def step(x: Any, key: PRNGKeyArray) -> Any:
        move, turn, accept = jax.random.split(key, 3)
        x = jax.vmap(transition)(x, betas, jax.random.split(move, temperatures))
        log_f = jax.vmap(jax.vmap(log_density, (0, None)), (None, 0))(x, betas)  # (β, state, chains)
        own = jnp.diagonal(log_f).T  # (temperatures, chains)
        lower = jnp.arange(temperatures - 1)
        gain = log_f[lower, lower + 1] + log_f[lower + 1, lower] - own[:-1] - own[1:]
        chosen = (lower % 2 == jax.random.bernoulli(turn).astype(int))[:, None]
        swap = chosen & (jnp.log(jax.random.uniform(accept, gain.shape)) < gain)
        no = jnp.zeros_like(swap[:1])
        up, down = jnp.concatenate([swap, no]), jnp.concatenate([no, swap])

        def exchanged(a: Array) -> Array:
            def over(mask: Array) -> Array:
                return mask.reshape(*mask.shape, *(1,) * (a.ndim - 2))

            return jnp.where(over(up), jnp.roll(a, -1, 0), jnp.where(over(down), jnp.roll(a, 1, 0), a))

        return jax.tree.map(exchanged, x)

    return step
