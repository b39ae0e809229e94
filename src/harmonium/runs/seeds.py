"""Several runs side by side: seeds of one recipe, or trials of a search, in one program where their shapes allow."""

import dataclasses
import statistics
from collections.abc import Sequence
from pathlib import Path

from harmonium.errors import ConfigError, DivergenceError, HarmoniumError
from harmonium.recipes.recipe import Recipe
from harmonium.training import Reporter, RunFolder, Silent, follow

ENDED = ("finished", "diverged")


def run_seeds(recipe: Recipe, seeds: int, out: Path, report: Reporter | None = None) -> list[RunFolder]:
    """Run `recipe` with so many seeds, from its own on: a run each, in a folder of `out` named after its seed.

    What lies there finished is not repeated, and an unfinished run goes on. Each comes to what it would alone, up to
    the order in which numbers are added. Raises `ConfigError` where `out` holds other runs, and `DivergenceError`
    where training diverged with every seed.
    """
    if seeds < 1:
        raise ConfigError(f"--seeds {seeds} must be at least 1")
    recipes = [dataclasses.replace(recipe, seed=recipe.seed + number) for number in range(seeds)]
    folders = [folder_of(one, out / f"seed-{one.seed}") for one in recipes]
    errors = go_on(recipes, folders, report or Silent())
    if len(errors) == seeds:
        raise errors[0]
    return folders


def folder_of(recipe: Recipe, path: Path) -> RunFolder:
    """The folder of one of several runs, new or begun. Raises `ConfigError` where it holds a run of other settings."""
    if path.exists() and RunFolder.open(path).config() != recipe.config():
        raise ConfigError(f"{path} is of other settings; give another --out, or the same settings again")
    return RunFolder(path, recipe.config())


def go_on(recipes: Sequence[Recipe], folders: Sequence[RunFolder], report: Reporter) -> list[DivergenceError]:
    """Run what has not ended of several runs; training that diverged is reported and returned."""
    waiting = [
        (recipe, folder)
        for recipe, folder in zip(recipes, folders, strict=True)
        if (folder.summary() or {}).get("status") not in ENDED
    ]
    # The first speaks for all: they go through the same phases.
    reports = [report, *[Silent()] * len(waiting)]
    results = follow(
        [recipe.trainings(folder, one) for (recipe, folder), one in zip(waiting, reports, strict=False)],
        report,
    )
    diverged = []
    for result in results:
        if isinstance(result, DivergenceError):
            report.phase(str(result))
            diverged.append(result)
        elif isinstance(result, HarmoniumError):
            raise result
    return diverged


def spread(folders: Sequence[RunFolder]) -> dict[str, dict[str, dict[str, float]]]:
    """Mean and standard deviation of each score over the runs that have it, by set and metric."""
    summaries = [folder.summary() or {} for folder in folders]
    scores: dict[str, dict[str, dict[str, float]]] = {}
    for split in ("valid", "test"):
        found = [summary[split] for summary in summaries if summary.get(split)]
        scores[split] = {
            metric: {
                "mean": statistics.fmean(values),
                "standard_deviation": statistics.stdev(values) if len(values) > 1 else 0.0,
                "runs": len(values),
            }
            for metric in (found[0] if found else {})
            if (values := [of[metric] for of in found if metric in of])
        }
    return scores
