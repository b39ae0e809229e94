"""The partition function Z of an RBM, computed exactly or estimated by annealed importance sampling."""

import itertools
from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from harmonium.models.rbm import RBM, GaussianRBM
from harmonium.sampling import Annealed, annealed_importance_sampling, run_chain

ENUMERABLE = 20  # units of a layer whose every state can be visited
BURN_IN = 1000  # Gibbs steps from examples to approximate samples of the model


class AnnealingPath(eqx.Module):
    """The densities that lead from a machine of independent visible units, β = 0, to an RBM, β = 1.

    log f_β(v) = (1 - β)·b⁰·v + β·b·v + Σⱼ softplus(β·logitⱼ(v))        (Salakhutdinov & Murray 2008, eq. 18)
    """

    rbm: RBM
    base_bias: Float[Array, " visible"]  # b⁰

    def log_density(
        self, v: Float[Array, "*batch visible"], beta: Float[Array, ""]
    ) -> Float[Array, "*batch"]:
        """Log f_β(v), in nats."""
        base, own = (self.rbm.visible_term(v, bias) for bias in (self.base_bias, self.rbm.visible_bias))
        return (1 - beta) * base + beta * own + jax.nn.softplus(beta * self.rbm.hidden_logits(v)).sum(-1)

    def transition(
        self, v: Float[Array, "*batch visible"], beta: Float[Array, ""], key: PRNGKeyArray
    ) -> Float[Array, "*batch visible"]:
        """One step of block Gibbs sampling that leaves the density f_β as it is."""
        up, down = jax.random.split(key)
        p = jax.nn.sigmoid(beta * self.rbm.hidden_logits(v))
        h = (jax.random.uniform(up, p.shape) < p).astype(v.dtype)
        field = (1 - beta) * self.base_bias + beta * self.rbm.visible_field(h)
        return self.rbm.draw_visible(field, jax.random.uniform(down, field.shape))

    def start(self, chains: int, *, key: PRNGKeyArray) -> Float[Array, "chains visible"]:
        """Exact samples of the density at β = 0."""
        field = jnp.broadcast_to(self.base_bias, (chains, len(self.base_bias)))
        return self.rbm.draw_visible(field, jax.random.uniform(key, field.shape))

    def log_partition_at_start(self) -> Float[Array, ""]:
        """Log Z at β = 0, in nats: the visible units' own, plus log 2 for each hidden unit."""
        hidden = len(self.rbm.hidden_bias)
        nothing = eqx.tree_at(
            lambda m: (m.weight, m.visible_bias, m.hidden_bias),
            self.rbm,
            (jnp.zeros_like(self.rbm.weight), self.base_bias, jnp.zeros(hidden)),
        )
        return hidden * jnp.log(2.0) - nothing.free_energy_of_hidden(jnp.zeros(hidden))


class LogPartition(NamedTuple):
    """log Z, in nats, with its standard error; an exact value has none."""

    value: float  # exact, or an estimate that is on average too low
    standard_error: float = 0.0
    effective_sample_size: float | None = None  # how many chains of equal weight would be worth as much
    upper: float | None = (
        None  # an estimate that is on average too high, annealed back from samples of the model
    )
    upper_standard_error: float = 0.0

    def log_likelihood(self, unnormalised: float) -> dict[str, float]:
        """Return a mean log-probability, with three standard errors of log Z about it, from the mean of -F(v)."""
        value, error = unnormalised - self.value, 3 * self.standard_error
        found = {"log_likelihood": value, "at_least": value - error, "at_most": value + error}
        if self.upper is not None:
            found["by_reverse"] = unnormalised - self.upper
        return found | self.as_metrics()

    def as_metrics(self) -> dict[str, float]:
        """The value and its error under the names that a table of likelihoods has for them."""
        size = self.effective_sample_size
        known = {"log_partition": self.value, "standard_error": self.standard_error}
        return known if size is None else known | {"effective_sample_size": size}


def base_rate_bias(v: Float[Array, "examples visible"], rbm: RBM) -> Float[Array, " visible"]:
    """The biases with which independent visible units have the means of the data.

    Binary units count one further example of all zeros and one of all ones, so that no unit is certain.

    Examples
    --------
    >>> rbm = RBM.init(2, 3, key=jax.random.key(0))
    >>> bias = base_rate_bias(jnp.array([[1.0, 0.0], [1.0, 0.0]]), rbm)
    >>> print(jax.nn.sigmoid(bias).round(2))
    [0.75 0.25]
    """
    if isinstance(rbm, GaussianRBM):
        return v.mean(0)
    rate = (v.sum(0) + 1) / (len(v) + 2)
    return jnp.log(rate) - jnp.log1p(-rate)


def exact_log_partition(rbm: RBM) -> LogPartition:
    """Log Z by summing over every state of the smaller layer, which should have at most 20 units.

    Examples
    --------
    A machine of zeros has 2¹⁰ states of energy zero: log Z = 10·log 2.

    >>> exact_log_partition(RBM(jnp.zeros((7, 3)), jnp.zeros(7), jnp.zeros(3)))
    LogPartition(value=6.931..., standard_error=0.0, ...)
    """
    return LogPartition(float(summed_log_partition(rbm)))


