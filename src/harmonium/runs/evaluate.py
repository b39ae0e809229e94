"""Scores of a run's model on held-out data."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harmonium.arguments import checked
from harmonium.errors import ConfigError
from harmonium.recipes.catalogue import RECIPES
from harmonium.recipes.shared.from_config import recipe_of
from harmonium.recipes.shared.recipe import recipe_class
from harmonium.runs.rereading import rereading

if TYPE_CHECKING:
    from harmonium.training import RunFolder

TRUSTED = 0.1  # the share of the chains that an estimate must be worth


@checked
def evaluate(
    run: str | os.PathLike[str],
    data: Any = None,
    *,
    log_likelihood: bool = False,
    chains: int | None = None,
    temperatures: int | None = None,
) -> dict[str, dict[str, Any]]:
    """Score a run's model on every held-out example.

    Parameters
    ----------
    run
        The run, or its folder.
    data
        A data set to score on, the user's own files, or arrays, in place of what the run was trained on.
    log_likelihood
        Estimate the log-probability of held-out examples, in nats. What is found for the run's own data is kept in its
        log-likelihood.json.
    chains, temperatures
        Of annealed importance sampling; without them the recipe's own.

    Returns
    -------
    Metrics by set. Raises `ConfigError` where the model defines no likelihood, `DataError` where the data do not fit.
    """
    from harmonium.training import RunFolder

    scores = scored(RunFolder.open(run), data, log_likelihood, chains, temperatures)
    keep(run, data, log_likelihood, scores)
    return scores


def keep(run: str | os.PathLike[str], data: Any, log_likelihood: bool, scores: Mapping[str, Any]) -> None:
    """Keep estimates of the likelihood of a run's own data in its folder."""
    from harmonium.training import RunFolder

    if log_likelihood and data is None:
        RunFolder.open(run).write_log_likelihood(scores)


def scored(
    folder: RunFolder,
    data: Any,
    log_likelihood: bool,
    chains: int | None = None,
    temperatures: int | None = None,
) -> dict[str, dict[str, Any]]:
    """Return what `evaluate` does, and write nothing."""
    recipe = recipe_of(folder)
    if not log_likelihood:
        with rereading(folder.path / "config.json", recipe.data if data is None else None):
            return recipe.evaluate(folder, data)
    usual = recipe.annealing
    if usual is None:
        raise ConfigError(
            f"{folder.path} is a run of {recipe.name}, which defines no likelihood; {', '.join(with_likelihood())} do"
        )
    chains = usual.chains if chains is None else chains
    temperatures = usual.temperatures if temperatures is None else temperatures
    if chains < 2 or temperatures < 2:
        raise ConfigError("--chains and --temperatures must be at least 2")
    with rereading(folder.path / "config.json", recipe.data if data is None else None):
        scores = recipe.log_likelihood(folder, data, chains=chains, temperatures=temperatures)
    for of in scores.values():
        if "effective_sample_size" in of:
            of |= {"chains": chains, "temperatures": temperatures}
    return scores


def with_likelihood() -> list[str]:
    """Return the names of the recipes whose models define a likelihood."""
    return [name for name in RECIPES if recipe_class(name).annealing is not None]


def doubt(scores: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Return what is to be said of estimates that are worth too few of their chains; None where they can be trusted."""
    weak = [
        of for of in scores.values() if of.get("effective_sample_size", 1) < TRUSTED * of.get("chains", 1)
    ]
    if not weak:
        return None
    return (
        f"the {weak[0]['chains']} chains are worth only {weak[0]['effective_sample_size']:.1f} independent ones: trust "
        f"neither the estimate nor its error; give more --temperatures"
    )
