"""The negative particles of an RBM while it learns, and pictures of them (section 9.5)."""

from collections.abc import Callable
from pathlib import Path

import jax
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from harmonium import figures
from harmonium.models import RBM
from harmonium.models.contrastive import negative_particles
from harmonium.recipes.shared.new_examples import preparation_of, shape_of
from harmonium.training import RunFolder, TrainingState
from harmonium.training.saved_model import load_array

NAME = "particles"
SHOWN = 20  # of them


def shown_particles(
    v: Float[Array, "examples visible"], steps: int, key: PRNGKeyArray
) -> Callable[[TrainingState], dict[str, Array]]:
    """Return a function from a training's state to the means of its first particles, given their hidden units.

    Persistent chains are taken where they stand, those of several temperatures at the last of them; those of
    contrastive divergence begin at the examples `v`, and go for `steps` Gibbs steps.
    """

    @jax.jit
    def means(model: RBM, h: Array | None) -> Array:
        if h is None:
            starting, chain = jax.random.split(key)
            h, _ = negative_particles(model, model.sample_hidden(v, key=starting), steps, key=chain)
        return model.visible_mean(model.visible_field(h[:SHOWN]))

    def shown(state: TrainingState) -> dict[str, Array]:
        model, ladder = state.model, state.carry.ladder
        h = state.carry.hidden if ladder is None else model.hidden_mean(ladder.visible[-1])
        return {NAME: means(model, h)}

    return shown


def draw_particles(folder: RunFolder, title: str) -> list[Path]:
    """Draw the particles of all snapshots, one row each; nothing where there are none."""
    shape, kept = shape_of(folder), folder.beside_snapshots(NAME)
    rows = [load_array(path) for path in kept.values()]
    rows = [row for row in rows if row.ndim == 2 and row.shape[1] == np.prod(shape)]
    if not rows:
        return []
    count = min(map(len, rows))
    images = preparation_of(folder).restored(np.stack([row[:count] for row in rows]), shape)
    epochs = list(kept)
    apart = epochs[1] - epochs[0] if len(epochs) > 1 else None
    path = folder.figures / "particles.png"
    heading = f"{title}: negative particles from epoch {epochs[0]} to {epochs[-1]}"
    return [figures.samples(images, path, title=heading, steps=apart, step="epoch")]
