"""Pictures of runs, each for itself and several compared."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harmonium import figures
from harmonium.arguments import checked
from harmonium.errors import ConfigError
from harmonium.memory import give_back
from harmonium.pretrained import is_ready_made
from harmonium.recipes.shared.from_config import recipe_of
from harmonium.runs.card import write_card
from harmonium.runs.compare import differences
from harmonium.runs.opened import opened
from harmonium.runs.rereading import rereading
from harmonium.training import RunFolder


@checked
def draw(
    runs: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    out: str | Path | None = None,
    data: Any = None,
) -> list[Path]:
    """Draw runs, and two or more of them in common pictures.

    Parameters
    ----------
    runs
        A run or its folder, or several; `pretrained/NAME` for a ready-made one.
    out
        The folder of the common pictures; without it the first run's figures.
    data
        The arrays that the runs learned from, or where their data lie now; without it where they lay.

    Returns
    -------
    Where the pictures lie: those of each run in its folder figures/; the common ones are the validation curves and,
    where all have them, the filters. Each run is called by the settings in which it differs from the others.
    """
    if not isinstance(runs, str | os.PathLike) and not runs:
        raise ConfigError("draw: runs is empty; give a run, or several")
    folders = [opened(run) for run in ([runs] if isinstance(runs, str | os.PathLike) else runs)]
    drawn = [path for folder in folders for path in draw_run(folder, data)]
    if len(folders) < 2:
        return drawn
    target = Path(out) if out else folders[0].figures
    labels = differences(folders)
    records = {label: folder.records() for label, folder in zip(labels, folders, strict=True)}
    if any(records.values()):
        drawn.append(figures.compared_curves(records, target / "compared-curves.png", title="validation"))
    filters = {label: folder.figures / "filters.png" for label, folder in zip(labels, folders, strict=True)}
    if all(path.exists() for path in filters.values()):
        drawn.append(figures.side_by_side(filters, target / "compared-filters.png"))
    return drawn


def draw_run(folder: RunFolder, data: Any = None) -> list[Path]:
    """Draw a run, whose data may be given, and show the pictures in its model card; return where they lie."""
    recipe = recipe_of(folder)
    folder.given = folder.given if data is None else data
    give_back()  # what training took, before the data are loaded once more
    with rereading(folder.path / "config.json", recipe.data if folder.given is None else None):
        drawn = recipe.draw(folder)
    if not is_ready_made(folder.path):
        write_card(folder, recipe)
    return drawn
