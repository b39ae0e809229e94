"""Search for settings, at random (section 12.7.3) or by TPE: trials are runs, side by side in one folder."""

import itertools
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from harmonium import figures
from harmonium.arguments import checked
from harmonium.errors import ConfigError
from harmonium.metrics.table import metric, shown
from harmonium.recipes.shared.from_config import with_settings, without_dashes
from harmonium.recipes.shared.recipe import Recipe
from harmonium.recipes.shared.search_space import Choice, LogUniform, Uniform, changed_space, space_of
from harmonium.runs.compare import in_words
from harmonium.runs.run import Run
from harmonium.runs.seeds import ENDED, folder_of, go_on
from harmonium.runs.suggest import require_optuna, suggestion
from harmonium.runs.train import configured, given, holding
from harmonium.terminal import printable
from harmonium.training import Reporter, RunFolder, Silent
from harmonium.training.reporting import usual_report

BEFORE_TPE = 10  # trials that are drawn at random before TPE has something to go by

Sampler = Literal["random", "tpe"]


@dataclass(frozen=True, repr=False)
class Trial:
    """One run of a search, which is shown with its validation scores alone, since by them something is chosen."""

    folder: RunFolder
    settings: dict[str, Any]  # those that were drawn
    summary: dict[str, Any]

    @property
    def run(self) -> Run:
        """Return the run."""
        return holding(Run(self.folder.path), self.folder.given)

    def score(self, name: str) -> float | None:
        """Return the validation score of the model that was kept; None where training diverged before one."""
        return (self.summary["valid"] or {}).get(name)

    def __repr__(self) -> str:
        scores = ", ".join(f"{label} {value}" for label, value in shown(self.summary["valid"] or {}).items())
        said = f"valid {scores}" if scores else self.summary["status"]
        return printable(f"<Trial {self.folder.path}: {in_words(self.settings)}; {said}>")


@checked
def search(
    name: str,
    trials: int = 20,
    *,
    configuration: str | None = None,
    out: str | Path | None = None,
    space: Mapping[str, str | Sequence[Any] | Uniform | LogUniform | Choice] | None = None,
    grid: bool = False,
    sampler: Sampler = "random",
    report: Reporter | None = None,
    data: Any = None,
    **settings: Any,
) -> list[Trial]:
    """Train a recipe many times with other settings, and return the trials, the best by validation first.

    Parameters
    ----------
    name, configuration, report, data, **settings
        As for `train`. What is not drawn is as these say, and what is given is not drawn unless `space` says so.
    trials
        How many runs.
    out
        The folder of their folders; without it runs/search-NAME. What lies there finished is not repeated.
    space
        Where settings are drawn from, in place of the recipe's own: `{"learning_rate": "0.001..0.1:log"}` for a range,
        `{"l2": [0, 0.001]}` or, as the command line writes it, `{"l2": "0,0.001"}` for values.
    grid, sampler
        As for `search_recipe`.

    Raises
    ------
    ConfigError
        As `search_recipe` does, and for settings that do not exist.

    Examples
    --------
    >>> import tempfile, harmonium as hm
    >>> small = dict(data="digits", max_epochs=2, batch_size=50, report=hm.training.Silent())
    >>> space = {"learning_rate": "0.01..1:log"}
    >>> best, *_ = hm.search("logistic-regression", 3, out=tempfile.mkdtemp() + "/trials", space=space, **small)
    >>> sorted(best.settings), best.run.summary["valid"]["error_rate"] < 0.5
    (['learning_rate'], True)
    """
    source, settings = given(data, settings)
    recipe = configured("search", name, configuration, settings)
    folder = Path(out) if out else Path(f"runs/search-{name}")
    try:
        cls = type(recipe)
        where = changed_space(cls, (), given=settings) if space is None else space_of(cls, space)
        return search_recipe(
            recipe,
            trials,
            folder,
            report or usual_report(),
            space=where,
            grid=grid,
            sampler=sampler,
            source=source,
        )
    except ConfigError as error:  # of what the command line calls --trials, --grid or --hidden
        raise ConfigError(f"search({name!r}): {without_dashes(str(error))}") from None


