"""The deep belief network, a generative model of stacked RBMs (chapter 10)."""

from itertools import pairwise

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from harmonium.models.layers.dense import require_joint
from harmonium.models.rbm import RBM


class DBN(eqx.Module):
    """A stack of RBMs of which the top one is whole, and each other one only generates the layer below it.

    p(x, h¹, …, hˡ) = p(x | h¹) … p(hˡ⁻² | hˡ⁻¹) p(hˡ⁻¹, hˡ)        (eq. 10.1; Hinton, Osindero & Teh 2006)

    x holds intensities in [0, 1]; `harmonium.data.intensities` scales bytes to them.

    Examples
    --------
    >>> lower, top = (RBM.init(*sizes, key=jax.random.key(n)) for n, sizes in enumerate([(9, 6), (6, 4)]))
    >>> dbn = DBN((lower, top))
    >>> code = dbn.upward(jax.numpy.ones((20, 9)), key=jax.random.key(2))
    >>> code = top.gibbs_vhv(code, key=jax.random.key(3))
    >>> code.shape, dbn.downward(code, key=jax.random.key(4)).shape
    ((20, 6), (20, 9))
    """

    rbms: tuple[RBM, ...]  # the one at the pixels first, the undirected one last

    def __check_init__(self) -> None:
        for below, above in pairwise(self.rbms):
            require_joint("hidden units of an RBM", below.weight.shape[1], above.weight.shape[0])

    def upward(self, x: Float[Array, "*batch visible"], *, key: PRNGKeyArray) -> Float[Array, "*batch code"]:
        """Draw hˡ⁻¹, the code that the top RBM sees, given x, from layer to layer."""
        for number, rbm in enumerate(self.rbms[:-1]):
            x = rbm.sample_hidden(x, key=jax.random.fold_in(key, number))
        return x

    def downward(
        self, code: Float[Array, "*batch code"], *, key: PRNGKeyArray
    ) -> Float[Array, "*batch visible"]:
        """The mean of x given the code hˡ⁻¹: samples of each layer between them, and of x its mean."""
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

        Its mean over draws is at most log p(x) (Salakhutdinov & Murray 2008, eq. 24).

        Parameters
        ----------
        x
            Binary examples.
        log_partition
            Log Z of the top RBM, in nats (see `harmonium.models.partition`).
        key
            The key of the draws.
        """
        bound: Array = 0.0  # type: ignore[assignment]
        for number, rbm in enumerate(self.rbms[:-1]):
            h = rbm.sample_hidden(x, key=jax.random.fold_in(key, number))
            bound += _log_bernoulli(rbm.visible_field(h), x) - _log_bernoulli(rbm.hidden_logits(x), h)
            x = h
        return bound - self.rbms[-1].free_energy(x) - log_partition

    def importance_weighted(
        self, x: Float[Array, "*batch visible"], log_partition: float, *, draws: int, key: PRNGKeyArray
    ) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
        """Estimate log p(x), in nats, by weights p(x, h) / q(h | x) over many draws of h from the upward pass q.

        The mean of the weights is an unbiased estimate of p(x), so that its log is on average too low, but above the
        mean of their logs, which is `lower_bound`. Arguments are those of `lower_bound`.

        Returns
        -------
        tuple
            The estimate of each example, and how many equal draws its own are worth: near 1 it is no better than one.
        """

        def draw(sums: tuple[Array, Array], key: PRNGKeyArray) -> tuple[tuple[Array, Array], None]:
            log_weight = self.lower_bound(x, 0.0, key=key)
            once, twice = sums
            return (jnp.logaddexp(once, log_weight), jnp.logaddexp(twice, 2 * log_weight)), None

        nothing = jnp.full(x.shape[:-1], -jnp.inf)
        (once, twice), _ = jax.lax.scan(draw, (nothing, nothing), jax.random.split(key, draws))
        return once - jnp.log(draws) - log_partition, jnp.exp(2 * once - twice)


def _log_bernoulli(logits: Array, bits: Array) -> Array:
    return (bits * logits - jax.nn.softplus(logits)).sum(-1)
