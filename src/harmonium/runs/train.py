"""Training a recipe, and going on with a run: the phases of one run, or of several in step."""

from __future__ import annotations

import dataclasses
import datetime
import functools
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harmonium.arguments import check, hints_of
from harmonium.errors import ConfigError, DivergenceError, HarmoniumError
from harmonium.recipes.shared.from_config import recipe_from, recipe_of
from harmonium.recipes.shared.phase import Phase
from harmonium.recipes.shared.recipe import Recipe, recipe_class
from harmonium.runs.card import write_card
from harmonium.runs.rereading import rereading
from harmonium.runs.run import Run
from harmonium.training import Fitted, Reporter, RunFolder, Silent, Training, fit_together
from harmonium.training.loop import fit_alone
from harmonium.training.progress import show_data, waiting
from harmonium.training.reporting import usual_report
from harmonium.training.run_folder import agreed


def train(
    name: str,
    *,
    configuration: str | None = None,
    out: str | Path | None = None,
    report: Reporter | None = None,
    data: Any = None,
    **settings: Any,
) -> Run:
    """Train a recipe in a new folder.

    Parameters
    ----------
    name
        One of logistic-regression, mlp, lenet, denoising-autoencoder, contractive-autoencoder,
        stacked-denoising-autoencoder, rbm, class-rbm, dbn, mcrbm, slot-filling, sentiment and rnn-rbm.
    configuration
        One of the recipe's other sets of settings, by name, in place of the book's.
    out
        The new folder; without it runs/NAME-DATE-TIME.
    report
        Is told what happens; see `harmonium.training.Reporter`, which has an example. Without it a terminal and a
        notebook show a progress bar and a line an epoch; `harmonium.training.Silent()` shows neither anywhere. Notes on
        settings that do not fit the data stand on the standard error in any case.
    data
        A data set's name, the path of your own files, or arrays: (x, y), x where no classes are needed, a DataFrame,
        a DataFrame and labels, whose columns then keep their names, a pair for each split as Keras gives them, or a
        mapping of names such as x_train and y_train; for sentiment x are texts. Without it the recipe's own.
    **settings
        Settings that are not the book's, by name; `harmonium.settings(name)` lists all with what each means.

    Returns
    -------
    The run: its model, scores, history and pictures.

    Raises
    ------
    ConfigError
        For a setting that does not exist or has no meaning, and for a folder that exists.
    DataError
        For anything wrong with the data.
    DivergenceError
        Where a metric was not finite.

    Examples
    --------
    On arrays of one's own, whose classes may be names:

    >>> import tempfile, numpy as np, harmonium as hm
    >>> x = np.random.default_rng(0).random((400, 2))
    >>> y = np.where(x.sum(1) > 1, "above", "below")
    >>> settings = dict(learning_rate=1.0, batch_size=20, max_epochs=50, report=hm.training.Silent())
    >>> run = hm.train("logistic-regression", data=(x, y), out=tempfile.mkdtemp() + "/run", **settings)
    >>> print(run.predict(np.array([[0.9, 0.8], [0.1, 0.2]])))
    ['above' 'below']
    """
    said = {"name": name, "configuration": configuration, "out": out, "report": report}
    check("train", hints_of(train), said)
    source, settings = given(data, settings)
    recipe = configured("train", name, configuration, settings)
    return holding(Run(start(recipe, out, report or usual_report(), source).path), source)


