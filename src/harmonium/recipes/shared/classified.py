"""A run's classifier on the examples of its own data, of other data, and on a user's new ones."""

from typing import Any

import jax
import numpy as np

from harmonium.data import Dataset, intensities, with_classes
from harmonium.errors import ConfigError, DataError
from harmonium.models import Classifier
from harmonium.recipes.shared.new_examples import classes_of, new_examples, preparation_of, shape_of
from harmonium.recipes.shared.options import Inputs
from harmonium.recipes.shared.recipe import Recipe
from harmonium.recipes.shared.saved import load, require_fit
from harmonium.recipes.shared.speaking_values import explained
from harmonium.training import RunFolder

PART = 1_000  # examples that are floats at once


def predicted(folder: RunFolder, inputs: Inputs) -> list[dict[str, Any]]:
    """Return the class and probabilities of each new example, and where it is to be explained the shares."""
    if inputs.text:
        recipe = folder.config()["recipe"]
        raise ConfigError(f"--text means nothing to {recipe}, which reads pictures; name their files")
    model, classes = _checked(folder)
    names, x = new_examples(folder, inputs)
    found = [
        name
        | {
            "class": classes[int(p.argmax())],
            "probabilities": {one: float(value) for one, value in zip(classes, p, strict=True)},
        }
        for name, p in zip(names, probabilities(model, x), strict=True)
    ]
    return explained(found, model, x, preparation_of(folder)) if inputs.explain else found


def finished(recipe: Recipe, folder: RunFolder, data: str | None) -> tuple[Classifier, Dataset]:
    """Return the run's model, and the data it learned from or `data`, under the run's classes.

    Raises `DataError` where that data has another shape or other classes.
    """
    model, classes = _checked(folder)
    if data is None:
        return model, recipe.own_data(folder)
    dataset = recipe.other_data(folder, data)
    if shape_of(folder) != list(dataset.shape):
        raise DataError(
            f"{dataset.name} has examples of shape {list(dataset.shape)}; the run {folder.path} learned from "
            f"{shape_of(folder)}"
        )
    return model, with_classes(dataset, classes)


def _checked(folder: RunFolder) -> tuple[Classifier, list[str]]:
    """Return the run's model and the names of its classes, which must fit each other and the run's examples."""
    model, classes = load(folder.path), classes_of(folder)
    require_fit(folder, model.batch, (1, *shape_of(folder)), (1, len(classes)))
    return model, classes


def probabilities(model: Classifier, x: np.ndarray) -> np.ndarray:
    """Return P(Y | x) of each example, (examples, classes)."""
    parts = [x[start : start + PART] for start in range(0, max(1, len(x)), PART)]
    found = [model.probabilities(jax.device_put(intensities(part))) for part in parts]
    return np.concatenate([np.asarray(part) for part in found])
