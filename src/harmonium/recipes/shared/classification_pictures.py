"""Pictures of a run that learned classes: its curves, what it confuses and mistakes, and its filters."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from harmonium import figures, metrics
from harmonium.recipes.shared.classification import probabilities
from harmonium.recipes.shared.filter_pictures import draw_filters

if TYPE_CHECKING:
    from harmonium.recipes.shared.classification import Classification
    from harmonium.training import RunFolder


def draw_classifier(recipe: Classification, folder: RunFolder) -> list[Path]:
    """Draw learning curves, the confusions and mistakes on the test set, and for images the first layer's filters.

    Returns where the pictures lie.
    """
    model, dataset = recipe.finished(folder)
    title, pictures = f"{recipe.name} on {Path(dataset.name).name}", folder.figures
    test, shape, classes = dataset.test, dataset.shape, dataset.classes
    del dataset  # whose other examples would take memory while pictures are drawn
    y, chances, on_test = test.y, probabilities(model, test.x), f"{title}, test set"
    counts = metrics.confusion_counts(chances.argmax(1), y, len(classes))
    drawn = [
        figures.learning_curves(folder.records(), pictures / "learning-curves.png", title=title),
        figures.confusion_matrix(counts, classes, pictures / "confusion.png", title=on_test),
    ]
    if len(shape) < 2:
        return drawn
    drawn.append(figures.mistakes(test.x, y, chances, classes, pictures / "mistakes.png", title=on_test))
    if recipe.filters(model, shape) is None:
        return drawn

    def filters(one: Any) -> np.ndarray:
        return np.asarray(recipe.filters(one, shape))

    return drawn + draw_filters(folder, filters, title)
