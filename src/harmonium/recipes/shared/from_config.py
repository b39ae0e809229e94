"""Recipes by their names, and from what a run's config.json says."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harmonium.errors import ConfigError
from harmonium.recipes.catalogue import RECIPES
from harmonium.recipes.shared.recipe import recipe_class

if TYPE_CHECKING:
    from harmonium.recipes.shared.recipe import Recipe
    from harmonium.training import RunFolder


def recipe_from(config: Mapping[str, Any], where: str) -> Recipe:
    """Make the recipe that a `config.json` describes; `where` names the file in errors.

    Raises `ConfigError` for a missing or unknown field, or a value of the wrong type.
    """
    import msgspec

    settings = dict(config)
    name = settings.pop("recipe", None)
    if not isinstance(name, str):
        raise ConfigError(f"{where} names no recipe: its field 'recipe' must be one of {', '.join(RECIPES)}")
    cls = recipe_class(name)
    settings = _with_new_names(cls, settings)
    known = {field.name for field in dataclasses.fields(cls)}
    if unknown := sorted(settings.keys() - known):
        near = difflib.get_close_matches(unknown[0], known, 1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ConfigError(
            f"{where} has the unknown field {unknown[0]!r}; {hint}{name} knows {', '.join(sorted(known))}"
        )
    try:
        return msgspec.convert(settings, cls)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{where}: {error}") from error


def _with_new_names(cls: type[Recipe], settings: dict[str, Any]) -> dict[str, Any]:
    """Return settings whose fields have their new names; what is now several values may have been one."""
    several = {field.name for field in dataclasses.fields(cls) if str(field.type).startswith("tuple")}
    for old in cls.renamed.keys() & settings.keys():
        new, value = cls.renamed[old], settings.pop(old)
        settings[new] = [value] if new in several and not isinstance(value, list | tuple) else value
    return settings


def recipe_of(folder: RunFolder) -> Recipe:
    """Return the recipe of a run, with its settings."""
    return recipe_from(folder.config(), str(folder.path / "config.json"))
