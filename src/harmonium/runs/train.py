"""Training a recipe, and going on with a run: the phases of one run, or of several in step."""

from __future__ import annotations

import dataclasses
import datetime
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harmonium.errors import ConfigError, DivergenceError, HarmoniumError
from harmonium.files import write_atomically
from harmonium.recipes.shared.recipe import Phase, Recipe, recipe_class, recipe_from, recipe_of
from harmonium.training import Fitted, Reporter, RunFolder, Silent, Training, fit, fit_together
from harmonium.training.progress import waiting
from harmonium.training.run_folder import agreed


def train(
    name: str,
    *,
    configuration: str | None = None,
    out: str | Path | None = None,
    report: Reporter | None = None,
    **settings: Any,
) -> RunFolder:
    """Train a recipe in a new folder.

    Parameters
    ----------
    name
        The recipe, as in `harmonium train NAME`.
    configuration
        One of the recipe's other sets of settings, by name, in place of the book's.
    out
        The new folder; without it runs/NAME-DATE-TIME.
    report
        Is told what happens; see `harmonium.training.Reporter`.
    **settings
        Settings that are not the book's, by the names of the recipe's fields.

    Returns
    -------
    The run's folder.

    Raises
    ------
    ConfigError
        For a setting that does not exist or has no meaning, and for a folder that exists.
    DataError
        For anything wrong with the data.
    DivergenceError
        Where a metric was not finite.
    """
    return start(configured(name, configuration, settings), out, report)


def resume(run: str | Path, *, max_epochs: int | None = None, report: Reporter | None = None) -> RunFolder:
    """Go on with a run from its last checkpoint, as if it had never stopped.

    Parameters
    ----------
    run
        The run's folder.
    max_epochs
        Moves the run's end.
    report
        Is told what happens.

    Returns
    -------
    The run's folder. Errors are those of `train`, and `CheckpointError` where the run cannot go on.
    """
    folder = RunFolder.open(run)
    recipe = recipe_of(folder)
    if max_epochs is not None:
        recipe = dataclasses.replace(recipe, max_epochs=max_epochs)
        folder.write_config(recipe.config())
    train_phases(recipe, folder, report)
    return folder


def start(
    recipe: Recipe, out: str | Path | None = None, report: Reporter | None = None, note: str = ""
) -> RunFolder:
    """Train a recipe in the new folder `out`, or in runs/NAME-DATE-TIME; `note` says something about it."""
    folder = (
        RunFolder.new(out, recipe.config())
        if out
        else RunFolder.reserved(default_name(recipe), recipe.config())
    )
    try:
        train_phases(recipe, folder, report)
    finally:
        keep_note(folder, note)
    return folder


def keep_note(folder: RunFolder, note: str) -> None:
    """Write a user's note beside a run that has begun; an empty one is none."""
    if note and (folder.path / "config.json").exists():
        write_atomically(folder.path / "note.txt", note + "\n")


def configured(name: str, configuration: str | None, settings: Mapping[str, Any]) -> Recipe:
    """Return the recipe `name` with the settings of a named configuration, if one is given, and then these."""
    named: Mapping[str, Any] = {}
    if configuration is not None:
        known = recipe_class(name).configurations
        if configuration not in known:
            raise ConfigError(
                f"{name} has no configuration {configuration!r}; it has {', '.join(known) or 'none'}"
            )
        named = known[configuration]
    return recipe_from({"recipe": name, **named, **settings}, f"train({name!r})")


def default_name(recipe: Recipe) -> Path:
    """Return runs/NAME-DATE-TIME."""
    stamp = datetime.datetime.fromtimestamp(agreed(int(time.time()))).strftime("%Y%m%d-%H%M%S")
    return Path(f"runs/{recipe.name}-{stamp}")


def train_phases(recipe: Recipe, folder: RunFolder, report: Reporter | None = None) -> Fitted:
    """Train each phase of a run that has not finished, and return what the last of them came to.

    A phase that is interrupted or diverges ends the run. Raises `DivergenceError`, and what the recipe raises.
    """
    report = report or Silent()
    try:
        with waiting("loading the data"):
            phases = recipe.phases(folder)
        for phase in phases:
            if phase.title:
                report.phase(phase.title)
            if phase is not phases[-1] and phase.folder.finished():
                continue
            with waiting("preparing the training"):
                training = phase.training()
            fitted = fit(**vars(training), report=report)
            if error := concluded(phase, phases[-1], fitted):
                raise error
            if fitted.status != "finished":
                break
    finally:
        folder.release()
    return fitted


def train_in_step(
    runs: Sequence[tuple[Recipe, RunFolder]], report: Reporter | None = None
) -> list[HarmoniumError | None]:
    """Train several runs of the same phases side by side, and return what each of them raised, if anything.

    Phases whose arrays have the same shapes are trained in one program.
    """
    report = report or Silent()
    errors: dict[int, HarmoniumError] = {}
    try:
        _train_in_step(runs, report, errors)
    finally:
        for _, folder in runs:
            folder.release()
    return [errors.get(number) for number in range(len(runs))]


def _train_in_step(
    runs: Sequence[tuple[Recipe, RunFolder]], report: Reporter, errors: dict[int, HarmoniumError]
) -> None:
    """Train several runs, and note in `errors` what each of them raised."""
    plans: dict[int, list[Phase]] = {}
    for number, (recipe, folder) in enumerate(runs):
        try:
            with waiting("loading the data"):
                plans[number] = recipe.phases(folder)
        except HarmoniumError as error:
            errors[number] = error
    for place in range(max(map(len, plans.values()), default=0)):
        due = {number: plan[place] for number, plan in plans.items() if place < len(plan)}
        if due and (title := next(iter(due.values())).title):
            report.phase(title)
        trainings: dict[int, Training] = {}
        for number, phase in due.items():
            if phase is plans[number][-1] or not phase.folder.finished():
                try:
                    with waiting("preparing the training"):
                        trainings[number] = phase.training()
                except HarmoniumError as error:
                    errors[number] = error
        found = zip(trainings, fit_together(list(trainings.values()), report), strict=True)
        for number, fitted in found:
            if divergence := concluded(due[number], plans[number][-1], fitted):
                errors[number] = divergence
            if fitted.status != "finished":
                del plans[number]
        plans = {number: plan for number, plan in plans.items() if number not in errors}


def concluded(phase: Phase, last: Phase, fitted: Fitted) -> DivergenceError | None:
    """Write down what a phase came to; return the error to be raised where it diverged.

    A phase before the last that does not finish ends the run, whose own training then came to nothing.
    """
    phase.conclude(fitted)
    if phase is not last and fitted.status != "finished":
        last.conclude(dataclasses.replace(fitted, best=None, updates=0, epochs=0, seconds=0.0))
    if fitted.status != "diverged":
        return None
    at, rate = fitted.diverged, "--learning-rate" if phase is last else "--pretraining-learning-rate"
    kept = f". The best model before it is in {phase.folder.path}" if fitted.best else ""
    return DivergenceError(
        f"training diverged: {at['metric']} was not finite at update {at['update']}; try a smaller {rate}{kept}"
    )
