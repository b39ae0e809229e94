"""Which words speak for a class: of all that a model knows, and in a single text."""

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from harmonium import figures
from harmonium.data import Reviews, Texts
from harmonium.recipes.shared.grown import grown
from harmonium.training import RunFolder

FREQUENT = 2000  # words among which the telling ones are looked for
TELLING = 25  # of them that are shown

Probabilities = Callable[[Texts], Float[np.ndarray, "texts classes"]]


def telling_words(
    probabilities: Probabilities, lexicon: Sequence[str], classes: Sequence[str]
) -> dict[str, list[str]]:
    """Return for each class the frequent words that make it likeliest, each read as a text of its own."""
    count = min(len(lexicon), FREQUENT)
    alone = Texts(np.arange(count, dtype=np.int32), np.arange(1, count + 1), np.zeros(count, np.int32))
    order = np.argsort(-probabilities(alone), axis=0, kind="stable")[:TELLING]
    return {name: [lexicon[place] for place in order[:, label]] for label, name in enumerate(classes)}


def draw_telling_words(
    folder: RunFolder, probabilities: Callable[[Any, Texts], np.ndarray], reviews: Reviews, title: str
) -> list[Path]:
    """Draw tables of the telling words of a run's model and of its snapshots.

    `probabilities` maps a model and texts to the probability of each class.
    """
    return [
        figures.neighbours(
            telling_words(functools.partial(probabilities, model), reviews.lexicon, reviews.classes),
            folder.figures / f"words{ending}.png",
            title=f"{title}: words that alone speak most for a class{when}",
        )
        for ending, when, model in grown(folder)
    ]


def shares(
    probabilities: Probabilities, words: Int[np.ndarray, " time"], unknown: int
) -> Float[np.ndarray, " time"]:
    """Return how much each word of a text adds to the log-odds of the text's class, log p / (1 - p), in nats.

    It is what they lose when that word alone is read as an unknown one: occlusion (Zeiler and Fergus 2014). Shares are
    above zero for what speaks for the class, and add up to the whole only where words do not speak about each other.
    """
    time = len(words)
    hidden = np.where(np.eye(time, dtype=bool), unknown, words)
    rows = np.concatenate([words[None], hidden]).astype(np.int32)
    every = Texts(rows.ravel(), time * np.arange(1, time + 2), np.zeros(time + 1, np.int32))
    log_p = np.log(np.maximum(probabilities(every).astype(np.float64), np.finfo(np.float32).tiny))
    label = log_p[0].argmax()
    odds = log_p[:, label] - np.logaddexp.reduce(np.delete(log_p, label, axis=1), axis=1)
    return odds[0] - odds[1:]


def explain(
    found: Sequence[dict[str, Any]],
    probabilities: Probabilities,
    texts: Texts,
    written: Sequence[str],
    unknown: int,
) -> None:
    """Add the words that were read of each text, as `written`, and their shares to what was `found` of it."""
    for one, end in zip(found, texts.ends, strict=True):
        part = slice(end - one["words_read"], end)
        one["read_as"] = written[part]
        one["shares"] = shares(probabilities, texts.words[part], unknown).tolist()
