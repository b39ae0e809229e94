"""Samples of a run's model."""

from __future__ import annotations

import dataclasses
import os
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from harmonium.arguments import check, checked
from harmonium.errors import ConfigError
from harmonium.recipes.catalogue import RECIPES
from harmonium.recipes.shared.from_config import recipe_of, without_dashes
from harmonium.recipes.shared.options import MusicSampling, Sampling
from harmonium.recipes.shared.recipe import Recipe, recipe_class
from harmonium.runs.opened import opened
from harmonium.runs.rereading import rereading

if TYPE_CHECKING:
    from harmonium.training import RunFolder

S = TypeVar("S", bound=Sampling | MusicSampling)


@checked
def sample(
    run: str | os.PathLike[str],
    options: Sampling | MusicSampling | None = None,
    *,
    data: Any = None,
    **how: Any,
) -> list[Path]:
    """Draw samples of a run's model.

    Parameters
    ----------
    run
        The run, its folder, or `pretrained/NAME`.
    options
        How, as one object: `Sampling` for pictures, `MusicSampling` for music; without it, its defaults.
    data
        The arrays that the run learned from, or where its data lie now; without it where they lay.
    **how
        Single options by name. Of pictures: `chains` side by side, `rows` of pictures, Gibbs `steps` between them,
        `start` ("test", "train" or "noise"), `tempering`, `animate`, `seed`, `out`. Of music: `seconds`, `prime` (a
        MIDI file that is continued), `gibbs_steps`, `wav`, `seed`, `out`.

    Returns
    -------
    The files that were written, none of them over another.

    Raises
    ------
    ConfigError
        Where the model generates nothing, or not as the options say, and for an unknown option.

    Examples
    --------
    >>> import tempfile, harmonium as hm
    >>> out = tempfile.mkdtemp() + "/dream.png"
    >>> files = hm.sample("pretrained/rbm", start="noise", chains=5, rows=2, steps=10, out=out)
    >>> [file.name for file in files]
    ['dream.png']
    """
    folder = opened(run)
    folder.given = folder.given if data is None else data
    recipe = recipe_of(folder)
    kind = sampling_of(recipe, folder.path)
    options = options or kind()
    if not isinstance(options, kind):
        raise ConfigError(f"{run} is a run of {recipe.name}, which is sampled by {kind.__name__}")
    options = _with(options, how)
    own = options.prime is None if isinstance(options, MusicSampling) else True
    with rereading(folder.path / "config.json", recipe.data if own and folder.given is None else None):
        return recipe.sample(folder, dataclasses.replace(options, out=next_free(wanted(folder, options))))


def _with(options: S, how: Mapping[str, Any]) -> S:
    """Return options some of which are others, as Python users give them."""
    known = [field.name for field in dataclasses.fields(options)]
    if unknown := sorted(how.keys() - set(known)):
        raise ConfigError(f"sample has no option {unknown[0]!r}; it has {', '.join(known)}")
    given: dict[str, Any] = {
        name: Path(value) if name in ("out", "prime") and isinstance(value, str) else value
        for name, value in how.items()
    }
    check("sample", typing.get_type_hints(type(options)), given)
    try:
        return dataclasses.replace(options, **given)
    except ConfigError as error:  # of what the command line calls --chains
        raise ConfigError(f"sample: {without_dashes(str(error))}") from None


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
