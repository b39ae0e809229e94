"""How an RBM learns, by contrastive divergence, and how it is watched, by the pseudo-likelihood (sections 9.3, 9.4)."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from harmonium.arguments import checked
from harmonium.errors import ConfigError
from harmonium.models.annealing_path import AnnealingPath
from harmonium.models.rbm import RBM, GaussianRBM
from harmonium.sampling import run_chain, tempered_transition

FOLLOWING = 0.01  # share of the way that the offsets of a centred machine move to the means of each batch


class Offsets(NamedTuple):
    """The means of a centred machine's units, which follow those of the examples (Melchior, Fischer & Wiskott 2016).

    The centred machine has the energy E(v, h) = -b'·(v - μ) - c'·(h - λ) - (v - μ)·W·(h - λ). It is the RBM with
    b' = b + W·λ and c' = c + Wᵀ·μ, but the gradients of its parameters point in another direction, in which the means
    of the units no longer outweigh their correlations.
    """

    visible: Float[Array, " visible"]  # μ
    hidden: Float[Array, " hidden"]  # λ

    @classmethod
    def init(cls, examples: Float[Array, "examples visible"], hidden: int) -> "Offsets":
        """Start at the mean of the examples, and for hidden units at ½, their mean when all weights are zero."""
        return cls(examples.mean(0), jnp.full(hidden, 0.5))

    def following(self, rbm: RBM, v: Float[Array, "batch visible"]) -> "Offsets":
        """Move a hundredth of the way to the means of a batch and of the hidden units given it."""
        means = Offsets(v.mean(0), rbm.hidden_mean(v).mean(0))
        return jax.tree.map(lambda old, new: old + FOLLOWING * (new - old), self, means)


def centred_gradient(gradient: RBM, offsets: Offsets) -> RBM:
    """Turn the plain machine's gradient into that of the centred machine, for a step of the plain machine's parameters.

    ∇W' = ∇W - μ ∇cᵀ - ∇b λᵀ,   ∇b' = ∇b - ∇W'·λ,   ∇c' = ∇c - ∇W'ᵀ·μ

    With offsets of zero it is the gradient itself. It vanishes where, and only where, the gradient does. Raises
    `ConfigError` for that of a `GaussianRBM`.

    Examples
    --------
    >>> rbm, v = RBM.init(6, 4, key=jax.random.key(0)), jnp.ones((20, 6))
    >>> gradient = jax.grad(contrastive_loss)(rbm, v, 1 - v)
    >>> same = centred_gradient(gradient, Offsets(jnp.zeros(6), jnp.zeros(4)))
    >>> bool((same.weight == gradient.weight).all())
    True
    """
    _require_binary("centred_gradient", gradient, "follow its own gradient")
    mu, lam = offsets
    weight = gradient.weight - jnp.outer(mu, gradient.hidden_bias) - jnp.outer(gradient.visible_bias, lam)
    return RBM(weight, gradient.visible_bias - weight @ lam, gradient.hidden_bias - mu @ weight)


@checked
def negative_particles(
    rbm: RBM, h: Float[Array, "*chains hidden"], steps: int, *, mean_field: bool = False, key: PRNGKeyArray
) -> tuple[Float[Array, "*chains hidden"], Float[Array, "*chains visible"]]:
    """Hidden and visible units after `steps` of Gibbs sampling from `h`; no gradient flows through them.

    Parameters
    ----------
    rbm
        The machine.
    h
        The hidden units that each chain starts from: for CD a sample given the examples, for PCD where the chains
        ended last.
    steps
        Gibbs steps, k.
    mean_field
        Hand the probabilities of the hidden units on from step to step, not samples.
    key
        The key of all random numbers.

    Returns
    -------
    tuple
        The hidden units at the end, from which persistent chains go on, and the visible units, the negative particles.

    Examples
    --------
    CD-1 starts at the examples; PCD would start from the `h` of the last update.

    >>> rbm, v = RBM.init(6, 4, key=jax.random.key(0)), jnp.ones((20, 6))
    >>> h = rbm.sample_hidden(v, key=jax.random.key(1))
    >>> h, particles = negative_particles(rbm, h, steps=1, key=jax.random.key(2))
    >>> h.shape, particles.shape
    ((20, 4), (20, 6))
    >>> gradient = jax.grad(contrastive_loss)(rbm, v, particles)
    >>> gradient.weight.shape
    (6, 4)
    """
    if steps < 0:
        raise ConfigError(f"negative_particles: steps is {steps}, but must not be negative")
    frozen = jax.lax.stop_gradient(rbm)
    chains = h.shape[:-1]
    start = (jax.lax.stop_gradient(h), jnp.zeros((*chains, len(rbm.weight))))
    u = jax.random.uniform(key, (steps, *chains, sum(rbm.weight.shape)))
    return run_chain(lambda s, u: frozen.gibbs_hvh(s[0], u, mean_field=mean_field), start, u)


def tempered_particles(
    rbm: RBM,
    ladder: Float[Array, "temperatures chains visible"],
    base_bias: Float[Array, " visible"],
    steps: int,
    *,
    key: PRNGKeyArray,
) -> Float[Array, "temperatures chains visible"]:
    """Visible units at several temperatures after `steps` of parallel tempering; no gradient flows through them.

    The last of them are the negative particles. The others run from a machine of independent units with the biases
    `base_bias` on, and carry the particles from mode to mode (Desjardins et al. 2010).
    """
    path = AnnealingPath(jax.lax.stop_gradient(rbm), base_bias)
    betas = jnp.linspace(0, 1, len(ladder))
    step = tempered_transition(path.log_density, path.transition, betas)
    return run_chain(step, jax.lax.stop_gradient(ladder), jax.random.split(key, steps))


def contrastive_loss(
    rbm: RBM, v: Float[Array, "batch visible"], particles: Float[Array, "chains visible"]
) -> Float[Array, ""]:
    """The mean of E(v, h) minus the mean of E(particles, h), with h at its mean given each.

    Its gradient is that of mean F(v) - mean F(particles), which estimates the gradient of -log p(v) (eq. 9.5), since
    ∂F(v) is the mean of ∂E(v, h) over p(h | v) and E is linear in h. So the statistics ⟨v h⟩ of both take one matrix
    product. Its value is no measure of how well the model fits.

    Parameters
    ----------
    rbm
        The machine.
    v
        A batch of examples.
    particles
        The negative particles, as `negative_particles` draws them; as many as there are chains.

    Examples
    --------
    Learning by CD-1 from two patterns, which become far likelier than chance:

    >>> rbm, v = RBM.init(6, 4, key=jax.random.key(0)), jnp.array([[1.0, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1]])
    >>> for key in jax.random.split(jax.random.key(1), 200):
    ...     h = rbm.sample_hidden(v, key=key)
    ...     h, particles = negative_particles(rbm, h, steps=1, key=jax.random.fold_in(key, 1))
    ...     gradient = jax.grad(contrastive_loss)(rbm, v, particles)
    ...     rbm = jax.tree.map(lambda p, g: p - 0.1 * g, rbm, gradient)
    >>> from harmonium.models import exact_log_partition
    >>> bool((-rbm.free_energy(v) - exact_log_partition(rbm).value).mean() > -3)  # log 1/64 is -4.2
    True
    """
    h = jnp.concatenate([rbm.hidden_mean(v), rbm.hidden_mean(particles)])
    energy = rbm.energy(jnp.concatenate([v, particles]), jax.lax.stop_gradient(h))
    return energy[: len(v)].mean() - energy[len(v) :].mean()


def sparsity_penalty(rbm: RBM, v: Float[Array, "batch visible"], target: float) -> Float[Array, ""]:
    """The cross-entropy between `target` and how often each hidden unit is on, summed over the units, in nats.

    Σⱼ -p·log qⱼ - (1 - p)·log(1 - qⱼ), with p the target and qⱼ the mean of p(hⱼ = 1 | v) over the examples
    (Lee, Ekanadham & Ng 2008; in this form Hinton 2010, section 11). It is lowest where every unit is on for a share
    p of the examples.

    Examples
    --------
    A machine of zeros has every unit on with probability ½.

    >>> rbm = RBM(jnp.zeros((6, 4)), jnp.zeros(6), jnp.zeros(4))
    >>> print(f"{sparsity_penalty(rbm, jnp.ones((20, 6)), 0.1):.3f}")  # 4·log 2
    2.773
    """
    logits = rbm.hidden_logits(v)
    log_on, log_off = (
        jax.nn.logsumexp(jax.nn.log_sigmoid(signed), axis=0) - jnp.log(len(v)) for signed in (logits, -logits)
    )
    return -(target * log_on + (1 - target) * log_off).sum()


def pseudo_log_likelihood(
    rbm: RBM, v: Float[Array, "*batch visible"], bit: Int[Array, "*batch"] | Int[Array, ""]
) -> Float[Array, "*batch"]:
    """N·log p(vᵢ | the other units), in nats, of N visible units rounded to binary, where i = `bit` (section 9.4.1).

    Its mean over all i is the log pseudo-likelihood Σᵢ log p(vᵢ | the others). Raises `ConfigError` for a
    `GaussianRBM`.

    Parameters
    ----------
    rbm
        The machine.
    v
        Examples in [0, 1].
    bit
        The unit whose probability is computed, one for all examples or one for each.

    Examples
    --------
    A machine of zeros gives every unit the probability ½, and so 100 units -100·log 2 nats.

    >>> rbm = RBM(jnp.zeros((100, 5)), jnp.zeros(100), jnp.zeros(5))
    >>> print(pseudo_log_likelihood(rbm, jnp.ones((2, 100)), jnp.int32(7)).round(2))
    [-69.31 -69.31]
    """
    _require_binary("pseudo_log_likelihood", rbm, "minus its free_energy scores examples")
    v = jnp.round(v)
    number = v.shape[-1]
    change = 1 - 2 * jnp.take_along_axis(v, jnp.broadcast_to(bit, v.shape[:-1])[..., None], -1)
    logits = rbm.hidden_logits(v)
    flipped = logits + change * rbm.weight[bit]
    rise = (jax.nn.softplus(logits) - jax.nn.softplus(flipped)).sum(-1) - change[..., 0] * rbm.visible_bias[
        bit
    ]
    return number * jax.nn.log_sigmoid(rise)


def exact_pseudo_log_likelihood(rbm: RBM, v: Float[Array, "*batch visible"]) -> Float[Array, "*batch"]:
    """Σᵢ log p(vᵢ | the other units), in nats, of visible units rounded to binary, summed over every bit.

    It costs N times as much as `pseudo_log_likelihood`, and has no noise of its own. Raises `ConfigError` for a
    `GaussianRBM`.

    Examples
    --------
    >>> rbm = RBM(jnp.zeros((100, 5)), jnp.zeros(100), jnp.zeros(5))
    >>> print(exact_pseudo_log_likelihood(rbm, jnp.ones((2, 100))).round(2))
    [-69.31 -69.31]
    """
    bits = jnp.arange(v.shape[-1])
    return jax.lax.map(lambda bit: pseudo_log_likelihood(rbm, v, bit), bits).mean(0)


def _require_binary(where: str, rbm: RBM, remedy: str) -> None:
    """Raise `ConfigError`, beginning with `where`, for a machine whose visible units are real."""
    if isinstance(rbm, GaussianRBM):
        raise ConfigError(
            f"{where}: a GaussianRBM has real visible units, and this is defined for binary ones; {remedy}"
        )
