"""Scores of a run's model on held-out data."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harmonium.arguments import check, checked, hints_of
from harmonium.errors import ConfigError
from harmonium.pretrained import is_ready_made
from harmonium.recipes.catalogue import RECIPES
from harmonium.recipes.shared.from_config import recipe_of
from harmonium.recipes.shared.options import Annealing
from harmonium.recipes.shared.recipe import Recipe, recipe_class
from harmonium.runs.card import write_card
from harmonium.runs.opened import opened
from harmonium.runs.rereading import rereading

if TYPE_CHECKING:
    from harmonium.training import RunFolder


@checked
def evaluate(
    run: str | os.PathLike[str],
    data: Any = None,
    *,
    log_likelihood: bool = False,
    **annealing: Any,
) -> dict[str, dict[str, Any]]:
    """Score a run's model on every held-out example.

    Parameters
    ----------
    run
        The run, its folder, or `pretrained/NAME`.
    data
        A data set to score on, the user's own files, or arrays, in place of what the run was trained on. All of it is
        scored, as `test`, unless it says itself what is to be, as folders `train` and `test` do; a test set alone is
        enough. What was understood of it is told, and how much of it the run has trained on.
    log_likelihood
        Estimate the log-probability of held-out examples, in nats. What is found for the run's own data is kept in its
        log-likelihood.json.
    **annealing
        How log Z is estimated, where it is not as the recipe does: `chains`, each an independent estimate;
        `temperatures` that each passes through; or `seconds` for as many as the time allows, placed where they are
        needed; or `tempered` (True), and `sweeps`, for chains at all temperatures that exchange their states.

    Returns
    -------
    Metrics by set. Where an estimate does not converge it is not among them; `log_likelihood_from` and `_to` are, the
    range from one side to the other. Raises `ConfigError` where the model defines no likelihood, `DataError` where the
    data do not fit.

    Examples
    --------
    >>> import tempfile, harmonium as hm
    >>> small = dict(data="digits", hidden=8, max_epochs=2, batch_size=50, report=hm.training.Silent())
    >>> run = hm.train("rbm", out=tempfile.mkdtemp() + "/run", **small)
    >>> sorted(evaluate(run)), -64 < evaluate(run, log_likelihood=True)["test"]["log_likelihood"] < 0  # exact: 8 units
    (['test', 'valid'], True)
    """
    known = hints_of(Annealing)
    if unknown := sorted(annealing.keys() - known.keys()):
        raise ConfigError(f"evaluate has no option {unknown[0]!r}; it has {', '.join(known)}")
    check("evaluate", known, {name: value for name, value in annealing.items() if value is not None})
    scores = scored(opened(run), data, log_likelihood, **annealing)
    keep(run, data, log_likelihood, scores)
    return scores


def keep(run: str | os.PathLike[str], data: Any, log_likelihood: bool, scores: Mapping[str, Any]) -> None:
    """Keep likelihoods of a run's own data in its folder and on its card; a ready-made one keeps none."""
    folder = opened(run)
    if log_likelihood and data is None and not is_ready_made(folder.path):
        folder.write_log_likelihood(scores)
        write_card(folder, recipe_of(folder))


def scored(folder: RunFolder, data: Any, log_likelihood: bool, **annealing: Any) -> dict[str, dict[str, Any]]:
    """Return what `evaluate` does, and write nothing."""
    recipe = recipe_of(folder)
    own = recipe.data if data is None and folder.given is None else None
    with rereading(folder.path / "config.json", own):
        if not log_likelihood:
            return recipe.evaluate(folder, data)
        return recipe.log_likelihood(folder, data, _annealing(folder, recipe, annealing))


def _annealing(folder: RunFolder, recipe: Recipe, given: Mapping[str, Any]) -> Annealing:
    """Return how log Z is estimated: as the recipe does, but for what is given."""
    usual = recipe.annealing
    if usual is None:
        raise ConfigError(
            f"{folder.path} is a run of {recipe.name}, which defines no likelihood; {', '.join(with_likelihood())} do"
        )
    if given.get("tempered"):
        usual = dataclasses.replace(usual, chains=min(usual.chains, 50), temperatures=50)
    return dataclasses.replace(usual, **{name: value for name, value in given.items() if value is not None})


def with_likelihood() -> list[str]:
    """Return the names of the recipes whose models define a likelihood."""
    return [name for name in RECIPES if recipe_class(name).annealing is not None]


def layers_that_lose(layers: Sequence[Mapping[str, float]]) -> list[str]:
    """Return a sentence for each layer of a stack, as its likelihood tells of them, that adds nothing to it."""
    from harmonium.models.ledger import losses

    return losses(layers)
