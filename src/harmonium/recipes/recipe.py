"""What all recipes share: settings that are checked, written down, and run in a folder."""

import dataclasses
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, cast

from optax import GradientTransformation

from harmonium import models
from harmonium.data import Corpus, Dataset, Music, Reviews
from harmonium.errors import CheckpointError, ConfigError, DivergenceError, HarmoniumError
from harmonium.recipes.options import Inputs, MusicSampling, Sampling
from harmonium.training import (
    Fitted,
    Reporter,
    RunFolder,
    Silent,
    Trainings,
    follow,
    load_model,
    machine,
    make_optimizer,
)

Optimizer = Literal["sgd", "momentum", "nesterov", "adadelta", "rmsprop", "adam"]


@dataclass(frozen=True)
class Uniform:
    """Any number between two, to be searched."""

    low: float
    high: float

    def at(self, u: float) -> float:
        """The number for u, uniform in [0, 1)."""
        return self.low + (self.high - self.low) * u


@dataclass(frozen=True)
class Choice:
    """One of several values, to be searched."""

    values: tuple[Any, ...]

    def at(self, u: float) -> Any:
        """The value for u, uniform in [0, 1)."""
        return self.values[int(u * len(self.values))]


@dataclass(frozen=True, kw_only=True)
class Recipe(ABC):
    """The settings of one chapter."""

    name: ClassVar[str]
    configurations: ClassVar[Mapping[str, Mapping[str, Any]]] = {}  # named settings beside the book's
    sampling: ClassVar[type[Sampling] | type[MusicSampling]] = Sampling  # what `sample` takes
    annealing: ClassVar[tuple[int, int]] = (100, 10000)  # chains and temperatures, unless given
    search_space: ClassVar[Mapping[str, Uniform | Choice]] = {}  # what `harmonium search` draws
    chosen_by: ClassVar[tuple[str, Literal["lowest", "highest"]] | None] = None  # a search's metric

    data: str = "mnist"
    """A data set by name (see: harmonium data), or a path to your own."""
    seed: int = 0
    """Decides everything random: the first weights, the order of the examples, the split of your own data."""
    max_epochs: int
    """Stop after this many passes over the training set, whatever early stopping says."""
    batch_size: int
    """Examples an update."""
    learning_rate: float
    """Step size of an update, μ₀."""
    optimizer: Optimizer = "sgd"
    """How a gradient becomes a step."""
    learning_rate_decay: float = 0.0
    """d in the rate of epoch t, μ₀ / (1 + d·t)."""
    anneal: bool = False
    """Let the rate fall in a straight line to zero at --max-epochs."""
    average: float = 0.0
    """Judge and keep a running mean of the weights, over some 1 / (1 - average) updates, as 5,000 with 0.9998; 0 to
    judge the weights themselves."""
    shuffle: bool = False
    """Take the examples in a new random order each epoch; the book keeps the order of the file."""

    def __post_init__(self) -> None:
        self.require("seed", 0 <= self.seed < 2**31, "be from 0 to 2147483647")
        self.require("max_epochs", self.max_epochs >= 0, "not be negative")
        self.require("batch_size", self.batch_size >= 1, "be at least 1")
        self.require("learning_rate", 0 < self.learning_rate < float("inf"), "be positive")
        self.require("learning_rate_decay", 0 <= self.learning_rate_decay < float("inf"), "not be negative")
        self.require("average", 0 <= self.average < 1, "be in [0, 1)")

    def require(self, field: str, holds: bool, demand: str) -> None:
        """Raise `ConfigError` naming the field unless its condition holds."""
        if not holds:
            option = "--" + field.replace("_", "-")
            raise ConfigError(f"{option} {getattr(self, field)} must {demand}")

    def config(self) -> dict[str, Any]:
        """The full configuration as JSON values, what `recipe_from` reads."""
        values: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(self)))
        return {"recipe": self.name, **values}

    def changed(self) -> dict[str, Any]:
        """The settings that are not the recipe's own, apart from the data and the seed."""
        config = self.config()
        defaults = cast(Any, type(self))().config()
        return {k: v for k, v in config.items() if v != defaults[k] and k not in ("data", "seed")}

    def run(self, folder: RunFolder, report: Reporter | None = None) -> Fitted:
        """Train in `folder`, from its last checkpoint where it has one."""
        (result,) = follow([self.trainings(folder, report or Silent())], report)
        if isinstance(result, HarmoniumError):
            raise result
        return result

    @abstractmethod
    def trainings(self, folder: RunFolder, report: Reporter) -> Trainings:
        """Each training of the run in turn: what `follow` goes through, alone or beside other runs."""

    @abstractmethod
    def draw(self, folder: RunFolder) -> list[Path]:
        """Draw the run from its files, and return where the pictures lie."""

    @abstractmethod
    def evaluate(self, folder: RunFolder, data: str | None = None) -> dict[str, dict[str, Any]]:
        """Score the run's best model on every held-out example, by set and metric."""

    def predict(self, folder: RunFolder, inputs: Inputs) -> list[dict[str, Any]]:
        """What the run's model makes of each input. Raises `ConfigError` where the recipe learns no classes."""
        raise ConfigError(
            f"{folder.path} is a run of {self.name}, which learns no classes; "
            f"learn them from its codes: harmonium train logistic-regression --features {folder.path}"
        )

    def rows(self, prediction: Mapping[str, Any]) -> list[dict[str, str]]:
        """The rows of a table that show one prediction to a person: here its likeliest class, and the next two."""
        ranked = sorted(prediction["probabilities"].items(), key=lambda item: -item[1])
        row = {name: value for name, value in prediction.items() if isinstance(value, str)}
        then = ", ".join(f"{name} {p:.1%}" for name, p in ranked[1:3])
        return [row | {"probability": f"{ranked[0][1]:.1%}", "then": then}]

    def sample(self, folder: RunFolder, options: Any) -> list[Path]:
        """Draw samples of the run's model, as its `sampling` says. Raises `ConfigError` where it generates nothing."""
        raise ConfigError(
            f"{folder.path} is a run of {self.name}, which generates nothing; sample an rbm or an rnn-rbm"
        )

    def log_likelihood(
        self, folder: RunFolder, data: str | None, *, chains: int, temperatures: int
    ) -> dict[str, dict[str, float]]:
        """Mean log-probability of held-out examples. Raises `ConfigError` where the model defines none."""
        raise ConfigError(f"{folder.path} is a run of {self.name}, which defines no likelihood")

    def make_optimizer(self, examples: int) -> GradientTransformation:
        """The optimiser of the settings, for a training set of so many examples.

        Its learning rate is 1, and the training state's `rate` is μ₀: so trials of a search that differ in nothing
        else share a program.
        """
        return make_optimizer(
            self.optimizer,
            1.0,
            decay=self.learning_rate_decay,
            updates_per_epoch=max(1, examples // self.batch_size),
            anneal_epochs=self.max_epochs if self.anneal else 0,
        )

    def conclude(self, folder: RunFolder, data: Dataset | Corpus | Reviews | Music, fitted: Fitted) -> None:
        """Write the summary. Raises `DivergenceError` where training diverged."""
        best = fitted.best or {}
        folder.write_summary(
            {
                "recipe": self.name,
                "settings": self.changed(),
                "status": fitted.status,
                "data": describe(data),
                "valid": best.get("valid"),
                "test": best.get("test"),
                "best_epoch": best.get("epoch"),
                "best_update": best.get("update"),
                "epochs": fitted.epochs,
                "updates": fitted.updates,
                "seconds_pretraining": round(folder.seconds_pretraining(), 3),
                "seconds_training": round(fitted.seconds, 3),
                "updates_per_second": round(fitted.updates / fitted.seconds, 2) if fitted.seconds else None,
                "peak_memory_bytes": machine.peak_memory_bytes(),
                "seed": self.seed,
                "together": fitted.together,
                "device": machine.device(),
                "versions": machine.versions(),
            }
        )
        if fitted.status == "diverged":
            at = fitted.diverged
            kept = f". The best model before it is in {folder.path}" if best else ""
            raise DivergenceError(
                f"training diverged: {at['metric']} was not finite at update {at['update']}; "
                f"try a smaller --learning-rate than {self.learning_rate:g}{kept}"
            )

    def conclude_pretraining(
        self, folder: RunFolder, data: Dataset | Corpus | Reviews | Music, phase: Fitted
    ) -> Fitted:
        """Write the summary where a `phase` of pre-training did not end; what the training itself came to then."""
        fitted = dataclasses.replace(phase, best=None, updates=0, epochs=0, seconds=0.0)
        self.conclude(folder, data, fitted)
        return fitted


def in_words(settings: Mapping[str, Any]) -> str:
    """Settings as a person reads them."""

    def word(value: Any) -> str:
        if isinstance(value, list | tuple):
            return " ".join(map(word, value))
        return f"{value:.3g}" if isinstance(value, float) else str(value)

    return ", ".join(f"{name.replace('_', ' ')} {word(value)}" for name, value in settings.items())


def describe(data: Dataset | Corpus | Reviews | Music) -> dict[str, Any]:
    """What a summary says of the data: enough to predict with, and to tell other data from it."""
    return {
        "name": data.name,
        "sizes": data.sizes,
        "shape": list(data.shape),
        "classes": list(data.classes),
        "checksum": data.checksum,
    }


def load(run: str | Path) -> Any:
    """The best model of a run, or of a model.safetensors file: the bare `equinox.Module`.

    A classifier that learned from codes comes with its encoder. Raises `CheckpointError` where there is no model,
    or it is damaged.
    """
    path = Path(run)
    if path.is_file():
        return _read(path)
    folder = RunFolder.open(path)
    if not folder.model.exists():
        raise CheckpointError(f"{path} holds no model yet; continue it with: harmonium resume {path}")
    model = _read(folder.model)
    return models.FeatureClassifier(_read(folder.features), model) if folder.features.exists() else model


def _read(path: Path) -> Any:
    return load_model(path, models.model_classes())
