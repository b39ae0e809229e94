"""The restricted Boltzmann machine (chapter 9)."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from harmonium.arguments import checked
from harmonium.models.layers import Dense, uniform
from harmonium.models.layers.dense import flattened, require_joint, require_units


def by_units(a: Float[Array, "*batch units"]) -> Float[Array, "*batch units"]:
    """The same values, which lie in memory unit by unit, those of all examples side by side.

    So XLA makes h·Wᵀ as W·hᵀ, which on a CPU reads W as it lies; else it packs all of W anew for each product, which
    of 20 rows then takes 1.4 times as long, and PCD-15 1.1 times.
    """
    return jnp.moveaxis(jax.lax.optimization_barrier(jnp.moveaxis(a, -1, 0)), 0, -1)  # type: ignore[no-untyped-call]


class RBM(eqx.Module):
    """Restricted Boltzmann machine with binary units.

    E(v, h) = -b·v - c·h - v·W·h,   p(v, h) = exp(-E(v, h)) / Z        (eq. 9.6; Smolensky 1986)

    Visible units hold 0 or 1, or intensities in [0, 1], which stand for the probabilities of being on;
    `harmonium.data.intensities` scales bytes to them.

    Every method takes one example or any number of them, with the units on the last axis. Biases may have more axes
    in front; they are then the biases of several machines that share W, one for each example, as the RNN-RBM has one
    for each time step.

    It learns by `harmonium.models.negative_particles` and `contrastive_loss`, or as an estimator with a method `fit`,
    `harmonium.estimators.BernoulliRBM`; log Z is `exact_log_partition`'s for small machines, else `log_partition`'s.

    Examples
    --------
    >>> rbm = RBM.init(784, 500, key=jax.random.key(0))
    >>> images = jax.random.uniform(jax.random.key(1), (20, 784))
    >>> rbm.free_energy(images).shape, rbm.hidden_mean(images).shape
    ((20,), (20, 500))
    >>> rbm.gibbs_vhv(images, key=jax.random.key(2)).shape
    (20, 784)
    """

    weight: Float[Array, "visible hidden"]  # W
    visible_bias: Float[Array, "*machines visible"]  # b
    hidden_bias: Float[Array, "*machines hidden"]  # c

    def __check_init__(self) -> None:
        visible, hidden = self.weight.shape
        require_joint("the visible biases of an RBM", self.visible_bias.shape[-1], visible)
        require_joint("the hidden biases of an RBM", self.hidden_bias.shape[-1], hidden)

    @classmethod
    @checked
    def init(cls, visible: int, hidden: int, *, key: PRNGKeyArray) -> "RBM":
        """Draw weights from the book's interval ±4·√(6 / (visible + hidden)); the biases are zero (section 9.4)."""
        bound = 4 * (6 / (visible + hidden)) ** 0.5
        return cls(uniform(key, (visible, hidden), bound), jnp.zeros(visible), jnp.zeros(hidden))

    def energy(
        self, v: Float[Array, "*batch visible"], h: Float[Array, "*batch hidden"]
    ) -> Float[Array, "*batch"]:
        """E(v, h), in nats (eq. 9.6).

        Examples
        --------
        A machine of two visible units and one hidden: with all of them on, E is minus the sum of all parameters.

        >>> rbm = RBM(jnp.array([[2.0], [-1.0]]), jnp.array([0.5, 0.0]), jnp.array([0.25]))
        >>> float(rbm.energy(jnp.array([1.0, 1.0]), jnp.array([1.0])))
        -1.75
        """
        require_units("h", h, self.weight.shape[1])
        return -self.visible_term(v, self.visible_bias) - (self.hidden_logits(v) * h).sum(-1)

    def free_energy(self, v: Float[Array, "*batch visible"]) -> Float[Array, "*batch"]:
        """F(v) = -b·v - Σⱼ log(1 + exp(logitⱼ)), in nats, so that p(v) = exp(-F(v)) / Z (eq. 9.9).

        Examples
        --------
        It sums the hidden units out: exp(-F(v)) is the sum of exp(-E(v, h)) over h.

        >>> rbm, v = RBM.init(3, 1, key=jax.random.key(0)), jnp.array([1.0, 0.0, 1.0])
        >>> summed = sum(jnp.exp(-rbm.energy(v, jnp.array([h]))) for h in (0.0, 1.0))
        >>> bool(jnp.isclose(jnp.exp(-rbm.free_energy(v)), summed))
        True
        """
        return -self.visible_term(v, self.visible_bias) - jax.nn.softplus(self.hidden_logits(v)).sum(-1)

    def free_energy_of_hidden(self, h: Float[Array, "*batch hidden"]) -> Float[Array, "*batch"]:
        """-c·h - Σᵢ log(1 + exp(logitᵢ)), in nats: -log(p(h)·Z), the visible units summed out."""
        on = jax.nn.softplus(self.visible_field(h)).sum(-1)
        return -h @ self.hidden_bias - on

    def hidden_logits(self, v: Float[Array, "*batch visible"]) -> Float[Array, "*batch hidden"]:
        """Log-odds of each hidden unit being on, given the visible ones (eq. 9.7)."""
        require_units("v", v, len(self.weight))
        return v @ self.weight + self.hidden_bias

    def visible_field(self, h: Float[Array, "*batch hidden"]) -> Float[Array, "*batch visible"]:
        """W·h + b: log-odds of each visible unit being on, given the hidden ones (eq. 9.8)."""
        require_units("h", h, self.weight.shape[1])
        return by_units(h @ self.weight.T) + self.visible_bias

    def visible_term(
        self, v: Float[Array, "*batch visible"], bias: Float[Array, "*machines visible"]
    ) -> Float[Array, "*batch"]:
        """b·v: the part of -E in which only visible units occur."""
        require_units("v", v, len(self.weight))
        return (v * bias).sum(-1)

    def visible_mean(self, field: Float[Array, "*batch visible"]) -> Float[Array, "*batch visible"]:
        """The mean of visible units whose field is W·h + b: p(v = 1 | h)."""
        return jax.nn.sigmoid(field)

    def draw_visible(
        self, field: Float[Array, "*batch visible"], u: Float[Array, "*batch visible"]
    ) -> Float[Array, "*batch visible"]:
        """Turn numbers u, uniform in [0, 1), into visible units whose field is W·h + b."""
        return (u < jax.nn.sigmoid(field)).astype(field.dtype)

    def draw_hidden(
        self, logits: Float[Array, "*batch hidden"], u: Float[Array, "*batch hidden"]
    ) -> Float[Array, "*batch hidden"]:
        """Turn numbers u, uniform in [0, 1), into hidden units with these log-odds."""
        return (u < jax.nn.sigmoid(logits)).astype(logits.dtype)

    @checked
    def sample_hidden(
        self, v: Float[Array, "*batch visible"], *, key: PRNGKeyArray
    ) -> Float[Array, "*batch hidden"]:
        """Draw h from p(h | v)."""
        logits = self.hidden_logits(v)
        return self.draw_hidden(logits, jax.random.uniform(key, logits.shape))

    @checked
    def sample_visible(
        self, h: Float[Array, "*batch hidden"], *, key: PRNGKeyArray
    ) -> Float[Array, "*batch visible"]:
        """Draw v from p(v | h)."""
        field = self.visible_field(h)
        return self.draw_visible(field, jax.random.uniform(key, field.shape))

    @checked
    def gibbs_vhv(
        self, v: Float[Array, "*batch visible"], *, key: PRNGKeyArray
    ) -> Float[Array, "*batch visible"]:
        """One step of block Gibbs sampling from the visible units: the next v (section 9.3)."""
        up, down = jax.random.split(key)
        return self.sample_visible(self.sample_hidden(v, key=up), key=down)

    def gibbs_hvh(
        self,
        h: Float[Array, "*batch hidden"],
        u: Float[Array, "*batch units"],
        *,
        mean_field: bool = False,
    ) -> tuple[Float[Array, "*batch hidden"], Float[Array, "*batch visible"]]:
        """One step of block Gibbs sampling from the hidden units: the next h, and the v between (section 9.3).

        `u` holds uniform numbers in [0, 1), one for each visible unit and then one for each hidden unit. A chain draws
        them for all its steps in one call: PCD-15 at batch 20 takes 4.9 ms an update on a CPU, and 5.8 ms if each
        layer draws its own. With `mean_field` the next h is p(h = 1 | v), not a sample.
        """
        visible = len(self.weight)
        v = self.draw_visible(self.visible_field(h), u[..., :visible])
        logits = self.hidden_logits(v)
        return (jax.nn.sigmoid(logits) if mean_field else self.draw_hidden(logits, u[..., visible:])), v

    def hidden_mean(self, v: Float[Array, "*batch visible"]) -> Float[Array, "*batch hidden"]:
        """p(h = 1 | v) (eq. 9.7)."""
        return jax.nn.sigmoid(self.hidden_logits(v))

    def reconstruct(self, v: Float[Array, "*batch visible"]) -> Float[Array, "*batch visible"]:
        """The mean of v given the hidden units' probabilities given v: a step up and down without noise."""
        return self.visible_mean(self.visible_field(self.hidden_mean(v)))

    def encode(self, x: Float[Array, "..."]) -> Float[Array, " hidden"]:
        """p(h = 1 | v), the code of one example, which may have any shape of `visible` numbers."""
        return self.hidden_mean(flattened("x", x, len(self.weight)))

    def layer(self) -> Dense:
        """The dense layer that computes `encode`: a hidden layer of a stack or of an MLP."""
        return Dense(self.weight.T, self.hidden_bias, "sigmoid")


