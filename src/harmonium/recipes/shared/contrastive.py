"""How the recipe of the RBM learns: by CD or PCD, along the plain or the centred gradient."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from harmonium import metrics
from harmonium.models import RBM
from harmonium.models.annealing_path import base_rate_bias
from harmonium.models.contrastive import (
    Offsets,
    centred_gradient,
    contrastive_loss,
    negative_particles,
    pseudo_log_likelihood,
    sparsity_penalty,
    tempered_particles,
)
from harmonium.recipes.shared.unsupervised import flat

if TYPE_CHECKING:
    from harmonium.data import Dataset
    from harmonium.recipes.rbm import RBMRecipe
    from harmonium.training import Objective


class Ladder(NamedTuple):
    """Chains at several temperatures, and the biases of the independent units that the hottest chains consist of."""

    visible: Float[Array, "temperatures chains visible"]
    base_bias: Float[Array, " visible"]


class Chains(NamedTuple):
    """What an RBM's updates hand on beside the weights: where the Markov chains stand, and what goes with them."""

    hidden: Float[Array, "chains hidden"] | None  # of the persistent chains, at one temperature
    ladder: Ladder | None  # the persistent chains, at several
    offsets: Offsets | None  # of the centred machine
    bit: Int[Array, ""]  # the visible unit whose pseudo-likelihood is estimated next


def first_chains(recipe: RBMRecipe, dataset: Dataset) -> Chains:
    """Return persistent chains that start at zero, as the book's, and offsets at the examples' mean."""
    count, visible = recipe.chains or recipe.batch_size, math.prod(dataset.shape)
    hidden = ladder = offsets = None
    if recipe.tempering:
        empty = RBM(jnp.zeros((visible, recipe.hidden)), jnp.zeros(visible), jnp.zeros(recipe.hidden))
        base = base_rate_bias(flat(jnp.asarray(dataset.train.x)), empty)
        ladder = Ladder(jnp.zeros((recipe.tempering, count, visible)), base)
    elif recipe.persistent:
        hidden = jnp.zeros((count, recipe.hidden))
    if recipe.centred:
        offsets = Offsets.init(flat(jnp.asarray(dataset.train.x)), recipe.hidden)
    return Chains(hidden, ladder, offsets, jnp.int32(0))


def contrastive_objective(recipe: RBMRecipe) -> Objective:
    """Return F(v) - F(v at the end of a Gibbs chain), by CD-k or PCD-k.

    The log pseudo-likelihood is watched, with CD the cross-entropy of reconstructions.
    """
    mean_field = recipe.hidden_states == "mean-field"

    def objective(model: RBM, batch: Array, carry: Chains, key: PRNGKeyArray) -> Any:
        binarizing, starting, chain = jax.random.split(key, 3)
        v, hidden, ladder = recipe.shown(batch, binarizing), carry.hidden, carry.ladder
        if ladder is not None:
            moved = tempered_particles(model, *ladder, recipe.gibbs_steps, key=chain)
            ladder, particles = ladder._replace(visible=moved), moved[-1]
        else:
            start = model.sample_hidden(v, key=starting) if hidden is None else hidden
            h, particles = negative_particles(
                model, start, recipe.gibbs_steps, mean_field=mean_field, key=chain
            )
            hidden = None if hidden is None else h
        loss = contrastive_loss(model, v, particles)
        penalty = recipe.l2 * jnp.square(model.weight).sum()
        if recipe.sparsity:
            penalty += recipe.sparsity * sparsity_penalty(model, v, recipe.sparsity_target)
        offsets = carry.offsets and carry.offsets.following(model, v)
        after = Chains(hidden, ladder, offsets, (carry.bit + 1) % v.shape[1])
        return loss + penalty, jax.lax.stop_gradient((watched(recipe, model, v, carry), after))

    return objective


def watched(recipe: RBMRecipe, model: RBM, v: Array, carry: Chains) -> dict[str, Array]:
    """Return the monitor of an update."""
    if recipe.visible == "gaussian":
        return {"squared_error": metrics.squared_error(model.reconstruct(v), v).mean()}
    if carry.hidden is None and carry.ladder is None:  # the book's monitor of CD
        logits = model.visible_field(model.hidden_mean(v))
        return {"reconstruction_cross_entropy": metrics.cross_entropy(logits, v).mean()}
    return {"pseudo_log_likelihood": pseudo_log_likelihood(model, v, carry.bit).mean()}


def along_the_centred_gradient(gradient: RBM, carry: Chains) -> RBM:
    """Return the centred gradient, at the offsets of this update."""
    assert carry.offsets is not None
    return centred_gradient(gradient, carry.offsets)
