"""Annealed importance sampling (Neal 2001): the ratio of two normalising constants, from both sides."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray, PyTree


class Annealed(NamedTuple):
    """An estimate of log(Z₁ / Z₀), in nats, from the weights of independent chains."""

    log_ratio: Float[Array, ""]
    standard_error: Float[Array, ""]  # of the log ratio, by the delta method
    effective_sample_size: Float[Array, ""]  # (Σ w)² / Σ w², at most the number of chains
    log_weights: Float[Array, " chains"]
    state: PyTree = None  # where the chains ended: samples of the last density, if weighed


def annealed_importance_sampling(
    log_density: Callable[[PyTree, Float[Array, ""]], Float[Array, " chains"]],
    transition: Callable[[PyTree, Float[Array, ""], PRNGKeyArray], PyTree],
    state: PyTree,
    betas: Float[Array, " temperatures"],
    *,
    key: PRNGKeyArray,
) -> Annealed:
    """Move exact samples of f_β₀ / Z₀ through the densities f_β to the last β, and weigh them.

    `log_density(x, β)` is log f_β(x) of every chain's state; `transition(x, β, key)` leaves f_β as it is. The mean of
    the weights is without bias for the ratio of Z at the last β to Z at the first, so that the log ratio is a lower
    bound on average. Run with the βs from 1 to 0 and samples of the last model, minus the log ratio is an upper bound
    (Burda, Grosse & Salakhutdinov 2015).
    """

    def step(
        carried: tuple[PyTree, Array], to: tuple[Array, Array, Array]
    ) -> tuple[tuple[PyTree, Array], None]:
        (x, log_weights), (before, beta, number) = carried, to
        log_weights += log_density(x, beta) - log_density(x, before)
        return (transition(x, beta, jax.random.fold_in(key, number)), log_weights), None

    pairs = (betas[:-1], betas[1:], jnp.arange(len(betas) - 1))
    carried = (state, jnp.zeros_like(log_density(state, betas[0])))
    (state, log_weights), _ = jax.lax.scan(step, carried, pairs)
    return summarise_weights(log_weights)._replace(state=state)


def summarise_weights(log_weights: Float[Array, " chains"]) -> Annealed:
    """The log of the weights' mean, its standard error, and how many equal weights would be worth as much."""
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
