"""The objective and the scores of the up-down algorithm, which fine-tunes a deep belief network as a generator."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, PRNGKeyArray

from harmonium.data import Split
from harmonium.models import DBN
from harmonium.models.up_down import Passes, generation_cost, passes, recognition_cost, up_down_loss
from harmonium.recipes.shared.unsupervised import flat
from harmonium.training import Objective, mean_scores


def objective(steps: int) -> Objective:
    """Return the objective of up-down, with this many Gibbs steps of the top RBM; its two costs are the metrics."""

    def of_batch(model: DBN, batch: Array, carry: None, key: PRNGKeyArray) -> Any:
        states = passes(model, flat(batch), steps, key=key)
        watched = jax.tree.map(jnp.mean, costs(model, states))
        return up_down_loss(model, states), (jax.lax.stop_gradient(watched), carry)

    return of_batch


def scorer(split: Split, steps: int, noise: PRNGKeyArray) -> Callable[[DBN], dict[str, float]]:
    """Return a function from a network to both mean costs on a set, with the same noise each time."""
    keys = jax.vmap(lambda n: jax.random.fold_in(noise, n))(jnp.arange(len(split)))
    examples = (flat(jnp.asarray(split.x)), keys)

    def of_one(model: DBN, x: Array, key: PRNGKeyArray) -> dict[str, Array]:
        found = costs(model, passes(model, x[None], steps, key=key))
        return {name: cost[0] for name, cost in found.items()}

    def score(model: DBN, batch: tuple[Array, Array]) -> dict[str, Array]:
        return jax.vmap(of_one, in_axes=(None, 0, 0))(model, *batch)

    return lambda model: mean_scores(score, model, examples)


def costs(model: DBN, states: Passes) -> dict[str, Array]:
    """Return what the wake and the sleep phase lower, of each example."""
    return {
        "generation_cost": generation_cost(model, states),
        "recognition_cost": recognition_cost(model, states),
    }
