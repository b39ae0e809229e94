"""Polyphonic music: the RNN-RBM and the RNN-NADE (chapter 14)."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, PRNGKeyArray

from harmonium import metrics
from harmonium.data import Dataset, Music, Split
from harmonium.models import RBM, RNNNADE, RNNRBM
from harmonium.models.partition import base_rate_bias
from harmonium.recipes.music import MusicRecipe
from harmonium.recipes.rbm import RBMRecipe
from harmonium.recipes.recipe import load
from harmonium.recipes.sequences import Losses, chunks, learn_sequences
from harmonium.recipes.stacks import has_finished
from harmonium.training import Halving, Reporter, RunFolder, Trainings, random_key

LIKELIHOOD: Mapping[str, Any] = {  # what both named configurations share
    "data": "nottingham-rolls",
    "recurrent": 200,
    "initial_weights": "scaled",
    "learned_start": True,
    "optimizer": "adam",
    "sequences": 4,
    "clip": 5.0,
}
FRAMES = 100  # an update of the RBM's pre-training


@dataclass(frozen=True, kw_only=True)
class RNNRBMRecipe(MusicRecipe):
    """Train a model of polyphonic music. The book: -4.7 after 200 epochs and 24 hours, by its own monitor."""

    name: ClassVar[str] = "rnn-rbm"
    phases: ClassVar[tuple[str, ...]] = ("frames", "recurrence")
    configurations: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "likelihood": {**LIKELIHOOD, "learning_rate": 0.001, "anneal": True, "max_epochs": 60},
        "nade": {**LIKELIHOOD, "density": "nade", "learning_rate": 0.002, "wait": 3, "max_epochs": 30},
    }

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
    initial_weights: Literal["book", "scaled"] = "book"
    """The book's near zero; or recurrent ones that keep a signal's size, with visible biases at the notes' log-odds."""
    frame_epochs: int = 0
    """Train the RBM alone on shuffled steps first, for so many epochs."""
    recurrent_epochs: int = 0
    """Train the recurrent units first to foretell each step by cross-entropy, for so many epochs."""
    pretraining_learning_rate: float = 0.01
    """Step size of both."""
    clip: float = 0.0
    """Shorten gradients that are longer than this; 0 leaves them."""
    wait: int = 0
    """Epochs without a better validation score after which training goes back to the best model with half the rate; 0
    for never, and the last model is the result."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for field in ("sequences", "hidden", "recurrent", "gibbs_steps"):
            self.require(field, getattr(self, field) >= 1, "be at least 1")
        for field in ("frame_epochs", "recurrent_epochs", "wait"):
            self.require(field, getattr(self, field) >= 0, "not be negative")
        self.require("clip", 0 <= self.clip < float("inf"), "not be negative")
        rate = self.pretraining_learning_rate
        self.require("pretraining_learning_rate", 0 < rate < float("inf"), "be positive")
        self.require("frame_epochs", self.frame_epochs == 0 or self.density == "rbm", "go with --density rbm")

    @property
    def monitor(self) -> str:
        """What is watched: the exact log-likelihood, or the book's stand-in for it (section 14.2.1)."""
        return "log_likelihood" if self.density == "nade" else "pseudo_log_likelihood"

    def model(self, music: Music) -> RNNRBM:
        """The untrained model."""
        kind = RNNNADE if self.density == "nade" else RNNRBM
        scaled = self.initial_weights == "scaled"
        model = kind.init(
            music.shape[0],
            self.hidden,
            self.recurrent,
            scaled=scaled,
            learned_start=self.learned_start,
            key=random_key(self.seed),
        )
        if not scaled:
            return model
        frames = jnp.asarray(np.concatenate(music.train.rolls), jnp.float32)
        rbm = RBM(model.weight, model.visible_bias, model.hidden_bias)
        return eqx.tree_at(lambda m: m.visible_bias, model, base_rate_bias(frames, rbm))

    def make_optimizer(self, examples: int) -> optax.GradientTransformation:
        """The optimiser of the settings, for a training set of so many steps."""
        optimizer = super().make_optimizer(examples)
        return optax.chain(optax.clip_by_global_norm(self.clip), optimizer) if self.clip else optimizer

    def trainings(self, folder: RunFolder, report: Reporter) -> Trainings:
        """Pre-train what is to be, in folders of their own, then train; each from its last checkpoint."""
        music = self.loaded()
        train = chunks(music.train, self.batch_size)
        model = self.model(music)
        for part in self.phases:
            if not self.pretraining_epochs(part):
                continue
            folder.begin()
            phase = folder.phase(part, self.config())
            report.phase(f"pre-training of the {part}")
            if not has_finished(phase):
                fitted = yield from self.pretrain(part, model, train, music, phase)
                if fitted.status != "finished":
                    return self.conclude_pretraining(folder, music, fitted)
            model = with_pretrained(model, load(phase.path))
            report.phase("training of the whole")
        fitted = yield from self.learn(model, self.losses(music), train, music, folder)
        self.conclude(folder, music, fitted)
        return fitted

    def learn(
        self,
        model: RNNRBM,
        losses: Losses,
        train: Mapping[str, np.ndarray],
        music: Music,
        folder: RunFolder,
    ) -> Trainings:
        """Lower the mean of `losses`, and score it on valid as training goes and on test at its end."""
        return (
            yield from learn_sequences(
                model,
                losses,
                self.make_optimizer(len(train["length"]) // self.sequences * self.batch_size),
                train,
                music,
                batch_size=self.sequences,
                max_epochs=self.max_epochs,
                learning_rate=self.learning_rate,
                average=self.average,
                seed=self.seed,
                shuffle=self.shuffle,
                stopping=Halving(self.wait, self.monitor) if self.wait else None,
                folder=folder,
            )
        )

    def losses(self, music: Music) -> Losses:
        """F(v) - F(v at the end of a Gibbs chain) of each step, or -log P(v | past); and the monitor of each."""
        most = max(int(roll.sum(1).max()) for split in music.splits.values() for roll in split.rolls)

        def exact(model: RNNNADE, v: Array, key: PRNGKeyArray) -> Any:
            log_probability = model.log_prob(v, most=most)
            return -log_probability, {self.monitor: log_probability}

        def contrastive(model: RNNRBM, v: Array, key: PRNGKeyArray) -> Any:
            loss, logits = model.contrast(v, self.gibbs_steps, key=key)
            return loss, {self.monitor: -metrics.cross_entropy(logits, v)}

        return exact if self.density == "nade" else contrastive

    def pretraining_epochs(self, part: str) -> int:
        """Epochs of the pre-training of the frames' RBM, or of the recurrence."""
        return self.frame_epochs if part == "frames" else self.recurrent_epochs

    def pretrain(
        self,
        part: str,
        model: RNNRBM,
        train: Mapping[str, np.ndarray],
        music: Music,
        phase: RunFolder,
    ) -> Trainings:
        """Train the RBM on shuffled steps, or the recurrent units by cross-entropy (section 14.4)."""
        rate = self.pretraining_learning_rate
        if part == "frames":
            recipe = RBMRecipe(
                data=self.data,
                seed=self.seed,
                hidden=self.hidden,
                max_epochs=self.frame_epochs,
                learning_rate=rate,
                batch_size=FRAMES,
                gibbs_steps=self.gibbs_steps,
                persistent=False,
                initial_weights="small",
                shuffle=True,
                snapshot_epochs=0,
            )
            return (yield from recipe.learn(as_frames(music), phase))
        alone = dataclasses.replace(self, max_epochs=self.recurrent_epochs, learning_rate=rate, wait=0)
        fitted = yield from alone.learn(model, foretelling, train, music, phase)
        self.conclude(phase, music, fitted)
        return fitted


def foretelling(model: RNNRBM, v: Float[Array, "time batch visible"], key: PRNGKeyArray) -> Any:
    """The cross-entropy of each step as the recurrent units alone foretell it: what W_uv, W_uu, W_vu and bᵤ learn."""
    bias = jax.lax.stop_gradient(model.visible_bias)
    cross_entropy = metrics.cross_entropy(bias + model.previous_states(v) @ model.recurrent_to_visible, v)
    return cross_entropy, {"cross_entropy": cross_entropy}


def with_pretrained(model: RNNRBM, found: RBM | RNNRBM) -> RNNRBM:
    """The model with the weights and biases of a machine of single steps, or as a whole the one found."""
    if isinstance(found, RNNRBM):
        return found

    def shared(m: Any) -> tuple[Array, ...]:
        return m.weight, m.visible_bias, m.hidden_bias

    return eqx.tree_at(shared, model, shared(found))


def as_frames(music: Music) -> Dataset:
    """All steps of all pieces, without their order."""
    frames = (np.concatenate(split.rolls).astype(np.float32) for split in music.splits.values())
    train, valid, test = (Split(x, np.zeros(len(x), np.int32)) for x in frames)
    return Dataset(music.name, train, valid, test, ())
