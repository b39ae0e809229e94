"""What a trained model of music says of pieces, and the pieces that it writes itself."""

import math
from pathlib import Path

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from harmonium import data, figures, metrics
from harmonium.data import Grid, Rolls
from harmonium.models import RNNRBM
from harmonium.models.next_step import predict_next_steps
from harmonium.recipes.shared.options import MusicSampling
from harmonium.recipes.shared.piano_roll_chunks import in_groups, in_time
from harmonium.training import Streams

GIBBS_STEPS = 25  # from silence to the notes of a step


def scores(
    model: RNNRBM, pieces: Rolls, *, chains: int, temperatures: int, both_sides: bool, seed: int
) -> dict[str, float]:
    """Return nats a step, log P(v(t) | past), and how accurately the notes of each step are predicted, over all steps.

    Predicted are the notes that are likelier than not, and for the expected accuracy a sample of the model.
    Where log Z is annealed, with `both_sides`, `at_least` and `at_most` enclose the log-likelihood on average: they are
    the estimates from both sides, each moved outwards by three standard errors.
    """
    states, notes = [], []
    for _, group in in_groups(pieces):
        v, true = in_time(group)
        keep = np.asarray(true, bool)
        states.append(np.asarray(_past(model, v))[keep])
        notes.append(np.asarray(v)[keep])
    u, v = jnp.asarray(np.concatenate(states)), jnp.asarray(np.concatenate(notes))
    found = predict_next_steps(
        model,
        u,
        v,
        chains=chains,
        temperatures=temperatures,
        both_sides=both_sides,
        key=Streams(seed).annealing,
    )

    def accuracy(p: Array) -> float:
        return float(metrics.frame_accuracy(metrics.expected_counts(p, v)))

    error = float(jnp.sqrt((found.standard_error**2).sum())) / len(v)
    said = {
        "examples": len(v),
        "log_likelihood": float(found.log_probability.mean()),
        "frame_accuracy": accuracy((found.marginals > 0.5).astype(v.dtype)),
        "expected_frame_accuracy": accuracy(found.marginals),
    }
    if error == 0 or found.at_least is None:
        return said
    bounds = {
        "at_least": float(found.at_least.mean()) - 3 * error,
        "at_most": said["log_likelihood"] + 3 * error,
    }
    return said | bounds


def composed(model: RNNRBM, grid: Grid, opening: np.ndarray | None, options: MusicSampling) -> np.ndarray:
    """Return a piano-roll that the model writes, after an opening (steps, 88) that it is given first."""
    steps = math.ceil(options.seconds / grid.seconds)
    u = model.start()
    if opening is not None:
        # One silent step behind it, since the state of a step is what is known before.
        u = _past(model, jnp.asarray(np.pad(opening, ((0, 1), (0, 0))), jnp.float32))[-1]
    key = Streams(options.seed).chains
    roll = np.asarray(_generated(model, u, steps, options.gibbs_steps or GIBBS_STEPS, key), np.uint8)
    return roll if opening is None else np.concatenate([opening, roll])


def written(
    roll: np.ndarray, grid: Grid, options: MusicSampling, out: Path, *, picture: bool = True
) -> list[Path]:
    """Write a piano-roll as MIDI, beside it its picture and how it sounds, unless they are not wanted."""
    data.write_midi(roll, grid, out)
    paths = [out]
    if picture:
        paths.append(figures.piano_rolls({out.stem: roll}, grid.seconds, out.with_suffix(".png")))
    if options.wav:
        paths.append(figures.write_wav(roll, grid.seconds, out.with_suffix(".wav")))
    return paths


_past = eqx.filter_jit(lambda model, v: model.previous_states(v))
_generated = eqx.filter_jit(
    lambda model, u, steps, gibbs_steps, key: model.generate(u, steps, gibbs_steps, key=key)
)
