"""What data would be taken for, before anything is trained on them."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harmonium.data.options import (
    CorpusOptions,
    DatasetOptions,
    Describing,
    ReviewsOptions,
    SplitOptions,
    refuse_given,
)

if TYPE_CHECKING:
    from harmonium.data import Dataset, Understood
    from harmonium.data.kinds import Kind

READ_AS: dict[str, type] = {
    "pictures": DatasetOptions,
    "texts": ReviewsOptions,
    "tags": CorpusOptions,
    "music": SplitOptions,
}
COLUMNS = 10  # examples of a class
ROWS = 20  # classes


def describe(
    source: str, *, kind: Kind | None = None, options: Describing | None = None, out: str | Path | None = None
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
        The picture's file; without it NAME-examples.png in the present folder.

    Returns
    -------
    What the data were taken for, and the picture: examples of each class, or two pieces of music as piano-rolls; None
    for rows of numbers and for words. Raises `DataError` for what cannot be read.
    """
    from harmonium import data, figures
    from harmonium.data.kinds import kind_of

    kind, options = kind or kind_of(source), options or Describing()
    known = {field.name for field in fields(READ_AS[kind])}
    refuse_given(options, kind, *(field.name for field in fields(options) if field.name not in known))
    given: Any = READ_AS[kind](**{name: getattr(options, name) for name in known})
    path = Path(out) if out else Path(f"{Path(source).stem or 'data'}-examples.png")
    if kind == "pictures":
        dataset = data.load(source, real=True, labels=False, options=given)
        drawn = None
        if len(dataset.shape) > 1:
            drawn = figures.image_rows(_by_class(dataset), path, title=f"{Path(source).name}, training set")
        return dataset.understood, drawn
    if kind == "music":
        music = data.load_music(source, options=given)
        rolls = dict(zip(music.train.names[:2], music.train.rolls[:2], strict=True))
        return music.understood, figures.piano_rolls(rolls, 0.3, path)
    if kind == "texts":
        return data.load_reviews(source, options=given).understood, None
    return data.load_sentences(source, options=given).understood, None


def _by_class(dataset: Dataset) -> dict[str, Any]:
    """The first pictures of each class in the training set, or of all, with values in [0, 1]."""
    import numpy as np

    from harmonium.data import intensities

    x, y = dataset.train.x, dataset.train.y
    if not dataset.classes:
        return {"": intensities(x[:COLUMNS])}
    places = {name: np.flatnonzero(y == k)[:COLUMNS] for k, name in enumerate(dataset.classes[:ROWS])}
    return {name: intensities(x[those]) for name, those in places.items() if len(those)}
