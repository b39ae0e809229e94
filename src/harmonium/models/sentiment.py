"""The recurrent network that classifies whole texts, by sentiment or otherwise (chapter 13)."""

from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from harmonium.arguments import checked
from harmonium.models.layers import LSTM, reverse_sequences
from harmonium.models.layers.dense import require_joint


class TextClassifier(eqx.Module):
    """Word embeddings, an LSTM or one in each direction, the mean of its states, and logistic regression.

    h = mean over t of LSTM(embeddings)(t),   P(y | words) = softmax(h·W + b)        (section 13.3.2)

    With `pooling` "max" h holds the largest value of each state over the words, in place of the mean. Texts are arrays
    of word indices, from 0, padded with -1 at the end.

    Examples
    --------
    >>> model = TextClassifier.init(1000, 2, dimension=16, hidden=16, key=jax.random.key(0))
    >>> texts = jnp.array([[4, 17, 256, 8], [4, 17, -1, -1]])
    >>> model(texts).shape
    (2, 2)
    """

    embedding: Float[
        Array, "words_and_padding dimension"
    ]  # the last row, which the index -1 finds, is the padding's
    forward: LSTM
    backward: LSTM | None  # reads the text from its end
    weight: Float[Array, "states classes"]  # W
    bias: Float[Array, " classes"]  # b
    pooling: Literal["mean", "max"] = eqx.field(static=True, default="mean")

    def __check_init__(self) -> None:
        layers = [layer for layer in (self.forward, self.backward) if layer is not None]
        for layer in layers:
            require_joint("an embedding", self.embedding.shape[1], len(layer.input_weight))
        require_joint("states", sum(len(layer.recurrent_weight) for layer in layers), len(self.weight))

    @classmethod
    @checked
    def init(
        cls,
        words: int,
        classes: int,
        *,
        dimension: int,
        hidden: int,
        bidirectional: bool = False,
        pooling: Literal["mean", "max"] = "mean",
        as_book: bool = False,
        key: PRNGKeyArray,
    ) -> "TextClassifier":
        """Draw embeddings and W from N(0, 0.01²), as the book does; b is zero.

        Parameters
        ----------
        words
            Words of the vocabulary.
        classes
            Logits.
        dimension, hidden
            Values of an embedding, and cells of each LSTM.
        bidirectional
            Add a second LSTM that reads each text from its end.
        pooling
            What the logistic regression sees of each state: its mean over the words, or its largest value.
        as_book
            Draw embeddings evenly from 0 to 0.01, and the LSTM's weights as the book's program does.
        key
            The key of the weights.
        """
        embedding, output, *layers = jax.random.split(key, 4)
        forward, backward = (LSTM.init(dimension, hidden, as_book=as_book, key=k) for k in layers)
        draw = jax.random.uniform if as_book else jax.random.normal
        return cls(
            0.01 * draw(embedding, (words + 1, dimension)),
            forward,
            backward if bidirectional else None,
            0.01 * jax.random.normal(output, (hidden * (1 + bidirectional), classes)),
            jnp.zeros(classes),
            pooling,
        )

    def __call__(
        self,
        words: Int[Array, "*batch time"],
        *,
        shift: Float[Array, "*batch time dimension"] | float = 0.0,
        dropout: float = 0.0,
        key: PRNGKeyArray | None = None,
    ) -> Float[Array, "*batch classes"]:
        """Logits of texts of at least one word, which may end in padding, -1.

        `shift` is added to the embeddings of the words. Where a `key` is given, it sets a random share `dropout` of the
        pooled states to zero and divides the others by 1 - `dropout`.
        """
        h = eqx.nn.Dropout(dropout, inference=key is None)(self.pooled_state(words, shift), key=key)
        return h @ self.weight + self.bias

    @eqx.filter_jit
    def probabilities(
        self, words: Int[Array, "texts time"], *, block: int = 250
    ) -> Float[Array, "texts classes"]:
        """P(y | words) of many texts, `block` of them at a time."""
        return jax.lax.map(lambda one: jax.nn.softmax(self(one)), words, batch_size=block)

    def pooled_state(
        self, words: Int[Array, "*batch time"], shift: Float[Array, "*batch time dimension"] | float = 0.0
    ) -> Float[Array, "*batch states"]:
        """The mean, or largest value, of each of the LSTM's states over a text's words, padding apart."""
        states = jnp.concatenate([one for one in self.states(words, shift) if one is not None], axis=-1)
        present: Bool[Array, " time *batch"] = jnp.moveaxis(words >= 0, -1, 0)
        if self.pooling == "max":
            return jnp.where(present[..., None], states, -1).max(0)  # no state is below -1
        return (states * present[..., None]).sum(0) / present.sum(0)[..., None]

    def states(
        self, words: Int[Array, "*batch time"], shift: Float[Array, "*batch time dimension"] | float = 0.0
    ) -> tuple[Float[Array, "time *batch hidden"], Float[Array, "time *batch hidden"] | None]:
        """The states of the LSTM that reads from the start, and of the one that reads from the end, word by word."""
        x = jnp.moveaxis(self.embedding[words] + shift, -2, 0)  # (time, *batch, dimension)
        forward = self.forward(x)
        if self.backward is None:
            return forward, None
        lengths = (words >= 0).sum(-1)
        return forward, reverse_sequences(self.backward(reverse_sequences(x, lengths)), lengths)
