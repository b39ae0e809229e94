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
    """Make a transition that moves chains at several temperatures and exchanges their states.

    Every state moves by `transition`, then neighbours i, i + 1 are exchanged with probability
    min(1, f_i(x_{i+1}) f_{i+1}(x_i) / f_i(x_i) f_{i+1}(x_{i+1})): all even i or all odd i, by a coin.

    Parameters
    ----------
    log_density
        From the states of all chains at one temperature and its β to log f_β of each, in nats.
    transition
        From these states, β and a key to new states, leaving f_β as it is.
    betas
        The inverse temperatures, neighbours close to each other.

    Returns
    -------
    Callable
        A transition from states (temperatures, chains, …), those at `betas`[i] at index i, and a key to new ones.

    Examples
    --------
    One chain of small steps stays in the well at -4 of two wells; exchanges with a flat density carry it across.

    >>> from harmonium.sampling import trace_chain
    >>> log_density = lambda x, beta: -beta * 8 * ((x / 4) ** 2 - 1) ** 2 - (1 - beta) * (x / 6) ** 2 / 2
    >>> def metropolis(x, beta, key):
    ...     proposing, accepting = jax.random.split(key)
    ...     new = x + jax.random.normal(proposing, x.shape)
    ...     gain = log_density(new, beta) - log_density(x, beta)
    ...     return jnp.where(jnp.log(jax.random.uniform(accepting, x.shape)) < gain, new, x)
    >>> betas = jnp.array([0.0, 0.1, 0.3, 1.0])
    >>> step = tempered_transition(log_density, metropolis, betas)
    >>> states = trace_chain(step, jnp.full((4, 1), -4.0), rows=1000, steps=5, key=jax.random.key(0))
    >>> bool(0.3 < (states[:, -1] > 0).mean() < 0.7)  # half of the time in the other well
    True
    """
    sweep = tempered_sweep(log_density, transition, betas)
    return lambda x, key: sweep(x, key)[0]


def tempered_sweep(
    log_density: Callable[[PyTree, Float[Array, ""]], Float[Array, " chains"]],
    transition: Callable[[PyTree, Float[Array, ""], PRNGKeyArray], PyTree],
    betas: Float[Array, " temperatures"],
) -> Callable[[PyTree, PRNGKeyArray], tuple[PyTree, Array, Array]]:
    """Make the transition of `tempered_transition` that also tells how neighbouring densities compare.

    `log_density`, `transition` and `betas` are those of `tempered_transition`. Beside the new states it returns log
    f_{i+1}(x_i) - log f_i(x_i) and log f_i(x_{i+1}) - log f_{i+1}(x_{i+1}), each (temperatures - 1, chains), of the
    states between the moves and the exchanges.
    """
    temperatures = len(betas)
    at = jax.vmap(log_density)

    def sweep(x: Any, key: PRNGKeyArray) -> tuple[Any, Array, Array]:
        move, turn, accept = jax.random.split(key, 3)
        x = jax.vmap(transition)(x, betas, jax.random.split(move, temperatures))
        own = at(x, betas)  # (temperatures, chains)
        colder = at(jax.tree.map(lambda a: a[:-1], x), betas[1:]) - own[:-1]
        hotter = at(jax.tree.map(lambda a: a[1:], x), betas[:-1]) - own[1:]
        lower = jnp.arange(temperatures - 1)
        chosen = (lower % 2 == jax.random.bernoulli(turn).astype(int))[:, None]
        gain = colder + hotter
        swap = chosen & (jnp.log(jax.random.uniform(accept, gain.shape)) < gain)
        no = jnp.zeros_like(swap[:1])
        up, down = jnp.concatenate([swap, no]), jnp.concatenate([no, swap])

        def exchanged(a: Array) -> Array:
            def over(mask: Array) -> Array:
                return mask.reshape(*mask.shape, *(1,) * (a.ndim - 2))

            return jnp.where(over(up), jnp.roll(a, -1, 0), jnp.where(over(down), jnp.roll(a, 1, 0), a))

        return jax.tree.map(exchanged, x), colder, hotter

    return sweep