class GaussianRBM(RBM):
    """Restricted Boltzmann machine with real visible units of learned variance.

    E(v, h) = Σᵢ (vᵢ - bᵢ)² / 2σᵢ² - c·h - (v / σ²)·W·h,   σ² = exp(z)        (Cho, Ilin & Raiko 2011)

    It takes standardised data: every value with mean 0 and standard deviation 1.

    Examples
    --------
    Without weights the visible units are independent Gaussians around their biases.

    >>> rbm = GaussianRBM(jnp.zeros((2, 3)), jnp.array([1.0, -1.0]), jnp.zeros(3), jnp.log(jnp.array([1.0, 4.0])))
    >>> v = rbm.sample_visible(jnp.zeros((10_000, 3)), key=jax.random.key(0))
    >>> print(v.mean(0).round(1), v.std(0).round(1))
    [ 1. -1.] [1. 2.]
    """

    log_variance: Float[Array, " visible"]  # z

    @classmethod
    @checked
    def init(cls, visible: int, hidden: int, *, key: PRNGKeyArray) -> "GaussianRBM":
        """Draw weights from ±√(6 / (visible + hidden)); the biases are zero and the variances one."""
        bound = (6 / (visible + hidden)) ** 0.5
        weight = uniform(key, (visible, hidden), bound)
        return cls(weight, jnp.zeros(visible), jnp.zeros(hidden), jnp.zeros(visible))

    def free_energy_of_hidden(self, h: Float[Array, "*batch hidden"]) -> Float[Array, "*batch"]:
        """-log(p(h)·Z), in nats, the visible units integrated out."""
        shift = (self.visible_field(h) ** 2 - self.visible_bias**2) / (2 * jnp.exp(self.log_variance))
        return -h @ self.hidden_bias - (shift + 0.5 * (self.log_variance + jnp.log(2 * jnp.pi))).sum(-1)

    def hidden_logits(self, v: Float[Array, "*batch visible"]) -> Float[Array, "*batch hidden"]:
        """Log-odds of each hidden unit being on: (v / σ²)·W + c."""
        require_units("v", v, len(self.weight))
        return (v * jnp.exp(-self.log_variance)) @ self.weight + self.hidden_bias

    def visible_term(
        self, v: Float[Array, "*batch visible"], bias: Float[Array, " visible"]
    ) -> Float[Array, "*batch"]:
        """-Σᵢ (vᵢ - bᵢ)² / 2σᵢ²: the part of -E in which only visible units occur."""
        require_units("v", v, len(self.weight))
        return -0.5 * (jnp.square(v - bias) * jnp.exp(-self.log_variance)).sum(-1)

    def visible_mean(self, field: Float[Array, "*batch visible"]) -> Float[Array, "*batch visible"]:
        """The mean of visible units whose field is W·h + b: the field itself."""
        return field

    def draw_visible(
        self, field: Float[Array, "*batch visible"], u: Float[Array, "*batch visible"]
    ) -> Float[Array, "*batch visible"]:
        """Turn numbers u, uniform in [0, 1), into draws from N(W·h + b, σ²)."""
        normal = jax.scipy.stats.norm.ppf(jnp.maximum(u, 2.0**-25))  # u = 0 would be -∞
        return field + jnp.exp(self.log_variance / 2) * normal
