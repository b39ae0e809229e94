"""Labelled sentences as arrays, and from words to labels by a trained network, many sentences at once."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from harmonium import metrics
from harmonium.data import UNKNOWN, Corpus, Sentences, Vocabulary, as_arrays
from harmonium.models import Tagger
from harmonium.training import bucket_lengths, grouped

BUCKETS = 8  # lengths that a program is compiled for
BLOCK = 250  # sentences that are labelled at once


def known_words(vocabulary: Vocabulary, sentences: Sequence[Sequence[str]]) -> dict[str, np.ndarray]:
    """Words as rows of numbers, padded with -1, and each sentence's length."""
    words = as_arrays(sentences, vocabulary.index, vocabulary.index[UNKNOWN])
    return {"words": words, "length": np.array([len(sentence) for sentence in sentences], np.int32)}


def in_groups(words: Mapping[str, np.ndarray]) -> list[tuple[np.ndarray, dict[str, Any]]]:
    """Sentences in groups of about the same length."""
    return grouped(words, bucket_lengths(words["length"], BUCKETS, batch_size=1))


def labelled(
    model: Tagger, groups: Sequence[tuple[np.ndarray, Mapping[str, Any]]], classes: Sequence[str]
) -> list[tuple[list[str], list[float]]]:
    """The likeliest label of each word and its probability, for the sentences of all groups in their order."""
    found: dict[int, tuple[list[str], list[float]]] = {}
    for rows, group in groups:
        best, chances = jax.device_get(likeliest(model, group["words"]))
        for row, length, places, p in zip(rows, np.asarray(group["length"]), best, chances, strict=True):
            found[int(row)] = [classes[place] for place in places[:length]], p[:length].tolist()
    return [found[row] for row in sorted(found)]


@eqx.filter_jit
def likeliest(
    model: Tagger, words: Int[Array, "sentences time"]
) -> tuple[Int[Array, "sentences time"], Float[Array, "sentences time"]]:
    """The likeliest labels of sentences, and the probability of each word's own."""

    def of_one(sentence: Int[Array, " time"]) -> tuple[Array, Array]:
        labels, chances = model.likeliest(sentence)
        return labels, jnp.take_along_axis(chances, labels[:, None], axis=-1)[:, 0]

    return jax.lax.map(of_one, words, batch_size=BLOCK)


def encoded(corpus: Corpus, sentences: Sentences) -> dict[str, np.ndarray]:
    """Return words and labels as rows of numbers, padded with -1, and each sentence's length.

    A label that is not among the corpus's classes becomes 0; training has none such.
    """
    labels = {label: place for place, label in enumerate(corpus.classes)}
    return known_words(corpus.vocabulary, sentences.words) | {
        "labels": as_arrays(sentences.labels, labels, 0)
    }


def by_word(sentences: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return a row for each word: its whole sentence, and the word's `place` in it."""
    rows = np.repeat(np.arange(len(sentences["length"])), sentences["length"])
    places = np.concatenate([np.arange(length) for length in sentences["length"]])
    return {name: values[rows] for name, values in sentences.items()} | {"place": places.astype(np.int32)}


def scorer(corpus: Corpus, sentences: Sentences) -> Callable[[Tagger], dict[str, float]]:
    """Return a function from a model to its phrase scores on `sentences`."""
    score = conll_scorer(corpus, sentences)
    return lambda model: overall(score(model))


def overall(score: metrics.ConllScore) -> dict[str, float]:
    """Return the scores of the phrases of all types together."""
    found = score.overall
    return {"f1": found.f1, "precision": found.precision, "recall": found.recall}


def conll_scorer(corpus: Corpus, sentences: Sentences) -> Callable[[Tagger], metrics.ConllScore]:
    """Return a function from a model to the scores of the CoNLL script on `sentences`."""
    groups = in_groups(known_words(corpus.vocabulary, sentences.words))  # on the device once

    def score(model: Tagger) -> metrics.ConllScore:
        labels = [labels for labels, _ in labelled(model, groups, corpus.classes)]
        return metrics.conlleval(sentences.labels, labels)

    return score
