"""Recurrent networks that label each word of a sentence (chapter 12)."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from harmonium.arguments import checked
from harmonium.models import linear_chain
from harmonium.models.layers import LSTM, Elman, reverse_sequences, uniform
from harmonium.models.layers.dense import require_joint

PADDING = -1  # stands for a word before the first or after the last of a sentence


def context_windows(words: Int[Array, "*batch time"], size: int) -> Int[Array, "*batch time size"]:
    """The words around each word of a sentence, itself in the middle (section 12.5.2).

    `size` is odd. Before the first word and after the last, windows hold the padding, -1.

    Examples
    --------
    >>> context_windows(jnp.array([7, 8, 9]), size=3).tolist()
    [[-1, 7, 8], [7, 8, 9], [8, 9, -1]]
    """
    margin = [(0, 0)] * (words.ndim - 1) + [(size // 2, size // 2)]
    padded = jnp.pad(words, margin, constant_values=PADDING)
    return padded[..., jnp.arange(words.shape[-1])[:, None] + jnp.arange(size)]


class Tagger(eqx.Module):
    """Word embeddings in context windows, a recurrent layer or one in each direction, and a softmax for each word.

    x(t) = the embeddings of the window around word t,   h = layer(x),   P(y(t) | words) = softmax(h(t)·W + b)

    With `transitions` the logits h(t)·W + b are those of a conditional random field, and a sentence's labels are judged
    together (see `linear_chain`).

    Sentences are arrays of word indices, from 0, padded with PADDING, -1, at the end.

    Examples
    --------
    >>> model = Tagger.init(500, 20, dimension=10, hidden=16, window=7, key=jax.random.key(0))
    >>> sentences = jnp.array([[4, 17, 256, 8], [4, 17, PADDING, PADDING]])
    >>> model(sentences).shape  # a logit for each label of each word
    (2, 4, 20)
    """

    embedding: Float[
        Array, "words_and_padding dimension"
    ]  # the last row, which PADDING finds, is the padding's
    forward: Elman | LSTM
    backward: Elman | LSTM | None  # reads the sentence from its end
    weight: Float[Array, "states labels"]  # W
    bias: Float[Array, " labels"] | None  # b
    window: int = eqx.field(static=True)
    transitions: Float[Array, "labels labels"] | None = None  # A, of a conditional random field

    def __check_init__(self) -> None:
        layers = [layer for layer in (self.forward, self.backward) if layer is not None]
        for layer in layers:
            require_joint(
                "a window of embeddings", self.window * self.embedding.shape[1], len(layer.input_weight)
            )
        require_joint("states", sum(len(layer.recurrent_weight) for layer in layers), len(self.weight))

    @classmethod
    @checked
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
        chain: bool = False,
        key: PRNGKeyArray,
    ) -> "Tagger":
        """Draw embeddings and weights from the book's interval ±0.2; biases and transitions, if any, are zero.

        Parameters
        ----------
        words, labels
            Words of the vocabulary, and logits of each word.
        dimension, hidden
            Values of an embedding, and units of each recurrent layer.
        window
            Words in a context window, an odd number.
        cell
            "elman", or "lstm", which draws its weights as `LSTM.init` does and always has biases.
        bidirectional
            Add a second layer that reads each sentence from its end.
        bias
            Whether the output, and an Elman layer, have biases.
        chain
            Whether a conditional random field judges a sentence's labels together.
        key
            The key of the weights.
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
            jnp.zeros((labels, labels)) if chain else None,
        )

    def __call__(
        self, words: Int[Array, "*batch time"], *, dropout: float = 0.0, key: PRNGKeyArray | None = None
    ) -> Float[Array, "*batch time labels"]:
        """Logits of each word of sentences, which may end in PADDING.

        Where a `key` is given, it sets a random share `dropout` of the inputs of the recurrent layers and of the output
        to zero, and divides the others by 1 - `dropout`.
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
        """The states of the recurrent layers, those of both directions side by side."""
        h = self.forward(x)
        if self.backward is None:
            return h
        back = self.backward(reverse_sequences(x, lengths))
        return jnp.concatenate([h, reverse_sequences(back, lengths)], axis=-1)

    def negative_log_likelihood(
        self,
        logits: Float[Array, "*batch time labels"],
        labels: Int[Array, "*batch time"],
        words: Int[Array, "*batch time"],
    ) -> Float[Array, "*batch"]:
        """-log P(labels | words) of whole sentences in nats, from the words' logits."""
        true = words != PADDING
        if self.transitions is not None:
            log_z = linear_chain.log_partition(logits, self.transitions, true)
            return log_z - linear_chain.score(labels, logits, self.transitions, true)
        log_p = jnp.take_along_axis(jax.nn.log_softmax(logits), labels[..., None], axis=-1)[..., 0]
        return -(log_p * true).sum(-1)

    def likeliest(
        self, words: Int[Array, "*batch time"]
    ) -> tuple[Int[Array, "*batch time"], Float[Array, "*batch time labels"]]:
        """The likeliest labels of sentences, and the probability of each label of each word.

        With transitions these are the likeliest labels together, and the probabilities are marginal.
        """
        logits, true = self(words), words != PADDING
        if self.transitions is None:
            chances = jax.nn.softmax(logits)
            return chances.argmax(-1), chances
        best = linear_chain.best_labels(logits, self.transitions, true)
        return best, linear_chain.marginals(logits, self.transitions, true)

    def with_unit_embeddings(self) -> "Tagger":
        """The same network with each embedding scaled to length one (section 12.7.1)."""
        lengths = jnp.linalg.norm(self.embedding, axis=1, keepdims=True)
        return eqx.tree_at(lambda m: m.embedding, self, self.embedding / jnp.maximum(lengths, 1e-12))
