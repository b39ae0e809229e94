"""The RNN-RBM, a model of sequences of binary vectors (chapter 14)."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from harmonium.arguments import checked
from harmonium.models.contrastive import negative_particles
from harmonium.models.known_vectors import log_partition_surrogate
from harmonium.models.layers import uniform
from harmonium.models.layers.dense import require_units
from harmonium.models.layers.recurrent import elman_states
from harmonium.models.rbm import RBM


class RNNRBM(eqx.Module):
    """An RBM for each time step, whose biases a recurrent network computes from the past.

    bᵥ(t) = bᵥ + u(t-1)·W_uv                           (eq. 14.1)
    bₕ(t) = bₕ + u(t-1)·W_uh                           (eq. 14.2)
    u(t) = tanh(bᵤ + u(t-1)·W_uu + v(t)·W_vu)          (eq. 14.3; Boulanger-Lewandowski, Bengio & Vincent 2012)

    P(v(1), …, v(T)) is the product of P(v(t) | v(1), …, v(t-1)) over t; the book's eq. 14.4 misprints a sum. v is
    binary, for music a piano-roll. Time is the first axis of all arrays, the one that a scan runs over.

    Examples
    --------
    >>> model = RNNRBM.init(visible=88, hidden=150, recurrent=100, key=jax.random.key(0))
    >>> piece = jnp.zeros((50, 88))
    >>> u = model.previous_states(piece)  # of step t what the recurrent units know before it
    >>> model.conditional(u).free_energy(piece).shape
    (50,)
    """

    weight: Float[Array, "visible hidden"]  # W
    visible_bias: Float[Array, " visible"]  # bᵥ
    hidden_bias: Float[Array, " hidden"]  # bₕ
    recurrent_to_visible: Float[Array, "recurrent visible"]  # W_uv
    recurrent_to_hidden: Float[Array, "recurrent hidden"]  # W_uh
    visible_to_recurrent: Float[Array, "visible recurrent"]  # W_vu
    recurrent_weight: Float[Array, "recurrent recurrent"]  # W_uu
    recurrent_bias: Float[Array, " recurrent"]  # bᵤ
    initial: Float[Array, " recurrent"] | None  # u(0), or zero

    @classmethod
    @checked
    def init(
        cls,
        visible: int,
        hidden: int,
        recurrent: int,
        *,
        scaled: bool = False,
        learned_start: bool = False,
        key: PRNGKeyArray,
    ) -> "RNNRBM":
        """Draw W from N(0, 0.01²) and the other weights from N(0, 0.0001²) (section 14.2.2); biases and u(0) are zero.

        Parameters
        ----------
        visible, hidden, recurrent
            Units of each kind.
        scaled
            Draw W_uu orthogonal and the other recurrent weights from ±√(6 / (inputs + outputs)) instead.
        learned_start
            Make u(0) a parameter; else it stays zero.
        key
            The key of the weights.
        """
        keys = iter(jax.random.split(key, 5))

        def weights(inputs: int, outputs: int) -> Array:
            if scaled:
                return uniform(next(keys), (inputs, outputs), (6 / (inputs + outputs)) ** 0.5)
            return 0.0001 * jax.random.normal(next(keys), (inputs, outputs))

        square = jax.nn.initializers.orthogonal() if scaled else jax.nn.initializers.normal(0.0001)
        return cls(
            0.01 * jax.random.normal(next(keys), (visible, hidden)),
            jnp.zeros(visible),
            jnp.zeros(hidden),
            weights(recurrent, visible),
            weights(recurrent, hidden),
            weights(visible, recurrent),
            square(next(keys), (recurrent, recurrent)),
            jnp.zeros(recurrent),
            jnp.zeros(recurrent) if learned_start else None,
        )

    def start(self, *batch: int) -> Float[Array, "*batch recurrent"]:
        """u(0), repeated for each sequence of a batch."""
        initial = jnp.zeros_like(self.recurrent_bias) if self.initial is None else self.initial
        return jnp.broadcast_to(initial, (*batch, len(self.recurrent_bias)))

    def previous_states(
        self,
        v: Float[Array, "time *batch visible"],
        *,
        dropout: float = 0.0,
        note_dropout: float = 0.0,
        key: PRNGKeyArray | None = None,
    ) -> Float[Array, "time *batch recurrent"]:
        """u(t-1) for each step t: the recurrent units' state before v(t), with u(0) first.

        Where a `key` is given, it sets a random share `dropout` of what is returned to zero, and a share `note_dropout`
        of the visible units that the recurrent units see, and divides the others by what is left of 1. What one state
        hands to the next stays whole (Zaremba, Sutskever & Vinyals 2014).
        """
        require_units("v", v, len(self.weight))
        hearing = None if key is None else jax.random.fold_in(key, 1)
        heard = eqx.nn.Dropout(note_dropout, inference=key is None)(v[:-1], key=hearing)
        z = heard @ self.visible_to_recurrent + self.recurrent_bias  # of all steps at once
        start = self.start(*v.shape[1:-1])
        states = jnp.concatenate([start[None], elman_states(z, start, self.recurrent_weight, "tanh")])
        return eqx.nn.Dropout(dropout, inference=key is None)(states, key=key)

    def next_state(
        self, u: Float[Array, "*batch recurrent"], v: Float[Array, "*batch visible"]
    ) -> Float[Array, "*batch recurrent"]:
        """u(t), from u(t-1) and v(t) (eq. 14.3)."""
        require_units("v", v, len(self.weight))
        require_units("u", u, len(self.recurrent_bias))
        z = v @ self.visible_to_recurrent + self.recurrent_bias
        return jnp.tanh(z + u @ self.recurrent_weight)

    def biases(
        self, u: Float[Array, "*steps recurrent"]
    ) -> tuple[Float[Array, "*steps visible"], Float[Array, "*steps hidden"]]:
        """bᵥ(t) and bₕ(t), given u(t-1) (eqs. 14.1 and 14.2)."""
        require_units("u", u, len(self.recurrent_bias))
        visible = self.visible_bias + u @ self.recurrent_to_visible
        return visible, self.hidden_bias + u @ self.recurrent_to_hidden

    def conditional(self, u: Float[Array, "*steps recurrent"]) -> Any:
        """P(v(t) | past): an RBM with biases for each u(t-1)."""
        return RBM(self.weight, *self.biases(u))

    def contrast(
        self,
        v: Float[Array, "time *batch visible"],
        steps: int,
        *,
        dropout: float = 0.0,
        note_dropout: float = 0.0,
        key: PRNGKeyArray,
    ) -> tuple[Float[Array, " time *batch"], Float[Array, "time *batch visible"]]:
        """F(v(t)) minus F of a negative particle, for each time step t (section 14.2.1).

        The particles are the ends of Gibbs chains of `steps` steps, one from each v(t), all run at once. The gradient
        of the sum over t estimates that of -log P(v(1), …, v(T)). `dropout` and `note_dropout` are those of
        `previous_states`.

        Returns the differences, and the log-odds of the visible units given the hidden units at the chains' ends.
        """
        starting, chain = jax.random.split(key)
        dropping = jax.random.fold_in(key, 2) if dropout or note_dropout else None
        states = self.previous_states(v, dropout=dropout, note_dropout=note_dropout, key=dropping)
        rbm = self.conditional(states)
        h, particles = negative_particles(rbm, rbm.sample_hidden(v, key=starting), steps, key=chain)
        return rbm.free_energy(v) - rbm.free_energy(particles), rbm.visible_field(h)

    def known_contrast(
        self,
        v: Float[Array, "time *batch visible"],
        known: Float[Array, "known visible"],
        steps: int,
        *,
        key: PRNGKeyArray,
        **noise: float,
    ) -> tuple[Float[Array, " time *batch"], Float[Array, " time *batch"]]:
        """`contrast` with most of its noise summed away: by vectors that are known to be likely at some step.

        Its negative particles end chains that start at one of the `known`, and count where they have left them; see
        `log_partition_surrogate`. The gradient estimates the same, with a smaller error after fewer `steps`. `noise`
        is `dropout` and `note_dropout`, those of `previous_states`.

        Returns the differences, and log P(v(t) | past) as it would be if nothing but the known vectors were possible:
        at least the true one.
        """
        dropping, drawing = jax.random.split(key)
        states = self.previous_states(v, **noise, key=dropping if any(noise.values()) else None)
        rbm = self.conditional(states)
        surrogate, log_sum = log_partition_surrogate(rbm, known, steps, key=drawing)
        energy = rbm.free_energy(v)
        return energy + surrogate, -energy - log_sum

    def draw(
        self, u: Float[Array, "*batch recurrent"], steps: int, *, key: PRNGKeyArray
    ) -> Float[Array, "*batch visible"]:
        """Draw v(t), given u(t-1): the end of a Gibbs chain of `steps` steps that starts with all visible units off."""
        starting, chain = jax.random.split(key)
        rbm = self.conditional(u)
        h = rbm.draw_hidden(rbm.hidden_bias, jax.random.uniform(starting, rbm.hidden_bias.shape))
        return negative_particles(rbm, h, steps, key=chain)[1]

    def generate(
        self, u: Float[Array, "*batch recurrent"], steps: int, gibbs_steps: int, *, key: PRNGKeyArray
    ) -> Float[Array, "{steps} *batch visible"]:
        """Generate v(t), v(t+1), …, given u(t-1).

        Parameters
        ----------
        u
            The recurrent units' state: `start()` for a new piece, or where a piece left them.
        steps
            Time steps to generate.
        gibbs_steps
            Gibbs steps that draw each of them.
        key
            The key of all random numbers.

        Examples
        --------
        >>> model = RNNRBM.init(visible=88, hidden=20, recurrent=10, key=jax.random.key(0))
        >>> model.generate(model.start(), steps=30, gibbs_steps=5, key=jax.random.key(1)).shape
        (30, 88)
        >>> model.generate(model.start(4), steps=30, gibbs_steps=5, key=jax.random.key(1)).shape  # four pieces
        (30, 4, 88)
        """

        def step(u: Array, key: PRNGKeyArray) -> tuple[Array, Array]:
            v = self.draw(u, gibbs_steps, key=key)
            return self.next_state(u, v), v

        return jax.lax.scan(step, u, jax.random.split(key, steps))[1]
