"""What an update of a classifier of texts lowers."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, PRNGKeyArray

from harmonium.models import TextClassifier
from harmonium.recipes.shared.adversarial import beside_moved
from harmonium.recipes.shared.text_groups import scores
from harmonium.training import Objective


def text_objective(
    unknown: int, dropout: float = 0.0, word_dropout: float = 0.0, adversarial: float = 0.0, l2: float = 0.0
) -> Objective:
    """Return the negative log-likelihood of a text's class, in nats, averaged over texts, with its penalty.

    Parameters
    ----------
    unknown
        The index of the word that stands for unknown ones.
    dropout
        Share of the pooled states that each update leaves out.
    word_dropout
        Share of the words that it reads as unknown ones.
    adversarial
        The likelihood is averaged over the texts and over them with x + adversarial·s·g/|g| for the embeddings x of
        all words of a text, where g is the gradient of its loss by x and s the standard deviation of the embeddings of
        the vocabulary (Miyato, Dai & Goodfellow 2017).
    l2
        Weight of the penalty Σ w² on the weights of the logistic regression.
    """

    def objective(model: TextClassifier, batch: Any, carry: None, key: PRNGKeyArray) -> Any:
        dropping, hiding = jax.random.split(key)
        words = batch["words"]
        if word_dropout:
            hidden = jax.random.bernoulli(hiding, word_dropout, words.shape) & (words >= 0)
            words = jnp.where(hidden, unknown, words)

        def loss_of(shift: Any) -> tuple[Array, dict[str, Array]]:
            logits = model(words, shift=shift, dropout=dropout, key=dropping)
            found = {name: of.mean() for name, of in scores(logits, batch["y"]).items()}
            return found["nll"], found

        if adversarial:
            still = jnp.zeros((*words.shape, model.embedding.shape[1]))
            loss, watched = beside_moved(loss_of, still, adversarial * model.embedding.std())
        else:
            loss, watched = loss_of(0.0)
        return loss + l2 * jnp.square(model.weight).sum(), (watched, carry)

    return objective
