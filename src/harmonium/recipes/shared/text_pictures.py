"""The pictures of a classifier of texts."""

from pathlib import Path
from typing import TYPE_CHECKING

from harmonium import figures, metrics
from harmonium.recipes.shared.speaking_words import draw_telling_words
from harmonium.training import RunFolder

if TYPE_CHECKING:
    from harmonium.recipes.sentiment import SentimentRecipe


def draw_texts(recipe: "SentimentRecipe", folder: RunFolder) -> list[Path]:
    """Draw learning curves, the confusions on the test set, and as they grew the words that tell each class."""
    model, reviews = recipe.finished(folder)
    title, records = f"{recipe.name} on {Path(reviews.name).name}", recipe.choice(folder).records()
    found = recipe.probabilities(model, reviews.test).argmax(1)
    counts = metrics.confusion_counts(found, reviews.test.y, len(reviews.classes))
    return [
        figures.learning_curves(records, folder.figures / "learning-curves.png", title=title),
        figures.confusion_matrix(
            counts, reviews.classes, folder.figures / "confusion.png", title=f"{title}, test set"
        ),
        *draw_telling_words(folder, recipe.probabilities, reviews, title),
    ]
