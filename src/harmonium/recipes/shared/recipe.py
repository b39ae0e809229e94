"""What all recipes share: settings that are checked and written down, and the phases of a run."""

from __future__ import annotations

import dataclasses
import difflib
import importlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

from harmonium.errors import ConfigError
from harmonium.recipes.catalogue import RECIPES
from harmonium.recipes.shared.options import Annealing, Inputs, MusicSampling, Sampling
from harmonium.recipes.shared.space import Space

if TYPE_CHECKING:
    from pathlib import Path

    from optax import GradientTransformation

    from harmonium.training import Evaluation, Fitted, Objective, RunFolder, Stopping, Training

Optimizer = Literal["sgd", "momentum", "nesterov", "adadelta", "rmsprop", "adam"]


@dataclass(frozen=True)
class Phase:
    """One of the trainings that a run consists of; the last one is trained in the run's own folder.

    Parameters
    ----------
    name
        What its folder is called.
    folder
        Where it is trained. A phase whose folder says that it has finished is skipped when a run goes on.
    training
        Makes the training, from what the phases before it left on disk.
    conclude
        Writes down what the training came to.
    title
        What the screen says when it begins; "" for nothing.
    """

    name: str
    folder: RunFolder
    training: Callable[[], Training]
    conclude: Callable[[Fitted], None]
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class Recipe(ABC):
    """The settings of one chapter."""

    name: ClassVar[str]
    configurations: ClassVar[Mapping[str, Mapping[str, Any]]] = {}  # named settings beside the book's
    in_the_book: ClassVar[bool] = True
    sampling: ClassVar[type[Sampling] | type[MusicSampling] | None] = (
        None  # what `sample` takes; None: nothing to sample
    )
    annealing: ClassVar[Annealing | None] = (
        None  # how a likelihood is annealed unless told; None where none is defined
    )
    search_space: ClassVar[Space] = {}  # what `harmonium search` draws
    chosen_by: ClassVar[str | None] = None  # the validation score that decides between settings
    renamed: ClassVar[
        Mapping[str, str]
    ] = {}  # fields' names in the release before, and what they are called now

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
    snapshot_epochs: int = 0
    """Keep the model after every so many epochs, to draw its filters; 0 keeps none."""
    watch_test: bool = False
    """Score the test set at each new best validation, as the book's programs do; without it, once, at the end."""

    def __post_init__(self) -> None:
        self.require("seed", 0 <= self.seed < 2**31, "be from 0 to 2147483647")
        self.require("max_epochs", self.max_epochs >= 0, "not be negative")
        self.require("batch_size", self.batch_size >= 1, "be at least 1")
        self.require("learning_rate", 0 < self.learning_rate < float("inf"), "be positive")
        self.require("learning_rate_decay", 0 <= self.learning_rate_decay < float("inf"), "not be negative")
        self.require("snapshot_epochs", self.snapshot_epochs >= 0, "not be negative")
        self.require("average", 0 <= self.average < 1, "be in [0, 1)")

    def require(self, field: str, holds: bool, demand: str) -> None:
        """Raise `ConfigError` naming the field unless its condition holds."""
        if not holds:
            option = "--" + field.replace("_", "-")
            raise ConfigError(f"{option} {getattr(self, field)} must {demand}")

    def config(self) -> dict[str, Any]:
        """Return the full configuration as JSON values, what `recipe_from` reads."""
        values: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(self)))
        return {"recipe": self.name, **values}

    def changed(self) -> dict[str, Any]:
        """Return the settings that are not the recipe's own, apart from the data and the seed."""
        config = self.config()
        defaults = cast(Any, type(self))().config()
        return {k: v for k, v in config.items() if v != defaults[k] and k not in ("data", "seed")}

    @abstractmethod
    def phases(self, folder: RunFolder) -> list[Phase]:
        """Return the trainings of a run in `folder`, in their order.

        Raises `DataError` for anything wrong with the data, and `ConfigError` for settings that do not fit them.
        """

    @abstractmethod
    def draw(self, folder: RunFolder) -> list[Path]:
        """Draw the run from its files, and return where the pictures lie."""

    @abstractmethod
    def evaluate(self, folder: RunFolder, data: str | None = None) -> dict[str, dict[str, Any]]:
        """Score the run's model on every held-out example; return metrics by set."""

    def draw_grown(self, folder: RunFolder, filters: Callable[[Any], Any], title: str) -> list[Path]:
        """Draw what `filters` makes of the run's model, and of each of its snapshots, as tiles."""
        from harmonium import figures
        from harmonium.recipes.shared.saved import load

        models = {"filters": folder.path} | {
            f"filters-epoch-{epoch:03d}": path for epoch, path in folder.snapshots().items()
        }
        drawn = []
        for name, path in models.items():
            when = f", epoch {int(name[-3:])}" if path != folder.path else ""
            images, file = filters(load(path)), folder.figures / f"{name}.png"
            drawn.append(figures.filters(images, file, title=f"{title}: filters{when}"))
        return drawn

    def predict(self, folder: RunFolder, inputs: Inputs) -> list[dict[str, Any]]:
        """Return what the run's model makes of each input. Raises `ConfigError` where the recipe learns no classes."""
        raise ConfigError(
            f"{folder.path} is a run of {self.name}, which learns no classes; "
            f"learn them from its codes: harmonium train logistic-regression --features {folder.path}"
        )

    def sample(self, folder: RunFolder, options: Any) -> list[Path]:
        """Draw samples of the run's model, as `options`, of the type `sampling`, say; return the files."""
        raise NotImplementedError(f"{self.name} has no sampling")  # `runs.sample` has refused it before

    def log_likelihood(
        self, folder: RunFolder, data: str | None, *, chains: int, temperatures: int
    ) -> dict[str, dict[str, Any]]:
        """Return the mean log-probability of held-out examples, by set."""
        raise NotImplementedError(f"{self.name} has no likelihood")  # `runs.evaluate` has refused it before

    def make_optimizer(self, examples: int) -> GradientTransformation:
        """Return the optimiser of the settings, for a training set of so many examples.

        Its learning rate is 1, and the training state's `rate` is μ₀: so trials of a search that differ in nothing else
        share a program.
        """
        from harmonium.training import make_optimizer

        return make_optimizer(
            self.optimizer,
            1.0,
            decay=self.learning_rate_decay,
            updates_per_epoch=max(1, examples // self.examples_an_update),
            anneal_epochs=self.max_epochs if self.anneal else 0,
        )

    @property
    def judged_by(self) -> str | None:
        """The validation score that decides between runs with other settings; None where no score does."""
        return self.chosen_by

    @property
    def examples_an_update(self) -> int:
        """Rows of the training set that an update takes."""
        return self.batch_size

    def training(
        self,
        model: Any,
        objective: Objective,
        examples: Any,
        folder: RunFolder,
        *,
        part: int = 0,
        evaluate: Evaluation,
        stopping: Stopping | None = None,
        carry: Any = None,
        **update: Any,
    ) -> Training:
        """Return the training of `model` in `folder` by the settings that all recipes share.

        `part` names the run's streams of random keys, 0 for the network as a whole; `update` are further arguments of
        `gradient_update`.
        """
        import jax

        from harmonium.training import Streams, Training, TrainingState, gradient_update

        optimizer = self.make_optimizer(len(jax.tree.leaves(examples)[0]))
        return Training(
            gradient_update(objective, optimizer, **update),
            TrainingState.init(
                model,
                optimizer,
                key=Streams(self.seed, part).updates,
                rate=self.learning_rate,
                carry=carry,
                average=self.average,
            ),
            examples,
            batch_size=self.examples_an_update,
            max_epochs=self.max_epochs,
            shuffle=self.shuffle,
            evaluate=evaluate,
            stopping=stopping,
            run=folder,
            snapshot_epochs=self.snapshot_epochs,
        )

    def conclude(self, folder: RunFolder, data: Any, fitted: Fitted) -> None:
        """Write what the training in `folder` on `data` came to into its summary.json."""
        from harmonium.recipes.shared.summary import summary

        folder.write_summary(summary(self, folder, data, fitted))


def recipe_class(name: str) -> type[Recipe]:
    """Return the dataclass of settings called `name`. Raises `ConfigError` for an unknown one."""
    if name not in RECIPES:
        near = difflib.get_close_matches(name, RECIPES, 1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ConfigError(f"unknown recipe {name!r}; {hint}the recipes are {', '.join(RECIPES)}")
    module, attribute, _ = RECIPES[name]
    found: type[Recipe] = getattr(importlib.import_module(f"harmonium.recipes.{module}"), attribute)
    return found


def recipe_from(config: Mapping[str, Any], where: str) -> Recipe:
    """Make the recipe that a `config.json` describes; `where` names the file in errors.

    Raises `ConfigError` for a missing or unknown field, or a value of the wrong type.
    """
    import msgspec

    settings = dict(config)
    name = settings.pop("recipe", None)
    if not isinstance(name, str):
        raise ConfigError(f"{where} names no recipe: its field 'recipe' must be one of {', '.join(RECIPES)}")
    cls = recipe_class(name)
    settings = _with_new_names(cls, settings)
    known = {field.name for field in dataclasses.fields(cls)}
    if unknown := sorted(settings.keys() - known):
        near = difflib.get_close_matches(unknown[0], known, 1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ConfigError(
            f"{where} has the unknown field {unknown[0]!r}; {hint}{name} knows {', '.join(sorted(known))}"
        )
    try:
        return msgspec.convert(settings, cls)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{where}: {error}") from error


def _with_new_names(cls: type[Recipe], settings: dict[str, Any]) -> dict[str, Any]:
    """Return settings whose fields have their new names; what is now several values may have been one."""
    several = {field.name for field in dataclasses.fields(cls) if str(field.type).startswith("tuple")}
    for old in cls.renamed.keys() & settings.keys():
        new, value = cls.renamed[old], settings.pop(old)
        settings[new] = [value] if new in several and not isinstance(value, list | tuple) else value
    return settings


def recipe_of(folder: RunFolder) -> Recipe:
    """Return the recipe of a run, with its settings."""
    return recipe_from(folder.config(), str(folder.path / "config.json"))
