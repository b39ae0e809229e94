"""Pictures of runs, each for itself and several compared."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harmonium import figures
from harmonium.recipes.shared.recipe import recipe_of
from harmonium.runs.compare import differences
from harmonium.runs.rereading import rereading
from harmonium.training import RunFolder


def draw(runs: str | Path | Sequence[str | Path], *, out: str | Path | None = None) -> list[Path]:
    """Draw runs, and two or more of them in common pictures.

    Parameters
    ----------
    runs
        A run's folder, or several.
    out
        The folder of the common pictures; without it the first run's figures.

    Returns
    -------
    Where the pictures lie: those of each run in its folder figures/; the common ones are the validation curves and,
    where all have them, the filters. Each run is called by the settings in which it differs from the others.
    """
    folders = [RunFolder.open(run) for run in ([runs] if isinstance(runs, str | Path) else runs)]
    drawn: list[Path] = []
    for folder in folders:
        recipe = recipe_of(folder)
        with rereading(folder.path / "config.json", recipe.data):
            drawn += recipe.draw(folder)
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
