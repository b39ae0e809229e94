"""Samples of a generative model: chains of an RBM, at the pixels or on top of a stack, as pictures."""

from collections.abc import Callable
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from harmonium import figures
from harmonium.models import RBM
from harmonium.models.partition import AnnealingPath, base_rate_bias
from harmonium.recipes.options import Sampling
from harmonium.sampling import tempered_transition, trace_chain
from harmonium.training import random_key

FRAMES = 100  # of an animation, one Gibbs step each


def draw_samples(
    rbm: RBM,
    start: Float[Array, "examples visible"],
    picture: Callable[[Float[Array, "rows chains visible"]], np.ndarray],
    options: Sampling,
    out: Path,
) -> list[Path]:
    """Run chains of `rbm` from the first of `start`, and draw what `picture` makes of their states."""
    starting, walking = jax.random.split(random_key(options.seed))
    v = start[: options.chains]
    if options.start == "noise":
        v = jax.random.bernoulli(starting, shape=(options.chains, start.shape[1])).astype(start.dtype)

    def gibbs(v: Array, key: PRNGKeyArray) -> Array:
        return rbm.gibbs_vhv(v, key=key)

    @jax.jit
    def rows(v: Array) -> Array:
        if options.tempering < 2:
            return trace_chain(gibbs, v, options.rows, options.steps, key=walking)
        path = AnnealingPath(rbm, base_rate_bias(start, rbm))
        step = tempered_transition(path.log_density, path.transition, jnp.linspace(0, 1, options.tempering))
        ladder = jnp.broadcast_to(v, (options.tempering, *v.shape))
        return trace_chain(step, ladder, options.rows, options.steps, key=walking)[:, -1]

    drawn = [figures.samples(picture(rows(v)), out)]
    if options.animate:
        frames = jax.jit(lambda v: trace_chain(gibbs, v, FRAMES, 1, key=walking))(v)
        drawn.append(figures.animation(picture(frames), out.with_suffix(".gif")))
    return drawn
