"""The gradient of log Z where it is known which visible vectors are likely, for many machines at once."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from harmonium.models.contrastive import negative_particles
from harmonium.models.rbm import RBM

LARGEST = 40.0  # of a part of a hidden unit's log-odds, so that the product of two exponentials stays finite


def log_partition_surrogate(
    rbm: RBM, known: Float[Array, "known visible"], steps: int, *, key: PRNGKeyArray
) -> tuple[Float[Array, "*machines"], Float[Array, "*machines"]]:
    """Return a number whose gradient is on average that of log Z, and log Z_S, for machines with common weights.

    The number's value means nothing. Z_S is the sum of e^(-F(s)) over the known vectors S, P(S) = Z_S / Z, and

    ∇log Z = P(S)·∇log Z_S - (1 - P(S))·E[∇F(v) | v not in S]

    A negative particle v says by whether it is in S which of the two counts: the sum over S is exact where it is, and
    only outside there is noise. Its chain starts at an s that is drawn with probability e^(-F(s)) / Z_S.

    Parameters
    ----------
    rbm
        Machines that differ in their biases: those of an RNN-RBM's time steps.
    known
        Distinct binary vectors, such as the most frequent ones of the training set.
    steps
        Gibbs steps from s to the negative particle.
    key
        The key of all random numbers.

    Examples
    --------
    With all vectors known, both are log Z itself.

    >>> rbm = RBM(jnp.zeros((2, 3)), jnp.zeros((4, 2)), jnp.zeros((4, 3)))  # four machines
    >>> known = jnp.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    >>> surrogate, log_sum = log_partition_surrogate(rbm, known, 2, key=jax.random.key(0))
    >>> bool(jnp.allclose(log_sum, 5 * jnp.log(2.0))), bool((surrogate == log_sum).all())
    (True, True)
    """
    choosing, drawing, chain = jax.random.split(key, 3)
    machines = rbm.visible_bias.shape[:-1]
    log_weights = -free_energies(
        rbm.weight,
        rbm.visible_bias.reshape(-1, rbm.visible_bias.shape[-1]),
        rbm.hidden_bias.reshape(-1, rbm.hidden_bias.shape[-1]),
        known,
    )
    log_sum = jax.nn.logsumexp(log_weights, axis=-1).reshape(machines)
    start = known[_drawn(choosing, log_weights).reshape(machines)]
    _, particles = negative_particles(rbm, rbm.sample_hidden(start, key=drawing), steps, key=chain)
    return jnp.where(is_among(particles, known), log_sum, -rbm.free_energy(particles)), log_sum


def is_among(
    v: Float[Array, "*batch visible"], known: Float[Array, "known visible"]
) -> Bool[Array, "*batch"]:
    """Return whether each binary vector is one of the known ones.

    Examples
    --------
    >>> print(is_among(jnp.array([[0.0, 1.0], [1.0, 1.0]]), jnp.array([[0.0, 1.0], [0.0, 0.0]])))
    [ True False]
    """
    units = known.sum(-1)
    return ((v @ known.T == units) & (v.sum(-1, keepdims=True) == units)).any(-1)


@jax.custom_vjp
def free_energies(
    weight: Float[Array, "visible hidden"],
    visible_bias: Float[Array, "machines visible"],
    hidden_bias: Float[Array, "machines hidden"],
    known: Float[Array, "known visible"],
) -> Float[Array, "machines known"]:
    """F(s) of each known vector s under each machine: -b·s - Σⱼ log(1 + e^((s·W)ⱼ + cⱼ)).

    The exponential of the sum is the product of that of s·W and that of c, of which there are few, so that each of the
    many terms takes a multiplication and a logarithm. Nothing is known of the gradient with respect to `known`.
    """
    own, machine = _factors(weight, hidden_bias, known)

    def one(machine: Array) -> Array:
        return jnp.log(1 + own * machine).sum(-1)

    return -(visible_bias @ known.T) - jax.lax.map(one, machine)


def _factors(weight: Array, hidden_bias: Array, known: Array) -> tuple[Array, Array]:
    return tuple(jnp.exp(jnp.clip(part, -LARGEST, LARGEST)) for part in (known @ weight, hidden_bias))  # type: ignore[return-value]


def _forward(weight: Array, visible_bias: Array, hidden_bias: Array, known: Array) -> Any:
    return free_energies(weight, visible_bias, hidden_bias, known), (weight, hidden_bias, known)


def _backward(kept: tuple[Array, Array, Array], cotangent: Array) -> tuple[Array, Array, Array, None]:
    """Sum over machines one after the other, so that what belongs to a machine stays in the processor's cache."""
    weight, hidden_bias, known = kept
    own, machine = _factors(weight, hidden_bias, known)

    def add(total: Array, one: tuple[Array, Array]) -> tuple[Array, Array]:
        odds, share = own * one[0], one[1]
        mean = share[:, None] * (odds / (1 + odds))  # of the hidden units given each s, weighted
        return total + mean, mean.sum(0)

    total, hidden = jax.lax.scan(add, jnp.zeros_like(own), (machine, cotangent))
    return -known.T @ total, -cotangent @ known, -hidden, None


free_energies.defvjp(_forward, _backward)


def _drawn(key: PRNGKeyArray, log_weights: Float[Array, "machines known"]) -> Array:
    """Draw a place in each row, by one uniform number a row, where `jax.random.categorical` takes one a place."""
    cumulated = jnp.cumsum(jax.nn.softmax(jax.lax.stop_gradient(log_weights), axis=-1), -1)
    u = jax.random.uniform(key, (len(log_weights), 1)) * cumulated[:, -1:]
    return jnp.minimum((cumulated <= u).sum(-1), log_weights.shape[-1] - 1)
