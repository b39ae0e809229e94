"""What a run's model makes of the user's own files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harmonium.recipes.shared.options import Inputs
from harmonium.recipes.shared.recipe import recipe_of


def predict(
    run: str | Path,
    inputs: Sequence[str | Path] = (),
    *,
    text: Sequence[str] = (),
    invert: bool | None = None,
) -> list[dict[str, Any]]:
    """Apply a run's model to pictures or words.

    Parameters
    ----------
    run
        The run's folder.
    inputs
        Files and folders of pictures; for a model of words, files with a text on each line, or texts themselves.
    text
        Texts, for a model of words.
    invert
        Turn dark on light into light on dark, or not; without it where a picture's border asks for it.

    Returns
    -------
    A dict of JSON values for each input. Raises `ConfigError` for an option that means nothing to the run's recipe, and
    `DataError` naming a file that it cannot read.
    """
    from harmonium.training import RunFolder

    folder = RunFolder.open(run)
    given = Inputs(paths=tuple(map(str, inputs)), text=tuple(text), invert=invert)
    return recipe_of(folder).predict(folder, given)
