"""Learning from examples alone, for every model of one visible and one hidden layer (chapters 7 and 9)."""

import math
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Array, Float

from harmonium import data, figures
from harmonium.errors import DataError
from harmonium.models import Dense
from harmonium.recipes.recipe import Recipe, load
from harmonium.training import (
    Evaluation,
    Objective,
    Reporter,
    RunFolder,
    Training,
    Trainings,
    TrainingState,
    gradient_update,
)

TILES = 100  # filters in a picture, 10 x 10


@dataclass(frozen=True, kw_only=True)
class Unsupervised(Recipe):
    """The settings that autoencoders and Boltzmann machines share."""

    hidden: int = 500
    """Hidden units."""
    snapshot_epochs: int
    """Keep the model after every so many epochs, to draw its filters; 0 keeps none."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require("hidden", self.hidden >= 1, "be at least 1")
        self.require("snapshot_epochs", self.snapshot_epochs >= 0, "not be negative")

    @abstractmethod
    def loaded(self, name: str) -> data.Dataset:
        """The data set. Raises `DataError` for values that the visible units do not take."""

    @abstractmethod
    def model(self, dataset: data.Dataset) -> Any:
        """The untrained model for examples like those of `dataset`."""

    @abstractmethod
    def objective(self) -> Objective:
        """What an update lowers."""

    def projection(self) -> Callable[[Any], Any] | None:
        """What takes the model back to where its parameters may lie, where they are not free."""
        return None

    def carry(self, dataset: data.Dataset) -> Any:
        """What passes from update to update beside the model."""
        return None

    @abstractmethod
    def scorer(self, split: data.Split, dataset: data.Dataset) -> Callable[[Any], dict[str, float]]:
        """A function of a model: its mean metrics on a held-out set of `dataset`, the same at every call."""

    def trainings(self, folder: RunFolder, report: Reporter) -> Trainings:
        """Train in `folder`, from its last checkpoint where it has one."""
        return (yield from self.learn(self.loaded(self.data), folder))

    def learn(self, dataset: data.Dataset, folder: RunFolder) -> Trainings:
        """Train on `dataset`, whatever the settings call theirs."""
        optimizer = self.make_optimizer(len(dataset.train))
        fitted = yield Training(
            gradient_update(self.objective(), optimizer, project=self.projection()),
            TrainingState.init(
                self.model(dataset),
                optimizer,
                seed=self.seed,
                rate=self.learning_rate,
                carry=self.carry(dataset),
                average=self.average,
            ),
            dataset.train.x,
            batch_size=self.batch_size,
            max_epochs=self.max_epochs,
            shuffle=self.shuffle,
            evaluate=Evaluation(self.scorer(dataset.valid, dataset), self.scorer(dataset.test, dataset)),
            run=folder,
            snapshot_epochs=self.snapshot_epochs,
        )
        self.conclude(folder, dataset, fitted)
        return fitted

    def evaluate(self, folder: RunFolder, data: str | None = None) -> dict[str, dict[str, float]]:
        """The mean metrics of valid and test, of the run's own data or of another's."""
        model, dataset = self.finished(folder, data)
        return {
            name: {"examples": len(split)} | self.scorer(split, dataset)(model)
            for name, split in (("valid", dataset.valid), ("test", dataset.test))
        }

    def title(self, dataset: data.Dataset) -> str:
        """What stands above a picture."""
        return f"{self.name} on {Path(dataset.name).name}"

    def finished(self, folder: RunFolder, data_name: str | None = None) -> tuple[Any, data.Dataset]:
        """The run's model, and the data it learned from or `data_name`; raises `DataError` for another size."""
        model = load(folder.path)
        dataset = self.loaded(data_name or self.data)
        visible = len(model.visible_bias)
        if math.prod(dataset.shape) != visible:
            raise DataError(
                f"{dataset.name} has examples of {math.prod(dataset.shape)} values; "
                f"the run {folder.path} learned from {visible}"
            )
        return model, dataset


@dataclass(frozen=True, kw_only=True)
class LayerRecipe(Unsupervised):
    """The settings of models whose codes are those of a layer, so that they can be stacked."""

    @abstractmethod
    def filters(self, model: Any) -> Float[Array, "hidden visible"]:
        """What each hidden unit looks for."""

    @abstractmethod
    def layer(self, model: Any) -> Dense:
        """The layer that computes the model's code, to be stacked."""

    def draw(self, folder: RunFolder) -> list[Path]:
        """Learning curves, and for images the filters as they grew."""
        model, dataset = self.finished(folder)
        pictures = folder.figures
        drawn = [
            figures.learning_curves(
                folder.records(), pictures / "learning-curves.png", title=self.title(dataset)
            )
        ]
        if len(dataset.shape) < 2:
            return drawn
        grown = {f"filters-epoch-{epoch:03d}.png": load(path) for epoch, path in folder.snapshots().items()}
        for file, one in {"filters.png": model, **grown}.items():
            weights = np.asarray(self.filters(one)[:TILES]).reshape(-1, *dataset.shape)
            drawn.append(figures.filters(weights, pictures / file))
        return drawn


def flat(x: Array) -> Float[Array, "batch visible"]:
    """Images as rows of floats."""
    return data.intensities(x).reshape(len(x), -1)
