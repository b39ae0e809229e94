"""The restricted Boltzmann machine on images (chapter 9)."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from harmonium import data, metrics
from harmonium.errors import ConfigError, DataError
from harmonium.models import RBM, Dense, GaussianRBM, partition
from harmonium.models.contrastive import contrastive_loss, negative_particles, pseudo_log_likelihood
from harmonium.recipes.dreams import draw_samples
from harmonium.recipes.options import Sampling
from harmonium.recipes.unsupervised import LayerRecipe, flat
from harmonium.training import Objective, RunFolder, mean_scores, random_key


class Chains(NamedTuple):
    """What passes from update to update."""

    hidden: Float[Array, "chains hidden"] | None  # of the persistent chains
    bit: Int[Array, ""]  # whose pseudo-likelihood is estimated next


@dataclass(frozen=True, kw_only=True)
class RBMRecipe(LayerRecipe):
    """Train a restricted Boltzmann machine. The book: pseudo-likelihood -62.8 after 15 epochs."""

    name: ClassVar[str] = "rbm"
    configurations: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "likelihood": {
            "binarize": "sampled",
            "initial_weights": "small",
            "batch_size": 100,
            "chains": 100,
            "gibbs_steps": 5,
            "learning_rate": 0.1,
            "anneal": True,
            "max_epochs": 60,
            "shuffle": True,
            "snapshot_epochs": 20,
        }
    }

    max_epochs: int = 15
    batch_size: int = 20
    learning_rate: float = 0.1
    snapshot_epochs: int = 1
    visible: Literal["binary", "gaussian"] = "binary"
    """The visible units: binary for values in [0, 1], gaussian, of learned variance, for standardised real ones."""
    gibbs_steps: int = 15
    """Gibbs steps an update, k."""
    persistent: bool = True
    """Let the chains go on from update to update (PCD) instead of starting them at the examples (CD)."""
    chains: int = 20
    """Persistent chains; with --no-persistent there is one an example."""
    hidden_states: Literal["sampled", "mean-field"] = "sampled"
    """What a chain hands on of its hidden units: samples, or their probabilities."""
    binarize: Literal["none", "rounded", "sampled"] = "none"
    """Learn from the intensities, as the book does; from 0 and 1 by rounding them; or from 0 and 1 drawn with the
    intensity as probability, anew at each update for training and once for the held-out examples."""
    initial_weights: Literal["book", "small"] = "book"
    """Weights from the book's wide interval; or from N(0, 0.01²), with visible biases at the pixels' log-odds."""
    l2: float = 0.0
    """Weight of the penalty Σ w²."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require("gibbs_steps", self.gibbs_steps >= 1, "be at least 1")
        self.require("chains", self.chains >= 1, "be at least 1")
        self.require("l2", 0 <= self.l2 < float("inf"), "not be negative")
        self.require(
            "binarize", self.binarize == "none" or self.visible == "binary", "go with --visible binary"
        )

    def carry(self, dataset: data.Dataset) -> Chains:
        """Persistent chains that start at zero, as the book's."""
        hidden = jnp.zeros((self.chains, self.hidden)) if self.persistent else None
        return Chains(hidden, jnp.int32(0))

    def model(self, dataset: data.Dataset) -> RBM:
        """The untrained machine for examples like those of `dataset`."""
        visible, key = math.prod(dataset.shape), random_key(self.seed)
        if self.visible == "gaussian":
            return GaussianRBM.init(visible, self.hidden, key=key)
        if self.initial_weights == "book":
            return RBM.init(visible, self.hidden, key=key)
        weight = 0.01 * jax.random.normal(key, (visible, self.hidden))
        zeros = jnp.zeros(self.hidden)
        empty = RBM(weight, jnp.zeros(visible), zeros)
        return RBM(weight, partition.base_rate_bias(flat(jnp.asarray(dataset.train.x)), empty), zeros)

    def objective(self) -> Objective:
        """F(v) - F(v at the end of a Gibbs chain), by CD-k or PCD-k; the log pseudo-likelihood is watched."""

        def objective(model: RBM, batch: Array, carry: Chains, key: PRNGKeyArray) -> Any:
            binarizing, starting, chain = jax.random.split(key, 3)
            v = self.shown(batch, binarizing)
            start = model.sample_hidden(v, key=starting) if carry.hidden is None else carry.hidden
            mean_field = self.hidden_states == "mean-field"
            h, particles = negative_particles(
                model, start, self.gibbs_steps, mean_field=mean_field, key=chain
            )
            loss = contrastive_loss(model, v, particles)
            if self.visible == "binary":
                watched = {"pseudo_log_likelihood": pseudo_log_likelihood(model, v, carry.bit).mean()}
            else:
                watched = {"squared_error": metrics.squared_error(reconstruction(model, v), v).mean()}
            carry = Chains(None if carry.hidden is None else h, (carry.bit + 1) % v.shape[1])
            return loss + self.l2 * jnp.square(model.weight).sum(), (jax.lax.stop_gradient(watched), carry)

        return objective

    def shown(self, x: Array, key: PRNGKeyArray) -> Float[Array, "batch visible"]:
        """What the machine sees of images: intensities, or 0 and 1."""
        v = flat(x)
        if self.binarize == "rounded":
            return jnp.round(v)
        return jax.random.bernoulli(key, v).astype(v.dtype) if self.binarize == "sampled" else v

    def held_out(self, split: data.Split) -> Float[Array, "examples visible"]:
        """The examples that are scored, the same at every call."""
        return self.shown(jnp.asarray(split.x), jax.random.fold_in(random_key(self.seed), len(split)))

    def loaded(self, name: str) -> data.Dataset:
        """The data set. Raises `DataError` for values that the visible units do not take."""
        dataset = data.load(name, seed=self.seed, real=True)
        if self.visible == "binary":
            data.check_intensities(dataset, "or standardise them and train with --visible gaussian")
            return dataset
        x = np.asarray(flat(jnp.asarray(dataset.train.x)))
        mean, deviation = x.mean(0), x.std(0)
        odd = np.flatnonzero((np.abs(mean) > 1) | (deviation < 1 / 3) | (deviation > 3))
        if len(odd):
            raise DataError(
                f"{dataset.name}: value {odd[0]} of the examples has mean {mean[odd[0]]:.3g} and standard deviation "
                f"{deviation[odd[0]]:.3g}; gaussian units need standardised data: subtract the means, divide by the "
                f"deviations, leave out what never changes, and save as floats in .npz"
            )
        return dataset

    def scorer(self, split: data.Split, dataset: data.Dataset) -> Callable[[RBM], dict[str, float]]:
        """A function of a model: its monitors on `split`, and by how much as many of train have the lower F."""
        examples = (self.held_out(split), jnp.arange(len(split)))
        train = self.held_out(data.Split(dataset.train.x[: len(split)], dataset.train.y[: len(split)]))
        known = (train, jnp.arange(len(train)))

        def scores(model: RBM) -> dict[str, float]:
            found = mean_scores(self.score, model, examples)
            gap = found.pop("free_energy") - mean_scores(free_energy, model, known)["free_energy"]
            return found | {"free_energy_gap": gap}

        return scores

    def score(self, model: RBM, numbered: tuple[Array, Array]) -> dict[str, Array]:
        """The monitors of many examples; the number of each decides the bit of its pseudo-likelihood."""
        v, numbers = numbered
        energies = free_energy(model, numbered)
        if self.visible == "gaussian":
            return energies | {"squared_error": metrics.squared_error(reconstruction(model, v), v)}
        logits = model.visible_field(model.hidden_mean(v))
        return energies | {
            "pseudo_log_likelihood": pseudo_log_likelihood(model, v, numbers % v.shape[1]),
            "reconstruction_cross_entropy": metrics.cross_entropy(logits, v),
        }

    def log_likelihood(
        self, folder: RunFolder, data: str | None, *, chains: int, temperatures: int
    ) -> dict[str, dict[str, float]]:
        """Mean log-probability of held-out examples, in nats, with three standard errors of log Z about it.

        Binary units take intensities rounded, unless the run binarised them another way.
        """
        model, dataset = self.finished(folder, data)
        showing, annealing = jax.random.split(random_key(self.seed))
        splits = {name: self.held_out(dataset.splits[name]) for name in ("valid", "test")}
        if self.visible == "binary":
            splits = {name: jnp.round(v) for name, v in splits.items()}
        log_z = partition.log_partition(
            model,
            self.shown(jnp.asarray(dataset.train.x), showing),
            chains=chains,
            temperatures=temperatures,
            key=annealing,
        )
        scores = {}
        for name, v in splits.items():
            unnormalised = -mean_scores(free_energy, model, (v, jnp.arange(len(v))))["free_energy"]
            found = unnormalised - log_z.value
            scores[name] = {
                "examples": len(v),
                "log_likelihood": found,
                "at_least": found - 3 * log_z.standard_error,
                "at_most": found + 3 * log_z.standard_error,
            }
            if log_z.upper is not None:
                scores[name]["by_reverse"] = unnormalised - log_z.upper
            scores[name] |= log_z.as_metrics()
        return scores

    def sample(self, folder: RunFolder, options: Sampling) -> list[Path]:
        """Draw chains as rows of images, each unit's mean given the hidden ones, and with `animate` as a GIF."""
        model, dataset = self.finished(folder)
        require_pictures(folder, dataset.shape, len(dataset.test), options)

        def picture(v: Float[Array, "rows chains visible"]) -> np.ndarray:
            h = model.sample_hidden(v, key=random_key(options.seed))
            return np.asarray(model.visible_mean(model.visible_field(h))).reshape(
                *v.shape[:2], *dataset.shape
            )

        out = options.out or folder.figures / "samples.png"
        return draw_samples(model, self.held_out(dataset.test), picture, options, out)

    def layer(self, model: RBM) -> Dense:
        """The layer that computes p(h = 1 | v)."""
        return model.layer()

    def filters(self, model: RBM) -> Float[Array, "hidden visible"]:
        """The weights of each hidden unit."""
        return model.weight.T


def require_pictures(folder: RunFolder, shape: tuple[int, ...], examples: int, options: Sampling) -> None:
    """Raise `ConfigError` where the model makes no pictures, or chains have no example to start from."""
    if len(shape) < 2:
        raise ConfigError(f"{folder.path} learned from rows of numbers, which make no picture")
    if options.start == "test" and options.chains > examples:
        raise ConfigError(f"--chains {options.chains} is more than the {examples} test examples; take fewer")


def free_energy(model: RBM, numbered: tuple[Array, Array]) -> dict[str, Array]:
    """F(v) of each example."""
    return {"free_energy": model.free_energy(numbered[0])}


def reconstruction(model: RBM, v: Float[Array, "batch visible"]) -> Float[Array, "batch visible"]:
    """Each example through the hidden units' probabilities and back."""
    return model.visible_mean(model.visible_field(model.hidden_mean(v)))
