"""The partition function Z of an RBM, computed exactly or estimated by annealed importance sampling."""

import time
from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from harmonium.arguments import checked
from harmonium.errors import ConfigError
from harmonium.models.annealing_path import (
    BLOCK,
    AnnealingPath,
    anneal,
    annealing_schedule,
    base_rate_bias,
)
from harmonium.models.rbm import RBM, GaussianRBM
from harmonium.sampling import finer_ladder, run_chain, split_r_hat

ENUMERABLE = 20  # largest layer, in units, over whose states Z is summed exactly
MOST_ENUMERABLE = 25  # and the largest whose states still fit in memory
RECORDS, BETWEEN = 50, 20  # of a stretch of the walk from examples: looks at it, and Gibbs steps between two
FORGOTTEN = 1.05  # R-hat at which the walk may end: well below the 1.1 that tells chains which have not mixed
FIRST = 2 * BLOCK  # temperatures of the first ladder that adapts


class LogPartition(NamedTuple):
    """What is known of log Z, in nats: its exact value, or estimates from one side or both.

    `harmonium.metrics.likelihoods` says when an estimate may be printed with its error.
    """

    value: float  # exact, or an estimate that is on average too low
    standard_error: float = 0.0
    effective_sample_size: float | None = (
        None  # number of chains of equal weight that would be worth as much; None where the value is exact
    )
    upper: float | None = None  # an estimate that is on average too high, from samples of the model
    upper_standard_error: float = 0.0
    chains: int = 0
    temperatures: int = 0
    r_hat: float | None = (
        None  # R-hat of the walk that led to those samples; near 1 where they are samples of the model
    )

    def __repr__(self) -> str:
        """Return what is known alone: of an exact value nothing but the value."""
        known = {name: value for name, value in self._asdict().items() if value or name == "value"}
        return f"LogPartition({', '.join(f'{name}={value:.6g}' for name, value in known.items())})"


@checked
def exact_log_partition(rbm: RBM) -> LogPartition:
    """Log Z by summing over every state of the smaller layer, of a Gaussian machine the hidden one.

    It takes a moment for 20 units, and twice as long for each further one. Raises `ConfigError` above 25, where
    `log_partition` estimates.

    Examples
    --------
    A machine of zeros has 2¹⁰ states of energy zero: log Z = 10·log 2.

    >>> exact_log_partition(RBM(jnp.zeros((7, 3)), jnp.zeros(7), jnp.zeros(3)))
    LogPartition(value=6.93147)
    """
    return LogPartition(float(summed_log_partition(rbm)))


def summed_log_partition(rbm: RBM) -> Float[Array, ""]:
    """Log Z as `exact_log_partition` computes it, but as an array, so that it can be compiled with other code."""
    visible, hidden = rbm.weight.shape
    by_hidden = isinstance(rbm, GaussianRBM) or hidden <= visible
    if (units := hidden if by_hidden else visible) > MOST_ENUMERABLE:
        raise ConfigError(
            f"log Z is summed over the states of at most {MOST_ENUMERABLE} units, and here there are {units}; estimate "
            f"it by harmonium.models.log_partition"
        )
    if by_hidden:
        return _log_sum(hidden, lambda h: -rbm.free_energy_of_hidden(h))
    return _log_sum(visible, lambda v: -rbm.free_energy(v))


def is_enumerable(rbm: RBM) -> bool:
    """Whether a layer is small enough for `exact_log_partition`: at most 20 units."""
    visible, hidden = rbm.weight.shape
    return hidden <= ENUMERABLE or (visible <= ENUMERABLE and not isinstance(rbm, GaussianRBM))


