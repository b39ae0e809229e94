"""Random search for settings (section 12.7.3): trials are runs, side by side in one folder."""

import dataclasses
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harmonium.errors import ConfigError
from harmonium.metrics.table import metric
from harmonium.recipes.shared.recipe import Recipe
from harmonium.recipes.shared.search_space import Choice, Uniform
from harmonium.runs.compare import in_words
from harmonium.runs.seeds import ENDED, folder_of, go_on
from harmonium.training import Reporter, RunFolder, Silent


@dataclass(frozen=True)
class Trial:
    """One run of a search."""

    folder: RunFolder
    settings: dict[str, Any]  # those that were drawn
    summary: dict[str, Any]

    def score(self, name: str) -> float | None:
        """Return the validation score of the model that was kept; None where training diverged before one."""
        return (self.summary["valid"] or {}).get(name)


def search(recipe: Recipe, trials: int, out: Path, report: Reporter | None = None) -> list[Trial]:
    """Run `recipe` as often as `trials` says, with settings drawn from its space, each in a folder inside `out`.

    Trials that differ in the learning rate alone run side by side in one program. Those that lie there finished are
    not repeated, and an unfinished one goes on: the draws depend on the recipe's seed and the trial's number alone.
    Returns all trials, the best by validation first; after Ctrl+C those that have begun, the last ones' status being
    "interrupted". Raises `ConfigError` for a recipe that has nothing to search, or where `out` holds trials of
    another search.
    """
    if not recipe.search_space or not recipe.chosen_by:
        raise ConfigError(f"{recipe.name} names no settings to search; train it with your own")
    if trials < 1:
        raise ConfigError(f"--trials {trials} must be at least 1")
    report = report or Silent()
    settings = [drawn(recipe.search_space, recipe.seed, number) for number in range(trials)]
    recipes = [dataclasses.replace(recipe, **of_one) for of_one in settings]
    with RunFolder(out).locked():
        folders = [folder_of(one, out / f"trial-{number:03d}") for number, one in enumerate(recipes)]
        found = _run(recipes, settings, folders, report)
    return sorted(found, key=lambda trial: _place(recipe, trial))


def _run(
    recipes: Sequence[Recipe],
    settings: Sequence[dict[str, Any]],
    folders: Sequence[RunFolder],
    report: Reporter,
) -> list[Trial]:
    """Run all trials, or those that have begun when a signal came."""
    found: list[Trial] = []
    for group in alike(recipes):
        for number in group:
            if (folders[number].summary() or {}).get("status") not in ENDED:
                report.phase(f"trial {number + 1} of {len(recipes)}: {in_words(settings[number])}")
        go_on([recipes[number] for number in group], [folders[number] for number in group], report)
        found += [
            Trial(folders[number], settings[number], folders[number].summary() or {}) for number in group
        ]
        if found[-1].summary["status"] == "interrupted":
            break
    return found


def alike(recipes: Sequence[Recipe]) -> list[list[int]]:
    """Return the numbers of the recipes, those together that differ in nothing but the learning rate."""
    groups: dict[str, list[int]] = {}
    for number, recipe in enumerate(recipes):
        groups.setdefault(json.dumps(recipe.config() | {"learning_rate": None}), []).append(number)
    return list(groups.values())


def drawn(space: Mapping[str, Uniform | Choice], seed: int, number: int) -> dict[str, Any]:
    """Return the settings of a trial, whatever the versions of Python and NumPy."""
    source = random.Random(f"{seed} {number}")  # only its random() is promised never to change
    return {name: where.at(source.random()) for name, where in space.items()}


def _place(recipe: Recipe, trial: Trial) -> float:
    assert recipe.chosen_by is not None
    score = trial.score(recipe.chosen_by)
    if score is None:
        return float("inf")
    return score if metric(recipe.chosen_by).better == "lowest" else -score
