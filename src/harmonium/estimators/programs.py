"""Programs that are compiled once and shared by fits, predictions and transformations."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import jax
import numpy as np
from jaxtyping import Array

from harmonium.training import gradient_update

if TYPE_CHECKING:
    from harmonium.training import Update

LEAST, BLOCK = 16, 1024  # rows that go through a model at once: LEAST, BLOCK, or a power of two between them


def shared_update(recipe: Any, examples: int) -> Update:
    """Return the update that a recipe makes: the same function for all settings that compile to the same program.

    So a grid search over learning rates, seeds and numbers of epochs compiles once.
    """
    falls = recipe.learning_rate_decay > 0 or recipe.anneal
    same: dict[str, Any] = {"seed": 0, "learning_rate": 1.0}
    if not falls:
        same["max_epochs"] = 1
    return _update(dataclasses.replace(recipe, **same), examples if falls else 0)


@functools.lru_cache(maxsize=128)
def _update(recipe: Any, examples: int) -> Update:
    how = {}
    if hasattr(recipe, "gradient_block"):
        how["block"] = recipe.gradient_block()
    if hasattr(recipe, "direction"):
        how["direction"] = recipe.direction()
    if hasattr(recipe, "projection"):
        how["project"] = recipe.projection()
    return gradient_update(recipe.objective(), recipe.make_optimizer(examples), **how)


def applied(function: Callable[[Any, Array], Array], model: Any, x: np.ndarray) -> np.ndarray:
    """Return `function(model, rows)` of many examples, in x's own precision.

    Each example comes out the same whatever stands beside it: float64 rows are computed in float64. Few shapes are
    compiled, since blocks of rows are filled up to powers of two.

    Parameters
    ----------
    function
        (model, (rows, *shape)) -> (rows, ...). It is the key under which its program is kept: no lambda.
    model
        The model, whose arrays are cast.
    x
        (examples, *shape), float32 or float64.
    """
    program = _compiled(function)
    found = []
    with jax.enable_x64(x.dtype == np.float64):
        for start in range(0, len(x), BLOCK):
            block = x[start : start + BLOCK]
            rows = min(BLOCK, max(LEAST, 1 << (len(block) - 1).bit_length()))
            filled = np.concatenate([block, np.zeros((rows - len(block), *x.shape[1:]), x.dtype)])
            found.append(np.asarray(program(model, filled))[: len(block)])
    return np.concatenate(found)


@functools.lru_cache(maxsize=64)
def _compiled(function: Callable[[Any, Array], Array]) -> Callable[[Any, Any], Array]:
    def run(model: Any, x: Array) -> Array:
        return function(jax.tree.map(lambda a: a.astype(x.dtype), model), x)

    return jax.jit(run)


@functools.partial(jax.jit, static_argnums=(0, 1, 2))
def first_model(recipe: Any, shape: tuple[int, ...], classes: tuple[str, ...], key: Array) -> Any:
    """Return the untrained classifier of a recipe, in one program."""
    from harmonium.estimators.base import as_dataset

    return recipe.model(as_dataset(np.zeros((1, *shape), np.float32), classes), key)
