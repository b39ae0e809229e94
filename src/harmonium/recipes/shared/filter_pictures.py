"""Pictures of what the first layer of a run's model looks for, as it grew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harmonium import figures
from harmonium.recipes.shared.saved import load

if TYPE_CHECKING:
    from harmonium.training import RunFolder


def draw_filters(folder: RunFolder, filters: Callable[[Any], Any], title: str) -> list[Path]:
    """Draw the run's model and each of its snapshots as tiles, and return where the pictures lie.

    `filters` maps a model to images, (units, height, width) or (units, height, width, channels).
    """
    models = {"filters": folder.path} | {
        f"filters-epoch-{epoch:03d}": path for epoch, path in folder.snapshots().items()
    }
    drawn = []
    for name, path in models.items():
        when = f", epoch {int(name[-3:])}" if path != folder.path else ""
        images, file = filters(load(path)), folder.figures / f"{name}.png"
        drawn.append(figures.filters(images, file, title=f"{title}: filters{when}"))
    return drawn
