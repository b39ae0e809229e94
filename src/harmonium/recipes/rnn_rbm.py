"""Polyphonic music: the RNN-RBM and the RNN-NADE (chapter 14)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, PRNGKeyArray

from harmonium import data, metrics
from harmonium.data import Grid, Music, Rolls
from harmonium.models import RNNNADE, RNNRBM
from harmonium.recipes.recipe import Recipe
from harmonium.training import (
    Evaluation,
    Fitted,
    Reporter,
    RunFolder,
    TrainingState,
    bucket_lengths,
    fit,
    gradient_update,
    grouped,
    mean_scores_of_groups,
)

BUCKETS = 6  # lengths that the program is compiled for
BLOCK = 5  # pieces that are scored at once: a chain's random numbers take memory


@dataclass(frozen=True, kw_only=True)
class RNNRBMRecipe(Recipe):
    """Train a model of polyphonic music. The book: -4.7 after 200 epochs and 24 hours, by its own monitor."""

    name: ClassVar[str] = "rnn-rbm"

    data: str = "nottingham"
    max_epochs: int = 200
    batch_size: int = 100
    """Steps of the chunks that each piece is cut into; each begins with the initial state."""
    sequences: int = 1
    """Chunks an update."""
    learning_rate: float = 0.001
    shuffle: bool = True
    """Take the chunks in a new random order each epoch."""
    density: Literal["rbm", "nade"] = "rbm"
    """What draws the notes of a step: an RBM; or a NADE, whose likelihood is exact."""
    hidden: int = 150
    """Hidden units of each step's density."""
    recurrent: int = 100
    """Recurrent units."""
    gibbs_steps: int = 15
    """Gibbs steps an update, k."""
    learned_start: bool = False
    """Learn the recurrent units' initial state instead of starting at zero."""
    period: float = 0.3
    """How long a step of a MIDI file is; .mat rolls have steps of their own."""
    unit: Literal["seconds", "beats"] = "seconds"
    """What --period counts; in beats, the tempo does not matter."""
    common_key: bool = False
    """Move each piece to C first."""
    clip: float = 0.0
    """Shorten gradients that are longer than this; 0 leaves them."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for field in ("sequences", "hidden", "recurrent", "gibbs_steps"):
            self.require(field, getattr(self, field) >= 1, "be at least 1")
        self.require("clip", 0 <= self.clip < float("inf"), "not be negative")
        self.grid()

    def grid(self) -> Grid:
        """The instants at which the music is looked at. Raises `ConfigError` for a period without meaning."""
        return data.sampled_on(self.data, Grid(self.period, self.unit))

    def loaded(self) -> Music:
        """The music."""
        music = data.load_music(self.data, seed=self.seed, grid=self.grid())
        return music.in_common_key() if self.common_key else music

    def model(self, music: Music) -> RNNRBM:
        """The untrained model."""
        kind = RNNNADE if self.density == "nade" else RNNRBM
        return kind.init(
            music.shape[0],
            self.hidden,
            self.recurrent,
            learned_start=self.learned_start,
            key=jax.random.key(self.seed),
        )

    def make_optimizer(self, examples: int) -> optax.GradientTransformation:
        """The optimiser of the settings, for a training set of so many updates."""
        optimizer = super().make_optimizer(examples)
        return optax.chain(optax.clip_by_global_norm(self.clip), optimizer) if self.clip else optimizer

    def run(self, folder: RunFolder, report: Reporter | None = None) -> Fitted:
        """Train in `folder`, from its last checkpoint where it has one."""
        music = self.loaded()
        train = chunks(music.train, self.batch_size)
        most = most_at_once(music)
        optimizer = self.make_optimizer(len(train["length"]) // self.sequences * self.batch_size)
        lengths = bucket_lengths(train["length"], BUCKETS, batch_size=self.sequences)
        fitted = fit(
            gradient_update(self.objective(most), optimizer, lengths=lengths),
            TrainingState.init(self.model(music), optimizer, seed=self.seed),
            train,
            batch_size=self.sequences,
            max_epochs=self.max_epochs,
            shuffle=self.shuffle,
            evaluate=Evaluation(self.scorer(music.valid, most)),
            run=folder,
            report=report,
        )
        if fitted.best and fitted.status == "finished":  # once, since scoring takes as long as many updates
            fitted.best["test"] = self.scorer(music.test, most)(fitted.model)
        self.conclude(folder, music, fitted)
        return fitted

    def objective(self, most: int) -> Callable[..., Any]:
        """The mean over steps of F(v) - F(v at the end of a Gibbs chain), or of -log P(v | past)."""

        def objective(model: Any, batch: Any, carry: None, key: PRNGKeyArray) -> Any:
            v, true = in_time(batch)
            loss, watched = self.losses(model, v, most, key)
            mean = {name: (value * true).sum() / true.sum() for name, value in watched.items()}
            return (loss * true).sum() / true.sum(), (jax.lax.stop_gradient(mean), carry)

        return objective

    def losses(
        self, model: Any, v: Float[Array, "time batch visible"], most: int, key: PRNGKeyArray
    ) -> tuple[Float[Array, "time batch"], dict[str, Float[Array, "time batch"]]]:
        """What each step adds to the loss, and the monitor of each."""
        if self.density == "nade":
            nll = -model.log_prob(v, most=most)
            return nll, {"nll": nll}
        loss, logits = model.contrast(v, self.gibbs_steps, key=key)
        return loss, {"pseudo_log_likelihood": -metrics.cross_entropy(logits, v)}

    def scorer(self, pieces: Rolls, most: int) -> Callable[[Any], dict[str, float]]:
        """A function of a model: its monitor on whole pieces, a mean over all steps."""
        sequences = chunks(pieces, max(map(len, pieces.rolls)))
        groups = grouped(sequences, bucket_lengths(sequences["length"], BUCKETS))
        steps = sum(map(len, pieces.rolls)) / len(pieces)

        def score(model: Any, batch: Any) -> dict[str, Array]:
            v, true = in_time(batch)
            key = jax.random.key(self.seed)
            _, watched = self.losses(model, v, most, key)
            return {name: (value * true).sum(0) / steps for name, value in watched.items()}

        return lambda model: mean_scores_of_groups(score, model, groups, block=BLOCK)


def chunks(pieces: Rolls, longest: int) -> dict[str, np.ndarray]:
    """Pieces cut into chunks of at most `longest` steps: `notes`, padded with zeros, and `length`."""
    cut = [roll[at : at + longest] for roll in pieces.rolls for at in range(0, len(roll), longest)]
    notes = np.zeros((len(cut), max(map(len, cut)), cut[0].shape[1]), np.uint8)
    for row, chunk in zip(notes, cut, strict=True):
        row[: len(chunk)] = chunk
    return {"notes": notes, "length": np.array([len(chunk) for chunk in cut], np.int32)}


def in_time(batch: Mapping[str, Array]) -> tuple[Float[Array, "time batch visible"], Float[Array, "time batch"]]:
    """Chunks as a model takes them, time first, and 1 for each step that is no padding."""
    v = batch["notes"].swapaxes(0, 1).astype(jnp.float32)
    return v, (jnp.arange(len(v))[:, None] < batch["length"]).astype(jnp.float32)


def most_at_once(music: Music) -> int:
    """The largest number of notes of any step."""
    return max(int(roll.sum(1).max()) for split in music.splits.values() for roll in split.rolls)
