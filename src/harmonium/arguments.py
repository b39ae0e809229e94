"""What a function's annotations ask for, asked of the caller: an argument of another type is refused by its name."""

import collections.abc
import functools
import inspect
import numbers
import os
import types
import typing
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, ParamSpec, TypeVar

from harmonium.errors import ConfigError

P = ParamSpec("P")
T = TypeVar("T")

MOST = 60  # characters of a value that an error repeats
PATHS = (Path, os.PathLike)
SIMPLE: Mapping[Any, type] = {
    int: numbers.Integral,
    float: numbers.Real,
    bool: bool,
    str: str,
    types.NoneType: types.NoneType,
}
WORDS: Mapping[Any, tuple[str, str]] = {  # one of them, and several
    int: ("a whole number", "whole numbers"),
    float: ("a number", "numbers"),
    bool: ("True or False", "True or False"),
    str: ("a text", "texts"),
    types.NoneType: ("None", "None"),
}


def checked(function: Callable[P, T]) -> Callable[P, T]:
    """Have a function refuse arguments of other types than its annotations say, before it does anything.

    Numbers, texts, paths, choices, several of these, and classes are looked at; what is annotated otherwise, and the
    values of `**options`, are not. NumPy's numbers are numbers. The function raises `ConfigError`.

    Examples
    --------
    >>> @checked
    ... def repeat(word: str, times: int) -> str:
    ...     return times * word
    >>> repeat("ha", "two")
    Traceback (most recent call last):
    harmonium.errors.ConfigError: repeat: times is 'two', but must be a whole number
    """
    signature, where = inspect.signature(function), function.__qualname__.rpartition("<locals>.")[2]

    @functools.wraps(function)
    def wrapper(*arguments: P.args, **named: P.kwargs) -> T:
        try:
            bound = signature.bind(*arguments, **named)
        except TypeError as error:
            raise TypeError(f"{where}: {error}") from None
        check(where, hints_of(function), bound.arguments)
        return function(*arguments, **named)

    return wrapper


def renamed(old: str, given: T | None, new: str, value: T) -> T:
    """Return what a `checked` function was given under an argument's old name, with a warning, or else `value`."""
    if given is None:
        return value
    said = f"{old} is now called {new}; the next release will not know it"
    warnings.warn(said, DeprecationWarning, stacklevel=4)  # where the function was called
    return given


@functools.cache
def hints_of(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the types of a function's parameters; those that cannot be told are left out."""
    found = {}
    for name, parameter in inspect.signature(function).parameters.items():
        hint = parameter.annotation
        several = parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        if isinstance(hint, str):
            try:
                hint = eval(hint, getattr(function, "__globals__", {}))
            except Exception:  # imported for type checkers alone
                continue
        if hint is not parameter.empty and not several:
            found[name] = hint
    return found


def check(where: str, hints: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Raise `ConfigError`, beginning with `where`, for the first value that is not what its hint says."""
    for name, value in values.items():
        if name in hints and not fits(value, hints[name]):
            raise ConfigError(f"{where}: {name} is {shown(value)}, but must be {kind(hints[name])}")


def fits(value: Any, hint: Any) -> bool:
    """Whether a value is what a hint says, as far as it is looked at."""
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if hint in SIMPLE:
        return isinstance(value, SIMPLE[hint]) and (hint is bool or not isinstance(value, bool))
    if _of_key(hint):
        return hasattr(value, "dtype") and hasattr(value, "shape")
    if origin in (typing.Union, types.UnionType):
        return any(fits(value, one) for one in inside)
    if origin is Literal:
        return value in inside
    if origin in (tuple, list, collections.abc.Sequence):
        return isinstance(value, list | tuple) and all(fits(one, inside[0]) for one in value)
    if origin is collections.abc.Mapping:
        return isinstance(value, Mapping)
    if origin is collections.abc.Callable:
        return callable(value)
    if (origin or hint) in PATHS:
        return isinstance(value, os.PathLike)
    unknown = getattr(hint, "_is_protocol", False) and not getattr(hint, "_is_runtime_protocol", False)
    if hint is Any or not inspect.isclass(hint) or unknown or hint.__module__.startswith("jaxtyping"):
        return True
    return isinstance(value, hint)


def kind(hint: Any, many: bool = False) -> str:
    """Return in words what a hint asks for, or several of it.

    Examples
    --------
    >>> kind(tuple[int, ...] | None), kind(str | Path)
    ('a list or tuple of whole numbers, or None', 'a path')
    """
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if hint in WORDS:
        return WORDS[hint][many]
    if _of_key(hint):
        return "a random key, as harmonium.training.random_key(0) makes"
    if origin in (typing.Union, types.UnionType):
        path = any((typing.get_origin(one) or one) in PATHS for one in inside)
        return ", or ".join(dict.fromkeys(kind(one, many) for one in inside if one is not str or not path))
    if origin is Literal:
        return "one of " + ", ".join(map(repr, inside))
    if origin in (tuple, list, collections.abc.Sequence):
        count = f"{len(inside)} " if origin is tuple and inside[-1] is not ... else ""
        return f"a list or tuple of {count}{kind(inside[0], many=True)}"
    if origin is collections.abc.Callable:
        return "functions" if many else "a function"
    if (origin or hint) in PATHS:
        return "paths" if many else "a path"
    name = getattr(origin or hint, "__name__", hint)
    return f"{name} objects" if many else f"of type {name}"


def _of_key(hint: Any) -> bool:
    """Whether a hint is jaxtyping's `PRNGKeyArray`, which is known by its parts, since JAX is not imported here."""
    return any(getattr(one, "__name__", "").startswith("Key[") for one in typing.get_args(hint))


def shown(value: Any) -> str:
    """Return a value as an error repeats it."""
    words = " ".join(repr(value)[: 10 * MOST].split())
    return words if len(words) <= MOST else words[: MOST - 1] + "…"
