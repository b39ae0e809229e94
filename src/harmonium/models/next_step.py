"""What an RNN-RBM or RNN-NADE predicts of each next time step: its log-probability, and each unit's probability."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from harmonium.models.contrastive import negative_particles
from harmonium.models.nade import NADE
from harmonium.models.partition import summed_log_partition
from harmonium.models.rbm import RBM
from harmonium.models.rnn_nade import RNNNADE
from harmonium.models.rnn_rbm import RNNRBM
from harmonium.sampling import summarise_weights

SUMMED = 12  # largest layer, in units, over whose states Z is summed exactly at each step
WALK = 20  # Gibbs steps that make of weighted samples those of the model
ROUNDS = 4  # visible vectors that are drawn at each step, to know what the model finds likely
PIECES, STEPS = 10, 200  # of what the model writes for the same end
KNOWN = 2000  # most vectors that are kept, beside those of the steps themselves
CALL = 500  # time steps of a compiled call, so that pieces of any length share a program, and a stop is soon heard
MEMORY = 2**22  # numbers, known vectors times chains, that a few steps together may take


class NextStep(NamedTuple):
    """What a model predicts of each time step, given the steps before it."""

    log_probability: Float[Array, " steps"]  # log P(v(t) | past), nats: exact, or on average too high
    standard_error: Float[Array, " steps"]  # of log_probability; 0 where that is exact
    effective_sample_size: Float[
        Array, " steps"
    ]  # effective number of chains behind the estimate that has fewer of the two; all of them where it is exact
    at_least: Float[
        Array, " steps"
    ]  # log_probability where that is exact, else an estimate that is on average too low
    marginals: Float[Array, "steps visible"]  # P(vᵢ(t) = 1 | past)


def predict_next_steps(
    model: RNNRBM,
    u: Float[Array, "steps recurrent"],
    v: Float[Array, "steps visible"],
    *,
    chains: int,
    key: PRNGKeyArray,
) -> NextStep:
    """Predict v(t) given u(t-1), for many time steps t of any pieces at once.

    The log-probability of an RNN-NADE is exact, and so is that of an RNN-RBM with a layer of at most 12 units. Else
    log Z is estimated from both sides by the visible vectors S that the model is known to find likely, those of
    `likely_vectors`. With Z_S, the sum of e^(-F(s)) over S, and P(S|h), that of P(s|h),

    Z = Z_S · E[1 / P(S|h)], where h is drawn given an s, which is drawn from S with probability e^(-F(s)) / Z_S,
    Z = Z_S / E[P(S|h)], where h is drawn by the model.

    By the first log Z is on average too low, so that the log-probability is on average too high; by the second it is
    on average too low. Whatever is drawn, log P(v) ≤ -F(v) - log Z_S, and the first never exceeds that. What lies
    apart from all of S is missed by both.

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
    key
        The key of all random numbers.

    Examples
    --------
    >>> model = RNNRBM.init(visible=5, hidden=3, recurrent=4, key=jax.random.key(0))
    >>> piece = jnp.ones((10, 5))
    >>> u = model.previous_states(piece)
    >>> found = predict_next_steps(model, u, piece, chains=50, key=jax.random.key(1))
    >>> found.log_probability.shape, found.marginals.shape
    ((10,), (10, 5))
    >>> print(found.log_probability[0].round(1))  # at the start close to -5·log 2
    -3.5
    """
    drawing, key = jax.random.split(key)
    known = None if isinstance(model, RNNNADE) else likely_vectors(model, u, v, key=drawing)
    found = [
        _predict(model, *step, known, chains)
        for step in zip(_calls(u), _calls(v), _calls(jax.random.split(key, len(u))), strict=True)
    ]
    return NextStep(*(jnp.concatenate(parts)[: len(u)] for parts in zip(*found, strict=True)))


def likely_vectors(
    model: RNNRBM,
    u: Float[Array, "steps recurrent"],
    v: Float[Array, "steps visible"],
    *,
    key: PRNGKeyArray,
) -> Float[Array, "known visible"]:
    """Return distinct visible vectors that an RNN-RBM finds likely at such steps.

    They are those of `v`, and the 2,000 most frequent of two kinds that the model draws: the steps of ten pieces that
    it writes; and at each u four ends of Gibbs chains, of 20 steps from anywhere among the others.
    """
    writing, starting, walking = jax.random.split(key, 3)
    written = _written(model, writing).reshape(-1, v.shape[1])
    pool, drawn = jnp.concatenate([written, v]), [written]
    for number, part in enumerate(_calls(u)):
        chosen = jax.random.randint(jax.random.fold_in(starting, number), (ROUNDS, CALL), 0, len(pool))
        drawn.append(_walked(model, part, pool[chosen], jax.random.fold_in(walking, number)))
    every = np.concatenate([np.asarray(part, bool).reshape(-1, v.shape[1]) for part in drawn])
    distinct, times = np.unique(every, axis=0, return_counts=True)
    likely = distinct[np.argsort(-times, kind="stable")[:KNOWN]]
    return jnp.asarray(np.unique(np.concatenate([likely, np.asarray(v, bool)]), axis=0), v.dtype)


@eqx.filter_jit
def _written(model: RNNRBM, key: PRNGKeyArray) -> Array:
    return model.generate(model.start(PIECES), STEPS, WALK, key=key)


@eqx.filter_jit
def _walked(model: RNNRBM, u: Array, v: Array, key: PRNGKeyArray) -> Array:
    rbm: RBM = model.conditional(u)

    def end(one: tuple[Array, PRNGKeyArray]) -> Array:
        start, key = one
        first, chain = jax.random.split(key)
        return negative_particles(rbm, rbm.sample_hidden(start, key=first), WALK, key=chain)[1]

    return jax.lax.map(end, (v, jax.random.split(key, len(v))))


def _calls(rows: Array) -> list[Array]:
    """Split rows among calls of one length; the last is filled with copies of its first."""
    parts = [rows[first : first + CALL] for first in range(0, len(rows), CALL)]
    last = parts[-1]
    return [*parts[:-1], last[jnp.where(jnp.arange(CALL) < len(last), jnp.arange(CALL), 0)]]


@eqx.filter_jit
def _predict(model: RNNRBM, u: Array, v: Array, keys: Array, known: Array | None, chains: int) -> NextStep:
    def one(step: tuple[Array, Array, PRNGKeyArray]) -> NextStep:
        u, v, key = step
        density = model.conditional(u)
        if known is None:
            return _of_nade(density, v, chains, key)
        return _of_rbm(density, v, known, chains, key)

    together = CALL if known is None else max(1, MEMORY // (chains * len(known)))
    return jax.lax.map(one, (u, v, keys), batch_size=min(CALL, together))


def _of_nade(nade: NADE, v: Array, chains: int, key: PRNGKeyArray) -> NextStep:
    log_probability = nade.log_prob(v)
    _, p = nade.sample(jax.random.uniform(key, (chains, len(v))))
    return NextStep(log_probability, jnp.zeros(()), jnp.float32(chains), log_probability, p.mean(0))


def _of_rbm(rbm: RBM, v: Array, known: Array, chains: int, key: PRNGKeyArray) -> NextStep:
    choosing, drawing, resampling, walking = jax.random.split(key, 4)
    log_weights = -rbm.free_energy(known)
    at_most = -rbm.free_energy(v) - jax.nn.logsumexp(log_weights)  # as if nothing but S were likely

    def log_share(h: Array) -> Array:
        """Log P(S|h)."""
        field = rbm.visible_field(h)
        return jax.nn.logsumexp(field @ known.T, axis=-1) - jax.nn.softplus(field).sum(-1)

    chosen = jax.random.categorical(choosing, log_weights, shape=(chains,))
    h = rbm.sample_hidden(known[chosen], key=drawing)
    outside = summarise_weights(-log_share(h))
    marginals = jax.nn.softmax(outside.log_weights) @ rbm.visible_mean(rbm.visible_field(h))
    if min(rbm.weight.shape) <= SUMMED:
        exact = -rbm.free_energy(v) - summed_log_partition(rbm)
        return NextStep(exact, jnp.zeros(()), jnp.float32(chains), exact, marginals)
    again = jax.random.categorical(resampling, outside.log_weights, shape=(chains,))
    inside = summarise_weights(log_share(negative_particles(rbm, h[again], WALK, key=walking)[0]))
    return NextStep(
        at_most - outside.log_ratio,
        outside.standard_error,
        jnp.minimum(outside.effective_sample_size, inside.effective_sample_size),
        at_most + inside.log_ratio,
        marginals,
    )
