"""Pictures of a run that learned classes: its curves, what it confuses and mistakes, and its filters."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from harmonium import figures, metrics
from harmonium.recipes.shared.classified import probabilities
from harmonium.recipes.shared.grown import draw_filters

if TYPE_CHECKING:
    from harmonium.recipes.shared.classification import Classification
    from harmonium.training import RunFolder


def draw_classifier(recipe: Classification, folder: RunFolder) -> list[Path]:
    """Draw learning curves, the confusions and mistakes on the test set, and for images the first layer's filters.

    Returns where the pictures lie.
    """
    model, dataset = recipe.finished(folder)
    title, pictures = f"{recipe.name} on {Path(dataset.name).name}", folder.figures
    test, pixels, shape, classes = dataset.test, dataset.as_seen.test.x, dataset.shape, dataset.classes
    del dataset  # whose other examples would take memory while pictures are drawn
    y, chances, on_test = test.y, probabilities(model, test.x), f"{title}, test set"
    counts = metrics.confusion_counts(chances.argmax(1), y, len(classes))
    drawn = [
        figures.learning_curves(
            recipe.choice(folder).records(), pictures / "learning-curves.png", title=title
        ),
        figures.confusion_matrix(counts, classes, pictures / "confusion.png", title=on_test),
    ]
    if pixels.ndim < 3:
        return drawn
    drawn.append(figures.mistakes(pixels, y, chances, classes, pictures / "mistakes.png", title=on_test))
    if recipe.filters(model, shape) is None:
        return drawn
    return drawn + draw_filters(folder, lambda one: recipe.filters(one, shape), f"{title}: filters")
