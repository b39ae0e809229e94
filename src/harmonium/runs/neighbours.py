"""The words nearest to words of the user's own, by a run's embeddings (section 12.8.2)."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from harmonium import figures
from harmonium.arguments import checked
from harmonium.errors import ConfigError
from harmonium.recipes.shared.from_config import recipe_of
from harmonium.recipes.shared.word_pictures import nearest
from harmonium.runs.opened import opened


@checked
def neighbours(
    run: str | os.PathLike[str],
    words: Sequence[str],
    *,
    distance: Literal["cosine", "l2"] = "cosine",
    count: int = 10,
) -> dict[str, list[str]]:
    """Return for each word the words whose embeddings are nearest to its own, the nearest first.

    Parameters
    ----------
    run
        A run of slot-filling or sentiment, its folder, or `pretrained/NAME`.
    words
        Words that the run's model knows.
    distance
        "cosine", the angle between two embeddings; or "l2", the length of their difference.
    count
        How many neighbours of each.

    Raises
    ------
    ConfigError
        For a run whose model reads no words, a word that it does not know, and a count below 1.

    Examples
    --------
    >>> neighbours("pretrained/slot-filling", ["monday"], count=2)
    {'monday': ['wednesday', 'tuesday']}
    """
    folder = opened(run)
    recipe = recipe_of(folder)
    reader = getattr(recipe, "reader", None)
    if reader is None:
        raise ConfigError(
            f"{folder.path} is a run of {recipe.name}, which knows no words; slot-filling and sentiment do"
        )
    if count < 1:
        raise ConfigError(f"--count {count} must be at least 1")
    model, vocabulary = reader(folder)
    known = list(vocabulary.words)
    for word in words:
        if word not in vocabulary.index:
            near = difflib.get_close_matches(word, known, 3)
            hint = f"; did you mean {', '.join(near)}?" if near else ""
            raise ConfigError(f"the model of {folder.path} does not know the word {word!r}{hint}")
    vectors = np.asarray(model.embedding)[: len(known)]  # the last row is the padding's
    return {word: nearest(word, known, vectors, count, distance) for word in words}


def draw_neighbours(found: Mapping[str, Sequence[str]], path: Path, *, title: str) -> Path:
    """Draw what `neighbours` returns as a table."""
    return figures.neighbours(found, path, title=title)
