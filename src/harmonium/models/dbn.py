"""The deep belief network, a generative model of stacked RBMs (chapter 10)."""

from itertools import pairwise

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from harmonium.models.layers import Dense
from harmonium.models.layers.dense import require_joint
from harmonium.models.rbm import RBM


class DirectedLayer(eqx.Module):
    """Two layers of binary units with separate weights up and down, which up-down makes of each RBM below the top.

    q(h = 1 | x) = σ(x·R + c),   p(x = 1 | h) = σ(W·h + b)        (Hinton, Osindero & Teh 2006, section 4)

    Examples
    --------
    At first both directions are the RBM's.

    >>> rbm, x = RBM.init(9, 6, key=jax.random.key(0)), jax.numpy.ones((20, 9))
    >>> bool((DirectedLayer.of(rbm).hidden_logits(x) == rbm.hidden_logits(x)).all())
    True
    """

    recognition: Float[Array, "visible hidden"]  # R
    weight: Float[Array, "visible hidden"]  # W
    visible_bias: Float[Array, " visible"]  # b
    hidden_bias: Float[Array, " hidden"]  # c

    @classmethod
    def of(cls, rbm: RBM) -> "DirectedLayer":
        """Return a layer with the RBM's weights in both directions."""
        return cls(rbm.weight, rbm.weight, rbm.visible_bias, rbm.hidden_bias)

    def hidden_logits(self, v: Float[Array, "*batch visible"]) -> Float[Array, "*batch hidden"]:
        """Log-odds of each upper unit being on in the upward pass q."""
        return v @ self.recognition + self.hidden_bias

    def visible_field(self, h: Float[Array, "*batch hidden"]) -> Float[Array, "*batch visible"]:
        """Log-odds of each lower unit being on, given the upper ones."""
        return h @ self.weight.T + self.visible_bias

    def sample_hidden(
        self, v: Float[Array, "*batch visible"], *, key: PRNGKeyArray
    ) -> Float[Array, "*batch hidden"]:
        """Draw h from q(h | v)."""
        logits = self.hidden_logits(v)
        return (jax.random.uniform(key, logits.shape) < jax.nn.sigmoid(logits)).astype(logits.dtype)

    def sample_visible(
        self, h: Float[Array, "*batch hidden"], *, key: PRNGKeyArray
    ) -> Float[Array, "*batch visible"]:
        """Draw v from p(v | h)."""
        field = self.visible_field(h)
        return (jax.random.uniform(key, field.shape) < jax.nn.sigmoid(field)).astype(field.dtype)

    def visible_mean(self, field: Float[Array, "*batch visible"]) -> Float[Array, "*batch visible"]:
        """The mean of lower units whose field is W·h + b."""
        return jax.nn.sigmoid(field)

    def layer(self) -> Dense:
        """The dense layer that computes the upward pass's probabilities."""
        return Dense(self.recognition.T, self.hidden_bias, "sigmoid")


class DBN(eqx.Module):
    """A stack of RBMs: the top one is used whole, each lower one only to generate the layer below it.

    p(x, h¹, …, hˡ) = p(x | h¹) … p(hˡ⁻² | hˡ⁻¹) p(hˡ⁻¹, hˡ)        (eq. 10.1; Hinton, Osindero & Teh 2006)

    x holds intensities in [0, 1]; `harmonium.data.intensities` scales bytes to them. Greedy training leaves the lower
    layers RBMs; fine-tuning by up-down gives each of them weights of its own in both directions.

    Examples
    --------
    >>> lower, top = (RBM.init(*sizes, key=jax.random.key(n)) for n, sizes in enumerate([(9, 6), (6, 4)]))
    >>> dbn = DBN((lower, top))
    >>> code = dbn.upward(jax.numpy.ones((20, 9)), key=jax.random.key(2))
    >>> code = top.gibbs_vhv(code, key=jax.random.key(3))
    >>> code.shape, dbn.downward(code, key=jax.random.key(4)).shape
    ((20, 6), (20, 9))
    """

    # The one at the pixels first, the undirected one last.
    rbms: tuple[RBM | DirectedLayer, ...] = eqx.field(converter=tuple)

    def __check_init__(self) -> None:
        for below, above in pairwise(self.rbms):
            require_joint("hidden units of an RBM", below.weight.shape[1], above.weight.shape[0])
        if not isinstance(self.rbms[-1], RBM):
            raise TypeError("the top of a DBN must be an RBM")

    @property
    def top(self) -> RBM:
        """The undirected RBM at the top."""
        top = self.rbms[-1]
        assert isinstance(top, RBM)
        return top

    def untied(self) -> "DBN":
        """Return the same network with separate weights up and down in its lower layers."""
        lower = (DirectedLayer.of(rbm) if isinstance(rbm, RBM) else rbm for rbm in self.rbms[:-1])
        return DBN((*lower, self.top))

    def upward(self, x: Float[Array, "*batch visible"], *, key: PRNGKeyArray) -> Float[Array, "*batch code"]:
        """Draw the layers above x one by one, up to hˡ⁻¹, the visible layer of the top RBM."""
        for number, rbm in enumerate(self.rbms[:-1]):
            x = rbm.sample_hidden(x, key=jax.random.fold_in(key, number))
        return x

    def downward(
        self, code: Float[Array, "*batch code"], *, key: PRNGKeyArray
    ) -> Float[Array, "*batch visible"]:
        """Draw the layers below the code hˡ⁻¹ one by one, and return the mean of x given the lowest of them."""
        *above, _ = self.rbms
        for number, rbm in enumerate(reversed(above)):
            if rbm is above[0]:
                return rbm.visible_mean(rbm.visible_field(code))
            code = rbm.sample_visible(code, key=jax.random.fold_in(key, number))
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
            bound += log_bernoulli(rbm.visible_field(h), x) - log_bernoulli(rbm.hidden_logits(x), h)
            x = h
        return bound - self.top.free_energy(x) - log_partition

    def importance_weighted(
        self, x: Float[Array, "*batch visible"], log_partition: float, *, draws: int, key: PRNGKeyArray
    ) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
        """Estimate log p(x), in nats, by weights p(x, h) / q(h | x) over many draws of h from the upward pass q.

        The mean of the weights is an unbiased estimate of p(x), so that its log is on average too low, but above the
        mean of their logs, which is `lower_bound`. Arguments are those of `lower_bound`.

        Returns
        -------
        tuple
            The estimate of each example, and its effective number of draws: near 1, one draw carries all the weight.
        """

        def draw(sums: tuple[Array, Array], key: PRNGKeyArray) -> tuple[tuple[Array, Array], None]:
            log_weight = self.lower_bound(x, 0.0, key=key)
            once, twice = sums
            return (jnp.logaddexp(once, log_weight), jnp.logaddexp(twice, 2 * log_weight)), None

        nothing = jnp.full(x.shape[:-1], -jnp.inf)
        (once, twice), _ = jax.lax.scan(draw, (nothing, nothing), jax.random.split(key, draws))
        return once - jnp.log(draws) - log_partition, jnp.exp(2 * once - twice)


def log_bernoulli(logits: Float[Array, "*batch units"], bits: Float[Array, "*batch units"]) -> Array:
    """The log-probability of units, in nats, given the log-odds of each being on."""
    return (bits * logits - jax.nn.softplus(logits)).sum(-1)