def resume(
    run: str | os.PathLike[str],
    *,
    max_epochs: int | None = None,
    report: Reporter | None = None,
    data: Any = None,
) -> Run:
    """Go on with a run from its last checkpoint, as if it had never stopped.

    Parameters
    ----------
    run
        The run's folder.
    max_epochs
        Moves the run's end.
    report
        As for `train`.
    data
        Where the run's data lie now, or the arrays that it learns from; the same as before, or they are refused.

    Returns
    -------
    The run. Errors are those of `train`, and `CheckpointError` where the run cannot go on.

    Examples
    --------
    >>> import tempfile, harmonium as hm
    >>> small = dict(data="digits", max_epochs=2, batch_size=100, report=hm.training.Silent())
    >>> run = hm.train("logistic-regression", out=tempfile.mkdtemp() + "/run", **small)
    >>> run.summary["epochs"], hm.resume(run, max_epochs=5, report=hm.training.Silent()).summary["epochs"]
    (2, 5)
    """
    check("resume", hints_of(resume), {"run": run, "max_epochs": max_epochs, "report": report})
    folder = RunFolder.open(run)
    folder.given = folder.given if data is None else data
    with folder.locked():
        recipe = recipe_of(folder)
        if max_epochs is not None:
            recipe = dataclasses.replace(recipe, max_epochs=max_epochs)
            folder.write_config(recipe.config())
        with rereading(folder.path / "config.json", recipe.data if folder.given is None else None):
            train_phases(recipe, folder, report or usual_report())
    return holding(Run(folder.path), folder.given)


def holding(run: Run, data: Any) -> Run:
    """Have a run keep the arrays that it learned from, which its other verbs need in this process; return it."""
    run.folder.given = data
    return run


