"""From words to labels by a trained network, many sentences at once."""

from collections.abc import Mapping, Sequence
from typing import Any

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Float, Int

from harmonium.data import UNKNOWN, Vocabulary, as_arrays
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
    """The likeliest label of each word, and its probability."""

    def of_one(sentence: Int[Array, " time"]) -> tuple[Array, Array]:
        chances = jax.nn.softmax(model(sentence))
        return chances.argmax(-1), chances.max(-1)

    return jax.lax.map(of_one, words, batch_size=BLOCK)
