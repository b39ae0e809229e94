"""The neural autoregressive distribution estimator, a density of binary vectors (Larochelle & Murray 2011)."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from harmonium.errors import DataError
from harmonium.models.layers.dense import require_units


class NADE(eqx.Module):
    """A density that predicts each visible unit from those before it, by a hidden layer with shared weights.

    P(v) = Πᵢ P(vᵢ | v₁, …, vᵢ₋₁),   logitᵢ = bᵢ + hᵢ·Vᵢ,   hᵢ = σ(c + Σ_{j<i} vⱼ·Wⱼ)

    Its likelihood is exact. Biases may have more axes in front; they are then the biases of several densities that
    share W and V, one for each example, as the RNN-NADE has one for each time step.

    Examples
    --------
    Over all 2³ states the probabilities sum to one.

    >>> keys = jax.random.split(jax.random.key(0), 2)
    >>> weight, output = (jax.random.normal(key, (3, 4)) for key in keys)
    >>> nade = NADE(weight, output, visible_bias=jnp.zeros(3), hidden_bias=jnp.zeros(4))
    >>> states = jnp.array([[a, b, c] for a in (0.0, 1.0) for b in (0.0, 1.0) for c in (0.0, 1.0)])
    >>> round(float(jnp.exp(nade.log_prob(states)).sum()), 4)
    1.0
    """

    weight: Float[Array, "visible hidden"]  # W
    output_weight: Float[Array, "visible hidden"]  # V
    visible_bias: Float[Array, "*densities visible"]  # b
    hidden_bias: Float[Array, "*densities hidden"]  # c

    def log_prob(
        self, v: Float[Array, "*batch visible"], *, most: int | None = None
    ) -> Float[Array, "*batch"]:
        """Log P(v), in nats, of binary v.

        The hidden layer changes only after a unit that is on. So where `most`, the largest number of units that are on
        in any example, is given, the hidden layer is computed only `most` + 1 times: with 9 of 88 units a gradient
        takes a twelfth of the time. Examples with more units on than `most` get a wrong answer. Raises `DataError` for
        v that holds no numbers, as True and False.
        """
        require_units("v", v, len(self.weight))
        if v.dtype == bool:
            raise DataError(
                "v holds True and False, but must hold the numbers 0 and 1, as v.astype(float) does"
            )
        before = jnp.cumsum(v, -1) - v  # how many units are on before each
        states = jnp.arange(1 + (v.shape[-1] if most is None else most), dtype=v.dtype)
        seen = v[..., None, :] * (before[..., None, :] < states[:, None])  # (…, states, visible)
        h = jax.nn.sigmoid(seen @ self.weight + self.hidden_bias[..., None, :])
        own = before[..., None, :] == states[:, None]  # the state that each unit is drawn in
        logits = self.visible_bias + ((h @ self.output_weight.T) * own).sum(-2)
        return (v * logits - jax.nn.softplus(logits)).sum(-1)

    def sample(
        self, u: Float[Array, "*batch visible"]
    ) -> tuple[Float[Array, "*batch visible"], Float[Array, "*batch visible"]]:
        """Draw v unit by unit from numbers u, uniform in [0, 1).

        Returns v, and the probability P(vᵢ = 1 | v₁, …, vᵢ₋₁) that each unit was drawn with.
        """
        require_units("u", u, len(self.weight))
        start = jnp.broadcast_to(self.hidden_bias, (*u.shape[:-1], self.weight.shape[1]))

        def unit(a: Array, of: tuple[Array, ...]) -> tuple[Array, tuple[Array, Array]]:
            w, out, bias, u = of
            p = jax.nn.sigmoid(bias + jax.nn.sigmoid(a) @ out)
            v = (u < p).astype(p.dtype)
            return a + v[..., None] * w, (v, p)

        bias = jnp.broadcast_to(self.visible_bias, u.shape)
        units = (self.weight, self.output_weight, jnp.moveaxis(bias, -1, 0), jnp.moveaxis(u, -1, 0))
        _, (v, p) = jax.lax.scan(unit, start, units)
        return jnp.moveaxis(v, 0, -1), jnp.moveaxis(p, 0, -1)
