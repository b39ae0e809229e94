"""Samples of a run's model."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harmonium.arguments import checked
from harmonium.errors import ConfigError
from harmonium.recipes.catalogue import RECIPES
from harmonium.recipes.shared.from_config import recipe_of
from harmonium.recipes.shared.options import MusicSampling, Sampling
from harmonium.recipes.shared.recipe import Recipe, recipe_class
from harmonium.runs.opened import opened
from harmonium.runs.rereading import rereading

if TYPE_CHECKING:
    from harmonium.training import RunFolder


@checked
def sample(
    run: str | os.PathLike[str], options: Sampling | MusicSampling | None = None, *, data: Any = None
) -> list[Path]:
    """Draw samples of a run's model.

    Parameters
    ----------
    run
        The run, its folder, or `pretrained/NAME`.
    options
        How: `Sampling` for pictures, `MusicSampling` for music; without it, its defaults.
    data
        The arrays that the run learned from, or where its data lie now; without it where they lay.

    Returns
    -------
    The files that were written, none of them over another.

    Raises
    ------
    ConfigError
        Where the model generates nothing, or not as `options` say.
    """
    folder = opened(run)
    folder.given = folder.given if data is None else data
    recipe = recipe_of(folder)
    kind = sampling_of(recipe, folder.path)
    options = options or kind()
    if not isinstance(options, kind):
        raise ConfigError(f"{run} is a run of {recipe.name}, which is sampled by {kind.__name__}")
    own = options.prime is None if isinstance(options, MusicSampling) else True
    with rereading(folder.path / "config.json", recipe.data if own and folder.given is None else None):
        return recipe.sample(folder, dataclasses.replace(options, out=next_free(wanted(folder, options))))


def wanted(folder: RunFolder, options: Sampling | MusicSampling) -> Path:
    """Return the file that samples of a run are to be written to, whether it exists or not."""
    return options.out or folder.figures / options.default_name


def next_free(path: Path) -> Path:
    """Return `path`, or the first of name-2, name-3, … that does not exist."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_stem(f"{path.stem}-{number}")
    return free


def sampling_of(recipe: Recipe, path: Path) -> type[Sampling] | type[MusicSampling]:
    """Return the kind of options by which a run is sampled. Raises `ConfigError` where there is nothing to sample."""
    if recipe.sampling is None:
        raise ConfigError(
            f"{path} is a run of {recipe.name}, which generates nothing; {', '.join(generative())} do"
        )
    return recipe.sampling


def generative(kind: type[Sampling] | type[MusicSampling] | None = None) -> list[str]:
    """Return the names of the recipes whose runs can be sampled, or of those that are sampled by `kind`."""
    found = {name: recipe_class(name).sampling for name in RECIPES}
    return [name for name, its in found.items() if its is not None and kind in (None, its)]
