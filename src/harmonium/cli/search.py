"""`harmonium search RECIPE`."""

import inspect
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, TypeVar

import tyro

from harmonium.cli import parse, prepare_jax, with_new_names
from harmonium.recipes.catalogue import RECIPES
from harmonium.recipes.shared.recipe import Recipe, recipe_class
from harmonium.terminal import wrapped

R = TypeVar("R")


@dataclass(frozen=True)
class Options(Generic[R]):
    """Search a recipe's settings, at random or by what has been found; each trial is a run.

    A setting that is given is kept, and not searched unless --space names it. Stopped by Ctrl+C or a crash, the same
    command goes on where it was, and does not repeat what has finished.
    Test scores are not shown while something is chosen: harmonium evaluate tells the best run's.
    """

    recipe: Annotated[R, tyro.conf.arg(name="")]
    trials: int = 20
    """Runs to make; more of them later go on with the same search."""
    space: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """Draw a setting from elsewhere, as in learning_rate=0.001..0.1:log, dropout=0..0.5 or hidden=100,500,1000, where
    500x500 is two layers; several may follow each other."""
    grid: bool = False
    """Try every combination of the values that --space names, and of nothing else, instead of drawing --trials."""
    sampler: Literal["random", "tpe"] = "random"
    """Draw each trial at random; or, after ten of those, by Optuna's tree-structured Parzen estimator (TPE), which
    looks where the best trials so far were, and makes one trial after the other (pip install 'harmonium[search]')."""
    out: Path | None = None
    """The folder of the trials' folders; without it, runs/search-RECIPE."""
    figures: bool = True
    """Draw the score against each setting, as search.png in that folder."""
    tensorboard: Path | None = None
    """Write every score for TensorBoard into this folder (pip install 'harmonium[tensorboard]')."""
    json: bool = False
    """Print the trials, the best first, as JSON."""
    quiet: bool = False
    """Say nothing until the result."""
    verbose: bool = False
    """Show a line for every validation."""


def run(arguments: Sequence[str]) -> int:
    """Search, and print a row a trial, the best first."""
    if not arguments or arguments[0] in ("-h", "--help"):
        from harmonium.cli.help import paragraphs, width

        searchable = [name for name in RECIPES if recipe_class(name).search_space]
        recipes = paragraphs(f"recipes: {', '.join(searchable)}", width())
        print(
            f"usage: harmonium search RECIPE [OPTIONS]\n\n{recipes}\n\n"
            "Each has its own options: harmonium search slot-filling --help"
        )
        return 0
    name, *rest = arguments
    cls = recipe_class(name)
    rest = one_by_one("--space", with_new_names(rest, cls.renamed))
    options: Options[Any] = parse(
        Options[cls],  # type: ignore[valid-type]
        rest,
        f"search {name}",
        description=f"{inspect.getdoc(Options)}\n\n{_searched(cls)}",
    )
    prepare_jax(quiet=options.quiet)

    from harmonium.cli.reporting import screen, table
    from harmonium.metrics.table import metric
    from harmonium.recipes.shared.search_space import changed_space
    from harmonium.runs.compare import in_words
    from harmonium.runs.draw import draw
    from harmonium.runs.search import draw_trials, search_recipe
    from harmonium.training.progress import waiting

    out = options.out or Path(f"runs/search-{name}")
    given = {word.partition("=")[0][2:].replace("-", "_") for word in rest if word.startswith("--")}
    space = changed_space(cls, options.space, alone=options.grid, given=given)
    report = screen(quiet=options.quiet, verbose=options.verbose, tensorboard=options.tensorboard)
    trials = search_recipe(
        options.recipe,
        options.trials,
        out,
        report,
        space=space,
        grid=options.grid,
        sampler=options.sampler,
    )
    drawn = None
    if options.figures:
        with waiting("drawing"):
            drawn = draw_trials(options.recipe, trials, out)
            if options.grid:  # grids are small enough for a picture of each run and one of all
                draw([trial.folder.path for trial in sorted(trials, key=lambda t: t.folder.path)], out=out)
    if options.json:
        said = [{key: value for key, value in trial.summary.items() if key != "test"} for trial in trials]
        runs = zip(trials, said, strict=True)
        print(json.dumps([{"run": str(t.folder.path), "settings": t.settings, **of} for t, of in runs]))
    else:
        chosen_by = metric(options.recipe.judged_by)
        rows = [
            {
                "trial": trial.folder.path.name,
                "settings": in_words(trial.settings),
                f"valid {chosen_by.label}": ""
                if (s := trial.score(chosen_by.name)) is None
                else chosen_by.shown(s),
                "epoch": f"{trial.summary['best_epoch'] or 'last'} of {trial.summary['epochs']}",
                "status": trial.summary["status"],
            }
            for trial in trials
        ]
        table(rows)
        picture = f"the picture is {drawn}" if drawn else ""
        if unjudged := [name for name in space if name in options.recipe.not_judged]:
            names = " and ".join(name.replace("_", " ") for name in unjudged)
            where = (
                f"the score does not decide which {names} is better, since it means something else with each; "
                f"compare the trials' pictures, or classify by their codes: harmonium train logistic-regression "
                f"--features {trials[0].folder.path}" + (f"; {picture}" if picture else "")
            )
        else:
            where = f"the best one lies in {trials[0].folder.path}" + (f", {picture}" if picture else "")
        print(wrapped(where, sys.stdout))
    if all(trial.summary["status"] != "interrupted" for trial in trials):
        return 0
    print("interrupted; the same command goes on", file=sys.stderr)
    return 130


def _searched(cls: type[Recipe]) -> str:
    """Return what is said of a recipe's space."""
    if not cls.search_space:
        return f"{cls.name} names no settings to search; name some by --space."
    lines = [f"{name}: {where}" for name, where in cls.search_space.items()]
    return "Searched, unless --space says otherwise:\n\n" + "\n".join(f"  {line}" for line in lines)


def one_by_one(option: str, arguments: Sequence[str]) -> list[str]:
    """Repeat an option before each value that follows it: `--space A B` becomes `--space A --space B`.

    Examples
    --------
    >>> one_by_one("--space", ["--space", "l2=0,0.1", "hidden=8,16", "--trials", "5"])
    ['--space', 'l2=0,0.1', '--space', 'hidden=8,16', '--trials', '5']
    """
    found: list[str] = []
    follows = 0  # values since the option; none where another one stands
    for argument in arguments:
        if argument.startswith("--"):
            follows = 1 if argument == option else 0
        elif follows:
            found += [option] * (follows > 1)
            follows += 1
        found.append(argument)
    return found
