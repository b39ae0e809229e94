"""Networks whose layers are first trained one by one, without labels (chapters 8 and 10)."""

from __future__ import annotations

import functools
import math
from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from harmonium.errors import CheckpointError, ConfigError
from harmonium.pretrained import located
from harmonium.recipes.mlp import Perceptron
from harmonium.recipes.shared.phase import Phase
from harmonium.recipes.shared.recipe import Optimizer
from harmonium.recipes.shared.unsupervised import TILES, LayerRecipe

if TYPE_CHECKING:
    from jaxtyping import Array, PRNGKeyArray

    from harmonium.data import Dataset
    from harmonium.models import MLP, Dense
    from harmonium.training import Patience, RunFolder

QUICK: Mapping[str, Any] = {  # what named configurations share
    "shuffle": True,
    "pretraining_epochs": (10,),
    "pretraining_learning_rate": (0.05,),
    "pretraining_batch_size": 20,
    "batch_size": 100,
    "learning_rate": 0.001,
    "optimizer": "adam",
    "anneal": True,
    "dropout": 0.2,
    "max_epochs": 30,
    "patience_epochs": 30,
}


@dataclass(frozen=True, kw_only=True)
class Stack(Perceptron):
    """The settings that both stacks share."""

    least_patience: ClassVar[int] = 0
    layers_of: ClassVar[str | None] = "pretrained"

    learning_rate: float = 0.1
    anneal: bool = False
    """Let the rate of the fine-tuning, not of the pre-training, fall to zero at --max-epochs."""
    schedule: Literal["linear", "cosine", "one-cycle"] = "linear"
    """How it falls there, with --anneal: in a straight line, along half a cosine, or after rising over the first
    30 %."""
    learning_rate_decay: float = 0.0
    """d in the rate of epoch t of the fine-tuning, μ₀ / (1 + d·t)."""
    weight_decay: float = 0.0
    """Share of the weights, times the rate, that each update of the fine-tuning, not of the pre-training, takes from
    them apart from the gradient's step."""
    average: float = 0.0
    """Judge and keep a running mean of the fine-tuned weights over some 1 / (1 - average) updates; 0: the last ones."""
    max_epochs: int = 1000
    patience: int = 0  # patience_epochs' worth
    patience_epochs: int
    """Where --patience is 0: the epochs whose updates are made in any case."""
    hidden: tuple[int, ...] = (1000, 1000, 1000)
    """Sigmoid units of each layer, the first one above the image."""
    pretraining_epochs: tuple[int, ...]
    """Passes over the training set for each layer, or one number for all; 0 leaves the first weights."""
    pretraining_learning_rate: tuple[float, ...]
    """Step size for each layer, or one for all."""
    pretraining_batch_size: int
    """Examples an update of the pre-training."""
    pretraining_optimizer: Optimizer = "sgd"
    """How a gradient becomes a step there."""
    pretrained: str | None = None
    """Take the layers that this run has trained, instead of training them."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require("patience_epochs", self.patience_epochs >= 1, "be at least 1")
        positive = len(self.hidden) > 0 and min(self.hidden) >= 1
        self.require("hidden", positive, "hold at least one layer of a positive number of units")
        for field in self.each_layer():
            values = getattr(self, field)
            fits = values is None or len(values) in (1, len(self.hidden))
            self.require(field, fits, f"hold 1 value or {len(self.hidden)}")
        for number in range(len(self.hidden)):
            self.block(number)  # raises what is wrong with its settings

    @property
    def takes_real(self) -> bool:
        """Whether the numbers of an example may be any: the first layer learns intensities."""
        return False

    def each_layer(self) -> tuple[str, ...]:
        """Return the settings that hold a value for each layer, or one for all."""
        return ("pretraining_epochs", "pretraining_learning_rate")

    def at(self, field: str, number: int) -> Any:
        """Return the value of such a setting for the layer `number`, counted from 0; the last goes for all above it."""
        values = getattr(self, field)
        return values[min(number, len(values) - 1)]

    def model(self, dataset: Dataset, key: PRNGKeyArray) -> MLP:
        """Return the network of such layers with weights drawn, not learned, beneath an output of zeros."""
        from harmonium.models import MLP

        return MLP.init(math.prod(dataset.shape), self.hidden, len(dataset.classes), "sigmoid", key=key)

    @abstractmethod
    def block(self, number: int) -> LayerRecipe:
        """Return the recipe that trains the layer `number`, counted from 0, on the outputs of the layer below."""

    def common(self, number: int) -> dict[str, Any]:
        """Return the settings that a block takes over."""
        return {
            "data": self.data,
            "seed": self.seed,
            "hidden": self.hidden[number],
            "max_epochs": self.at("pretraining_epochs", number),
            "learning_rate": self.at("pretraining_learning_rate", number),
            "batch_size": self.pretraining_batch_size,
            "optimizer": self.pretraining_optimizer,
            "momentum": self.momentum,
            "momentum_epochs": self.momentum_epochs,
            "shuffle": self.shuffle,
            "snapshot_epochs": self.snapshot_epochs,
        }

    def phases(self, folder: RunFolder) -> list[Phase]:
        """Return a phase for each layer, in a folder of its own, then fine-tuning."""
        from harmonium.models import MLP, LogisticRegression

        dataset = self.own_data(folder)
        self.take_given_layers(dataset, folder)

        @functools.cache
        def codes(number: int) -> Dataset:
            if number == 0:
                return dataset
            return self.transformed(codes(number - 1), self.trained_layer(folder, number - 1), number)

        def network() -> MLP:
            output = LogisticRegression.init(self.hidden[-1], len(dataset.classes))
            return MLP(self.pretrained_layers(folder), output)

        layers = [
            self.block(number).unsupervised(
                functools.partial(codes, number),
                self.layer_folder(folder, number),
                dataset,
                part=number + 1,
                title=f"pre-training layer {number + 1} of {len(self.hidden)}",
                first=self.first_block(folder, dataset, number),
            )
            for number in range(len(self.hidden))
        ]
        fine_tuning = self.supervised(network, dataset, dataset, folder, "fine-tuning")
        return [*layers, *self.joint_phases(folder, dataset), *fine_tuning]

    def first_block(self, folder: RunFolder, dataset: Dataset, number: int) -> Callable[[Any], Any] | None:
        """Return what makes the model that layer `number` begins as of the untrained one; None for that itself."""
        return None

    def joint_phases(self, folder: RunFolder, dataset: Dataset) -> list[Phase]:
        """Return the trainings of all layers together before the classifier is trained: none."""
        return []

    def pretrained_layers(self, folder: RunFolder) -> tuple[Dense, ...]:
        """Return the layers as fine-tuning finds them."""
        return tuple(self.trained_layer(folder, number) for number in range(len(self.hidden)))

    def layer_folder(self, folder: RunFolder, number: int) -> RunFolder:
        """Return the folder in which the layer `number`, counted from 0, is trained."""
        return folder.phase(f"layer-{number + 1}", self.block(number).config())

    def trained_layer(self, folder: RunFolder, number: int) -> Dense:
        """Return the layer `number`, counted from 0, as its phase left it on disk."""
        from harmonium.recipes.shared.saved import load

        return self.block(number).layer(load(self.layer_folder(folder, number).path))

    def take_given_layers(self, dataset: Dataset, folder: RunFolder) -> None:
        """Copy the layers that another run has trained, where the settings say so.

        Raises `ConfigError` where they are not like those of the settings, `CheckpointError` where they are not
        finished.
        """
        from harmonium.training import RunFolder
        from harmonium.training.taken_phases import take_phases

        if self.pretrained is None or (folder.path / "pretraining").exists():
            return
        source = RunFolder.open(located(self.pretrained))
        widths = [math.prod(dataset.shape), *self.hidden]
        for number, shape in enumerate(zip(widths[1:], widths, strict=False)):
            if not self.layer_folder(source, number).finished():
                raise CheckpointError(f"{self.pretrained} has no finished pre-training of layer {number + 1}")
            found = self.trained_layer(source, number).weight.shape
            if found != shape:
                raise ConfigError(
                    f"layer {number + 1} of {self.pretrained} takes {found[1]} values to {found[0]}, not "
                    f"{shape[1]} to {shape[0]}; give the --hidden and the --data of that run"
                )
        folder.begin()
        take_phases(
            folder,
            source,
            [self.layer_folder(source, number).path.name for number in range(len(self.hidden))],
        )

    def transformed(self, codes: Dataset, layer: Dense, number: int) -> Dataset:
        """Return what the layer `number`, counted from 0, is trained on: the mean activations of the one below."""
        from harmonium.recipes.shared.features import encoded

        return encoded(codes, LayerEncoder(layer), "the layer below")

    def stopping(self, examples: int) -> Patience:
        """Return patience in updates, or `patience_epochs` epochs of them."""
        from harmonium.training import Patience

        updates = self.patience or self.patience_epochs * max(1, examples // self.batch_size)
        return Patience(updates, self.patience_increase, self.improvement_threshold)

    def filters(self, model: MLP, shape: tuple[int, ...]) -> Array:
        """Return the weights of each unit of the first layer, fine-tuned."""
        return model.hidden[0].weight[:TILES].reshape(-1, *shape)

    def draw(self, folder: RunFolder) -> list[Path]:
        """Draw the pictures of a classifier, the curves of each layer's training, and its first filters."""
        from harmonium import figures
        from harmonium.recipes.shared.grown import draw_filters
        from harmonium.recipes.shared.new_examples import shape_of

        drawn = super().draw(folder) if folder.model.exists() else []
        shape = shape_of(folder)
        for number in range(len(self.hidden)):
            phase = self.layer_folder(folder, number)
            title = f"pre-training of layer {number + 1}"
            path = folder.figures / f"learning-curves-layer-{number + 1}.png"
            if phase.records():
                drawn.append(figures.learning_curves(phase.records(), path, title=title))
            if number == 0 and len(shape) > 1 and phase.model.exists():
                drawn += draw_filters(
                    phase,
                    lambda one: self.block(0).layer(one).weight[:TILES].reshape(-1, *shape),
                    f"{self.name}: filters of layer 1, pre-trained",
                    pictures=folder.figures,
                    name="filters-pretrained",
                )
        return drawn


@dataclass(frozen=True)
class LayerEncoder:
    """A layer as `encoded` takes it."""

    layer: Dense

    def encode(self, x: Array) -> Array:
        """Return the layer's output for one example."""
        return self.layer(x.ravel())
