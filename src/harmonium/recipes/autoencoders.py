"""Denoising and contractive autoencoders on images (chapter 7; Rifai et al. 2011)."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from harmonium import data, figures, metrics
from harmonium.errors import DataError
from harmonium.models import Autoencoder, penalties
from harmonium.models.corruption import corrupt
from harmonium.recipes.recipe import Recipe, load
from harmonium.training import (
    Evaluation,
    Fitted,
    Objective,
    Reporter,
    RunFolder,
    TrainingState,
    fit,
    gradient_update,
    load_model,
    mean_scores,
)

TILES = 100  # filters in a picture, 10 x 10


@dataclass(frozen=True, kw_only=True)
class AutoencoderRecipe(Recipe):
    """The settings that both autoencoders share."""

    hidden: int = 500
    """Units of the code."""
    activation: Literal["sigmoid", "tanh", "relu", "softplus", "linear"] = "sigmoid"
    """The code's non-linearity."""
    tied: bool = True
    """Decode with the transpose of the encoder's weights, W' = Wᵀ."""
    reconstruction: Literal["sigmoid", "linear"] = "sigmoid"
    """What the decoder ends in: sigmoid for values in [0, 1], linear for real ones."""
    cost: Literal["cross-entropy", "squared-error"] = "cross-entropy"
    """How a reconstruction is compared with its input, summed over an example."""
    snapshot_epochs: int = 5
    """Keep the model after every so many epochs, to draw its filters; 0 keeps none."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require("hidden", self.hidden >= 1, "be at least 1")
        self.require("snapshot_epochs", self.snapshot_epochs >= 0, "not be negative")
        self.require(
            "reconstruction",
            self.reconstruction == "sigmoid" or self.cost == "squared-error",
            "go with --cost squared-error",
        )

    def objective(self) -> Objective:
        """What an update lowers."""
        raise NotImplementedError

    def score(self, model: Autoencoder, x: Float[Array, " visible"], key: PRNGKeyArray) -> dict[str, Array]:
        """The metrics of one held-out example."""
        raise NotImplementedError

    def shown(self, x: Float[Array, " visible"], key: PRNGKeyArray) -> Float[Array, " visible"]:
        """What the autoencoder sees of an example while it learns: all of it, as it is."""
        return x

    def run(self, folder: RunFolder, report: Reporter | None = None) -> Fitted:
        """Train in `folder`, from its last checkpoint where it has one."""
        dataset = self.loaded(self.data)
        model = self.model(dataset)
        optimizer = self.make_optimizer(len(dataset.train))
        fitted = fit(
            gradient_update(self.objective(), optimizer),
            TrainingState.init(model, optimizer, seed=self.seed),
            dataset.train.x,
            batch_size=self.batch_size,
            max_epochs=self.max_epochs,
            shuffle=self.shuffle,
            evaluate=Evaluation(self.scorer(dataset.valid), self.scorer(dataset.test)),
            run=folder,
            report=report,
            snapshot_epochs=self.snapshot_epochs,
        )
        self.conclude(folder, dataset, fitted)
        return fitted

    def model(self, dataset: data.Dataset) -> Autoencoder:
        """The untrained autoencoder of examples like those of `dataset`."""
        return Autoencoder.init(
            math.prod(dataset.shape),
            self.hidden,
            activation_name=self.activation,
            reconstruction=self.reconstruction,
            tied=self.tied,
            key=jax.random.key(self.seed),
        )

    def loaded(self, name: str) -> data.Dataset:
        """The data set; any real values where the cost allows them. Raises `DataError` where it does not."""
        dataset = data.load(name, seed=self.seed, real=True)
        if self.cost == "cross-entropy":
            advice = "or train with --cost squared-error --reconstruction linear"
            data.check_intensities(dataset, advice)
        return dataset

    def evaluate(self, folder: RunFolder, data: str | None = None) -> dict[str, dict[str, float]]:
        """The mean cost of reconstructing valid and test, of the run's own data or of another's."""
        model, dataset = self.finished(folder, data)
        return {
            name: {"examples": len(split)} | self.scorer(split)(model)
            for name, split in (("valid", dataset.valid), ("test", dataset.test))
        }

    def scorer(self, split: data.Split) -> Callable[[Autoencoder], dict[str, float]]:
        """A function of a model: its mean metrics on `split`, with the same noise at every call."""
        examples = (jnp.asarray(split.x), jnp.arange(len(split)))
        return lambda model: mean_scores(self.scores, model, examples)

    def scores(self, model: Autoencoder, numbered: tuple[Array, Array]) -> dict[str, Array]:
        """The metrics of many held-out examples, with the number of each, which decides its noise."""
        x, numbers = numbered
        keys = jax.vmap(lambda n: jax.random.fold_in(jax.random.key(self.seed), n))(numbers)
        return jax.vmap(self.score, in_axes=(None, 0, 0))(model, flat(x), keys)

    def draw(self, folder: RunFolder) -> list[Path]:
        """Learning curves, and for images the filters as they grew, and test images beside their reconstructions."""
        model, dataset = self.finished(folder)
        title, pictures = f"{self.name} on {Path(dataset.name).name}", folder.figures
        drawn = [figures.learning_curves(folder.records(), pictures / "learning-curves.png", title=title)]
        if len(dataset.shape) < 2:
            return drawn
        drawn.append(self.draw_filters(model, dataset, pictures / "filters.png"))
        for epoch, path in folder.snapshots().items():
            snapshot = load_model(path, {"Autoencoder": Autoencoder, "Dense": type(model.encoder)})
            drawn.append(self.draw_filters(snapshot, dataset, pictures / f"filters-epoch-{epoch:03d}.png"))
        x = flat(jnp.asarray(dataset.test.x[:20]))
        shown = jax.vmap(self.shown)(x, jax.random.split(jax.random.key(self.seed), len(x)))
        rows = {"input": x} | ({"shown": shown} if (shown != x).any() else {})
        rows["reconstruction"] = jax.vmap(model.reconstruct)(shown)
        images = {name: np.asarray(row).reshape(-1, *dataset.shape) for name, row in rows.items()}
        drawn.append(figures.image_rows(images, pictures / "reconstructions.png", title=title))
        return drawn

    def draw_filters(self, model: Autoencoder, dataset: data.Dataset, path: Path) -> Path:
        """The weights of each of the first hundred units, as images."""
        return figures.filters(np.asarray(model.encoder.weight[:TILES]).reshape(-1, *dataset.shape), path)

    def finished(self, folder: RunFolder, data_name: str | None = None) -> tuple[Autoencoder, data.Dataset]:
        """The run's model, and the data it learned from or `data_name`; raises `DataError` for another size."""
        model: Autoencoder = load(folder.path)
        dataset = self.loaded(data_name or self.data)
        visible = len(model.visible_bias)
        if math.prod(dataset.shape) != visible:
            raise DataError(
                f"{dataset.name} has examples of {math.prod(dataset.shape)} values; "
                f"the run {folder.path} learned from {visible}"
            )
        return model, dataset

    def reconstruction_cost(
        self, model: Autoencoder, shown: Float[Array, " visible"], x: Float[Array, " visible"]
    ) -> Float[Array, ""]:
        """The cost of reconstructing one example from what is shown of it."""
        if self.cost == "cross-entropy":
            return metrics.cross_entropy(model.decode(model.encode(shown)), x)
        return metrics.squared_error(model.reconstruct(shown), x)


