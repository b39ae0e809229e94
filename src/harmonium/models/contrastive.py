"""What an RBM learns by and is watched by: contrastive divergence and the pseudo-likelihood (sections 9.3, 9.4)."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from harmonium.models.rbm import RBM
from harmonium.sampling import run_chain


def negative_particles(
    rbm: RBM, h: Float[Array, "*chains hidden"], steps: int, *, mean_field: bool = False, key: PRNGKeyArray
) -> tuple[Float[Array, "*chains hidden"], Float[Array, "*chains visible"]]:
    """Hidden and visible units after `steps` of Gibbs sampling from `h`, constants to any gradient."""
    frozen = jax.lax.stop_gradient(rbm)
    chains = h.shape[:-1]
    start = (jax.lax.stop_gradient(h), jnp.zeros((*chains, len(rbm.weight))))
    u = jax.random.uniform(key, (steps, *chains, sum(rbm.weight.shape)))
    return run_chain(lambda s, u: frozen.gibbs_hvh(s[0], u, mean_field=mean_field), start, u)


def contrastive_loss(
    rbm: RBM, v: Float[Array, "batch visible"], particles: Float[Array, "chains visible"]
) -> Float[Array, ""]:
    """Mean E(v, h) - mean E(particles, h), h at its mean given each.

    Its gradient is that of mean F(v) - mean F(particles), which estimates that of -log p(v) (eq. 9.5), since ∂F(v) is
    the mean of ∂E(v, h) over p(h | v) and E is linear in h. So the statistics ⟨v h⟩ of both take one matrix product.
    """
    h = jnp.concatenate([rbm.hidden_mean(v), rbm.hidden_mean(particles)])
    energy = rbm.energy(jnp.concatenate([v, particles]), jax.lax.stop_gradient(h))
    return energy[: len(v)].mean() - energy[len(v) :].mean()


def pseudo_log_likelihood(
    rbm: RBM, v: Float[Array, "*batch visible"], bit: Int[Array, "*batch"] | Int[Array, ""]
) -> Float[Array, "*batch"]:
    """N·log p(vᵢ | the other units), in nats, of v rounded to binary, i = `bit` (section 9.4.1).

    Its mean over all i is the log pseudo-likelihood Σᵢ log p(vᵢ | the others).
    """
    v = jnp.round(v)
    number = v.shape[-1]
    change = 1 - 2 * jnp.take_along_axis(v, jnp.broadcast_to(bit, v.shape[:-1])[..., None], -1)
    logits = rbm.hidden_logits(v)
    flipped = logits + change * rbm.weight[bit]
    rise = (jax.nn.softplus(logits) - jax.nn.softplus(flipped)).sum(-1) - change[..., 0] * rbm.visible_bias[
        bit
    ]
    return number * jax.nn.log_sigmoid(rise)
