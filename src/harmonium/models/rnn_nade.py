"""The RNN-NADE: an RNN-RBM with a NADE in place of each RBM, so that its likelihood is exact (section 14.4)."""

import dataclasses
from typing import Any

import jax
from jaxtyping import Array, Float, PRNGKeyArray

from harmonium.arguments import checked
from harmonium.models.nade import NADE
from harmonium.models.rnn_rbm import RNNRBM


class RNNNADE(RNNRBM):
    """A NADE for each time step, whose biases a recurrent network computes from the past.

    Its equations are the RNN-RBM's, with another conditional density (Boulanger-Lewandowski et al. 2012).

    Examples
    --------
    >>> model = RNNNADE.init(visible=88, hidden=20, recurrent=10, key=jax.random.key(0))
    >>> pieces = jax.numpy.zeros((50, 3, 88))  # (time, batch, notes)
    >>> model.log_prob(pieces).shape
    (50, 3)
    """

    output_weight: Float[Array, "visible hidden"]  # V

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
    ) -> "RNNNADE":
        """Draw the RNN-RBM's parameters as `RNNRBM.init` does, and V from N(0, 0.01²)."""
        others, own = jax.random.split(key)
        rnn = RNNRBM.init(visible, hidden, recurrent, scaled=scaled, learned_start=learned_start, key=others)
        fields = {f.name: getattr(rnn, f.name) for f in dataclasses.fields(rnn)}
        return cls(**fields, output_weight=0.01 * jax.random.normal(own, (visible, hidden)))

    def conditional(self, u: Float[Array, "*steps recurrent"]) -> Any:
        """P(v(t) | past): a NADE with biases for each u(t-1)."""
        return NADE(self.weight, self.output_weight, *self.biases(u))

    def log_prob(
        self,
        v: Float[Array, "time *batch visible"],
        *,
        most: int | None = None,
        dropout: float = 0.0,
        note_dropout: float = 0.0,
        key: PRNGKeyArray | None = None,
    ) -> Float[Array, " time *batch"]:
        """Log P(v(t) | v(1), …, v(t-1)) of each step, in nats.

        `most` is that of `NADE.log_prob`; `dropout`, `note_dropout` and `key` are those of `previous_states`.
        """
        states = self.previous_states(v, dropout=dropout, note_dropout=note_dropout, key=key)
        density: NADE = self.conditional(states)
        return density.log_prob(v, most=most)

    def draw(
        self, u: Float[Array, "*batch recurrent"], steps: int = 0, *, key: PRNGKeyArray
    ) -> Float[Array, "*batch visible"]:
        """Draw v(t), given u(t-1); it needs no Gibbs sampling, so that `steps` has no effect."""
        density: NADE = self.conditional(u)
        return density.sample(jax.random.uniform(key, density.visible_bias.shape))[0]