@checked
def log_partition(
    rbm: RBM,
    examples: Float[Array, "examples visible"],
    *,
    chains: int,
    temperatures: int,
    seconds: float | None = None,
    key: PRNGKeyArray,
) -> LogPartition:
    """Log Z, exactly where a layer has at most 20 units, and else estimated from below and from above.

    Parameters
    ----------
    rbm
        The machine.
    examples
        Training examples. Annealing starts from independent units with their means, and the estimate from above
        from examples that Gibbs steps have moved, 1,000 or more, until they have mixed, or as many as there are
        temperatures. They stand for samples of the model, and are none where `LogPartition.r_hat` is above 1.1.
    chains
        Independent chains of each estimate.
    temperatures
        Densities that every chain passes through.
    seconds
        In place of `temperatures`: a ladder that adapts to the machine, as long as this many seconds allow.
    key
        The key of all random numbers.

    Returns
    -------
    LogPartition
        What was found; log p(v) of an example is `-rbm.free_energy(v) - found.value`.

    Examples
    --------
    >>> rbm = RBM.init(30, 25, key=jax.random.key(0))
    >>> v = jax.random.bernoulli(jax.random.key(1), 0.5, (100, 30)).astype(float)
    >>> found = log_partition(rbm, v, chains=100, temperatures=500, key=jax.random.key(2))
    >>> found.value - 3 * found.standard_error < found.upper + 3 * found.upper_standard_error
    True
    >>> (-rbm.free_energy(v) - found.value).shape
    (100,)
    """
    for name, value, least in (("chains", chains, 1), ("temperatures", temperatures, 2)):
        if value < least:
            raise ConfigError(f"log_partition: {name} is {value}, but must be at least {least}")
    if is_enumerable(rbm):
        return exact_log_partition(rbm)
    walking, annealing = jax.random.split(key)
    bias = base_rate_bias(examples, rbm)
    ladder = None
    if seconds is not None:
        ladder = adapted_ladder(rbm, bias, chains=chains, seconds=seconds, key=jax.random.fold_in(key, 2))
    longest = temperatures if ladder is None else len(ladder)
    samples, r_hat = walked(rbm, examples, bias, chains=chains, longest=longest, key=walking)
    found = annealed_log_partition(
        rbm, bias, chains=chains, temperatures=temperatures, ladder=ladder, samples=samples, key=annealing
    )
    return found._replace(r_hat=r_hat)


