"""Networks whose layers are first trained one by one, without labels (chapters 8 and 10)."""

import dataclasses
import math
import shutil
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PRNGKeyArray

from harmonium import data, figures
from harmonium.data import load as load_data
from harmonium.errors import CheckpointError, ConfigError
from harmonium.models import DBN, MLP, Dense, LogisticRegression, partition
from harmonium.recipes.autoencoders import DenoisingAutoencoderRecipe
from harmonium.recipes.dreams import draw_samples
from harmonium.recipes.features import encoded
from harmonium.recipes.mlp import Perceptron
from harmonium.recipes.options import Sampling
from harmonium.recipes.rbm import RBMRecipe, require_pictures
from harmonium.recipes.recipe import load
from harmonium.recipes.unsupervised import TILES, LayerRecipe, flat
from harmonium.training import Patience, Reporter, RunFolder, Trainings, check_batch_size, random_key

QUICK: Mapping[str, Any] = {  # what both named configurations share
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

    learning_rate: float = 0.1
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
    """Examples an update."""
    pretrained: str | None = None
    """Take the layers that this run has trained, instead of training them."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require("patience_epochs", self.patience_epochs >= 1, "be at least 1")
        positive = len(self.hidden) > 0 and min(self.hidden) >= 1
        self.require("hidden", positive, "hold at least one layer of a positive number of units")
        for field in self.each_layer():
            count = len(getattr(self, field))
            self.require(field, count in (1, len(self.hidden)), f"hold 1 value or {len(self.hidden)}")
        for number in range(len(self.hidden)):
            self.block(number)  # raises what is wrong with its settings

    def each_layer(self) -> tuple[str, ...]:
        """The settings that hold a value for each layer, or one for all."""
        return ("pretraining_epochs", "pretraining_learning_rate")

    def at(self, field: str, number: int) -> Any:
        """The value of such a setting for the layer `number`, counted from 0."""
        values = getattr(self, field)
        return values[number if len(values) > 1 else 0]

    def model(self, dataset: data.Dataset, key: PRNGKeyArray) -> MLP:
        """The network of such layers with weights drawn, not learned, beneath an output of zeros."""
        return MLP.init(math.prod(dataset.shape), self.hidden, len(dataset.classes), "sigmoid", key=key)

    @abstractmethod
    def block(self, number: int) -> LayerRecipe:
        """How the layer `number`, counted from 0, is trained on what the layer below makes of the data."""

    def common(self, number: int) -> dict[str, Any]:
        """The settings that a block takes over."""
        return {
            "data": self.data,
            "seed": self.seed,
            "hidden": self.hidden[number],
            "max_epochs": self.at("pretraining_epochs", number),
            "learning_rate": self.at("pretraining_learning_rate", number),
            "batch_size": self.pretraining_batch_size,
            "shuffle": self.shuffle,
            "snapshot_epochs": 0,
        }

    def trainings(self, folder: RunFolder, report: Reporter) -> Trainings:
        """Train the layers in folders of their own, then the network, each from its last checkpoint."""
        dataset = data.load(self.data, seed=self.seed)
        for size in (self.batch_size, self.pretraining_batch_size):
            check_batch_size(size, len(dataset.train))
        given = self.given_layers(dataset)
        folder.begin()
        if given is not None and not (folder.path / "pretraining").exists():
            shutil.copytree(given, folder.path / "pretraining", ignore=shutil.ignore_patterns("checkpoints"))
        layers: list[Dense] = []
        codes = dataset
        for number in range(len(self.hidden)):
            block, phase = self.block(number), self.phase(folder, number)
            report.phase(f"pre-training layer {number + 1} of {len(self.hidden)}")
            if not has_finished(phase):
                fitted = yield from block.learn(codes, phase)
                if fitted.status != "finished":
                    return self.conclude_pretraining(folder, dataset, fitted)
            layers.append(block.layer(load(phase.path)))
            if number + 1 < len(self.hidden):
                codes = self.transformed(codes, layers[-1], random_key(self.seed + number))
        report.phase("fine-tuning")
        network = MLP(tuple(layers), LogisticRegression.init(self.hidden[-1], len(dataset.classes)))
        return (yield from self.fine_tune(network, dataset, dataset, folder))

    def phase(self, folder: RunFolder, number: int) -> RunFolder:
        """The folder in which the layer `number`, counted from 0, is trained."""
        return folder.phase(f"layer-{number + 1}", self.block(number).config())

    def given_layers(self, dataset: data.Dataset) -> Path | None:
        """The folder of layers trained before. Raises `ConfigError` where they are not like those of the settings."""
        if self.pretrained is None:
            return None
        source = RunFolder.open(Path(self.pretrained)).path / "pretraining"
        widths = [math.prod(dataset.shape), *self.hidden]
        for number, shape in enumerate(zip(widths[1:], widths, strict=False)):
            phase = RunFolder(source / f"layer-{number + 1}")
            if not has_finished(phase):
                raise CheckpointError(f"{self.pretrained} has no finished pre-training of layer {number + 1}")
            found = self.block(number).layer(load(phase.path)).weight.shape
            if found != shape:
                raise ConfigError(
                    f"layer {number + 1} of {self.pretrained} takes {found[1]} values to {found[0]}, not "
                    f"{shape[1]} to {shape[0]}; give the --hidden and the --data of that run"
                )
        return source

    def transformed(self, codes: data.Dataset, layer: Dense, key: PRNGKeyArray) -> data.Dataset:
        """What the next layer is trained on: the layer's mean activations."""
        return encoded(codes, LayerEncoder(layer), "the layer below")

    def stopping(self, examples: int) -> Patience:
        """Patience in updates, or `patience_epochs` epochs of them."""
        updates = self.patience or self.patience_epochs * max(1, examples // self.batch_size)
        return Patience(updates, self.patience_increase, self.improvement_threshold)

    def filters(self, model: MLP, shape: tuple[int, ...]) -> Array:
        """The weights of each unit of the first layer, fine-tuned."""
        return model.hidden[0].weight[:TILES].reshape(-1, *shape)

    def draw(self, folder: RunFolder) -> list[Path]:
        """The pictures of a classifier, the curves of each layer's training, and its first filters."""
        drawn = super().draw(folder) if folder.model.exists() else []
        shape = data.load(self.data, seed=self.seed).shape
        for number in range(len(self.hidden)):
            phase = self.phase(folder, number)
            title = f"pre-training of layer {number + 1}"
            path = folder.figures / f"learning-curves-layer-{number + 1}.png"
            if phase.records():
                drawn.append(figures.learning_curves(phase.records(), path, title=title))
            if number == 0 and len(shape) > 1 and phase.model.exists():
                weights = self.block(0).layer(load(phase.path)).weight[:TILES]
                path = folder.figures / "filters-pretrained.png"
                drawn.append(figures.filters(np.asarray(weights).reshape(-1, *shape), path))
        return drawn


@dataclass(frozen=True, kw_only=True)
class StackedDenoisingAutoencoderRecipe(Stack):
    """Train denoising autoencoders on each other's codes, then their encoders as a classifier. The book: 1.30 %."""

    name: ClassVar[str] = "stacked-denoising-autoencoder"
    configurations: ClassVar[Mapping[str, Mapping[str, Any]]] = {"quick": QUICK}

    batch_size: int = 1
    patience_epochs: int = 10
    pretraining_epochs: tuple[int, ...] = (15,)
    pretraining_learning_rate: tuple[float, ...] = (0.001,)
    pretraining_batch_size: int = 1
    corruption_level: tuple[float, ...] = (0.1, 0.2, 0.3)
    """The share of each layer's inputs that is masked, or one for all layers."""

    def each_layer(self) -> tuple[str, ...]:
        """The settings that hold a value for each layer, or one for all."""
        return (*super().each_layer(), "corruption_level")

    def block(self, number: int) -> DenoisingAutoencoderRecipe:
        """A denoising autoencoder."""
        return DenoisingAutoencoderRecipe(
            **self.common(number), corruption_level=self.at("corruption_level", number)
        )


@dataclass(frozen=True, kw_only=True)
class DeepBeliefNetworkRecipe(Stack):
    """Train RBMs on each other's codes, then their layers as a classifier. The book: 1.34 % test error."""

    name: ClassVar[str] = "dbn"
    configurations: ClassVar[Mapping[str, Mapping[str, Any]]] = {"quick": QUICK}

    batch_size: int = 10
    patience_epochs: int = 4
    pretraining_epochs: tuple[int, ...] = (100,)
    pretraining_learning_rate: tuple[float, ...] = (0.01,)
    pretraining_batch_size: int = 10
    gibbs_steps: int = 1
    """Gibbs steps an update of contrastive divergence, k."""
    upward: Literal["means", "samples"] = "means"
    """What a layer hands up to be learned from: its units' probabilities, or samples of them drawn once."""

    def block(self, number: int) -> RBMRecipe:
        """An RBM, by contrastive divergence."""
        return RBMRecipe(**self.common(number), persistent=False, gibbs_steps=self.gibbs_steps)

    def transformed(self, codes: data.Dataset, layer: Dense, key: PRNGKeyArray) -> data.Dataset:
        """The layer's mean activations, or samples."""
        means = super().transformed(codes, layer, key)
        if self.upward == "means":
            return means
        keys = jax.random.split(key, 3)
        train, valid, test = (
            dataclasses.replace(s, x=np.asarray(jax.random.bernoulli(k, s.x), np.float32))
            for k, s in zip(keys, means.splits.values(), strict=True)
        )
        return dataclasses.replace(means, train=train, valid=valid, test=test)

    def generative(self, folder: RunFolder) -> tuple[DBN, data.Dataset]:
        """The network as its pre-training left it, and the data. Raises `CheckpointError` before that has ended."""
        phases = [self.phase(folder, number) for number in range(len(self.hidden))]
        if not all(has_finished(phase) for phase in phases):
            raise CheckpointError(
                f"{folder.path} is still pre-training; continue it with: harmonium resume {folder.path}"
            )
        return DBN(tuple(load(phase.path) for phase in phases)), data.load(self.data, seed=self.seed)

    def sample(self, folder: RunFolder, options: Sampling) -> list[Path]:
        """Draw chains of the top RBM, passed down to the pixels, from the pre-trained layers."""
        network, dataset = self.generative(folder)
        require_pictures(folder, dataset.shape, len(dataset.test), options)
        up, down = jax.random.split(random_key(options.seed))
        codes = network.upward(flat(jnp.asarray(dataset.test.x)), key=up)

        def picture(codes: Array) -> np.ndarray:
            return np.asarray(network.downward(codes, key=down)).reshape(*codes.shape[:2], *dataset.shape)

        out = options.out or folder.figures / "samples.png"
        return draw_samples(network.rbms[-1], codes, picture, options, out)

    def log_likelihood(
        self, folder: RunFolder, data: str | None, *, chains: int, temperatures: int
    ) -> dict[str, dict[str, float]]:
        """A lower bound on the mean log-probability of held-out examples, rounded to 0 and 1, in nats.

        It is that of the pre-trained network; log Z of its top RBM is by annealed importance sampling.
        """
        network, dataset = self.generative(folder)
        dataset = dataset if data is None else load_data(data, seed=self.seed)
        learning, drawing, annealing = jax.random.split(random_key(self.seed), 3)
        top = network.rbms[-1]
        codes = network.upward(jnp.round(flat(jnp.asarray(dataset.train.x))), key=learning)
        log_z = partition.log_partition(top, codes, chains=chains, temperatures=temperatures, key=annealing)
        scores = {}
        for name in ("valid", "test"):
            x = jnp.round(flat(jnp.asarray(dataset.splits[name].x)))
            bounds = network.lower_bound(x, log_z.value, key=drawing)
            scores[name] = {
                "examples": len(x),
                "log_likelihood_bound": float(bounds.mean()),
            } | log_z.as_metrics()
        return scores


@dataclass(frozen=True)
class LayerEncoder:
    """A layer as `encoded` takes it."""

    layer: Dense

    def encode(self, x: Array) -> Array:
        """The layer's output for one example."""
        return self.layer(x.ravel())


def has_finished(phase: RunFolder) -> bool:
    """Whether the training in a folder came to its end."""
    summary = phase.summary()
    return summary is not None and summary["status"] == "finished" and phase.model.exists()
