"""What a run's summary.json says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harmonium.recipes.shared.recipe import Recipe
    from harmonium.training import Fitted, RunFolder


def summary(recipe: Recipe, folder: RunFolder, data: Any, fitted: Fitted) -> dict[str, Any]:
    """Return the results of training `recipe` in `folder` on `data`, as JSON values.

    `settings` are those that somebody gave, `chosen` those that followed the data where the usual ones do not fit.
    `valid` and `test` are the scores of the model that was kept: that of the best validation, `best_epoch`, where early
    stopping or another rule chose it, else the last one. A recipe that learns from the validation set too, in the end,
    writes the `valid` and `best_epoch` of the phase that chose. `seconds_pretraining` counts the phases before.
    """
    from harmonium.training import machine

    kept = fitted.best or {}
    chosen = kept.get("best", False)
    return {
        "recipe": recipe.name,
        "settings": recipe.changed(),
        "chosen": recipe.chosen(data),
        "status": fitted.status,
        "data": describe(data),
        "valid": kept.get("valid"),
        "test": kept.get("test"),
        "best_epoch": kept["epoch"] if chosen else None,
        "best_update": kept["update"] if chosen else None,
        "epochs": fitted.epochs,
        "updates": fitted.updates,
        "seconds_pretraining": round(folder.seconds_pretraining(), 3),
        "seconds_training": round(fitted.seconds, 3),
        "updates_per_second": round(fitted.updates / fitted.seconds, 2) if fitted.seconds else None,
        "peak_memory_bytes": machine.peak_memory_bytes(),
        "seed": recipe.seed,
        "together": fitted.together,
        "device": machine.device(),
        "versions": machine.versions(),
    }


def describe(data: Any) -> dict[str, Any]:
    """Return what a summary says of the data: enough to predict with, and to tell other data from it."""
    return {
        "name": data.name,
        "sizes": data.sizes,
        "shape": list(data.shape),
        "classes": list(data.classes),
        "checksum": data.checksum,
        "understood": data.understood.as_dict(),
    }
