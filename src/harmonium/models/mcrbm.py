"""The mean-covariance RBM, whose negative phase is chapter 11's hybrid Monte Carlo (Ranzato and Hinton 2010)."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from harmonium.arguments import checked
from harmonium.models.layers.dense import flattened, require_units


class MeanCovarianceRBM(eqx.Module):
    """Restricted Boltzmann machine whose hidden units model the mean and the covariance of whitened real data.

    E(v, h, m) = -½ Σₖ hₖ Σ_f P_fk (C_f·ṽ)² - c·h - v·W·m - d·m + ½‖v‖² - b·v,   ṽ = v / √(½ + mean v²)

    Given the covariance units h and the mean units m, v is Gaussian (but for the scaling ṽ), with a precision that h
    decides. P is never positive: a covariance unit that is on constrains the outputs of its factors to be small, and
    one that turns off says that the constraint does not hold in this example. Every method takes one example.

    Examples
    --------
    >>> rbm = MeanCovarianceRBM.init(10, factors=8, covariance=6, mean=4, key=jax.random.key(0))
    >>> v = jax.random.normal(jax.random.key(1), (10,))
    >>> rbm.free_energy(v).shape, rbm.encode(v).shape
    ((), (10,))
    >>> from harmonium.sampling import sample_hmc
    >>> run = sample_hmc(rbm.free_energy, v[None], draws=2, warm_up=2, key=jax.random.key(2))
    >>> run.positions.shape
    (2, 1, 10)
    """

    factors: Float[Array, "visible factors"]  # C
    pooling: Float[Array, "factors covariance"]  # P
    covariance_bias: Float[Array, " covariance"]  # c
    weight: Float[Array, "visible mean"]  # W
    mean_bias: Float[Array, " mean"]  # d
    visible_bias: Float[Array, " visible"]  # b

    @classmethod
    @checked
    def init(
        cls, visible: int, *, factors: int, covariance: int, mean: int, key: PRNGKeyArray
    ) -> "MeanCovarianceRBM":
        """Draw small factors and mean weights, and let each covariance unit pool the factors next in turn.

        Covariance units begin mostly on and mean units mostly off, as the authors' do.

        Parameters
        ----------
        visible
            Values of an example, after whitening.
        factors
            Filters whose squared outputs are pooled.
        covariance, mean
            Hidden units of either kind.
        key
            The key of the weights.
        """
        of_factors, of_mean = jax.random.split(key)
        owned = jnp.arange(max(factors, covariance))
        pooling = jnp.zeros((factors, covariance)).at[owned % factors, owned % covariance].set(-1.0)
        return cls(
            0.02 * jax.random.normal(of_factors, (visible, factors)),
            pooling,
            jnp.full(covariance, 2.0),
            0.05 * jax.random.normal(of_mean, (visible, mean)),
            jnp.full(mean, -2.0),
            jnp.zeros(visible),
        ).normalised()

    def energy(
        self, v: Float[Array, " visible"], h: Float[Array, " covariance"], m: Float[Array, " mean"]
    ) -> Float[Array, ""]:
        """E(v, h, m), in nats."""
        return -h @ self.covariance_logits(v) - m @ self.mean_logits(v) + self.visible_energy(v)

    def free_energy(self, v: Float[Array, " visible"]) -> Float[Array, ""]:
        """F(v), in nats, so that p(v) = exp(-F(v)) / Z: both kinds of hidden units summed out."""
        on = jax.nn.softplus(self.covariance_logits(v)).sum() + jax.nn.softplus(self.mean_logits(v)).sum()
        return self.visible_energy(v) - on

    def visible_energy(self, v: Float[Array, " visible"]) -> Float[Array, ""]:
        """½‖v‖² - b·v: the energy of a broad Gaussian, which keeps v finite where no hidden unit is on."""
        require_units("v", v, len(self.weight))
        return 0.5 * v @ v - v @ self.visible_bias

    def covariance_logits(self, v: Float[Array, " visible"]) -> Float[Array, " covariance"]:
        """Log-odds of each covariance unit being on: ½ (C·ṽ)²·P + c."""
        require_units("v", v, len(self.weight))
        scaled = v * jax.lax.rsqrt(0.5 + jnp.square(v).mean())  # so that contrast alone turns nothing off
        return 0.5 * jnp.square(scaled @ self.factors) @ self.pooling + self.covariance_bias

    def mean_logits(self, v: Float[Array, " visible"]) -> Float[Array, " mean"]:
        """Log-odds of each mean unit being on: v·W + d."""
        require_units("v", v, len(self.weight))
        return v @ self.weight + self.mean_bias

    def encode(self, x: Float[Array, "..."]) -> Float[Array, " hidden"]:
        """The probabilities of the covariance units and of the mean units being on, one after the other."""
        v = flattened("x", x, len(self.weight))
        return jax.nn.sigmoid(jnp.concatenate([self.covariance_logits(v), self.mean_logits(v)]))

    def normalised(self) -> "MeanCovarianceRBM":
        """The machine with factors of one common length, and P never positive with columns that sum to -1.

        Without this constraint, a factor that explains much would outgrow all others, and the scale shared by P and C
        would be undetermined.
        """
        length = jnp.linalg.norm(self.factors, axis=0)
        factors = self.factors * (length.mean() / length)
        pooling = jnp.minimum(self.pooling, 0)
        pooling = pooling / jnp.maximum(-pooling.sum(0), 1e-6)
        return eqx.tree_at(lambda m: (m.factors, m.pooling), self, (factors, pooling))
