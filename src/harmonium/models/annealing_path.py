"""The densities between a machine of independent units and an RBM, and annealing along them."""

import itertools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from harmonium.models.rbm import RBM, GaussianRBM
from harmonium.sampling import Annealed, annealed_importance_sampling, summarise_weights

BLOCK = 500  # temperatures in a compiled call, so that ladders of any length share a program


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


def annealing_schedule(temperatures: int) -> Float[Array, " betas"]:
    """About as many βs as asked for, from 0 to 1 in evenly spaced stretches, [0, 0.5], [0.5, 0.9] and [0.9, 1].

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


def anneal(path: AnnealingPath, state: Array, betas: Array, key: PRNGKeyArray) -> Annealed:
    """Anneal chains from `state` along the path, block by block; the result is that of a single call."""
    log_weights, variances = jnp.zeros(()), []
    for first in range(0, len(betas) - 1, BLOCK):
        found = _anneal_block(path, state, betas[first : first + BLOCK + 1], jnp.int32(first), key)
        state, log_weights = found.state, log_weights + found.log_weights
        assert found.variances is not None
        variances.append(found.variances)
    return summarise_weights(log_weights)._replace(state=state, variances=jnp.concatenate(variances))


@eqx.filter_jit
def _anneal_block(
    path: AnnealingPath, state: Array, betas: Array, first: int | Array, key: PRNGKeyArray
) -> Annealed:
    return annealed_importance_sampling(path.log_density, path.transition, state, betas, first=first, key=key)
