"""Learning from sequences of binary vectors: cut into chunks, padded, and averaged over their steps."""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, PRNGKeyArray

from harmonium.data import Music, Rolls
from harmonium.training import (
    Evaluation,
    Fitted,
    Objective,
    Reporter,
    RunFolder,
    Stopping,
    TrainingState,
    bucket_lengths,
    fit,
    gradient_update,
    grouped,
    mean_scores_of_groups,
)

BUCKETS = 6  # lengths that the updates are compiled for
GROUPS = 3  # lengths that scoring is compiled for
BLOCK = 5  # pieces that are scored at once: a chain's random numbers take memory

# (model, v, key) -> the loss and every monitor of each step; v is (time, batch, visible)
Losses = Callable[[Any, Array, PRNGKeyArray], tuple[Array, dict[str, Array]]]


def learn_sequences(
    model: Any,
    losses: Losses,
    optimizer: optax.GradientTransformation,
    train: Mapping[str, np.ndarray],
    music: Music,
    *,
    batch_size: int,
    max_epochs: int,
    seed: int,
    shuffle: bool,
    stopping: Stopping | None,
    folder: RunFolder,
    report: Reporter,
) -> Fitted:
    """Lower the mean over steps of `losses`, and score whole pieces: valid at each epoch, and test at the end."""
    fitted = fit(
        gradient_update(
            objective(losses),
            optimizer,
            lengths=bucket_lengths(train["length"], BUCKETS, batch_size=batch_size),
        ),
        TrainingState.init(model, optimizer, seed=seed),
        train,
        batch_size=batch_size,
        max_epochs=max_epochs,
        shuffle=shuffle,
        evaluate=Evaluation(scorer(losses, music.valid, seed)),
        stopping=stopping,
        run=folder,
        report=report,
    )
    if fitted.best and fitted.status == "finished":  # once, since it takes as long as many updates
        fitted.best["test"] = scorer(losses, music.test, seed)(fitted.model)
    return fitted


def objective(losses: Losses) -> Objective:
    """The mean of `losses` over the steps of all chunks of a batch."""

    def of_batch(model: Any, batch: Any, carry: None, key: PRNGKeyArray) -> Any:
        v, true = in_time(batch)
        loss, watched = losses(model, v, key)
        watched = {name: (value * true).sum() / true.sum() for name, value in watched.items()}
        return (loss * true).sum() / true.sum(), (jax.lax.stop_gradient(watched), carry)

    return of_batch


def scorer(losses: Losses, pieces: Rolls, seed: int) -> Callable[[Any], dict[str, float]]:
    """A function of a model: its monitors on whole pieces, means over all steps."""
    sequences = chunks(pieces, max(map(len, pieces.rolls)))
    groups = grouped(sequences, bucket_lengths(sequences["length"], GROUPS))
    steps = sum(map(len, pieces.rolls)) / len(pieces)

    def score(model: Any, batch: Any) -> dict[str, Array]:
        v, true = in_time(batch)
        _, watched = losses(model, v, jax.random.key(seed))
        return {name: (value * true).sum(0) / steps for name, value in watched.items()}

    return lambda model: mean_scores_of_groups(score, model, groups, block=BLOCK)


def chunks(pieces: Rolls, longest: int) -> dict[str, np.ndarray]:
    """Pieces cut into chunks of at most `longest` steps: `notes`, padded with zeros, and `length`."""
    cut = [roll[at : at + longest] for roll in pieces.rolls for at in range(0, len(roll), longest)]
    notes = np.zeros((len(cut), max(map(len, cut)), cut[0].shape[1]), np.uint8)
    for row, chunk in zip(notes, cut, strict=True):
        row[: len(chunk)] = chunk
    return {"notes": notes, "length": np.array([len(chunk) for chunk in cut], np.int32)}


def in_time(
    batch: Mapping[str, Array],
) -> tuple[Float[Array, "time batch visible"], Float[Array, "time batch"]]:
    """Chunks as a model takes them, time first, and 1 for each step that is no padding."""
    v = batch["notes"].swapaxes(0, 1).astype(jnp.float32)
    return v, (jnp.arange(len(v))[:, None] < batch["length"]).astype(jnp.float32)
