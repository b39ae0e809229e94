"""Denoising and contractive autoencoders on images (chapter 7; Rifai et al. 2011)."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from harmonium import data, figures, metrics, models
from harmonium.recipes.shared.search_space import Choice, LogUniform, Space
from harmonium.recipes.shared.unsupervised import LayerRecipe, flat

if TYPE_CHECKING:
    from jaxtyping import Array, Float, PRNGKeyArray

    from harmonium.data import Dataset
    from harmonium.models import Autoencoder, Dense
    from harmonium.training import Objective, RunFolder, Streams


@dataclass(frozen=True, kw_only=True)
class AutoencoderRecipe(LayerRecipe):
    """The settings that both autoencoders share."""

    snapshot_epochs: int = 5
    activation: Literal["sigmoid", "tanh", "relu", "softplus", "linear"] = "sigmoid"
    """The code's non-linearity."""
    tied: bool = True
    """Decode with the transpose of the encoder's weights, W' = Wᵀ."""
    reconstruction: Literal["sigmoid", "linear"] = "sigmoid"
    """What the decoder ends in: sigmoid for values in [0, 1], linear for real ones."""
    cost: Literal["cross-entropy", "squared-error"] = "cross-entropy"
    """How a reconstruction is compared with its input, summed over an example."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require(
            "reconstruction",
            self.reconstruction == "sigmoid" or self.cost == "squared-error",
            "go with --cost squared-error",
        )

    @abstractmethod
    def score(self, model: Autoencoder, x: Float[Array, " visible"], key: PRNGKeyArray) -> dict[str, Array]:
        """Return the metrics of one held-out example."""

    def shown(self, x: Float[Array, " visible"], key: PRNGKeyArray) -> Float[Array, " visible"]:
        """Return what the autoencoder sees of an example while it learns: all of it, as it is."""
        return x

    def model(self, dataset: Dataset, streams: Streams) -> Autoencoder:
        """Return the untrained autoencoder of examples like those of `dataset`."""
        return models.Autoencoder.init(
            math.prod(dataset.shape),
            self.hidden,
            activation_name=self.activation,
            reconstruction=self.reconstruction,
            tied=self.tied,
            key=streams.initial_weights,
        )

    @property
    def takes_real(self) -> bool:
        """Whether the decoder reaches any number, and not those in [0, 1] alone."""
        return self.reconstruction == "linear"

    def check(self, dataset: Dataset) -> None:
        """Raise `DataError` for values that no reconstruction reaches."""
        if not self.takes_real:
            data.check_intensities(dataset, "or train with --cost squared-error --reconstruction linear")

    def scorer(
        self, name: str, dataset: Dataset, streams: Streams
    ) -> Callable[[Autoencoder], dict[str, float]]:
        """Return a function from a model to its mean metrics on a set, with the same noise at every call."""
        import jax
        import jax.numpy as jnp

        from harmonium.training import mean_scores

        split, noise = dataset.splits[name], streams.held_out_noise(name)
        keys = jax.vmap(lambda n: jax.random.fold_in(noise, n))(jnp.arange(len(split)))
        examples = (jnp.asarray(split.x), keys)
        return lambda model: mean_scores(self.scores, model, examples)

    def scores(self, model: Autoencoder, examples: tuple[Array, Array]) -> dict[str, Array]:
        """Return the metrics of many held-out examples, each with the key of its noise."""
        import jax

        x, keys = examples
        return jax.vmap(self.score, in_axes=(None, 0, 0))(model, flat(x), keys)

    def filters(self, model: Autoencoder) -> Float[Array, "hidden visible"]:
        """Return the weights of each unit of the code."""
        return model.encoder.weight

    def layer(self, model: Autoencoder) -> Dense:
        """Return the encoder."""
        return model.encoder

    def draw(self, folder: RunFolder) -> list[Path]:
        """Draw learning curves; for images also the filters as they grew, and reconstructions of test images."""
        import jax
        import jax.numpy as jnp
        import numpy as np

        from harmonium.training import Streams

        drawn = super().draw(folder)
        model, dataset = self.finished(folder)
        if len(dataset.as_seen.shape) < 2:
            return drawn
        x = flat(jnp.asarray(dataset.test.x[:20]))
        shown = jax.vmap(self.shown)(x, jax.random.split(Streams(self.seed).pictures, len(x)))
        rows = {"input": x} | ({"corrupted": shown} if (shown != x).any() else {})
        rows["reconstruction"] = jax.vmap(model.reconstruct)(shown)
        how = dataset.preparation
        images = {name: how.restored(np.asarray(row), dataset.shape) for name, row in rows.items()}
        path = folder.figures / "reconstructions.png"
        return [*drawn, figures.image_rows(images, path, title=self.title(dataset))]

    def reconstruction_cost(
        self, model: Autoencoder, shown: Float[Array, " visible"], x: Float[Array, " visible"]
    ) -> Float[Array, ""]:
        """Return the cost of reconstructing one example from what is shown of it."""
        if self.cost == "cross-entropy":
            return metrics.cross_entropy(model.decode(model.encode(shown)), x)
        return metrics.squared_error(model.reconstruct(shown), x)


@dataclass(frozen=True, kw_only=True)
class DenoisingAutoencoderRecipe(AutoencoderRecipe):
    """Train a denoising autoencoder: reconstruct images from corrupted ones. The book shows its filters."""

    name: ClassVar[str] = "denoising-autoencoder"
    configurations: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "best": {  # codes that a linear classifier tells apart best
            "hidden": 2000,
            "activation": "relu",
            "corruption": "gaussian",
            "corruption_level": 0.5,
            "optimizer": "adam",
            "learning_rate": 0.001,
            "anneal": True,
            "batch_size": 100,
            "max_epochs": 30,
        }
    }
    chosen_by: ClassVar[str | None] = "denoising_cost"
    not_judged: ClassVar[tuple[str, ...]] = ("corruption_level", "corruption", "cost")
    search_space: ClassVar[Space] = {
        "learning_rate": LogUniform(0.01, 0.5),
        "hidden": Choice((250, 500, 1000)),
        "batch_size": Choice((10, 20, 100)),
    }

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
        """Return the corrupted example."""
        from harmonium.models.corruption import corrupt

        return corrupt(x, self.corruption_level, self.corruption, key=key)

    def objective(self) -> Objective:
        """Return the mean cost of reconstructing x from a corrupted x (section 7.2)."""
        import jax

        def objective(model: Autoencoder, batch: Array, carry: None, key: PRNGKeyArray) -> Any:
            x = flat(batch)
            costs = jax.vmap(self.reconstruction_cost, in_axes=(None, 0, 0))(model, self.shown(x, key), x)
            return costs.mean(), ({"denoising_cost": costs.mean()}, carry)

        return objective

    def score(self, model: Autoencoder, x: Float[Array, " visible"], key: PRNGKeyArray) -> dict[str, Array]:
        """Return the cost of reconstructing the example from its corrupted form, and from itself."""
        return {
            "denoising_cost": self.reconstruction_cost(model, self.shown(x, key), x),
            "reconstruction_cost": self.reconstruction_cost(model, x, x),
        }


@dataclass(frozen=True, kw_only=True)
class ContractiveAutoencoderRecipe(AutoencoderRecipe):
    """Train a contractive autoencoder: one whose code hardly moves when its input does (Rifai et al. 2011)."""

    name: ClassVar[str] = "contractive-autoencoder"
    chosen_by: ClassVar[str | None] = "reconstruction_cost"
    not_judged: ClassVar[tuple[str, ...]] = ("contraction", "cost")
    search_space: ClassVar[Space] = {
        "learning_rate": LogUniform(0.001, 0.1),
        "hidden": Choice((250, 500, 1000)),
        "batch_size": Choice((10, 20, 100)),
    }

    learning_rate: float = 0.01
    max_epochs: int = 20
    batch_size: int = 10
    contraction: float = 0.1
    """Weight λ of the penalty ‖∂y/∂x‖²."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require("contraction", 0 <= self.contraction < float("inf"), "not be negative")

    def objective(self) -> Objective:
        """Return the mean of the reconstruction's cost plus λ‖∂y/∂x‖²."""
        import jax

        def objective(model: Autoencoder, batch: Array, carry: None, key: PRNGKeyArray) -> Any:
            scores = jax.vmap(self.score, in_axes=(None, 0, None))(model, flat(batch), key)
            means = {name: values.mean() for name, values in scores.items()}
            return means["reconstruction_cost"] + self.contraction * means["contraction"], (means, carry)

        return objective

    def score(self, model: Autoencoder, x: Float[Array, " visible"], key: PRNGKeyArray) -> dict[str, Array]:
        """Return the cost of reconstructing the example, and ‖∂y/∂x‖² at it."""
        return {
            "reconstruction_cost": self.reconstruction_cost(model, x, x),
            "contraction": model.contraction(x),
        }
