"""Polyphonic music: the RNN-RBM and the RNN-NADE (chapter 14)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from harmonium import metrics
from harmonium.recipes.rbm import RBMRecipe
from harmonium.recipes.shared.music import MusicRecipe
from harmonium.recipes.shared.phase import Phase
from harmonium.recipes.shared.search_space import Choice, LogUniform, Space

if TYPE_CHECKING:
    import numpy as np
    from jaxtyping import Array, PRNGKeyArray
    from optax import GradientTransformation

    from harmonium.data import Music
    from harmonium.models import RNNRBM
    from harmonium.recipes.shared.piano_roll_chunks import Losses
    from harmonium.training import Fitted, RunFolder, Training

LIKELIHOOD: Mapping[str, Any] = {  # what both named configurations share
    "data": "nottingham-rolls",
    "recurrent": 300,
    "dropout": 0.25,
    "note_dropout": 0.1,
    "initial_weights": "scaled",
    "learned_start": True,
    "optimizer": "adam",
    "anneal": True,
    "schedule": "cosine",
    "sequences": 4,
    "clip": 5.0,
}
FRAMES = 100  # an update of the RBM's pre-training


@dataclass(frozen=True, kw_only=True)
class RNNRBMRecipe(MusicRecipe):
    """Train a model of polyphonic music. The book: -4.7 after 200 epochs and 24 hours, by its own monitor."""

    name: ClassVar[str] = "rnn-rbm"
    chosen_by: ClassVar[str | None] = "pseudo_log_likelihood"
    search_space: ClassVar[Space] = {
        "learning_rate": LogUniform(0.0003, 0.01),
        "hidden": Choice((100, 150, 300)),
        "recurrent": Choice((50, 100, 200)),
    }
    configurations: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "likelihood": {
            **LIKELIHOOD,
            "known_frames": 256,
            "gibbs_steps": 5,
            "centred": True,
            "learning_rate": 0.002,
            "max_epochs": 60,
        },
        "nade": {**LIKELIHOOD, "density": "nade", "learning_rate": 0.003, "max_epochs": 40},
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
    known_frames: int = 0
    """While learning, sum the probabilities of a step over this many of the training set's most frequent chords, and
    start its Gibbs chain at one of them, drawn by its probability under the model; likelihoods are higher. 0 starts the
    chain at the step's own notes, as the book does."""
    centred: bool = False
    """Follow the centred gradient of the RBM's own W and biases, from which the notes' means are taken off, and ½ from
    hidden units: learning is faster."""
    learned_start: bool = False
    """Learn the recurrent units' initial state instead of starting at zero."""
    initial_weights: Literal["book", "scaled"] = "book"
    """The book's near zero; or recurrent ones that keep a signal's size, with visible biases at the notes' log-odds."""
    dropout: float = 0.0
    """Share of the recurrent units that the biases of a step leave out, at random, in each update."""
    note_dropout: float = 0.0
    """Share of the notes that the recurrent units do not hear, at random, in each update."""
    frame_epochs: int = 0
    """Epochs in which the RBM is first trained alone, on steps in random order; 0 for none."""
    recurrent_epochs: int = 0
    """Epochs in which the recurrent units are first trained to predict each step, by cross-entropy; 0 for none."""
    pretraining_learning_rate: float = 0.01
    """Step size of both pre-trainings."""
    recurrent_rate: float = 1.0
    """Step size of what is recurrent (W_uv, W_uh, W_uu, W_vu, biases and first state), as a multiple of that of the
    RBM's own W and biases."""
    clip: float = 0.0
    """Shorten gradients that are longer than this; 0 leaves them."""
    wait: int = 0
    """Epochs without a better validation score after which training goes back to the best model with half the rate; 0
    for never, and the last model is the result."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for field in ("sequences", "hidden", "recurrent", "gibbs_steps"):
            self.require(field, getattr(self, field) >= 1, "be at least 1")
        for field in ("frame_epochs", "recurrent_epochs", "wait", "known_frames"):
            self.require(field, getattr(self, field) >= 0, "not be negative")
        for field in ("dropout", "note_dropout"):
            self.require(field, 0 <= getattr(self, field) < 1, "be in [0, 1)")
        self.require("clip", 0 <= self.clip < float("inf"), "not be negative")
        self.require("recurrent_rate", 0 < self.recurrent_rate < float("inf"), "be positive")
        rate = self.pretraining_learning_rate
        self.require("pretraining_learning_rate", 0 < rate < float("inf"), "be positive")
        for field in ("frame_epochs", "known_frames", "centred"):
            self.require(field, getattr(self, field) == 0 or self.density == "rbm", "go with --density rbm")

    @property
    def judged_by(self) -> str | None:
        """Return the name of the validation score that decides between settings."""
        return self.monitor

    @property
    def monitor(self) -> str:
        """Return the monitor: the exact log-likelihood, or a stand-in for it; section 14.2.1 has the book's."""
        if self.density == "nade":
            return "log_likelihood"
        return "known_log_likelihood" if self.known_frames else "pseudo_log_likelihood"

    @property
    def examples_an_update(self) -> int:
        """Return how many chunks an update takes."""
        return self.sequences

    def model(self, music: Music) -> RNNRBM:
        """Return the untrained model."""
        import equinox as eqx
        import jax.numpy as jnp
        import numpy as np

        from harmonium.models import RBM, RNNNADE, RNNRBM
        from harmonium.models.annealing_path import base_rate_bias
        from harmonium.training import Streams

        kind = RNNNADE if self.density == "nade" else RNNRBM
        scaled = self.initial_weights == "scaled"
        model = kind.init(
            music.shape[0],
            self.hidden,
            self.recurrent,
            scaled=scaled,
            learned_start=self.learned_start,
            key=Streams(self.seed).initial_weights,
        )
        if not scaled:
            return model
        frames = jnp.asarray(np.concatenate(music.train.rolls), jnp.float32)
        rbm = RBM(model.weight, model.visible_bias, model.hidden_bias)
        return eqx.tree_at(lambda m: m.visible_bias, model, base_rate_bias(frames, rbm))

    def make_optimizer(self, examples: int) -> GradientTransformation:
        """Return the optimiser of the settings, for a training set of that many chunks."""
        import optax

        optimizer = super().make_optimizer(examples)
        if self.clip:
            optimizer = optax.chain(optax.clip_by_global_norm(self.clip), optimizer)
        if self.recurrent_rate == 1:
            return optimizer
        from harmonium.recipes.shared.music_pretraining import recurrent_steps

        longer = optax.stateless(lambda step, _: recurrent_steps(step, self.recurrent_rate))
        return optax.chain(optimizer, longer)

    def phases(self, folder: RunFolder) -> list[Phase]:
        """Return the pre-trainings that the settings ask for, each in its own folder, then the whole training."""
        from harmonium.recipes.shared.music_pretraining import as_frames, predicting
        from harmonium.recipes.shared.piano_roll_chunks import chunks

        music = self.own(folder)
        train = chunks(music.train, self.batch_size)
        phases: list[Phase] = []
        if self.frame_epochs:
            frames = folder.phase("frames", self.config())
            title = "pre-training of the frames"
            phases.append(
                self.frames().unsupervised(lambda: as_frames(music), frames, music, part=1, title=title)
            )
        if self.recurrent_epochs:
            rate = self.pretraining_learning_rate
            alone = dataclasses.replace(
                self, max_epochs=self.recurrent_epochs, learning_rate=rate, recurrent_rate=1.0, wait=0
            )
            recurrence = folder.phase("recurrence", self.config())
            start = self.first_model(music, [phase.folder for phase in phases])
            title = "pre-training of the recurrence"
            phases.append(alone.sequential(start, predicting, train, music, recurrence, part=2, title=title))
        start = self.first_model(music, [phase.folder for phase in phases])
        title = "training of the whole" if phases else ""
        noise = {"dropout": self.dropout, "note_dropout": self.note_dropout}
        learned, scored = self.losses(music, **noise), self.losses(music)
        phases.append(self.sequential(start, learned, train, music, folder, scored=scored, title=title))
        return phases

    def first_model(self, music: Music, learned: Sequence[RunFolder]) -> Callable[[], RNNRBM]:
        """Return a function that makes the model at the start of a phase.

        Its weights are drawn anew, apart from those that earlier phases left in the folders `learned`.
        """

        def make() -> RNNRBM:
            from harmonium.recipes.shared.music_pretraining import with_pretrained
            from harmonium.recipes.shared.saved import load

            model = self.model(music)
            for folder in learned:
                model = with_pretrained(model, load(folder.path))
            return model

        return make

    def sequential(
        self,
        model: Callable[[], RNNRBM],
        losses: Losses,
        train: Mapping[str, np.ndarray],
        music: Music,
        folder: RunFolder,
        *,
        scored: Losses | None = None,
        part: int = 0,
        title: str = "",
    ) -> Phase:
        """Return the phase that lowers the mean over steps of `losses`.

        Whole pieces of valid and test are scored by the monitors of `scored`, or of `losses` where none is given.
        """

        def training() -> Training:
            from harmonium.recipes.shared.music_pretraining import centred
            from harmonium.recipes.shared.piano_roll_chunks import BUCKETS, objective, scorer
            from harmonium.training import Evaluation, Halving, Streams, bucket_lengths

            streams = Streams(self.seed, part)
            valid, test = (
                scorer(scored or losses, music.splits[name], streams.held_out_noise(name))
                for name in ("valid", "test")
            )
            return self.training(
                model,
                objective(losses),
                train,
                folder,
                part=part,
                evaluate=Evaluation(valid, test, self.watch_test),
                stopping=Halving(self.wait, self.monitor) if self.wait else None,
                lengths=bucket_lengths(train["length"], BUCKETS, batch_size=self.sequences),
                direction=centred(music.train) if self.centred and not part else None,
            )

        def conclude(fitted: Fitted) -> None:
            self.conclude(folder, music, fitted)

        rate = "--pretraining-learning-rate" if part else "--learning-rate"
        return Phase(folder.path.name, folder, training, conclude, title, rate)

    def losses(self, music: Music, **noise: float) -> Losses:
        """Return F(v) - F(v⁻) of each step, v⁻ from a Gibbs chain, or -log P(v | past); and the monitor of each.

        `noise` is the dropout of `RNNRBM.previous_states`.
        """
        from harmonium.recipes.shared.piano_roll_chunks import most_frequent_steps

        most = max(int(roll.sum(1).max()) for split in music.splits.values() for roll in split.rolls)
        # Seeds that learn together share those of the first; any would give the same gradient on average.
        known = most_frequent_steps(music.train, self.known_frames) if self.known_frames else None

        def exact(model: Any, v: Array, key: PRNGKeyArray) -> Any:
            log_probability = model.log_prob(v, most=most, **noise, key=key if any(noise.values()) else None)
            return -log_probability, {self.monitor: log_probability}

        def contrastive(model: RNNRBM, v: Array, key: PRNGKeyArray) -> Any:
            loss, logits = model.contrast(v, self.gibbs_steps, **noise, key=key)
            return loss, {self.monitor: -metrics.cross_entropy(logits, v)}

        def summed(model: RNNRBM, v: Array, key: PRNGKeyArray) -> Any:
            assert known is not None
            loss, among_known = model.known_contrast(v, known, self.gibbs_steps, **noise, key=key)
            return loss, {self.monitor: among_known}

        if self.density == "nade":
            return exact
        return contrastive if known is None else summed

    def frames(self) -> RBMRecipe:
        """Return how the RBM is trained alone on shuffled steps (section 14.4)."""
        return RBMRecipe(
            data=self.data,
            seed=self.seed,
            hidden=self.hidden,
            max_epochs=self.frame_epochs,
            learning_rate=self.pretraining_learning_rate,
            batch_size=FRAMES,
            gibbs_steps=self.gibbs_steps,
            persistent=False,
            initial_weights="small",
            shuffle=True,
            snapshot_epochs=0,
        )
