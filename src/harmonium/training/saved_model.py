"""Models as safetensors files: raw arrays under a header that says how to put them together."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lazy_loader
import numpy as np
import safetensors
import safetensors.numpy
from jaxtyping import AbstractArray, jaxtyped

from harmonium.errors import CheckpointError, ConfigError, in_one_line
from harmonium.files import write_atomically

if TYPE_CHECKING:
    import equinox as eqx
    import jax
else:
    eqx, jax = lazy_loader.load("equinox"), lazy_loader.load("jax")

FORMAT = "harmonium-1"


def save_model(path: str | os.PathLike[str], model: eqx.Module) -> None:
    """Write a model whose fields are arrays, models, tuples of these, or plain JSON values, as safetensors to `path`.

    The header holds the class and construction arguments, with each array's name in the array's place, and a
    checksum of all of it. Raises `ConfigError` where `path` is no path, and `model` no model.
    """
    if not isinstance(path, str | os.PathLike) or not isinstance(model, eqx.Module):
        given = f"a {type(path).__name__} and a {type(model).__name__}"
        raise ConfigError(f"save_model: takes a path and a model, in this order, and was given {given}")
    arrays: dict[str, np.ndarray] = {}
    structure = json.dumps(_describe(model, "", arrays), sort_keys=True)
    # One entry, since safetensors keeps several in no fixed order: equal models are equal files.
    header = {FORMAT: json.dumps({"model": structure, "sha256": _checksum(structure, arrays)})}
    write_atomically(Path(path), safetensors.numpy.save(arrays, metadata=header))


def load_model(path: str | os.PathLike[str], classes: Mapping[str, type[eqx.Module]]) -> Any:
    """Read a model from the file `path`, made of `classes` (by name) and nothing else; no code from the file runs.

    Raises `CheckpointError` where the file is missing, cut short, altered, names an unknown class, or holds arrays and
    settings that the classes do not take: of other shapes or types than their fields say, or that do not fit together.
    """
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            header = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, safetensors.SafetensorError, TypeError, ValueError, KeyError, AttributeError) as error:
        raise CheckpointError(
            f"cannot read the model {path}: {in_one_line(error)}; continue its run, or train it anew"
        ) from error
    if FORMAT not in header:
        raise CheckpointError(f"{path} was not written by harmonium: its header has no entry {FORMAT!r}")
    try:
        entry = json.loads(header[FORMAT])
        structure, intact = entry["model"], entry["sha256"] == _checksum(entry["model"], arrays)
        model = _build(json.loads(structure), arrays, classes) if intact else None
        if intact and not isinstance(model, eqx.Module):
            raise TypeError(f"it is {type(model).__name__}")
    except (AttributeError, LookupError, TypeError, ValueError, RecursionError, ConfigError) as error:
        raise CheckpointError(
            f"the header of {path} describes no model this version knows: {in_one_line(error)}"
        ) from error
    if not intact:
        raise CheckpointError(
            f"the model {path} was altered after it was saved; restore it, or train it anew"
        )
    return model


def save_array(path: Path, array: Any) -> None:
    """Write a single array."""
    save_arrays(path, {"array": array})


def load_array(path: Path) -> np.ndarray:
    """Read what `save_array` wrote. Raises `CheckpointError` where it is no such file, or is damaged."""
    found = load_arrays(path)
    if "array" not in found:
        raise CheckpointError(f"cannot read {path}: it holds no array of that name; delete it")
    return found["array"]


def save_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """Write arrays by name."""
    write_atomically(
        path, safetensors.numpy.save({name: np.ascontiguousarray(one) for name, one in arrays.items()})
    )


def load_arrays(path: Path) -> dict[str, np.ndarray]:
    """Read what `save_arrays` wrote. Raises `CheckpointError` where it is no such file, or is damaged."""
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, safetensors.SafetensorError, TypeError, ValueError, KeyError, AttributeError) as error:
        raise CheckpointError(f"cannot read {path}: {in_one_line(error)}; delete it") from error


def _describe(value: Any, name: str, arrays: dict[str, np.ndarray]) -> Any:
    """Turn a model into JSON values, moving its arrays into `arrays` under dotted names."""
    if isinstance(value, eqx.Module):
        fields = {
            f.name: _describe(getattr(value, f.name), f"{name}.{f.name}".lstrip("."), arrays)
            for f in dataclasses.fields(value)
        }
        return {"class": type(value).__name__, "arguments": fields}
    if isinstance(value, (tuple, list)):
        return [_describe(item, f"{name}.{i}", arrays) for i, item in enumerate(value)]
    if eqx.is_array_like(value) and not isinstance(value, (bool, int, float)):
        arrays[name] = np.ascontiguousarray(value)
        return {"array": name}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"a model's field {name} cannot be saved: {type(value).__name__}")


def _build(described: Any, arrays: Mapping[str, np.ndarray], classes: Mapping[str, type[eqx.Module]]) -> Any:
    if isinstance(described, list):
        return tuple(_build(item, arrays, classes) for item in described)
    if not isinstance(described, dict):
        return described
    if "array" in described:
        array = arrays[described["array"]]
        half = array.dtype == np.float16  # which is for files
        return jax.device_put(array.astype(np.float32) if half else array)
    arguments = {k: _build(v, arrays, classes) for k, v in described["arguments"].items()}
    model = classes[described["class"]](**arguments)
    _check(model)
    return model


def _check(model: eqx.Module) -> None:
    """Raise `TypeError` unless a model's fields are as its class says, each name of a dimension being one number."""
    hints = typing.get_type_hints(type(model))
    with jaxtyped("context"):
        for field in dataclasses.fields(model):
            value = getattr(model, field.name)
            if not _is(value, hints[field.name]):
                found = f"{value.dtype}{list(value.shape)}" if eqx.is_array(value) else type(value).__name__
                raise TypeError(f"the field {field.name} of {type(model).__name__} cannot be {found}")


def _is(value: Any, hint: Any) -> bool:
    """Whether a value is as a field's annotation says. Arrays hold something; several machines are not saved as one."""
    kind, of = typing.get_origin(hint), typing.get_args(hint)
    if kind in (typing.Union, types.UnionType):
        return any(_is(value, one) for one in of)
    if kind is typing.Literal:
        return value in of
    if kind is tuple:
        each = of[:1] * len(value) if of[1:] == (...,) and isinstance(value, tuple) else of
        return (
            isinstance(value, tuple)
            and len(value) == len(each)
            and all(_is(v, h) for v, h in zip(value, each, strict=True))
        )
    if isinstance(hint, type) and issubclass(hint, AbstractArray):
        one = " ".join(name for name in hint.dim_str.split() if not name.startswith("*"))
        return eqx.is_array(value) and value.size > 0 and isinstance(value, hint.dtype[hint.array_type, one])
    return isinstance(value, hint) and not (hint is int and (isinstance(value, bool) or value < 1))


def _checksum(structure: str, arrays: Mapping[str, np.ndarray]) -> str:
    digest = hashlib.sha256(structure.encode())
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