@dataclass(frozen=True, kw_only=True)
class DenoisingAutoencoderRecipe(AutoencoderRecipe):
    """Train a denoising autoencoder: reconstruct images from corrupted ones. The book shows its filters."""

    name: ClassVar[str] = "denoising-autoencoder"

    learning_rate: float = 0.1
    max_epochs: int = 15
    batch_size: int = 20
    corruption_level: float = 0.3
    """The share of values that are corrupted, or the noise's standard deviation; 0 is a plain autoencoder."""
    corruption: Literal["masking", "salt-and-pepper", "gaussian"] = "masking"
    """Set values to 0; set them to 0 or 1; add noise."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require("corruption_level", 0 <= self.corruption_level < 1, "be in [0, 1)")

    def shown(self, x: Float[Array, " visible"], key: PRNGKeyArray) -> Float[Array, " visible"]:
        """The corrupted example."""
        return corrupt(x, self.corruption_level, self.corruption, key=key)

    def objective(self) -> Objective:
        """The mean cost of reconstructing x from a corrupted x (section 7.2)."""

        def objective(model: Autoencoder, batch: Array, carry: None, key: PRNGKeyArray) -> Any:
            x = flat(batch)
            costs = jax.vmap(self.reconstruction_cost, in_axes=(None, 0, 0))(model, self.shown(x, key), x)
            return costs.mean(), ({"denoising_cost": costs.mean()}, carry)

        return objective

    def score(self, model: Autoencoder, x: Float[Array, " visible"], key: PRNGKeyArray) -> dict[str, Array]:
        """The cost of reconstructing the example from its corrupted form, and from itself."""
        return {
            "denoising_cost": self.reconstruction_cost(model, self.shown(x, key), x),
            "reconstruction_cost": self.reconstruction_cost(model, x, x),
        }


@dataclass(frozen=True, kw_only=True)
class ContractiveAutoencoderRecipe(AutoencoderRecipe):
    """Train a contractive autoencoder: one whose code hardly moves when its input does (Rifai et al. 2011)."""

    name: ClassVar[str] = "contractive-autoencoder"

    learning_rate: float = 0.01
    max_epochs: int = 20
    batch_size: int = 10
    contraction: float = 0.1
    """Weight λ of the penalty ‖∂y/∂x‖²."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require("contraction", 0 <= self.contraction < float("inf"), "not be negative")

    def objective(self) -> Objective:
        """The mean of the reconstruction's cost plus λ‖∂y/∂x‖²."""

        def objective(model: Autoencoder, batch: Array, carry: None, key: PRNGKeyArray) -> Any:
            scores = jax.vmap(self.score, in_axes=(None, 0, None))(model, flat(batch), key)
            means = {name: values.mean() for name, values in scores.items()}
            return means["reconstruction_cost"] + self.contraction * means["contraction"], (means, carry)

        return objective

    def score(self, model: Autoencoder, x: Float[Array, " visible"], key: PRNGKeyArray) -> dict[str, Array]:
        """The cost of reconstructing the example, and ‖∂y/∂x‖² at it."""
        return {
            "reconstruction_cost": self.reconstruction_cost(model, x, x),
            "contraction": penalties.contraction(model.encoder, x),
        }


def flat(x: Array) -> Float[Array, "batch visible"]:
    """Images as rows of floats."""
    return data.intensities(x).reshape(len(x), -1)
