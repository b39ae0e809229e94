"""The recurrent network of a classifier of texts, as it learns to predict words (pre-training for chapter 13)."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from harmonium.arguments import checked
from harmonium.models.layers.dense import product, require_joint
from harmonium.models.sentiment import TextClassifier


class LanguageModel(eqx.Module):
    """Embeddings and LSTMs, each of which predicts the next word of the direction in which it reads.

    P(w(t+1) | w(1) … w(t)) = softmax over words w of e(w)·V·h(t) + c(w)        (Dai & Le 2015)

    e(w) is the embedding that the word is read by, too. The LSTM that reads from the end has a V of its own, and
    predicts w(t-1) from w(t), w(t+1), …

    Examples
    --------
    >>> texts = TextClassifier.init(1000, 2, dimension=16, hidden=16, key=jax.random.key(0))
    >>> model = LanguageModel.init(texts, jnp.full(1000, 1 / 1000), key=jax.random.key(1))
    >>> words, every = jnp.array([[4, 17, 256, 8], [4, 17, -1, -1]]), jnp.arange(1000)
    >>> print(model.next_word_nll(words, every, jnp.zeros(1000)).round(2))  # at the start close to log 1000
    6.91
    """

    texts: TextClassifier
    forward_weight: Float[Array, "hidden dimension"]  # V
    backward_weight: Float[Array, "hidden dimension"] | None
    bias: Float[Array, " words"]  # c

    def __check_init__(self) -> None:
        embedding = self.texts.embedding
        require_joint("words and padding", len(self.bias) + 1, len(embedding))
        require_joint("an embedding", embedding.shape[1], self.forward_weight.shape[1])

    @classmethod
    @checked
    def init(
        cls, texts: TextClassifier, shares: Float[Array, " words"], *, key: PRNGKeyArray
    ) -> "LanguageModel":
        """Draw V from N(0, 1 / hidden) for the layers of `texts`; c is the log of the words' `shares` of all text."""
        hidden, dimension = len(texts.forward.recurrent_weight), texts.embedding.shape[1]
        forward, backward = hidden**-0.5 * jax.random.normal(key, (2, hidden, dimension))
        return cls(texts, forward, None if texts.backward is None else backward, jnp.log(shares))

    def next_word_nll(
        self, words: Int[Array, "batch time"], drawn: Int[Array, " drawn"], log_times: Float[Array, " words"]
    ) -> Float[Array, ""]:
        """-log P(next word) in nats, the mean over all words that are predicted.

        The softmax divides by a sum over the whole vocabulary. Here it is estimated from the true word and a few that
        are drawn in place of all others, each divided by how often it is drawn on average. The sum is right on average,
        and exact where each word is drawn once (Bengio & Senécal 2003). Texts of one word predict none.

        Parameters
        ----------
        words
            Texts, which may end in padding, -1.
        drawn
            The words with which the true one competes, wherever it is not itself among them.
        log_times
            The log of how often each word of the vocabulary is drawn on average.
        """
        states, back = self.texts.states(words)
        none = jnp.full((len(words), 1), -1)
        later = jnp.concatenate([words[:, 1:], none], axis=1)
        total = self._summed(states, self.forward_weight, later, drawn, log_times)
        count = (later >= 0).sum()
        if back is not None:
            earlier = jnp.where(words >= 0, jnp.concatenate([none, words[:, :-1]], axis=1), -1)
            total += self._summed(back, self.backward_weight, earlier, drawn, log_times)
            count *= 2
        return total / jnp.maximum(count, 1)

    def _summed(self, h: Array, weight: Array | None, true: Array, drawn: Array, log_times: Array) -> Array:
        """-log P of the `true` words (batch, time) after the states `h` (time, batch, hidden), summed; -1 is none."""
        assert weight is not None
        predicted = product(jnp.moveaxis(h, 0, 1), weight)
        own = (predicted * self.texts.embedding[true]).sum(-1) + self.bias[true]
        others = product(predicted, self.texts.embedding[drawn].T) + (self.bias - log_times)[drawn]
        others = jnp.where(drawn == true[..., None], -1e9, others)  # not -inf, whose slope is not a number
        nll = jnp.logaddexp(own, jax.nn.logsumexp(others, axis=-1)) - own
        return jnp.where(true >= 0, nll, 0).sum()