def walked(
    rbm: RBM,
    examples: Float[Array, "examples visible"],
    base_bias: Float[Array, " visible"],
    *,
    chains: int,
    longest: int,
    key: PRNGKeyArray,
) -> tuple[Float[Array, "chains visible"], float]:
    """Move examples by Gibbs steps until they have mixed; return where they end, and an R-hat that tells whether.

    As many chains walk from independent units beside them. The number returned is R-hat of the free energies of all
    over the second half of the walk: near 1 where both have come to the same, so that the states are samples of the
    model; where it is above 1.1 they are not. The walk is 1,000 steps long; while R-hat is above 1.05 it is made twice
    as long, but no longer than `longest` steps.
    """
    starting, walking = jax.random.split(key)
    start = AnnealingPath(rbm, base_bias).start(chains, key=starting)
    states = jnp.concatenate([examples[jnp.arange(chains) % len(examples)].astype(start.dtype), start])
    energies: list[Array] = []
    while True:
        for number in range(len(energies), max(1, 2 * len(energies))):
            states, looks = _walk(rbm, states, jax.random.fold_in(walking, number))
            energies.append(looks)
        seen = np.concatenate(energies).astype(np.float64)
        seen = seen[len(seen) // 2 :]
        constant = bool((seen == seen[0, 0]).all())  # of which R-hat is not defined
        r_hat = 1.0 if constant else float(split_r_hat(seen[..., None])[0])
        if r_hat <= FORGOTTEN or 2 * len(energies) * RECORDS * BETWEEN > longest:
            return states[:chains], r_hat


@eqx.filter_jit
def _walk(rbm: RBM, start: Array, key: PRNGKeyArray) -> tuple[Array, Array]:
    def look(v: Array, key: PRNGKeyArray) -> tuple[Array, Array]:
        v = run_chain(lambda v, key: rbm.gibbs_vhv(v, key=key), v, jax.random.split(key, BETWEEN))
        return v, rbm.free_energy(v)

    return jax.lax.scan(look, start, jax.random.split(key, RECORDS))


def annealed_log_partition(
    rbm: RBM,
    base_bias: Float[Array, " visible"],
    *,
    chains: int,
    temperatures: int,
    ladder: Float[np.ndarray, " temperatures"] | None = None,
    samples: Float[Array, "chains visible"] | None = None,
    key: PRNGKeyArray,
) -> LogPartition:
    """Log Z by annealed importance sampling from the machine that has `base_bias` and no weights.

    The estimate is unbiased for Z, so that its log is on average too low. Where `samples` of the model are given, they
    are annealed back to the start for a second estimate, which is on average too high. `ladder` holds βs from 0 to 1,
    which are used in place of `temperatures` of the usual ones.

    Examples
    --------
    >>> rbm = RBM.init(8, 5, key=jax.random.key(0))
    >>> found = annealed_log_partition(rbm, jnp.zeros(8), chains=100, temperatures=200, key=jax.random.key(1))
    >>> abs(found.value - exact_log_partition(rbm).value) < 4 * found.standard_error
    True
    """
    path = AnnealingPath(rbm, base_bias)
    betas = annealing_schedule(temperatures) if ladder is None else jnp.asarray(ladder, jnp.float32)
    start, forward, backward = jax.random.split(key, 3)
    up = anneal(path, path.start(chains, key=start), betas, forward)
    at_start = float(path.log_partition_at_start())
    below = LogPartition(
        at_start + float(up.log_ratio),
        float(up.standard_error),
        float(up.effective_sample_size),
        chains=chains,
        temperatures=len(betas),
    )
    if samples is None:
        return below
    down = anneal(path, samples, betas[::-1], backward)
    return below._replace(
        upper=at_start - float(down.log_ratio), upper_standard_error=float(down.standard_error)
    )


def adapted_ladder(
    rbm: RBM, base_bias: Float[Array, " visible"], *, chains: int, seconds: float, key: PRNGKeyArray
) -> Float[np.ndarray, " temperatures"]:
    """Return βs, dense where the weights' variance grows fast, as many as an estimate can use in `seconds`.

    Trial runs measure where the variance arises, each on a ladder twice as long as the one before, until their chains
    are worth half their number or a third of the time is over. They only place the βs. The estimate is made by new
    chains, since to choose among estimates by their own weights would favour lucky ones.
    """
    path, start, number = AnnealingPath(rbm, base_bias), time.monotonic(), 0
    betas = spread(np.asarray(annealing_schedule(FIRST)), FIRST)
    while True:
        begun = time.monotonic()
        starting, annealing = jax.random.split(jax.random.fold_in(key, number))
        found = anneal(path, path.start(chains, key=starting), jnp.asarray(betas, jnp.float32), annealing)
        enough = float(found.effective_sample_size) >= chains / 2
        now = time.monotonic()
        for_both_ways = 2 * (now - begun) / (len(betas) - 1)
        longest = max(BLOCK, int((start + seconds - now) / for_both_ways) // BLOCK * BLOCK)
        assert found.variances is not None
        betas = finer_ladder(betas, np.asarray(found.variances), min(2 * (len(betas) - 1), longest))
        if enough:
            return betas
        if now - start > seconds / 3:
            return spread(betas, longest)
        number += 1


def spread(betas: Float[np.ndarray, " temperatures"], steps: int) -> Float[np.ndarray, " {steps}+1"]:
    """Return as many steps as are asked for, with the density of those of `betas`."""
    return finer_ladder(betas, np.ones(len(betas) - 1), steps)


def _log_sum(units: int, log_weight: Callable[[Array], Array]) -> Array:
    states = jnp.arange(2**units)

    def one(number: Array) -> Array:
        bits = (number >> jnp.arange(units)) & 1
        return log_weight(bits.astype(jnp.float32))

    return jax.nn.logsumexp(jax.lax.map(one, states, batch_size=2**12))
