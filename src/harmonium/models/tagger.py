"""Recurrent networks that label each word of a sentence (chapter 12)."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from harmonium.models.layers import LSTM, Elman, reverse_sequences, uniform

PADDING = -1  # the index of the word before a sentence's first and after its last


def context_windows(words: Int[Array, "*batch time"], size: int) -> Int[Array, "*batch time size"]:
    """The words around each word of a sentence, itself in the middle (section 12.5.2)."""
    margin = [(0, 0)] * (words.ndim - 1) + [(size // 2, size // 2)]
    padded = jnp.pad(words, margin, constant_values=PADDING)
    return padded[..., jnp.arange(words.shape[-1])[:, None] + jnp.arange(size)]


class Tagger(eqx.Module):
    """Word embeddings in context windows, a recurrent layer or one in each direction, and a softmax for each word.

    x(t) = the embeddings of the window around word t,   h = layer(x),   P(y(t) | words) = softmax(h(t)·W + b)
    """

    embedding: Float[
        Array, "words_and_padding dimension"
    ]  # the last row, which PADDING finds, is that of padding
    forward: Elman | LSTM
    backward: Elman | LSTM | None  # of the reversed sentence
    weight: Float[Array, "states labels"]  # W
    bias: Float[Array, " labels"] | None  # b
    window: int = eqx.field(static=True)

    @classmethod
    def init(
        cls,
        words: int,
        labels: int,
        *,
        dimension: int,
        hidden: int,
        window: int,
        cell: str = "elman",
        bidirectional: bool = False,
        bias: bool = True,
        key: PRNGKeyArray,
    ) -> "Tagger":
        """Embeddings and weights from the book's interval ±0.2; biases, where there are any, are zero.

        The cells are "elman", or "lstm", which has its own first weights and always a bias.
        """
        embedding, output, *layers = jax.random.split(key, 4)

        def layer(key: PRNGKeyArray) -> Elman | LSTM:
            if cell == "lstm":
                return LSTM.init(window * dimension, hidden, key=key)
            return Elman.init(window * dimension, hidden, bias=bias, key=key)

        return cls(
            uniform(embedding, (words + 1, dimension), 0.2),
            layer(layers[0]),
            layer(layers[1]) if bidirectional else None,
            uniform(output, (hidden * (1 + bidirectional), labels), 0.2),
            jnp.zeros(labels) if bias else None,
            window,
        )

    def __call__(
        self, words: Int[Array, "*batch time"], *, dropout: float = 0.0, key: PRNGKeyArray | None = None
    ) -> Float[Array, "*batch time labels"]:
        """Logits of each word of sentences, which may end in PADDING.

        With `dropout` that share of the inputs of both layers is set to zero, by `key`, and the rest made larger.
        """
        of_inputs, of_states = (None, None) if key is None else jax.random.split(key)
        drop = eqx.nn.Dropout(dropout, inference=key is None)
        x = self.embedding[context_windows(words, self.window)]
        x = jnp.moveaxis(x.reshape(*words.shape, -1), -2, 0)  # (time, *batch, inputs)
        h = self.states(drop(x, key=of_inputs), (words != PADDING).sum(-1))
        h = drop(h, key=of_states)
        logits = h @ self.weight if self.bias is None else h @ self.weight + self.bias
        return jnp.moveaxis(logits, 0, -2)

    def states(
        self, x: Float[Array, "time *batch inputs"], lengths: Int[Array, "*batch"]
    ) -> Float[Array, "time *batch states"]:
        """What the recurrent layers make of inputs."""
        h = self.forward(x)
        if self.backward is None:
            return h
        back = self.backward(reverse_sequences(x, lengths))
        return jnp.concatenate([h, reverse_sequences(back, lengths)], axis=-1)

    def with_unit_embeddings(self) -> "Tagger":
        """The same network with each embedding scaled to length one (section 12.7.1)."""
        lengths = jnp.linalg.norm(self.embedding, axis=1, keepdims=True)
        return eqx.tree_at(lambda m: m.embedding, self, self.embedding / jnp.maximum(lengths, 1e-12))
