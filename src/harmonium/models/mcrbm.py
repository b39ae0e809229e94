"""The mean-covariance restricted Boltzmann machine, which chapter 11 builds towards (Ranzato and Hinton 2010)."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray


class MeanCovarianceRBM(eqx.Module):
    """Restricted Boltzmann machine whose hidden units hold the mean and the covariance of whitened real data.

    E(v, h, m) = -½ Σₖ hₖ Σ_f P_fk (C_f·ṽ)² - c·h - v·W·m - d·m + ½‖v‖² - b·v,   ṽ = v / √(½ + mean v²)

    Given the covariance units h and the mean units m, v is Gaussian with a precision of its own for every h. P is
    never positive: a covariance unit that turns off says that its factors' smoothness does not hold here.
    Its methods take one example.
    """

    factors: Float[Array, "visible factors"]  # C
    pooling: Float[Array, "factors covariance"]  # P
    covariance_bias: Float[Array, " covariance"]  # c
    weight: Float[Array, "visible mean"]  # W
    mean_bias: Float[Array, " mean"]  # d
    visible_bias: Float[Array, " visible"]  # b

    @classmethod
    def init(
        cls, visible: int, *, factors: int, covariance: int, mean: int, key: PRNGKeyArray
    ) -> "MeanCovarianceRBM":
        """Small factors and mean weights; each covariance unit begins with the factors that come next in turn.

        Covariance units begin on and mean units off, as the authors' do.
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
        """F(v), in nats: -log of p(v)·Z, both kinds of hidden units summed out."""
        on = jax.nn.softplus(self.covariance_logits(v)).sum() + jax.nn.softplus(self.mean_logits(v)).sum()
        return self.visible_energy(v) - on

    def visible_energy(self, v: Float[Array, " visible"]) -> Float[Array, ""]:
        """½‖v‖² - b·v: a broad Gaussian that holds v where no unit does."""
        return 0.5 * v @ v - v @ self.visible_bias

    def covariance_logits(self, v: Float[Array, " visible"]) -> Float[Array, " covariance"]:
        """Log-odds of each covariance unit being on: ½ (C·ṽ)²·P + c."""
        scaled = v * jax.lax.rsqrt(0.5 + jnp.square(v).mean())  # so that contrast alone turns nothing off
        return 0.5 * jnp.square(scaled @ self.factors) @ self.pooling + self.covariance_bias

    def mean_logits(self, v: Float[Array, " visible"]) -> Float[Array, " mean"]:
        """Log-odds of each mean unit being on: v·W + d."""
        return v @ self.weight + self.mean_bias

    def encode(self, x: Float[Array, "..."]) -> Float[Array, " hidden"]:
        """The probabilities of the covariance units and of the mean units being on, one after the other."""
        v = x.ravel()
        return jax.nn.sigmoid(jnp.concatenate([self.covariance_logits(v), self.mean_logits(v)]))

    def normalised(self) -> "MeanCovarianceRBM":
        """The machine with factors of one common length, and P never positive with columns that sum to -1.

        Without it a factor that explains much takes all, and P and C share a scale that nothing decides.
        """
        length = jnp.linalg.norm(self.factors, axis=0)
        factors = self.factors * (length.mean() / length)
        pooling = jnp.minimum(self.pooling, 0)
        pooling = pooling / jnp.maximum(-pooling.sum(0), 1e-6)
        return eqx.tree_at(lambda m: (m.factors, m.pooling), self, (factors, pooling))
