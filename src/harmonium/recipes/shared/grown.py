"""A run's model as it grew: at its snapshots and at its end, and pictures of its filters."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from harmonium import figures
from harmonium.recipes.shared.new_examples import preparation_of, shape_of
from harmonium.recipes.shared.saved import load
from harmonium.training import RunFolder


def grown(folder: RunFolder) -> Iterator[tuple[str, str, Any]]:
    """Go through the run's model and its snapshots.

    Each comes after what the names of its pictures end in, and what their titles do; both are "" for the model itself.
    """
    yield "", "", load(folder.path)
    for epoch, path in folder.snapshots().items():
        yield f"-epoch-{epoch:03d}", f", epoch {epoch}", load(path)


def draw_filters(
    folder: RunFolder,
    filters: Callable[[Any], Any],
    title: str,
    *,
    pictures: Path | None = None,
    name: str = "filters",
) -> list[Path]:
    """Draw the filters of a run's model and of its snapshots as tiles.

    Parameters
    ----------
    folder
        The run's folder.
    filters
        Maps a model to the weights of each unit, (units, ...), in the shape of the examples that the model takes; of
        whitened ones they are drawn as they are before whitening.
    title
        What stands above each picture, before the epoch.
    pictures
        The folder of the pictures; without it that of the run's own.
    name
        What their files are called, before the epoch.
    """
    how, shape = preparation_of(folder), shape_of(folder)
    return [
        figures.filters(
            how.patterns(np.asarray(filters(model)), shape),
            (pictures or folder.figures) / f"{name}{ending}.png",
            title=f"{title}{when}",
        )
        for ending, when, model in grown(folder)
    ]
