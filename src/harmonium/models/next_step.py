"""What an RNN-RBM or RNN-NADE predicts of each next time step: its log-probability, and each unit's probability."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from harmonium.models.annealing_path import AnnealingPath, annealing_schedule
from harmonium.models.nade import NADE
from harmonium.models.partition import summed_log_partition
from harmonium.models.rbm import RBM
from harmonium.models.rnn_nade import RNNNADE
from harmonium.models.rnn_rbm import RNNRBM
from harmonium.sampling import annealed_importance_sampling

MEAN_FIELD = 5  # mean-field iterations to the means at which annealing starts
CERTAIN = 8.0  # bound on the log-odds of these means, so that no unit is nearly fixed at the start
SUMMED = 12  # largest layer, in units, over whose states Z is summed exactly at each step


class NextStep(NamedTuple):
    """What a model predicts of each time step, given the steps before it."""

    log_probability: Float[Array, " steps"]  # log P(v(t) | past), nats: exact, or on average too high
    standard_error: Float[Array, " steps"]  # of log_probability; 0 where that is exact
    effective_sample_size: Float[
        Array, " steps"
    ]  # effective number of chains behind log_probability; all of them where it is exact
    at_least: Float[
        Array, " steps"
    ]  # log_probability where that is exact, else an estimate that is on average too low
    marginals: Float[Array, "steps visible"]  # P(vᵢ(t) = 1 | past)


@eqx.filter_jit
def predict_next_steps(
    model: RNNRBM,
    u: Float[Array, "steps recurrent"],
    v: Float[Array, "steps visible"],
    *,
    chains: int,
    temperatures: int,
    block: int = 100,
    key: PRNGKeyArray,
) -> NextStep:
    """Predict v(t) given u(t-1), for many time steps t of any pieces at once.

    The log-probability of an RNN-NADE is exact, and so is that of an RNN-RBM with a layer of at most 12 units. Else
    log Z is estimated by annealing, on average too low, so that the log-probability is on average too high; and by
    annealing back, from what the chains ended at, for one that is on average too low.

    Parameters
    ----------
    model
        An RNN-RBM or RNN-NADE.
    u
        The state of the recurrent units before each step, from `RNNRBM.previous_states`.
    v
        The visible units of each step.
    chains
        Samples of each step, over which the marginals are means, and which estimate log Z.
    temperatures
        Densities that annealing passes through.
    block
        Steps computed at a time, which bounds the memory.
    key
        The key of all random numbers.

    Examples
    --------
    >>> model = RNNRBM.init(visible=5, hidden=3, recurrent=4, key=jax.random.key(0))
    >>> piece = jnp.ones((10, 5))
    >>> u = model.previous_states(piece)
    >>> found = predict_next_steps(model, u, piece, chains=50, temperatures=20, key=jax.random.key(1))
    >>> found.log_probability.shape, found.marginals.shape
    ((10,), (10, 5))
    >>> print(found.log_probability[0].round(1))  # at the start close to -5·log 2
    -3.5
    """

    def one(step: tuple[Array, Array, PRNGKeyArray]) -> NextStep:
        u, v, key = step
        density = model.conditional(u)
        if isinstance(model, RNNNADE):
            return _of_nade(density, v, chains, key)
        return _of_rbm(density, v, chains, temperatures, key)

    return jax.lax.map(one, (u, v, jax.random.split(key, len(u))), batch_size=min(block, len(u)))


def _of_nade(nade: NADE, v: Array, chains: int, key: PRNGKeyArray) -> NextStep:
    log_probability = nade.log_prob(v)
    _, p = nade.sample(jax.random.uniform(key, (chains, len(v))))
    return NextStep(log_probability, jnp.zeros(()), jnp.float32(chains), log_probability, p.mean(0))


def _of_rbm(rbm: RBM, v: Array, chains: int, temperatures: int, key: PRNGKeyArray) -> NextStep:
    path = AnnealingPath(rbm, mean_field(rbm))
    starting, forward, resampling, backward = jax.random.split(key, 4)
    betas = annealing_schedule(temperatures)
    up = annealed_importance_sampling(
        path.log_density, path.transition, path.start(chains, key=starting), betas, key=forward
    )
    shares = jax.nn.softmax(up.log_weights)
    marginals = shares @ rbm.visible_mean(rbm.visible_field(rbm.hidden_mean(up.state)))
    if min(rbm.weight.shape) <= SUMMED:
        exact = -rbm.free_energy(v) - summed_log_partition(rbm)
        return NextStep(exact, jnp.zeros(()), jnp.float32(chains), exact, marginals)
    at_start = -rbm.free_energy(v) - path.log_partition_at_start()
    samples = up.state[jax.random.categorical(resampling, up.log_weights, shape=(chains,))]
    down = annealed_importance_sampling(path.log_density, path.transition, samples, betas[::-1], key=backward)
    return NextStep(
        at_start - up.log_ratio,
        up.standard_error,
        up.effective_sample_size,
        at_start + down.log_ratio,
        marginals,
    )


def mean_field(rbm: RBM) -> Float[Array, " visible"]:
    """Compute the visible units' log-odds by mean field; annealing from independent units with these is short."""
    field = rbm.visible_bias
    for _ in range(MEAN_FIELD):
        field = rbm.visible_field(rbm.hidden_mean(rbm.visible_mean(field)))
    return jnp.clip(field, -CERTAIN, CERTAIN)
