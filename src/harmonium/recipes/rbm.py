"""The restricted Boltzmann machine on images (chapter 9)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from harmonium import data, models
from harmonium.recipes.shared.options import Annealing, MusicSampling, Sampling
from harmonium.recipes.shared.search_space import Choice, LogUniform, Space
from harmonium.recipes.shared.unsupervised import LayerRecipe, flat

if TYPE_CHECKING:
    import numpy as np
    from jaxtyping import Array, Float, PRNGKeyArray

    from harmonium.data import Dataset
    from harmonium.models import RBM, Dense
    from harmonium.recipes.shared.contrastive import Chains
    from harmonium.training import Objective, RunFolder, Streams


@dataclass(frozen=True, kw_only=True)
class RBMRecipe(LayerRecipe):
    """Train a restricted Boltzmann machine. The book: pseudo-likelihood -62.8 after 15 epochs."""

    name: ClassVar[str] = "rbm"
    sampling: ClassVar[type[Sampling] | type[MusicSampling] | None] = Sampling
    annealing: ClassVar[Annealing | None] = Annealing(100, 10_000)
    chosen_by: ClassVar[str | None] = "pseudo_log_likelihood"
    search_space: ClassVar[Space] = {
        "learning_rate": LogUniform(0.01, 0.3),
        "gibbs_steps": Choice((1, 5, 15)),
        "hidden": Choice((250, 500, 1000)),
    }
    configurations: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "likelihood": {
            "binarize": "sampled",
            "initial_weights": "small",
            "batch_size": 100,
            "chains": 100,
            "gibbs_steps": 1,
            "centred": True,
            "learning_rate": 0.1,
            "anneal": True,
            "max_epochs": 160,
            "shuffle": True,
            "snapshot_epochs": 40,
        }
    }

    max_epochs: int = 15
    batch_size: int = 20
    learning_rate: float | None = None
    """Step size of an update, μ₀; without it 0.1, with --visible gaussian 0.5 over the hidden units, at most 0.01."""
    snapshot_epochs: int = 1
    visible: Literal["binary", "gaussian"] = "binary"
    """The visible units: binary for values in [0, 1], gaussian, of learned variance, for standardised real ones."""
    gibbs_steps: int = 15
    """Gibbs steps an update, k."""
    persistent: bool = True
    """Let the chains go on from update to update (PCD) instead of starting them at the examples (CD)."""
    chains: int | None = None
    """Persistent chains; without it as many as examples in a batch. With --no-persistent there is one an example."""
    hidden_states: Literal["sampled", "mean-field"] = "sampled"
    """What a chain hands on of its hidden units: samples, or their probabilities."""
    binarize: Literal["none", "rounded", "sampled"] = "none"
    """Learn from the intensities, as the book does; from 0 and 1 by rounding them; or from 0 and 1 drawn with the
    intensity as probability, anew at each update for training and once for the held-out examples."""
    initial_weights: Literal["book", "small"] = "book"
    """Weights from the book's wide interval; or from N(0, 0.01²), with visible biases at the pixels' log-odds."""
    centred: bool = False
    """Follow the centred gradient, from which the units' means are taken off: likelihoods are higher and learning
    depends less on the data's mean."""
    tempering: int = 0
    """Temperatures of the persistent chains, which exchange their states so that they mix; 0 for one temperature."""
    l2: float = 0.0
    """Weight of the penalty Σ w²."""
    sparsity: float = 0.0
    """Weight of the penalty on hidden units that are on for another share of the examples than --sparsity-target."""
    sparsity_target: float = 0.1
    """The share of the examples for which each hidden unit is to be on."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require("gibbs_steps", self.gibbs_steps >= 1, "be at least 1")
        self.require("chains", self.chains is None or self.chains >= 1, "be at least 1")
        self.require("centred", not self.centred or self.visible == "binary", "go with --visible binary")
        plain = self.tempering == 0
        self.require("tempering", plain or self.tempering >= 2, "be 0, or 2 temperatures or more")
        self.require("tempering", plain or self.visible == "binary", "go with --visible binary")
        sampled = self.persistent and self.hidden_states == "sampled"
        self.require("tempering", plain or sampled, "go with persistent chains of sampled hidden states")
        self.require("l2", 0 <= self.l2 < float("inf"), "not be negative")
        self.require("sparsity", 0 <= self.sparsity < float("inf"), "not be negative")
        self.require("sparsity_target", 0 < self.sparsity_target < 1, "be in (0, 1)")
        self.require(
            "binarize", self.binarize == "none" or self.visible == "binary", "go with --visible binary"
        )

    @property
    def first_rate(self) -> float:
        """μ₀: what was given, else 0.1 for binary units, and for Gaussian ones 0.5 over the hidden units, at most 0.01.

        A Gaussian unit's mean is a sum over all hidden units, which a large step throws ever farther: by PCD-15 on
        standardised tables 0.1 diverges within three updates at 500 units; likelihoods are highest at about 0.001 with
        500 units and at 0.01 with 20.
        """
        if self.learning_rate is not None:
            return self.learning_rate
        return 0.1 if self.visible == "binary" else min(0.01, 0.5 / self.hidden)

    def chosen(self, data: Dataset) -> dict[str, Any]:
        """Return the step size of Gaussian units, where nobody gave one."""
        follows = self.learning_rate is None and self.visible == "gaussian"
        return {"learning_rate": self.first_rate} if follows else {}

    @property
    def judged_by(self) -> str | None:
        """Return the pseudo-likelihood, or for Gaussian units, which have none, the error of reconstructions."""
        return self.chosen_by if self.visible == "binary" else "squared_error"

    def carry(self, dataset: Dataset) -> Chains:
        """Return persistent chains that start at zero, as the book's."""
        from harmonium.recipes.shared.contrastive import first_chains

        return first_chains(self, dataset)

    def model(self, dataset: Dataset, streams: Streams) -> RBM:
        """Return the untrained machine for examples like those of `dataset`."""
        import jax
        import jax.numpy as jnp

        from harmonium.models.annealing_path import base_rate_bias

        visible, key = math.prod(dataset.shape), streams.initial_weights
        if self.visible == "gaussian":
            return models.GaussianRBM.init(visible, self.hidden, key=key)
        if self.initial_weights == "book":
            return models.RBM.init(visible, self.hidden, key=key)
        weight = 0.01 * jax.random.normal(key, (visible, self.hidden))
        zeros = jnp.zeros(self.hidden)
        empty = models.RBM(weight, jnp.zeros(visible), zeros)
        return models.RBM(weight, base_rate_bias(flat(jnp.asarray(dataset.train.x)), empty), zeros)

    def beside_snapshots(self, dataset: Dataset, streams: Streams) -> Callable[[Any], dict[str, Any]]:
        """Return a function that keeps some negative particles beside each snapshot."""
        from harmonium.recipes.shared.particles import SHOWN, shown_particles

        v = self.held_out("train", dataset, streams, SHOWN)
        return shown_particles(v, self.gibbs_steps, streams.particles)

    def objective(self) -> Objective:
        """Return F(v) - F(v at the end of a Gibbs chain), by CD-k or PCD-k."""
        from harmonium.recipes.shared.contrastive import contrastive_objective

        return contrastive_objective(self)

    def direction(self) -> Callable[[Any, Any], Any] | None:
        """Return the function from the plain gradient to the centred one, where the settings ask for it."""
        if not self.centred:
            return None
        from harmonium.recipes.shared.contrastive import along_the_centred_gradient

        return along_the_centred_gradient

    def shown(self, x: Array, key: PRNGKeyArray) -> Float[Array, "batch visible"]:
        """Return what the machine sees of images: intensities, or 0 and 1."""
        import jax
        import jax.numpy as jnp

        v = flat(x)
        if self.binarize == "rounded":
            return jnp.round(v)
        return jax.random.bernoulli(key, v).astype(v.dtype) if self.binarize == "sampled" else v

    def held_out(
        self, name: str, dataset: Dataset, streams: Streams, count: int | None = None
    ) -> Float[Array, "examples visible"]:
        """Return the first `count` examples of a set as they are scored, the same at every call."""
        import jax.numpy as jnp

        return self.shown(jnp.asarray(dataset.splits[name].x[:count]), streams.held_out_noise(name))

    @property
    def takes_real(self) -> bool:
        """Whether the visible units take any number, which should then be standardised."""
        return self.visible == "gaussian"

    def check(self, dataset: Dataset) -> None:
        """Raise `DataError` for values that the visible units do not take."""
        if self.takes_real and dataset.preparation.whitening is None:
            data.check_standardised(dataset)
        elif not self.takes_real:
            data.check_intensities(dataset, "or standardise them and train with --visible gaussian")

    def scorer(self, name: str, dataset: Dataset, streams: Streams) -> Callable[[RBM], dict[str, float]]:
        """Return a function from a model to its monitors on a set; see `machine_scores.monitors`."""
        from harmonium.recipes.shared import machine_scores

        v = self.held_out(name, dataset, streams)
        return machine_scores.monitors(v, self.held_out("train", dataset, streams, len(v)))

    def evaluate(self, folder: RunFolder, data: str | None = None) -> dict[str, dict[str, float]]:
        """Return the monitors of valid and test, with the pseudo-likelihood summed over all bits and so exact."""
        scores = super().evaluate(folder, data)
        if self.visible == "gaussian":
            return scores
        from harmonium.recipes.shared import machine_scores
        from harmonium.training import Streams

        model, dataset = self.finished(folder, data)
        for name, found in scores.items():
            del found["pseudo_log_likelihood_error"]
            found |= machine_scores.of_every_bit(model, self.held_out(name, dataset, Streams(self.seed)))
        return scores

    def log_likelihood(
        self, folder: RunFolder, data: str | None, how: Annealing
    ) -> dict[str, dict[str, float]]:
        """Return what may be said of the mean log-probability of held-out examples, in nats.

        Binary units take intensities rounded, unless the run binarised them another way.
        """
        import jax.numpy as jnp

        from harmonium.recipes.shared import machine_scores
        from harmonium.training import Streams

        model, dataset = self.finished(folder, data)
        streams = Streams(self.seed)
        splits = {name: self.held_out(name, dataset, streams) for name in dataset.held_out}
        if self.visible == "binary":
            splits = {name: jnp.round(v) for name, v in splits.items()}
        log_z = machine_scores.log_partition(
            model, self.held_out("train", dataset, streams), how, streams.annealing
        )
        return {name: machine_scores.log_likelihood(model, v, log_z) for name, v in splits.items()}

    def sample(self, folder: RunFolder, options: Sampling) -> list[Path]:
        """Draw chains as rows of images, each unit's mean given the hidden ones, and with `animate` as a GIF."""
        import numpy as np

        from harmonium.recipes.shared.chain_pictures import beginning, draw_samples
        from harmonium.recipes.shared.new_examples import preparation_of, shape_of
        from harmonium.training import Streams

        def examples(split: str) -> Array:
            return self.held_out(split, self.finished(folder)[1], Streams(self.seed))

        def picture(v: Float[Array, "rows chains visible"]) -> np.ndarray:
            h = model.sample_hidden(v, key=Streams(options.seed).pictures)
            return how.restored(np.asarray(model.visible_mean(model.visible_field(h))), shape)

        shape, how = shape_of(folder), preparation_of(folder)
        model = self.fitting(folder, shape)
        start = beginning(folder, options, math.prod(shape), examples)
        out, title = options.out or folder.figures / "samples.png", f"{self.name} on {Path(self.data).name}"
        return draw_samples(model, start, picture, options, out, f"{title}: samples")

    def draw(self, folder: RunFolder) -> list[Path]:
        """Draw learning curves, and for images filters and negative particles as they grew, and samples as the book."""
        from harmonium.recipes.shared.new_examples import shape_seen
        from harmonium.recipes.shared.particles import draw_particles

        drawn = super().draw(folder)
        if len(shape_seen(folder)) < 2:
            return drawn
        particles = draw_particles(folder, f"{self.name} on {Path(self.data).name}")
        options = Sampling(chains=min(Sampling.chains, folder.ended()["data"]["sizes"]["test"]))
        return [*drawn, *particles, *self.sample(folder, options)]

    def layer(self, model: RBM) -> Dense:
        """Return the layer that computes p(h = 1 | v)."""
        return model.layer()

    def filters(self, model: RBM) -> Float[Array, "hidden visible"]:
        """Return the weights of each hidden unit."""
        return model.weight.T
