"""Pictures of a run that learned classes: its curves, what it confuses and mistakes, and its filters."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from harmonium import figures, metrics
from harmonium.recipes.shared.classification import probabilities
from harmonium.recipes.shared.grown import draw_filters

if TYPE_CHECKING:
    from harmonium.data import Dataset
    from harmonium.models import Classifier
    from harmonium.recipes.shared.classification import Classification
    from harmonium.training import RunFolder


def draw_classifier(
    recipe: Classification, folder: RunFolder, model: Classifier, dataset: Dataset
) -> list[Path]:
    """Draw learning curves, the confusions and mistakes on the test set, and for images the first layer's filters.

    Returns where the pictures lie.
    """
    title, pictures = f"{recipe.name} on {Path(dataset.name).name}", folder.figures
    on_test, y = f"{title}, test set", dataset.test.y
    chances = probabilities(model, dataset.test.x)
    counts = metrics.confusion_counts(chances.argmax(1), y, len(dataset.classes))
    drawn = [
        figures.learning_curves(folder.records(), pictures / "learning-curves.png", title=title),
        figures.confusion_matrix(counts, dataset.classes, pictures / "confusion.png", title=on_test),
    ]
    if len(dataset.as_seen.shape) < 2:
        return drawn
    x = dataset.as_seen.test.x  # whatever the model's examples are after whitening
    drawn.append(figures.mistakes(x, y, chances, dataset.classes, pictures / "mistakes.png", title=on_test))
    if recipe.filters(model, dataset.shape) is None:
        return drawn
    return drawn + draw_filters(folder, lambda one: recipe.filters(one, dataset.shape), f"{title}: filters")
