"""What data would be taken for, before anything is trained on them."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harmonium.data.options import (
    CorpusOptions,
    DatasetOptions,
    Describing,
    Distortion,
    ReviewsOptions,
    SplitOptions,
    refuse_given,
)
from harmonium.errors import ConfigError, DataError

if TYPE_CHECKING:
    from harmonium.data import Corpus, Dataset, Reviews, Understood
    from harmonium.data.kinds import Kind

READ_AS: dict[str, type] = {
    "pictures": DatasetOptions,
    "texts": ReviewsOptions,
    "tags": CorpusOptions,
    "music": SplitOptions,
}
COLUMNS = 10  # pictures of a class
ROWS = 20  # classes
TEXTS = 3  # of a class
SENTENCES = 8  # with labelled words


def describe(
    source: str,
    *,
    kind: Kind | None = None,
    options: Describing | None = None,
    out: str | Path | None = None,
    augment: Distortion | None = None,
) -> tuple[Understood, Path | None]:
    """Say what a data set would be taken for, and draw examples of it.

    Parameters
    ----------
    source
        A name or a path.
    kind
        What it holds; without it that is found by itself.
    options
        How to read it.
    out
        The picture's file; without it NAME-examples.png, or NAME-augmented.png, in the present folder.
    augment
        Draw how pictures are distorted in training, in place of examples of each class: by these strengths, or where
        all of them are 0 by those of `lenet --config best`.

    Returns
    -------
    What the data were taken for, and the picture: examples of each class, histograms of a table's columns, texts,
    tagged sentences, or two pieces of music as piano-rolls. Raises `DataError` for what cannot be read.
    """
    from harmonium import data, figures
    from harmonium.data.kinds import kind_of

    kind, options = kind or kind_of(source), options or Describing()
    known = {field.name for field in fields(READ_AS[kind])}
    refuse_given(options, kind, *(field.name for field in fields(options) if field.name not in known))
    given: Any = READ_AS[kind](**{name: getattr(options, name) for name in known})
    drawn = "augmented" if augment else "examples"
    path = Path(out) if out else Path(f"{Path(source).stem or 'data'}-{drawn}.png")
    title = f"{Path(source).name}, training set"
    if kind == "pictures":
        dataset = _with_classes(source, given)
        if augment:
            return dataset.understood, _draw_distorted(dataset, augment, path)
        if len(dataset.shape) > 1:
            return dataset.understood, figures.image_rows(_by_class(dataset), path, title=title)
        labels = [dataset.classes[k] for k in dataset.train.y] if dataset.classes else None
        return dataset.understood, figures.histograms(_columns(dataset), labels, path, title=title)
    if augment:
        raise ConfigError(f"--augment distorts pictures; {source} holds {kind}")
    if kind == "music":
        music = data.load_music(source, options=given)
        rolls = dict(zip(music.train.names[:2], music.train.rolls[:2], strict=True))
        step = data.sampled_on(source, data.Grid()).seconds
        return music.understood, figures.piano_rolls(rolls, step, path, title=f"{title}, two pieces")
    if kind == "texts":
        reviews = data.load_reviews(source, options=given)
        return reviews.understood, figures.texts(_texts(reviews), path, title=f"{title}, as a model reads it")
    corpus = data.load_sentences(source, options=given)
    return corpus.understood, figures.tagged(_sentences(corpus), path, title=title)


def _with_classes(source: str, options: DatasetOptions) -> Dataset:
    """Pictures or rows as a classifier takes them, or where they have no classes as others do."""
    from harmonium import data

    try:
        return data.load(source, real=True, options=options)
    except DataError:
        return data.load(source, real=True, labels=False, options=options)


def _draw_distorted(dataset: Dataset, how: Distortion, path: Path) -> Path:
    """Draw a picture of each class as it is, and beside it as updates might see it."""
    import jax.numpy as jnp
    import numpy as np

    from harmonium import figures
    from harmonium.data import distorted
    from harmonium.recipes.lenet import DISTORTION
    from harmonium.training import Streams

    if len(dataset.shape) < 2:
        raise ConfigError("--augment distorts pictures; these are rows of numbers")
    how = how if how.distorts else Distortion(**DISTORTION)
    how.require_sense()
    rows, key = {}, Streams(0).updates
    for name, images in _by_class(dataset).items():
        copies = jnp.broadcast_to(images[0], (COLUMNS, *dataset.shape))
        rows[name] = np.concatenate([images[:1], np.asarray(distorted(copies, how, key))])
    strengths = ", ".join(
        f"{field.name} {value:g}" for field in fields(how) if (value := getattr(how, field.name))
    )
    return figures.image_rows(rows, path, title=f"{Path(dataset.name).name}, first as it is; {strengths}")


def _columns(dataset: Dataset) -> dict[str, Any]:
    """The numbers of each column in the training set, as they were before they were scaled."""
    import numpy as np

    how = dataset.preparation
    x = dataset.train.x.astype(np.float64)
    if how.offsets and how.whitening is None:
        x = x * np.array(how.scales) + np.array(how.offsets)
    names: list[str] = []
    for name in how.columns:
        words = (how.categories or {}).get(name)
        names += [f"{name}: {word}" for word in words] if words else [name]
    if len(names) != x.shape[1]:
        names = [f"column {number}" for number in range(1, x.shape[1] + 1)]
    return dict(zip(names, x.T, strict=True))


def _texts(reviews: Reviews) -> dict[str, list[str]]:
    """The first texts of each class in the training set, in the words that a model reads."""
    import numpy as np

    between = "" if reviews.preparation.tokens == "characters" else " "
    train = reviews.train
    found = {}
    for k, name in enumerate(reviews.classes[:ROWS]):
        those = train.taken(np.flatnonzero(train.y == k)[:TEXTS])
        words = np.split(those.words, those.ends[:-1])
        found[name] = [between.join(reviews.lexicon[place] for place in one) for one in words]
    return found


def _sentences(corpus: Corpus) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """The first sentences of the training set that have labelled words, each once."""
    pairs = dict.fromkeys(zip(corpus.train.words, corpus.train.labels, strict=True))
    return [pair for pair in pairs if set(pair[1]) != {"O"}][:SENTENCES]


def _by_class(dataset: Dataset) -> dict[str, Any]:
    """The first pictures of each class in the training set, or of all, with values in [0, 1]."""
    import numpy as np

    from harmonium.data import intensities

    x, y = dataset.train.x, dataset.train.y
    if not dataset.classes:
        return {"": intensities(x[:COLUMNS])}
    places = {name: np.flatnonzero(y == k)[:COLUMNS] for k, name in enumerate(dataset.classes[:ROWS])}
    return {name: intensities(x[those]) for name, those in places.items() if len(those)}
