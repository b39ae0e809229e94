"""The deep belief network, a generative model of stacked RBMs (chapter 10)."""

import equinox as eqx
import jax
from jaxtyping import Array, Float, PRNGKeyArray

from harmonium.models.rbm import RBM


class DBN(eqx.Module):
    """An RBM on top, and below it the downward half of each other RBM.

    p(x, h¹, …, hˡ) = p(x | h¹) … p(hˡ⁻² | hˡ⁻¹) p(hˡ⁻¹, hˡ)        (eq. 10.1; Hinton, Osindero & Teh 2006)
    """

    rbms: tuple[RBM, ...]  # the one at the pixels first, the undirected one last

    def upward(self, x: Float[Array, "*batch visible"], *, key: PRNGKeyArray) -> Float[Array, "*batch code"]:
        """Draw hˡ⁻¹, the visible units of the top RBM, given x, layer by layer."""
        for number, rbm in enumerate(self.rbms[:-1]):
            x = rbm.sample_hidden(x, key=jax.random.fold_in(key, number))
        return x

    def downward(
        self, code: Float[Array, "*batch code"], *, key: PRNGKeyArray
    ) -> Float[Array, "*batch visible"]:
        """The mean of x given a sample of each layer between it and the top RBM's visible units."""
        *above, _ = self.rbms
        for number, rbm in enumerate(reversed(above)):
            field = rbm.visible_field(code)
            u = jax.random.uniform(jax.random.fold_in(key, number), field.shape)
            code = rbm.visible_mean(field) if rbm is above[0] else rbm.draw_visible(field, u)
        return code

    def lower_bound(
        self, x: Float[Array, "*batch visible"], log_partition: float, *, key: PRNGKeyArray
    ) -> Float[Array, "*batch"]:
        """Log p(x, h) - log q(h | x), in nats, for one draw of h from the upward pass q.

        Its mean over draws is at most log p(x) (Salakhutdinov & Murray 2008, eq. 24); `log_partition` is the top
        RBM's, and x is binary.
        """
        bound: Array = 0.0  # type: ignore[assignment]
        for number, rbm in enumerate(self.rbms[:-1]):
            h = rbm.sample_hidden(x, key=jax.random.fold_in(key, number))
            bound += _log_bernoulli(rbm.visible_field(h), x) - _log_bernoulli(rbm.hidden_logits(x), h)
            x = h
        return bound - self.rbms[-1].free_energy(x) - log_partition


def _log_bernoulli(logits: Array, bits: Array) -> Array:
    return (bits * logits - jax.nn.softplus(logits)).sum(-1)