@checked
def search_recipe(
    recipe: Recipe,
    trials: int,
    out: Path,
    report: Reporter | None = None,
    *,
    space: Mapping[str, Uniform | LogUniform | Choice] | None = None,
    grid: bool = False,
    sampler: Sampler = "random",
    source: Any = None,
) -> list[Trial]:
    """Run a recipe many times with other settings, each time in a folder of its own.

    Parameters
    ----------
    recipe
        What is not drawn is as in this one; its seed decides the draws, together with each trial's number.
    trials
        How many runs.
    out
        The folder of their folders. Those that lie there finished are not repeated, and an unfinished one goes on.
    report
        Is told what happens; see `harmonium.training.Reporter`.
    space
        Where each setting is drawn from; without it the recipe's own `search_space`.
    grid
        Try every combination of the values of `space`, instead of drawing `trials` of them.
    sampler
        "random", or "tpe": after ten random trials Optuna's tree-structured Parzen estimator suggests each next one by
        the scores of those before it (Bergstra et al. 2011).
    source
        Arrays to learn from, where the recipe names no data.

    Returns
    -------
    All trials, the best by validation first; after Ctrl+C those that have begun, the last ones' status being
    "interrupted". Trials that differ in the learning rate alone run side by side in one program.

    Raises
    ------
    ConfigError
        For a recipe that has nothing to search, for values that a setting does not take, where `out` holds trials of
        another search, and where Optuna is needed and not installed.
    """
    space = recipe.search_space if space is None else space
    if not space or not recipe.judged_by:
        raise ConfigError(
            f"{recipe.name} names no settings to search beside those given; train it with your own"
        )
    if trials < 1:
        raise ConfigError(f"--trials {trials} must be at least 1")
    if grid and sampler != "random":
        raise ConfigError(f"--grid tries every combination; leave --sampler {sampler} out")
    if sampler == "tpe":
        require_optuna()
    report = report or Silent()
    at_random = min(trials, BEFORE_TPE) if sampler == "tpe" else trials
    settings = combinations(space) if grid else [drawn(space, recipe.seed, n) for n in range(at_random)]
    wanted = len(settings) if grid else trials
    for of_one in settings:
        with_settings(recipe, of_one)  # what cannot be is refused before anything is written
    with RunFolder(out).locked():
        found = _run(recipe, out, dict(enumerate(settings)), wanted, report, source)
        while len(found) < wanted and found[-1].summary["status"] != "interrupted":
            known = [(trial.settings, trial.score(recipe.judged_by)) for trial in found]
            suggested = suggestion(space, known, metric(recipe.judged_by).better, recipe.seed)
            found += _run(recipe, out, {len(found): suggested}, wanted, report, source)
    return sorted(found, key=lambda trial: _place(recipe, trial))


def combinations(space: Mapping[str, Uniform | LogUniform | Choice]) -> list[dict[str, Any]]:
    """Return every combination of the values of a space. Raises `ConfigError` where one has a range instead."""
    for name, where in space.items():
        if not isinstance(where, Choice):
            raise ConfigError(
                f"--grid needs values of {name}, as in --space {name}=0.01,0.1, and not {where}"
            )
    values = itertools.product(*(where.values for where in space.values() if isinstance(where, Choice)))
    return [dict(zip(space, one, strict=True)) for one in values]


def draw_trials(recipe: Recipe, trials: Sequence[Trial], out: Path) -> Path | None:
    """Draw the validation score against each setting, in the search's search.png; None where no trial has a score."""
    assert recipe.judged_by is not None
    scores = [
        (trial.settings, score) for trial in trials if (score := trial.score(recipe.judged_by)) is not None
    ]
    if not scores:
        return None
    unjudged = [name.replace("_", " ") for name in scores[0][0] if name in recipe.not_judged]
    ending = f"whose {' and '.join(unjudged)} the score does not judge" if unjudged else "the best one marked"
    return figures.scores_by_setting(
        scores,
        recipe.judged_by,
        out / "search.png",
        title=f"{recipe.name}, {len(scores)} trials, {ending}",
        marked=not unjudged,
    )


def _run(
    recipe: Recipe,
    out: Path,
    settings: Mapping[int, dict[str, Any]],
    wanted: int,
    report: Reporter,
    source: Any,
) -> list[Trial]:
    """Run trials by their numbers, or those that have begun when a signal came; in order of their numbers."""
    recipes = {n: with_settings(recipe, own) for n, own in settings.items()}
    folders = {n: folder_of(one, out / f"trial-{n:03d}") for n, one in recipes.items()}
    for folder in folders.values():
        folder.given = source
    found: dict[int, Trial] = {}
    for group in alike(recipes):
        due = [n for n in group if (folders[n].summary() or {}).get("status") not in ENDED]
        for number in due:
            means = (
                f"; lines hold the means of these {len(due)} trials" if number == due[-1] != due[0] else ""
            )
            report.phase(f"trial {number + 1} of {wanted}: {in_words(settings[number])}{means}")
        go_on([recipes[number] for number in group], [folders[number] for number in group], report)
        for number in group:
            found[number] = Trial(folders[number], settings[number], folders[number].summary() or {})
        if found[group[-1]].summary["status"] == "interrupted":
            return list(found.values())
    return [found[number] for number in sorted(found)]


def alike(recipes: Mapping[int, Recipe]) -> list[list[int]]:
    """Return the numbers of the recipes, those together that differ in nothing but the learning rate."""
    groups: dict[str, list[int]] = {}
    for number, recipe in recipes.items():
        groups.setdefault(json.dumps(recipe.config() | {"learning_rate": None}), []).append(number)
    return list(groups.values())


def drawn(space: Mapping[str, Uniform | LogUniform | Choice], seed: int, number: int) -> dict[str, Any]:
    """Return the settings of a trial, whatever the versions of Python and NumPy."""
    source = random.Random(f"{seed} {number}")  # only its random() is promised never to change
    return {name: where.at(source.random()) for name, where in space.items()}


def _place(recipe: Recipe, trial: Trial) -> float:
    assert recipe.judged_by is not None
    score = trial.score(recipe.judged_by)
    if score is None:
        return float("inf")
    return score if metric(recipe.judged_by).better == "lowest" else -score
