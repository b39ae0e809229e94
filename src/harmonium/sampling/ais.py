"""Annealed importance sampling (Neal 2001), which estimates the ratio of two normalising constants."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray, PyTree


class Annealed(NamedTuple):
    """An estimate of log(Z₁ / Z₀), in nats, from the weights of independent chains."""

    log_ratio: Float[Array, ""]
    standard_error: Float[Array, ""]  # of the log ratio, by the delta method
    effective_sample_size: Float[Array, ""]  # (Σ w)² / Σ w², at most the number of chains
    log_weights: Float[Array, " chains"]
    state: PyTree = None  # where the chains ended; with their weights, samples of the last density
    variances: Float[Array, " steps"] | None = (
        None  # over the chains, of what each step adds to the log weights
    )


def annealed_importance_sampling(
    log_density: Callable[[PyTree, Float[Array, ""]], Float[Array, " chains"]],
    transition: Callable[[PyTree, Float[Array, ""], PRNGKeyArray], PyTree],
    state: PyTree,
    betas: Float[Array, " temperatures"],
    *,
    first: int | Array = 0,
    key: PRNGKeyArray,
) -> Annealed:
    """Estimate log(Z₁ / Z₀) by chains that pass through densities f_β between f₀ / Z₀ and f₁ / Z₁.

    The mean of the weights is an unbiased estimate of the ratio, so that the log ratio is on average a lower bound.
    With the βs from 1 to 0 and samples of the last density to start from, minus the log ratio is on average an upper
    bound (Burda, Grosse & Salakhutdinov 2015).

    Parameters
    ----------
    log_density
        From the states of all chains and β to log f_β of each.
    transition
        From the states, β and a key to new states, leaving f_β as it is.
    state
        Exact samples of f at the first β, one a chain, in any tree of arrays (chains, …).
    betas
        The βs in the order in which they are visited.
    first
        The number of the first of these steps, where they go on with annealing that has begun.
    key
        The key that the transitions' keys are derived from.

    Examples
    --------
    From N(0, 1) to N(0, ½²): Z falls to a half, and log ½ is -0.69.

    >>> log_density = lambda x, beta: -0.5 * x**2 * (1 + 3 * beta)
    >>> transition = lambda x, beta, key: jax.random.normal(key, x.shape) / jnp.sqrt(1 + 3 * beta)
    >>> start = jax.random.normal(jax.random.key(0), (2000,))
    >>> betas = jnp.linspace(0, 1, 50)
    >>> found = annealed_importance_sampling(log_density, transition, start, betas, key=jax.random.key(1))
    >>> round(float(found.log_ratio), 1)
    -0.7
    """

    def step(
        carried: tuple[PyTree, Array], to: tuple[Array, Array, Array]
    ) -> tuple[tuple[PyTree, Array], Array]:
        (x, log_weights), (before, beta, number) = carried, to
        gain = log_density(x, beta) - log_density(x, before)
        return (transition(x, beta, jax.random.fold_in(key, number)), log_weights + gain), gain.var()

    pairs = (betas[:-1], betas[1:], first + jnp.arange(len(betas) - 1))
    carried = (state, jnp.zeros_like(log_density(state, betas[0])))
    (state, log_weights), variances = jax.lax.scan(step, carried, pairs)
    return summarise_weights(log_weights)._replace(state=state, variances=variances)


def finer_ladder(
    betas: Float[np.ndarray, " temperatures"], variances: Float[np.ndarray, " steps"], steps: int
) -> Float[np.ndarray, " {steps}+1"]:
    """Place βs so that each step adds about as much variance to the log weights, by what a first ladder measured.

    Where transitions forget, a step of size Δβ adds g(β)·Δβ² of variance, and the sum over a ladder is least where
    √g·Δβ is the same for all steps. A tenth of the steps stay spread as in the first ladder, for what it did not see.

    Parameters
    ----------
    betas
        The βs of the first ladder, rising or falling.
    variances
        What each of its steps added, from `Annealed.variances`.
    steps
        Steps of the ladder that is returned, from the same first β to the same last one.

    Examples
    --------
    The second of two steps added a hundred times the variance of the first, so most of the new ones lie there.

    >>> ladder = finer_ladder(np.array([0.0, 0.5, 1.0]), np.array([1.0, 100.0]), 10)
    >>> len(ladder), int((ladder > 0.5).sum())
    (11, 9)
    """
    length = np.sqrt(np.asarray(variances, np.float64))
    total = length.sum()
    share = length / total if total > 0 else np.zeros_like(length)
    share = 0.9 * share + 0.1 / len(length) if total > 0 else share + 1 / len(length)
    place = np.concatenate([[0.0], np.cumsum(share)])
    found = np.interp(np.linspace(0, place[-1], steps + 1), place, np.asarray(betas, np.float64))
    found[[0, -1]] = betas[0], betas[-1]
    return found


def summarise_weights(log_weights: Float[Array, " chains"]) -> Annealed:
    """The log of the weights' mean, its standard error, and the effective sample size.

    Weights are given by their logarithms, `log_weights` (chains,), in nats.

    Examples
    --------
    Two chains of equal weight are worth two; where one weighs nothing, they are worth one.

    >>> float(summarise_weights(jnp.log(jnp.array([3.0, 3.0]))).effective_sample_size)
    2.0
    >>> float(summarise_weights(jnp.log(jnp.array([3.0, 0.0]))).effective_sample_size)
    1.0
    """
    count = len(log_weights)
    largest = log_weights.max()
    weights = jnp.exp(log_weights - largest)
    mean = weights.mean()
    return Annealed(
        jnp.log(mean) + largest,
        weights.std(ddof=1) / mean / jnp.sqrt(count),
        weights.sum() ** 2 / (weights**2).sum(),
        log_weights,
    )
