"""Samples of a generative model: chains of an RBM, at the pixels or on top of a stack, as pictures."""

from collections.abc import Callable, Sequence
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from harmonium import figures
from harmonium.errors import ConfigError
from harmonium.models import RBM, GaussianRBM
from harmonium.models.annealing_path import AnnealingPath, base_rate_bias
from harmonium.recipes.shared.new_examples import shape_seen
from harmonium.recipes.shared.options import Sampling
from harmonium.sampling import tempered_transition, trace_chain
from harmonium.training import RunFolder, Streams

FRAMES = 100  # of an animation, one Gibbs step each


def draw_samples(
    rbm: RBM,
    start: Float[Array, "examples visible"],
    picture: Callable[[Float[Array, "rows chains visible"]], np.ndarray],
    options: Sampling,
    out: Path,
    title: str = "samples",
) -> list[Path]:
    """Run chains of `rbm` from the first of `start`, and draw their states as `picture` turns them into images."""
    streams = Streams(options.seed)
    walking = streams.chains
    v = start[: options.chains]
    if options.start == "noise":
        draw = jax.random.normal if isinstance(rbm, GaussianRBM) else jax.random.bernoulli
        v = draw(streams.start, shape=(options.chains, start.shape[1])).astype(start.dtype)

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

    drawn = [figures.samples(picture(rows(v)), out, title=title, steps=options.steps)]
    if options.animate:
        frames = jax.jit(lambda v: trace_chain(gibbs, v, FRAMES, 1, key=walking))(v)
        drawn.append(figures.animation(picture(frames), out.with_suffix(".gif")))
    return drawn


def beginning(
    folder: RunFolder,
    options: Sampling,
    units: int,
    examples: Callable[[str], Float[Array, "examples visible"]],
) -> Float[Array, "examples visible"]:
    """Return what chains begin at: what `examples` makes of the set that is named, or zeros where none is needed.

    Raises `ConfigError` where the model makes no pictures, or there are too few examples.
    """
    start = jnp.zeros((options.chains, units))
    if options.needs_examples:
        start = examples("train" if options.start == "train" else "test")
    require_pictures(folder, shape_seen(folder), len(start), options)
    return start


def require_pictures(folder: RunFolder, shape: Sequence[int], examples: int, options: Sampling) -> None:
    """Raise `ConfigError` where the model makes no pictures, or chains have no example to start from."""
    if len(shape) < 2:
        raise ConfigError(f"{folder.path} learned from rows of numbers, which make no picture")
    if options.start != "noise" and options.chains > examples:
        raise ConfigError(
            f"--chains {options.chains} is more than the {examples} {options.start} examples; take fewer"
        )
