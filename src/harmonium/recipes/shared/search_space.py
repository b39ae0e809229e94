"""What a search may draw a setting from, and how people write it."""

from __future__ import annotations

import dataclasses
import difflib
import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harmonium.errors import ConfigError

if TYPE_CHECKING:
    from harmonium.recipes.shared.recipe import Recipe


@dataclass(frozen=True)
class Uniform:
    """Any number between two, to be searched."""

    low: float
    high: float
    whole: bool = False  # whole numbers alone, both ends among them

    def at(self, u: float) -> float:
        """Return the number for u, uniform in [0, 1)."""
        if self.whole:
            return int(self.low + int((self.high - self.low + 1) * u))
        return self.low + (self.high - self.low) * u

    def __str__(self) -> str:
        return f"{self.low:g}..{self.high:g}"


@dataclass(frozen=True)
class LogUniform:
    """Any number between two positive ones, each factor as likely as any other, to be searched."""

    low: float
    high: float
    whole: bool = False  # whole numbers alone, both ends among them

    def at(self, u: float) -> float:
        """Return the number for u, uniform in [0, 1)."""
        value = float(self.low * (self.high / self.low) ** u)
        return round(value) if self.whole else value

    def __str__(self) -> str:
        return f"{self.low:g}..{self.high:g}:log"


@dataclass(frozen=True)
class Choice:
    """One of several values, to be searched."""

    values: tuple[Any, ...]

    def at(self, u: float) -> Any:
        """Return the value for u, uniform in [0, 1)."""
        return self.values[int(u * len(self.values))]

    def __str__(self) -> str:
        return ",".join("x".join(map(str, v)) if isinstance(v, tuple) else str(v) for v in self.values)


Space = Mapping[str, Uniform | LogUniform | Choice]


def changed_space(
    cls: type[Recipe], changes: Sequence[str], *, alone: bool = False, given: Collection[str] = ()
) -> dict[str, Uniform | LogUniform | Choice]:
    """Return the recipe's search space after `changes`, which replace or add settings; or with `alone` those only.

    Settings in `given` are fixed by the user and left out, unless a change names them.

    A change is written learning_rate=0.001..0.1, learning_rate=0.001..0.1:log, hidden=100,500 or hidden=500x500,1000;
    raises `ConfigError` for anything else.

    >>> from harmonium.recipes.mlp import MLPRecipe
    >>> changed_space(MLPRecipe, ["l2=0,0.01", "hidden=500x500,1000"])["hidden"]
    Choice(values=((500, 500), (1000,)))
    """
    space = {name: where for name, where in cls.search_space.items() if not alone and name not in given}
    for change in changes:
        name, _, values = change.partition("=")
        name = name.strip().replace("-", "_")
        kind = _kind(cls, name, change)
        if ".." in values and kind not in ("int", "float"):
            raise ConfigError(
                f"--space {change}: {name} is no single number; name its values, as in {name}=VALUE,VALUE"
            )
        try:
            space[name] = _where(values, kind)
        except ValueError:
            raise ConfigError(
                f"--space {change} must be as in learning_rate=0.001..0.1:log or hidden=100,500,1000"
            ) from None
    return space


def space_of(cls: type[Recipe], given: Mapping[str, Any]) -> dict[str, Uniform | LogUniform | Choice]:
    """Return where each setting is drawn from, as Python users give it by name.

    Each is a text that `changed_space` reads behind the equals sign, a list of values, or a `Uniform`, `LogUniform` or
    `Choice`; raises `ConfigError` for anything else.

    >>> from harmonium.recipes.mlp import MLPRecipe
    >>> space_of(MLPRecipe, {"l2": "0,0.01", "hidden": [100, (500, 500)]})
    {'l2': Choice(values=(0, 0.01)), 'hidden': Choice(values=((100,), (500, 500)))}
    """
    space: dict[str, Uniform | LogUniform | Choice] = {}
    for name, where in given.items():
        if isinstance(where, str):
            space |= changed_space(cls, [f"{name}={where}"], alone=True)
            continue
        kind = _kind(cls, name, f"{name}={where}")
        if not isinstance(where, list | tuple | Uniform | LogUniform | Choice) or where in ([], ()):
            raise ConfigError(
                f"--space {name} is {where!r}, but must be a text as '0.001..0.1:log', or a list of values"
            )
        if isinstance(where, list | tuple):  # where a setting holds several values, a number is one alone
            several = kind.startswith("tuple")
            where = Choice(
                tuple((one,) if several and not isinstance(one, list | tuple) else one for one in where)
            )
        space[name] = where
    return space


def _kind(cls: type[Recipe], name: str, change: str) -> str:
    """Return the type of a setting that is given, as it is written; `ConfigError` where the recipe has none such."""
    kinds = {field.name: str(field.type) for field in dataclasses.fields(cls)}
    if name not in kinds:
        near = difflib.get_close_matches(name, kinds, 1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise ConfigError(f"--space {change}: {cls.name} has no setting {name!r}; {hint}see its --help")
    return kinds[name].removesuffix(" | None")


def _where(values: str, kind: str) -> Uniform | LogUniform | Choice:
    """Return what is written as low..high, low..high:log or value,value; raises ValueError for anything else."""
    ends, _, log = values.partition(":")
    if ".." in ends:
        low, high = map(float, ends.split(".."))
        whole = kind == "int"
        if not (-math.inf < low < high < math.inf) or log not in ("", "log") or (log and low <= 0):
            raise ValueError
        if whole and (low != int(low) or high != int(high)):
            raise ValueError
        return LogUniform(low, high, whole) if log else Uniform(low, high, whole)
    return Choice(tuple(_value(value.strip(), kind) for value in values.split(",")))


def _value(written: str, kind: str) -> Any:
    if not written:
        raise ValueError
    if kind.startswith("tuple"):
        return tuple(json.loads(part) for part in written.split("x"))
    try:
        return json.loads(written)
    except ValueError:
        return written  # a name
