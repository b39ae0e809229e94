"""What a trained model of music says of pieces, and the pieces that it writes itself."""

import math
from pathlib import Path

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from harmonium import data, figures, metrics
from harmonium.data import Grid, Rolls
from harmonium.metrics import likelihoods
from harmonium.models import RNNRBM
from harmonium.models.next_step import NextStep, predict_next_steps
from harmonium.recipes.shared.options import Annealing, MusicSampling
from harmonium.recipes.shared.piano_roll_chunks import in_groups, in_time
from harmonium.training import Streams

GIBBS_STEPS = 25  # from silence to the notes of a step


def scores(model: RNNRBM, pieces: Rolls, how: Annealing, *, seed: int) -> dict[str, float]:
    """Return nats a step, log P(v(t) | past), and how accurately the notes of each step are predicted.

    Each score is averaged over all steps, and with `piece_` before its name over the means of the pieces. Predicted
    are the notes that are likelier than not, and for the expected accuracy a sample of the model. Where log Z is
    estimated there is a log-likelihood only if 99 of 100 steps converge (`metrics.likelihoods`), else the range from
    the low side to the high one.
    """
    states, notes, pieces_of = [], [], []
    for places, group in in_groups(pieces):
        v, true = in_time(group)
        keep = np.asarray(true, bool)
        states.append(np.asarray(_past(model, v))[keep])
        notes.append(np.asarray(v)[keep])
        pieces_of.append(np.broadcast_to(places, keep.shape)[keep])
    u, v, of = (
        jnp.asarray(np.concatenate(states)),
        jnp.asarray(np.concatenate(notes)),
        np.concatenate(pieces_of),
    )
    key = Streams(seed).annealing
    found = predict_next_steps(model, u, v, chains=how.chains, key=key)
    said: dict[str, float] = {"examples": len(v), "pieces": len(pieces)}
    said |= _likelihoods(found, of, how)
    for name, p in (
        ("frame_accuracy", (found.marginals > 0.5).astype(v.dtype)),
        ("expected_frame_accuracy", found.marginals),
    ):
        counts = metrics.expected_counts(p, v)
        each = [float(metrics.frame_accuracy(counts[of == piece])) for piece in range(len(pieces))]
        said |= {name: float(metrics.frame_accuracy(counts)), f"piece_{name}": float(np.mean(each))}
    return said


def _likelihoods(found: NextStep, of: np.ndarray, how: Annealing) -> dict[str, float]:
    """Return what may be said of the log-likelihood of the steps of pieces, `of` which each is."""
    high, low = (np.asarray(side, np.float64) for side in (found.log_probability, found.at_least))
    error = float(np.sqrt((np.asarray(found.standard_error, np.float64) ** 2).sum())) / len(high)
    if not error:
        return _averages("", high, of)
    worth = np.asarray(found.effective_sample_size)
    known = {
        "effective_sample_size": float(np.median(worth)),
        "worst_effective_sample_size": float(np.percentile(worth, 1)),
        "chains": how.chains,
    }
    enough = likelihoods.worth_enough(known["worst_effective_sample_size"], how.chains)
    if not (enough and likelihoods.agree(float(low.mean()), float(high.mean()), error)):
        return _averages("_from", low, of) | _averages("_to", high, of) | known
    bounds = {"at_least": float(low.mean()) - 3 * error, "at_most": float(high.mean()) + 3 * error}
    return _averages("", high, of) | bounds | known


def _averages(end: str, steps: np.ndarray, of: np.ndarray) -> dict[str, float]:
    sums, counts = np.bincount(of, steps), np.bincount(of)
    return {
        f"log_likelihood{end}": float(steps.mean()),
        f"piece_log_likelihood{end}": float((sums[counts > 0] / counts[counts > 0]).mean()),
    }


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
    roll: np.ndarray, grid: Grid, options: MusicSampling, out: Path, *, title: str = ""
) -> list[Path]:
    """Write a piano-roll as MIDI; beside it its picture, if that has a title, and how it sounds, if that is wanted."""
    data.write_midi(roll, grid, out)
    paths = [out]
    if title:
        picture = out.with_suffix(".png")
        paths.append(figures.piano_rolls({out.stem: roll}, grid.seconds, picture, title=title))
    if options.wav:
        paths.append(figures.write_wav(roll, grid.seconds, out.with_suffix(".wav")))
    return paths


_past = eqx.filter_jit(lambda model, v: model.previous_states(v))
_generated = eqx.filter_jit(
    lambda model, u, steps, gibbs_steps, key: model.generate(u, steps, gibbs_steps, key=key)
)
