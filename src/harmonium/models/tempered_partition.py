"""The partition function of an RBM whose modes lie apart, by parallel tempering and bridges between temperatures."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from harmonium.models.annealing_path import AnnealingPath, anneal, annealing_schedule, base_rate_bias
from harmonium.models.partition import LogPartition, exact_log_partition, is_enumerable
from harmonium.models.rbm import RBM
from harmonium.sampling import finer_ladder, summarise_weights, tempered_sweep

TRIAL = 1000  # temperatures of the annealing that tells where the ladder's lie
FORGOTTEN = 4  # one sweep in this many comes before those that count


def tempered_log_partition(
    rbm: RBM,
    examples: Float[Array, "examples visible"],
    *,
    chains: int,
    temperatures: int,
    sweeps: int,
    key: PRNGKeyArray,
) -> LogPartition:
    """Log Z by chains at many temperatures that exchange their states (Swendsen & Wang 1986).

    Annealing meets every density once, so that a chain stays in the mode that it fell into while it was hot. Here each
    chain goes on at all temperatures at once and reaches the modes through the hot ones. Neighbouring densities give
    the ratio of their constants by a bridge (Meng & Wong 1996, with the geometric mean of both),

        Z_{i+1} / Z_i = E_i[(f_{i+1} / f_i)^½] / E_{i+1}[(f_i / f_{i+1})^½],

    and the product of all leads from independent units to the machine. Each chain gives an estimate of its own. Half
    of them begin at independent units, and give `value`; as many begin at examples, and give `upper`: where the chains
    mix both are the same, and where they do not, one misses the modes and the other holds on to them.

    Parameters
    ----------
    rbm
        The machine.
    examples
        Training examples.
    chains
        Chains of each half, every one at all temperatures.
    temperatures
        Densities between independent units and the machine, placed where a trial of annealing finds that they change.
    sweeps
        Gibbs steps of every chain at every temperature; the first quarter is not counted.
    key
        The key of all random numbers.

    Examples
    --------
    >>> rbm = RBM.init(22, 24, key=jax.random.key(0))
    >>> rbm = eqx.tree_at(lambda m: m.weight, rbm, rbm.weight.at[:, 4:].set(0))  # 20 of the hidden units add log 2 each
    >>> small = RBM(rbm.weight[:, :4], rbm.visible_bias, rbm.hidden_bias[:4])
    >>> exact = exact_log_partition(small).value + 20 * np.log(2)
    >>> v = jnp.zeros((2, 22)).at[0].set(1)
    >>> found = tempered_log_partition(rbm, v, chains=10, temperatures=5, sweeps=400, key=jax.random.key(1))
    >>> bool(abs(found.value - exact) < 0.1)
    True
    """
    if is_enumerable(rbm):
        return exact_log_partition(rbm)
    return bridged_log_partition(
        rbm,
        base_rate_bias(examples, rbm),
        examples[jnp.arange(chains) % len(examples)],
        temperatures=temperatures,
        sweeps=sweeps,
        key=key,
    )


def bridged_log_partition(
    rbm: RBM,
    base_bias: Float[Array, " visible"],
    cold: Float[Array, "chains visible"],
    *,
    temperatures: int,
    sweeps: int,
    key: PRNGKeyArray,
) -> LogPartition:
    """Log Z as `tempered_log_partition` estimates it, with half of the chains beginning at `cold`."""
    path, chains = AnnealingPath(rbm, base_bias), len(cold)
    starting, trying, from_hot, from_cold = jax.random.split(key, 4)
    hot = path.start(chains, key=starting)
    trial = annealing_schedule(TRIAL)
    variances = anneal(path, hot, trial, trying).variances
    assert variances is not None
    betas = jnp.asarray(finer_ladder(np.asarray(trial), np.asarray(variances), temperatures - 1), jnp.float32)
    low, high = (
        summarise_weights(
            _bridged(path, jnp.broadcast_to(start, (temperatures, *start.shape)), betas, sweeps, key)
        )
        for start, key in ((hot, from_hot), (cold.astype(hot.dtype), from_cold))
    )
    at_start = float(path.log_partition_at_start())
    return LogPartition(
        at_start + float(low.log_ratio),
        float(low.standard_error),
        min(float(low.effective_sample_size), float(high.effective_sample_size)),
        upper=at_start + float(high.log_ratio),
        upper_standard_error=float(high.standard_error),
        chains=chains,
        temperatures=temperatures,
    )


@eqx.filter_jit
def _bridged(
    path: AnnealingPath, start: Array, betas: Array, sweeps: int, key: PRNGKeyArray
) -> Float[Array, " chains"]:
    """Return log(Z₁ / Z₀) as each chain estimates it."""
    sweep = tempered_sweep(path.log_density, path.transition, betas)
    nothing = jnp.full((len(betas) - 1, start.shape[1]), -jnp.inf)

    def step(carried: tuple[Array, Array, Array], number: Array) -> tuple[tuple[Array, Array, Array], None]:
        x, up, down = carried
        x, colder, hotter = sweep(x, jax.random.fold_in(key, number))
        counts = number >= sweeps // FORGOTTEN
        up, down = (
            jnp.where(counts, jnp.logaddexp(total, new / 2), total)
            for total, new in ((up, colder), (down, hotter))
        )
        return (x, up, down), None

    (_, up, down), _ = jax.lax.scan(step, (start, nothing, nothing), jnp.arange(sweeps))
    return (up - down).sum(0)
