"""Pictures of what a model of words has learned of each (section 12.8.2)."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from harmonium import figures
from harmonium.data import UNKNOWN, Corpus, Sentences
from harmonium.recipes.shared.grown import grown
from harmonium.training import RunFolder

BOOKS = ("atlanta", "back", "but", "aircraft", "business", "a", "august", "actually", "cheap", "breakfast")
COLUMNS, ROWS = 10, 10  # of the table of neighbours


def draw_grown_words(folder: RunFolder, corpus: Corpus, title: str) -> list[Path]:
    """Draw what `draw_words` does of a run's model and of each of its snapshots."""
    words, drawn = corpus.vocabulary.words, []
    for ending, when, model in grown(folder):
        vectors, said = np.asarray(model.embedding), {"title": title, "ending": ending, "when": when}
        drawn += draw_words(vectors, words, corpus.train, folder.figures, **said)
    return drawn


def draw_words(
    embedding: np.ndarray,
    words: Sequence[str],
    train: Sentences,
    pictures: Path,
    *,
    title: str,
    ending: str = "",
    when: str = "",
) -> list[Path]:
    """A table of nearest neighbours and a map, from embeddings (words, dimension) and the sentences they came from.

    The files' names end in `ending`, and the titles in `when`. Nothing is drawn of fewer than two known words.
    """
    counts = Counter(word for sentence in train.words for word in sentence)
    known = [place for place, word in enumerate(words) if counts[word] > 0 and word != UNKNOWN]
    known.sort(key=lambda place: -counts[words[place]])  # so that the commonest come first
    vectors, names = embedding[known], [words[place] for place in known]
    if len(names) < 2:
        return []
    asked = [word for word in BOOKS if word in names]
    asked = list(dict.fromkeys([*asked, *names]))[:COLUMNS]
    drawn = [
        figures.neighbours(
            {word: nearest(word, names, vectors) for word in asked},
            pictures / f"neighbours{ending}.png",
            title=f"{title}: nearest words by cosine{when}",
        )
    ]
    if len(names) > 3:
        kinds = commonest_types(train)
        drawn.append(
            figures.word_map(
                on_a_plane(vectors),
                names,
                [kinds[name] for name in names],
                pictures / f"words{ending}.png",
                title=f"{title}: embeddings{when}",
            )
        )
    return drawn


def commonest_types(train: Sentences) -> dict[str, str]:
    """The type of each word's commonest label, "" for O: city_name for B-fromloc.city_name."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for words, labels in zip(train.words, train.labels, strict=True):
        for word, label in zip(words, labels, strict=True):
            counts[word][label[2:].rpartition(".")[2]] += 1
    return {word: of.most_common(1)[0][0] for word, of in counts.items()}


def nearest(
    word: str,
    names: Sequence[str],
    vectors: np.ndarray,
    count: int = ROWS,
    distance: Literal["cosine", "l2"] = "cosine",
) -> list[str]:
    """The words whose embeddings (words, dimension) are nearest to that of `word`, the nearest first.

    By the angle between them, or by the length of their difference.
    """
    here = names.index(word)
    if distance == "cosine":
        lengths = np.maximum(np.linalg.norm(vectors, axis=1), 1e-12)
        far = -(vectors @ vectors[here]) / lengths / lengths[here]
    else:
        far = np.linalg.norm(vectors - vectors[here], axis=1)
    order = [place for place in np.argsort(far, kind="stable") if place != here]
    return [names[place] for place in order[:count]]


def on_a_plane(vectors: np.ndarray) -> np.ndarray:
    """Places (words, 2) at which near vectors, by cosine, are near: t-SNE (van der Maaten & Hinton 2008)."""
    from sklearn.manifold import TSNE

    perplexity = min(30.0, (len(vectors) - 1) / 3)
    tsne = TSNE(metric="cosine", init="random", perplexity=perplexity, random_state=0, n_jobs=1)
    places: np.ndarray = tsne.fit_transform(vectors)
    return places
