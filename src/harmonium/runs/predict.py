"""A run's model applied to the user's own files."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harmonium.arguments import checked, shown
from harmonium.errors import ConfigError, DataError
from harmonium.recipes.catalogue import RECIPES
from harmonium.recipes.shared.from_config import recipe_of
from harmonium.recipes.shared.options import Inputs
from harmonium.recipes.shared.recipe import recipe_class

SPEAK = "that speak for the class (blue) and against it (orange)"


@checked
def predict(
    run: str | os.PathLike[str],
    inputs: Any = (),
    *,
    text: Sequence[str] = (),
    invert: bool | None = None,
    explain: bool = False,
) -> Any:
    """Apply a run's model to pictures or words.

    Parameters
    ----------
    run
        The run, its folder, or `pretrained/NAME`.
    inputs
        Files and folders of pictures; for a model of words, files with a text on each line, or texts themselves. Or
        pictures or rows as an array, DataFrame or sparse matrix, as `Run.predict` takes them.
    text
        Texts, for a model of words.
    invert
        Turn dark on light into light on dark, or not; without it where a picture's border asks for it.
    explain
        Add `shares`: how many nats each word of a text, pixel of a picture or column of a row adds to the log-odds of
        its class. Words are compared with an unknown one in their place; pixels and columns with zero, by integrated
        gradients. `read_as` are the words, the picture as the model sees it, or the columns' names.

    Returns
    -------
    A dict of JSON values for each input; of an array the names of the classes. Raises `ConfigError` for an option that
    means nothing to the run's recipe or to an array, and `DataError` naming a file that it cannot read.

    Examples
    --------
    >>> (found,) = predict("pretrained/sentiment", text=["a wonderful film, touching and funny from start to end"])
    >>> found["class"]
    'pos'
    """
    from harmonium.runs.opened import opened
    from harmonium.runs.run import Run, names_in

    if not hasattr(inputs, "__len__") and not isinstance(inputs, os.PathLike):
        raise DataError(f"inputs is {shown(inputs)}, but must be files, folders, texts or an array")
    names = names_in(inputs)
    if not text and names is None and len(inputs):
        if explain:
            raise ConfigError("an array cannot be explained; give files or texts")
        return Run(run).predict(inputs)
    folder = opened(run)
    recipe = recipe_of(folder)
    if explain and not recipe.explains:
        those = ", ".join(name for name in RECIPES if recipe_class(name).explains)
        raise ConfigError(f"{folder.path} is a run of {recipe.name}; --explain is for runs of {those}")
    given = Inputs(paths=tuple(map(str, names or ())), text=tuple(text), invert=invert, explain=explain)
    return recipe.predict(folder, given)


def draw_explained(run: str | os.PathLike[str], predictions: Sequence[Mapping[str, Any]]) -> Path:
    """Draw which words, pixels or columns speak for each class, as `predict` has explained them; return the file.

    It is explained.png among the run's pictures, or where that exists the next free name.
    """
    from harmonium import figures
    from harmonium.runs.opened import opened
    from harmonium.runs.sample import next_free

    folder = opened(run)
    path = next_free(folder.figures / "explained.png")
    found = [
        (f"{one['class']}, {max(one['probabilities'].values()):.1%}", one["read_as"], one["shares"])
        for one in predictions
    ]
    if "text" in predictions[0]:
        return figures.speaking_words(found, path, title=f"Words {SPEAK}")
    heads = [
        f"{Path(one['file']).name}{' ' + one['row'] if 'row' in one else ''}: {head}"
        for one, (head, _, _) in zip(predictions, found, strict=True)
    ]
    examples = [(head, *rest) for head, (_, *rest) in zip(heads, found, strict=True)]
    if isinstance(found[0][2][0], list):
        return figures.speaking_pixels(examples, path, title=f"Pixels {SPEAK}")
    return figures.speaking_columns(examples, path, title=f"Columns {SPEAK}")
