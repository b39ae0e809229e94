"""A run's model applied to the user's own files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from harmonium.arguments import shown
from harmonium.errors import DataError
from harmonium.recipes.shared.from_config import recipe_of
from harmonium.recipes.shared.options import Inputs


def predict(
    run: str | os.PathLike[str], inputs: Any = (), *, text: Sequence[str] = (), invert: bool | None = None
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

    Returns
    -------
    A dict of JSON values for each input; of an array the names of the classes. Raises `ConfigError` for an option that
    means nothing to the run's recipe, and `DataError` naming a file that it cannot read.
    """
    from harmonium.runs.opened import opened
    from harmonium.runs.run import Run, holds_names

    if not hasattr(inputs, "__len__") and not isinstance(inputs, os.PathLike):
        raise DataError(f"inputs is {shown(inputs)}, but must be files, folders, texts or an array")
    if not text and not isinstance(inputs, os.PathLike) and len(inputs) and not holds_names(inputs):
        return Run(run).predict(inputs)
    inputs = [inputs] if isinstance(inputs, str | os.PathLike) else inputs
    folder = opened(run)
    given = Inputs(paths=tuple(map(str, inputs)), text=tuple(text), invert=invert)
    return recipe_of(folder).predict(folder, given)
