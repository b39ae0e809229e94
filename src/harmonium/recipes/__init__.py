"""One file a chapter: a dataclass with the book's settings, and `run()` that wires the rooms."""

from harmonium.recipes.catalogue import RECIPES, recipe_class, recipe_from

__all__ = ["RECIPES", "recipe_class", "recipe_from"]
