"""Recipes by their names, from what a run's config.json says, and from what Python users give."""

from __future__ import annotations

import dataclasses
import difflib
import os
import re
import typing
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harmonium.arguments import kind, shown
from harmonium.errors import ConfigError
from harmonium.recipes.catalogue import RECIPES
from harmonium.recipes.shared.recipe import recipe_class

if TYPE_CHECKING:
    from harmonium.recipes.shared.recipe import Recipe
    from harmonium.training import RunFolder


def recipe_from(config: Mapping[str, Any], where: str) -> Recipe:
    """Make the recipe that a `config.json` describes; `where` names the file, or the call, in errors.

    Raises `ConfigError` for a missing or unknown field, or a value of the wrong type or without meaning.
    """
    name = config.get("recipe")
    if not isinstance(name, str):
        raise ConfigError(f"{where} names no recipe: its field 'recipe' must be one of {', '.join(RECIPES)}")
    cls = recipe_class(name)
    settings = _with_new_names(cls, {key: plain(value) for key, value in config.items() if key != "recipe"})
    settings = _with_several(cls, settings)
    known = {field.name for field in dataclasses.fields(cls)}
    if unknown := sorted(settings.keys() - known):
        near = difflib.get_close_matches(unknown[0], known, 1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ConfigError(
            f"{where} has the unknown field {unknown[0]!r}; {hint}{name} knows {', '.join(sorted(known))}"
        )
    try:
        return _made(cls, settings)
    except ConfigError as error:
        raise ConfigError(f"{where}: {without_dashes(str(error))}") from None


def with_settings(recipe: Recipe, changes: Mapping[str, Any]) -> Recipe:
    """Return a recipe some of whose settings are others.

    Raises `ConfigError`, which calls a setting by its option of the command line, as --hidden, for a value of the wrong
    type or without meaning.
    """
    settings = recipe.config() | {name: plain(value) for name, value in changes.items()}
    del settings["recipe"]
    return _made(type(recipe), _with_several(type(recipe), settings))


def without_dashes(text: str) -> str:
    """Return an error's text with the options of the command line called by their names in Python.

    >>> without_dashes("--batch-size 0 must be at least 1")
    'batch_size 0 must be at least 1'
    """
    return re.sub(r"(?<!\S)--([a-z][a-z0-9-]*)", lambda found: found[1].replace("-", "_"), text)


def _made(cls: type[Recipe], settings: Mapping[str, Any]) -> Recipe:
    """Return a recipe of settings that it knows; errors call them by the options of the command line."""
    import msgspec

    try:
        return msgspec.convert(settings, cls)
    except msgspec.ValidationError as error:
        raise ConfigError(_in_words(str(error), cls, settings)) from error


def plain(value: Any) -> Any:
    """Return a setting as JSON has it: arrays of NumPy and JAX become Python's numbers, runs and paths become texts."""
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    return tuple(map(plain, value)) if isinstance(value, list | tuple) else value


def _in_words(complaint: str, cls: type[Recipe], settings: Mapping[str, Any]) -> str:
    """Return what is wrong with a setting, by msgspec's complaint, which ends with its place, as in $.hidden[0]."""
    place = re.search(r"\$\.(\w+)", complaint)
    if place is None or place[1] not in settings:
        return complaint
    hint = typing.get_type_hints(cls)[place[1]]
    option = "--" + place[1].replace("_", "-")
    return f"{option} is {shown(settings[place[1]])}, but must be {kind(hint)}"


def _with_new_names(cls: type[Recipe], settings: dict[str, Any]) -> dict[str, Any]:
    """Return settings whose fields have their new names."""
    return {cls.renamed.get(name, name): value for name, value in settings.items()}


def _with_several(cls: type[Recipe], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings in which a number that stands where several may stand is one of them, as hidden=500 is (500,)."""
    several = {field.name for field in dataclasses.fields(cls) if str(field.type).startswith("tuple")}
    return {
        name: (value,) if name in several and isinstance(value, int | float) else value
        for name, value in settings.items()
    }


def recipe_of(folder: RunFolder) -> Recipe:
    """Return the recipe of a run, with its settings."""
    return recipe_from(folder.config(), str(folder.path / "config.json"))
