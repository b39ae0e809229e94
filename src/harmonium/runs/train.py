"""What a user does with recipes and their runs, in three lines of Python; the command line is written on it."""

import dataclasses
import datetime
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harmonium import figures
from harmonium.errors import ConfigError
from harmonium.recipes.catalogue import recipe_class, recipe_from
from harmonium.recipes.options import Inputs, MusicSampling, Sampling
from harmonium.recipes.recipe import Recipe, in_words
from harmonium.recipes.together import run_seeds
from harmonium.training import Reporter, RunFolder
from harmonium.training.devices import agreed


def train(
    name: str,
    *,
    configuration: str | None = None,
    out: str | Path | None = None,
    report: Reporter | None = None,
    **settings: Any,
) -> RunFolder:
    """Run the recipe `name`, with the book's settings but for those given, in the new folder `out`.

    `configuration` names one of the recipe's other sets of settings. Without `out` the folder is
    runs/NAME-DATE-TIME. Raises `ConfigError` for a setting that does not exist or has no meaning or a folder that
    exists, `DataError` for anything wrong with the data, and `DivergenceError`.
    """
    return start(_recipe(name, configuration, settings), out, report)


def train_seeds(
    name: str,
    seeds: int,
    *,
    configuration: str | None = None,
    out: str | Path | None = None,
    report: Reporter | None = None,
    **settings: Any,
) -> list[RunFolder]:
    """Run the recipe `name` with so many seeds in one program, each in a folder of its own in `out`.

    The settings and errors are those of `train`; see `together.run_seeds` for what goes on where it was.
    """
    recipe = _recipe(name, configuration, settings)
    return run_seeds(recipe, seeds, default_folder(recipe, out), report)


def _recipe(name: str, configuration: str | None, settings: Mapping[str, Any]) -> Recipe:
    named: Mapping[str, Any] = {}
    if configuration is not None:
        known = recipe_class(name).configurations
        if configuration not in known:
            raise ConfigError(
                f"{name} has no configuration {configuration!r}; it has {', '.join(known) or 'none'}"
            )
        named = known[configuration]
    return recipe_from({"recipe": name, **named, **settings}, f"train({name!r})")


def start(recipe: Recipe, out: str | Path | None = None, report: Reporter | None = None) -> RunFolder:
    """Run a recipe in the new folder `out`, or in runs/NAME-DATE-TIME."""
    folder = RunFolder.new(default_folder(recipe, out), recipe.config())
    recipe.run(folder, report)
    return folder


def default_folder(recipe: Recipe, out: str | Path | None = None) -> Path:
    """`out`, or runs/NAME-DATE-TIME."""
    stamp = datetime.datetime.fromtimestamp(agreed(int(time.time()))).strftime("%Y%m%d-%H%M%S")
    return Path(out or f"runs/{recipe.name}-{stamp}")


def resume(run: str | Path, *, max_epochs: int | None = None, report: Reporter | None = None) -> RunFolder:
    """Continue a run from its last checkpoint, as if it had never stopped; `max_epochs` moves its end."""
    folder = RunFolder.open(Path(run))
    recipe = recipe_of(folder)
    if max_epochs is not None:
        recipe = dataclasses.replace(recipe, max_epochs=max_epochs)
        folder.write_config(recipe.config())
    recipe.run(folder, report)
    return folder


def recipe_of(folder: RunFolder) -> Recipe:
    """The recipe of a run, with its settings."""
    return recipe_from(folder.config(), str(folder.path / "config.json"))


def draw(runs: Sequence[str | Path], *, out: str | Path | None = None) -> list[Path]:
    """Draw each run into its folder figures/, and two runs or more in common pictures in the folder `out`.

    The common pictures are their validation curves and, where all have them, their filters; each run is called by
    the settings in which it differs from the others. Without `out` they lie among the first run's figures.
    """
    folders = [RunFolder.open(Path(run)) for run in runs]
    drawn = [path for folder in folders for path in recipe_of(folder).draw(folder)]
    if len(folders) < 2:
        return drawn
    target = Path(out) if out else folders[0].figures
    labels = _differences(folders)
    records = {label: folder.records() for label, folder in zip(labels, folders, strict=True)}
    if any(records.values()):
        drawn.append(figures.compared_curves(records, target / "compared-curves.png", title="validation"))
    filters = {label: folder.figures / "filters.png" for label, folder in zip(labels, folders, strict=True)}
    if all(path.exists() for path in filters.values()):
        drawn.append(figures.side_by_side(filters, target / "compared-filters.png"))
    return drawn


def sample(run: str | Path, options: Sampling | MusicSampling | None = None) -> list[Path]:
    """Draw samples of a run's model; the files' paths.

    Raises `ConfigError` where it generates nothing, or not as `options` say.
    """
    folder = RunFolder.open(Path(run))
    recipe = recipe_of(folder)
    options = options or recipe.sampling()
    if not isinstance(options, recipe.sampling):
        raise ConfigError(f"{run} is a run of {recipe.name}, which is sampled by {recipe.sampling.__name__}")
    return recipe.sample(folder, options)


def _differences(folders: Sequence[RunFolder]) -> list[str]:
    """A label for each run: the settings that are not the same in all, or its name where that tells nothing."""
    configs = [folder.config() for folder in folders]
    keys = [
        k
        for k in dict.fromkeys(k for c in configs for k in c)
        if any(c.get(k) != configs[0].get(k) for c in configs)
    ]
    labels = [in_words({k: c[k] for k in keys if k in c}) for c in configs]
    return labels if len(set(labels)) == len(labels) else [str(folder.path) for folder in folders]


def predict(
    run: str | Path, inputs: Sequence[str | Path] = (), *, text: Sequence[str] = (), invert: bool = False
) -> list[dict[str, Any]]:
    """What a run's model makes of each input, as JSON values.

    A classifier of pictures takes files and folders, and with `invert` turns dark on light into light on dark. A model
    of words takes files of text, and `text` itself. Raises `ConfigError` for an option that means nothing to the run's
    recipe, and `DataError` naming a file that it cannot read.
    """
    folder = RunFolder.open(Path(run))
    given = Inputs(paths=tuple(map(str, inputs)), text=tuple(text), invert=invert)
    return recipe_of(folder).predict(folder, given)
