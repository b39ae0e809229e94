"""`harmonium search RECIPE`."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar

import tyro

from harmonium.cli import parse, prepare_jax
from harmonium.recipes.catalogue import RECIPES
from harmonium.recipes.shared.recipe import recipe_class

R = TypeVar("R")


@dataclass(frozen=True)
class Options(Generic[R]):
    """Search a recipe's settings at random; each trial is a run.

    Stopped by Ctrl+C or a crash, the same command goes on where it was, and does not repeat what has finished.
    """

    recipe: Annotated[R, tyro.conf.arg(name="")]
    trials: int = 20
    """Runs to make; more of them later go on with the same search."""
    out: Path | None = None
    """The folder of the trials' folders; without it, runs/search-RECIPE."""
    json: bool = False
    """Print the trials, the best first, as JSON."""


def run(arguments: Sequence[str]) -> int:
    """Search, and print a row a trial, the best first."""
    if not arguments or arguments[0] in ("-h", "--help"):
        searchable = [name for name in RECIPES if recipe_class(name).search_space]
        print(
            f"usage: harmonium search RECIPE [OPTIONS]\n\nrecipes: {', '.join(searchable)}\n\n"
            "Each has its own options: harmonium search slot-filling --help"
        )
        return 0
    name, *rest = arguments
    cls = recipe_class(name)
    options: Options[Any] = parse(Options[cls], rest, f"search {name}")  # type: ignore[valid-type]
    prepare_jax()

    from harmonium.cli.reporting import screen, table
    from harmonium.metrics.table import metric
    from harmonium.runs.compare import in_words
    from harmonium.runs.search import search

    out = options.out or Path(f"runs/search-{name}")
    trials = search(options.recipe, options.trials, out, screen())
    if options.json:
        print(json.dumps([{"run": str(t.folder.path), "settings": t.settings, **t.summary} for t in trials]))
    else:
        chosen_by = metric(options.recipe.chosen_by)
        rows = [
            {
                "trial": trial.folder.path.name,
                "settings": in_words(trial.settings),
                **{
                    part: f"{chosen_by.label} {chosen_by.shown(scores[chosen_by.name])}" if scores else ""
                    for part in ("valid", "test")
                    for scores in [trial.summary[part]]
                },
                "best epoch": f"{trial.summary['best_epoch']} of {trial.summary['epochs']}",
                "status": trial.summary["status"],
            }
            for trial in trials
        ]
        table(rows)
        print(f"the best one lies in {trials[0].folder.path}")
    if all(trial.summary["status"] != "interrupted" for trial in trials):
        return 0
    print("interrupted; the same command goes on", file=sys.stderr)
    return 130
