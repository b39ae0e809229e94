"""Several seeds of one recipe, side by side in one program."""

from __future__ import annotations

import dataclasses
import os
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harmonium.arguments import checked
from harmonium.errors import ConfigError, DivergenceError
from harmonium.recipes.shared.recipe import Recipe
from harmonium.runs.run import Run
from harmonium.runs.train import configured, default_name, given, holding, train_in_step
from harmonium.training import Reporter, RunFolder, Silent
from harmonium.training.progress import say
from harmonium.training.reporting import usual_report

ENDED = ("finished", "diverged")


@checked
def train_seeds(
    name: str,
    seeds: int,
    *,
    configuration: str | None = None,
    out: str | Path | None = None,
    report: Reporter | None = None,
    data: Any = None,
    **settings: Any,
) -> list[Run]:
    """Train a recipe with several seeds in one program, each in a folder of its own in `out`.

    Parameters
    ----------
    name, configuration, out, report, data, **settings
        As for `train`; `seed` among the settings is the first seed.
    seeds
        How many.

    Returns
    -------
    The runs. What lies there finished is not repeated, and an unfinished run goes on. Errors are those of `train`.

    Examples
    --------
    >>> import tempfile, harmonium as hm
    >>> small = dict(data="digits", max_epochs=2, batch_size=50, report=hm.training.Silent())
    >>> runs = hm.train_seeds("logistic-regression", 3, out=tempfile.mkdtemp() + "/runs", **small)
    >>> [run.summary["seed"] for run in runs]
    [0, 1, 2]
    >>> scores = hm.spread(runs)["test"]["error_rate"]
    >>> 0 <= scores["mean"] < 0.2, scores["runs"]
    (True, 3)
    """
    if seeds < 1:
        raise ConfigError(f"train_seeds: seeds is {seeds}, but must be at least 1")
    source, settings = given(data, settings)
    recipe = configured("train_seeds", name, configuration, settings)
    folders = run_seeds(recipe, seeds, Path(out) if out else None, report or usual_report(), source=source)
    return [holding(Run(folder.path), source) for folder in folders]


def run_seeds(
    recipe: Recipe,
    seeds: int,
    out: Path | None = None,
    report: Reporter | None = None,
    note: str = "",
    source: Any = None,
) -> list[RunFolder]:
    """Train `recipe` with several seeds, from its own on: a run each, in a folder of `out` named after its seed.

    Without `out` the folder is runs/NAME-DATE-TIME; `note` says something about the runs; `source` holds arrays to
    learn from, where the recipe names no data. Runs that lie there finished are not repeated, and an unfinished one
    goes on. Each comes to the result that it would have alone, up to the order in which numbers are added.

    Raises `ConfigError` where `out` holds other runs, and `DivergenceError` where training diverged with every seed.
    """
    if seeds < 1:
        raise ConfigError(f"--seeds {seeds} must be at least 1")
    recipes = [dataclasses.replace(recipe, seed=recipe.seed + number) for number in range(seeds)]
    together = RunFolder(out) if out else RunFolder.reserved(default_name(recipe), None)
    with together.locked():
        folders = [folder_of(one, together.path / f"seed-{one.seed}") for one in recipes]
        for folder in folders:
            folder.users_note, folder.given = note, source
        report = report or Silent()
        if seeds > 1:
            say(report, f"{seeds} seeds; lines hold their means")
        diverged = go_on(recipes, folders, report)
    if len(diverged) == seeds:
        raise diverged[0]
    return folders


def folder_of(recipe: Recipe, path: Path) -> RunFolder:
    """Return the folder of one of several runs, new or begun.

    Raises `ConfigError` where it holds a run of other settings.
    """
    if (path / "config.json").exists() and RunFolder.open(path).config() != recipe.config():
        raise ConfigError(f"{path} is of other settings; give another --out, or the same settings again")
    return RunFolder(path, recipe.config())


def go_on(recipes: Sequence[Recipe], folders: Sequence[RunFolder], report: Reporter) -> list[DivergenceError]:
    """Train what has not ended of several runs; return the errors of those that diverged, which are reported.

    Raises `DataError` where those that have ended learned from other arrays.
    """
    waiting = [
        (recipe, folder)
        for recipe, folder in zip(recipes, folders, strict=True)
        if (folder.summary() or {}).get("status") not in ENDED
    ]
    done = [pair for pair in zip(recipes, folders, strict=True) if pair not in waiting]
    if done and done[0][1].given is not None:  # arrays, which the settings do not tell from others
        done[0][0].own_data(done[0][1])
    diverged = []
    for error in train_in_step(waiting, report, of=len(recipes)):
        if isinstance(error, DivergenceError):
            say(report, str(error))
            diverged.append(error)
        elif error is not None:
            raise error
    return diverged


@checked
def spread(
    runs: Sequence[str | os.PathLike[str] | RunFolder],
) -> dict[str, dict[str, dict[str, float]]]:
    """Return the mean and standard deviation of each score over several runs.

    Parameters
    ----------
    runs
        The runs, as `train_seeds` returns them, or their folders.

    Returns
    -------
    By set ("valid", "test") and metric: the `mean`, the `standard_deviation` (of a sample, 0 for a single run) and how
    many `runs` have the score.

    Raises
    ------
    ConfigError
        Where there is no run among them.
    CheckpointError
        For what is no run.

    Examples
    --------
    As a table, a row for each score:

    >>> import tempfile, pandas as pd, harmonium as hm
    >>> small = dict(data="digits", max_epochs=2, batch_size=50, report=hm.training.Silent())
    >>> runs = hm.train_seeds("logistic-regression", 3, out=tempfile.mkdtemp() + "/runs", **small)
    >>> table = pd.DataFrame(hm.spread(runs)["test"]).T
    >>> list(table.index), list(table.columns)
    (['error_rate', 'nll'], ['mean', 'standard_deviation', 'runs'])
    """
    if not runs:
        raise ConfigError("spread: runs is empty; give the runs, as train_seeds returns them")
    folders = [run if isinstance(run, RunFolder) else Run(run).folder for run in runs]
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