def given(data: Any, settings: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Return arrays that are to be learned from, or None, and the settings with the data's name."""
    from harmonium.data.kept import ARRAYS

    if data is None:
        return None, dict(settings)
    named = isinstance(data, str | Path)
    return (None if named else data), {**settings, "data": str(data) if named else ARRAYS}


def start(
    recipe: Recipe,
    out: str | Path | None = None,
    report: Reporter | None = None,
    source: Any = None,
    note: str = "",
) -> RunFolder:
    """Train a recipe in the new folder `out`, or in runs/NAME-DATE-TIME; from arrays where `source` holds them.

    `note` says something about it.
    """
    folder = (
        RunFolder.new(out, recipe.config())
        if out
        else RunFolder.reserved(default_name(recipe), recipe.config())
    )
    folder.given = source
    folder.users_note = note
    train_phases(recipe, folder, report)
    return folder


def configured(verb: str, name: str, configuration: str | None, settings: Mapping[str, Any]) -> Recipe:
    """Return the recipe `name` with the settings of a named configuration, if one is given, and then these.

    Errors begin with the `verb` that was called.
    """
    named: Mapping[str, Any] = {}
    if configuration is not None:
        known = recipe_class(name).configurations
        if configuration not in known:
            raise ConfigError(
                f"{name} has no configuration {configuration!r}; it has {', '.join(known) or 'none'}"
            )
        named = known[configuration]
    return recipe_from({"recipe": name, **named, **settings}, f"{verb}({name!r})")


def default_name(recipe: Recipe) -> Path:
    """Return runs/NAME-DATE-TIME."""
    stamp = datetime.datetime.fromtimestamp(agreed(int(time.time()))).strftime("%Y%m%d-%H%M%S")
    return Path(f"runs/{recipe.name}-{stamp}")


def train_phases(recipe: Recipe, folder: RunFolder, report: Reporter | None = None) -> Fitted:
    """Train each phase of a run that has not finished, and return the result of the last.

    A phase that is interrupted or diverges ends the run, and so does a signal as a phase finishes. Raises
    `DivergenceError`, and what the recipe raises.
    """
    report = report or Silent()
    try:
        with waiting("loading the data"):
            phases = recipe.phases(folder)
        lines = folder.understood()
        for phase in phases:
            if phase is not phases[-1] and phase.folder.finished():
                continue
            with waiting("preparing the training"):
                training = phase.training()  # which refuses settings that do not fit the data
            show_data(report, lines)
            lines = []
            if phase.title:
                report.phase(phase.title)
            fitted = fit_alone(training, report)
            error = concluded(phase, phases[-1], fitted)
            write_card(folder, recipe)
            if error:
                raise error
            if fitted.status != "finished" or fitted.asked_to_stop:
                break
    finally:
        folder.release()
    return fitted


def train_in_step(
    runs: Sequence[tuple[Recipe, RunFolder]], report: Reporter | None = None, *, of: int = 0
) -> list[HarmoniumError | None]:
    """Train several runs of the same phases side by side; return for each the error that it raised, or None.

    Phases whose arrays have the same shapes are trained in one program. `of` is how many runs there were at first,
    where some have ended before. A signal that comes as all of them finish raises KeyboardInterrupt.
    """
    report = report or Silent()
    errors: dict[int, HarmoniumError] = {}
    try:
        _train_in_step(runs, report, errors, max(of, len(runs)))
    finally:
        for _, folder in runs:
            folder.release()
    return [errors.get(number) for number in range(len(runs))]


def _train_in_step(
    runs: Sequence[tuple[Recipe, RunFolder]], report: Reporter, errors: dict[int, HarmoniumError], of: int
) -> None:
    """Train several runs, and note in `errors` what each of them raised."""
    plans: dict[int, list[Phase]] = {}
    for number, (recipe, folder) in enumerate(runs):
        try:
            with waiting("loading the data"):
                plans[number] = recipe.phases(folder)
        except HarmoniumError as error:
            errors[number] = error
    lines = runs[0][1].understood() if runs else []  # the first speaks for all
    places = max(map(len, plans.values()), default=0)
    for place in range(places):
        due = {number: plan[place] for number, plan in plans.items() if place < len(plan)}
        trainings: dict[int, Training] = {}
        for number, phase in due.items():
            if phase is plans[number][-1] or not phase.folder.finished():
                try:
                    with waiting("preparing the training"):
                        trainings[number] = phase.training()
                except HarmoniumError as error:
                    errors[number] = error
        if trainings:
            show_data(report, lines)
            lines = []
            if title := next(iter(due.values())).title:
                report.phase(title)
        ended = functools.partial(_conclude, runs, plans, place, list(trainings), errors)
        found = fit_together(list(trainings.values()), report, of=of, ended=ended)
        for number, fitted in zip(trainings, found, strict=True):
            if fitted.status != "finished" or fitted.asked_to_stop:
                del plans[number]
        stopped = all(fitted.status == "finished" and fitted.asked_to_stop for fitted in found)
        if found and stopped and place == places - 1:
            raise KeyboardInterrupt  # so that search begins no other trial
        plans = {number: plan for number, plan in plans.items() if number not in errors}


def _conclude(
    runs: Sequence[tuple[Recipe, RunFolder]],
    plans: Mapping[int, list[Phase]],
    place: int,
    trained: Sequence[int],
    errors: dict[int, HarmoniumError],
    which: int,
    fitted: Fitted,
) -> None:
    """Write down what the phase `place` of the run `trained[which]` came to, and note its error in `errors`."""
    number = trained[which]
    (recipe, folder), plan = runs[number], plans[number]
    if divergence := concluded(plan[place], plan[-1], fitted):
        errors[number] = divergence
    write_card(folder, recipe)


def concluded(phase: Phase, last: Phase, fitted: Fitted) -> DivergenceError | None:
    """Write the results of a phase; return the error to be raised where it diverged.

    A phase before the last that does not finish, or finishes as a signal comes, ends the run, which then has no result
    of its own.
    """
    phase.conclude(fitted)
    if phase is not last and (fitted.status != "finished" or fitted.asked_to_stop):
        nothing = dataclasses.replace(fitted, best=None, updates=0, epochs=0, seconds=0.0)
        nothing.status = "interrupted" if fitted.status == "finished" else fitted.status
        last.conclude(nothing)
    if fitted.status != "diverged":
        return None
    at = fitted.diverged
    kept = f". The best model before it is in {phase.folder.path}" if fitted.best else ""
    return DivergenceError(
        f"training diverged: {at['metric']} was not finite at update {at['update']}; try a smaller {phase.rate}{kept}"
    )
