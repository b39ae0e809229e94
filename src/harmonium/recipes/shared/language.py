"""Pre-training of a classifier of texts, as a language model of the texts that it will learn from (chapter 13)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from harmonium.models import LanguageModel, TextClassifier
from harmonium.recipes.shared.phase import Phase
from harmonium.recipes.shared.saved import load
from harmonium.training import Fitted, RunFolder, Streams, Training, bucket_lengths

if TYPE_CHECKING:
    from harmonium.data import Reviews, Vocabulary
    from harmonium.recipes.sentiment import SentimentRecipe

DRAWN = 500  # words that compete with the true ones of an update
FLATTER = 0.75  # power of its frequency with which a word is drawn, as for word vectors (Mikolov et al. 2013)


def pretraining(
    recipe: SentimentRecipe, folder: RunFolder, loaded: Reviews, vocabulary: Vocabulary, buckets: int
) -> tuple[list[Phase], Callable[[], TextClassifier]]:
    """Return the phase in which embeddings and LSTMs learn to predict words, and what makes the classifier after it.

    The phase learns from the training texts by the settings of `recipe`, and no set of texts judges it. There is none
    without --language-epochs. Texts are cut to at most `buckets` lengths.
    """
    reviews = loaded.known_as(vocabulary)
    if not recipe.language_epochs:
        return [], lambda: recipe.model(reviews)
    before = folder.phase("language", recipe.config())
    rate = recipe.pretraining_learning_rate or recipe.first_rate
    alone = dataclasses.replace(recipe, max_epochs=recipe.language_epochs, learning_rate=rate, average=0.0)

    def training() -> Training:
        examples = recipe.learned_from(reviews)[0].padded(recipe.longest)
        words = examples["words"]
        counts = np.maximum(np.bincount(words[words >= 0], minlength=len(reviews.lexicon)), 1)
        shares = jnp.asarray(counts / counts.sum(), jnp.float32)
        key = Streams(recipe.seed, part=1).initial_weights
        return alone.training(
            lambda: LanguageModel.init(recipe.model(reviews), shares, key=key),
            among_drawn_words,
            examples,
            before,
            part=1,
            carry=shares**FLATTER / (shares**FLATTER).sum(),
            lengths=bucket_lengths(examples["length"], buckets, batch_size=recipe.batch_size),
        )

    def conclude(fitted: Fitted) -> None:
        alone.conclude(before, loaded, fitted)

    def classifier() -> TextClassifier:
        learned: LanguageModel = load(before.path)
        return learned.texts

    title = "pre-training as a language model"
    return [Phase("language", before, training, conclude, title, "--pretraining-learning-rate")], classifier


def among_drawn_words(
    model: LanguageModel, batch: Any, p: Float[Array, " words"], key: PRNGKeyArray
) -> tuple[Float[Array, ""], Any]:
    """Return -log P(next word), among words that each update draws with the probabilities `p`, which it carries on."""
    drawn = jax.random.choice(key, len(p), (DRAWN,), p=p)
    nll = model.next_word_nll(batch["words"], drawn, jnp.log(DRAWN * p))
    return nll, ({"word_nll": nll}, p)