def summed_log_partition(rbm: RBM) -> Float[Array, ""]:
    """Log Z as `exact_log_partition` computes it, but as an array, so that it can be compiled with other code."""
    visible, hidden = rbm.weight.shape
    if isinstance(rbm, GaussianRBM) or hidden <= visible:
        return _log_sum(hidden, lambda h: -rbm.free_energy_of_hidden(h))
    return _log_sum(visible, lambda v: -rbm.free_energy(v))


def is_enumerable(rbm: RBM) -> bool:
    """Whether a layer is small enough for `exact_log_partition`: at most 20 units."""
    visible, hidden = rbm.weight.shape
    return hidden <= ENUMERABLE or (visible <= ENUMERABLE and not isinstance(rbm, GaussianRBM))


def log_partition(
    rbm: RBM,
    examples: Float[Array, "examples visible"],
    *,
    chains: int,
    temperatures: int,
    key: PRNGKeyArray,
) -> LogPartition:
    """Log Z, exactly where a layer has at most 20 units, and else estimated from below and from above.

    Parameters
    ----------
    rbm
        The machine.
    examples
        Training examples. Annealing starts from independent units with their means, and the estimate from above
        from examples moved by 1,000 Gibbs steps, which stand for samples of the model.
    chains
        Independent chains of each estimate.
    temperatures
        Densities that every chain passes through.
    key
        The key of all random numbers.
    """
    if is_enumerable(rbm):
        return exact_log_partition(rbm)
    walking, annealing = jax.random.split(key)
    start = examples[jnp.arange(chains) % len(examples)]
    steps = jax.random.split(walking, BURN_IN)
    walk = jax.jit(lambda v: run_chain(lambda v, key: rbm.gibbs_vhv(v, key=key), v, steps))
    return annealed_log_partition(
        rbm,
        base_rate_bias(examples, rbm),
        chains=chains,
        temperatures=temperatures,
        samples=walk(start),
        key=annealing,
    )


def annealed_log_partition(
    rbm: RBM,
    base_bias: Float[Array, " visible"],
    *,
    chains: int,
    temperatures: int,
    samples: Float[Array, "chains visible"] | None = None,
    key: PRNGKeyArray,
) -> LogPartition:
    """Log Z by annealed importance sampling from the machine that has `base_bias` and no weights.

    The estimate is unbiased for Z, so that its log is on average too low. Where `samples` of the model are given, they
    are annealed back to the start for a second estimate, which is on average too high.

    Examples
    --------
    >>> rbm = RBM.init(8, 5, key=jax.random.key(0))
    >>> found = annealed_log_partition(rbm, jnp.zeros(8), chains=100, temperatures=200, key=jax.random.key(1))
    >>> abs(found.value - exact_log_partition(rbm).value) < 4 * found.standard_error
    True
    """
    path = AnnealingPath(rbm, base_bias)
    betas = annealing_schedule(temperatures)
    start, forward, backward = jax.random.split(key, 3)
    up = _anneal(path, path.start(chains, key=start), betas, forward)
    at_start = float(path.log_partition_at_start())
    below = LogPartition(
        at_start + float(up.log_ratio), float(up.standard_error), float(up.effective_sample_size)
    )
    if samples is None:
        return below
    down = _anneal(path, samples, betas[::-1], backward)
    return below._replace(
        upper=at_start - float(down.log_ratio), upper_standard_error=float(down.standard_error)
    )


def annealing_schedule(temperatures: int) -> Float[Array, " temperatures"]:
    """βs from 0 to 1 in three evenly spaced stretches, [0, 0.5], [0.5, 0.9] and [0.9, 1].

    Their numbers are as 1 : 8 : 20, dense near 1, as Salakhutdinov & Murray (2008) divide them.

    Examples
    --------
    >>> [round(float(beta), 3) for beta in annealing_schedule(30)[:5]]
    [0.0, 0.5, 0.55, 0.6, 0.65]
    """
    shares = np.array([500, 4000, 10000]) / 14500
    counts = np.maximum(1, (shares * (temperatures - 1)).round().astype(int))
    ends = np.array([0.0, 0.5, 0.9, 1.0])
    stretches = [
        np.linspace(a, b, n, endpoint=False)
        for (a, b), n in zip(itertools.pairwise(ends), counts, strict=True)
    ]
    return jnp.asarray(np.concatenate([*stretches, [1.0]]), jnp.float32)


@eqx.filter_jit
def _anneal(path: AnnealingPath, state: Array, betas: Array, key: PRNGKeyArray) -> Annealed:
    return annealed_importance_sampling(path.log_density, path.transition, state, betas, key=key)


def _log_sum(units: int, log_weight: Callable[[Array], Array]) -> Array:
    states = jnp.arange(2**units)

    def one(number: Array) -> Array:
        bits = (number >> jnp.arange(units)) & 1
        return log_weight(bits.astype(jnp.float32))

    return jax.nn.logsumexp(jax.lax.map(one, states, batch_size=2**12))
