"""The settings of a recipe, with their values and what each means, as Python users look them up."""

from __future__ import annotations

import html
import textwrap
import typing
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from harmonium.arguments import checked, kind
from harmonium.recipes.catalogue import RECIPES
from harmonium.recipes.shared.described import field_docstrings
from harmonium.recipes.shared.from_config import without_dashes
from harmonium.recipes.shared.recipe import Recipe
from harmonium.runs.train import configured

WIDE = 100  # characters of a line


class Settings(Mapping[str, Any]):
    """The settings of a recipe by name. They print with what each means; a notebook shows them as a table."""

    def __init__(self, recipe: Recipe):
        self._recipe = recipe
        self._values = {name: value for name, value in recipe.config().items() if name != "recipe"}

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def meaning(self, name: str) -> str:
        """What a setting does, and its choices where it has them."""
        said = without_dashes(field_docstrings(type(self._recipe)).get(name, ""))
        hint = typing.get_type_hints(type(self._recipe))[name]
        options = [one for one in (hint, *typing.get_args(hint)) if typing.get_origin(one) is Literal]
        return " ".join([said, *(f"{kind(one).capitalize()}." for one in options[:1])]).strip()

    def _title(self) -> str:
        name = self._recipe.name
        others = ", ".join(self._recipe.configurations)
        return f"{name}: {RECIPES[name][2]}" + (f"; configurations: {others}" if others else "")

    def __repr__(self) -> str:
        lines = [self._title()]
        for name, value in self.items():
            meaning = textwrap.wrap(self.meaning(name), WIDE, initial_indent="    ", subsequent_indent="    ")
            lines += [f"{name} = {value!r}", *meaning]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        def row(kind: str, *cells: str) -> str:
            inside = "".join(
                f'<{kind} style="text-align:left">{html.escape(cell)}</{kind}>' for cell in cells
            )
            return f"<tr>{inside}</tr>"

        rows = "".join(row("td", name, repr(value), self.meaning(name)) for name, value in self.items())
        head = row("th", "setting", "value", "meaning")
        return f"<p>{html.escape(self._title())}</p><table>{head}{rows}</table>"


@checked
def settings(name: str, configuration: str | None = None) -> Settings:
    """Look up the settings of a recipe, their values, and what each means.

    Parameters
    ----------
    name
        The recipe, as of `train`.
    configuration
        One of the recipe's other sets of settings, by name, in place of the book's.

    Returns
    -------
    The settings by name, which `train` takes as they are. Printed they say what each means.

    Raises
    ------
    ConfigError
        For an unknown recipe or configuration.

    Examples
    --------
    >>> import harmonium as hm
    >>> hm.settings("rbm")["gibbs_steps"], hm.settings("rbm", "likelihood")["gibbs_steps"]
    (15, 1)
    >>> print(hm.settings("rbm").meaning("gibbs_steps"))
    Gibbs steps an update, k.
    """
    return Settings(configured("settings", name, configuration, {}))
