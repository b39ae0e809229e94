"""What all recipes share: settings that are checked and written down, and the phases of a run."""

from __future__ import annotations

import dataclasses
import difflib
import importlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

from harmonium.data.options import SplitOptions
from harmonium.errors import ConfigError
from harmonium.recipes.catalogue import RECIPES
from harmonium.recipes.shared.options import Annealing, Inputs, MusicSampling, Sampling
from harmonium.recipes.shared.phase import Phase
from harmonium.recipes.shared.search_space import Space

if TYPE_CHECKING:
    from pathlib import Path

    from optax import GradientTransformation

    from harmonium.data import Preparation
    from harmonium.training import Evaluation, Fitted, Objective, RunFolder, Stopping, Training, TrainingState

LARGE = 2**27  # bytes of a training's state from which on it is asked whether the memory is there
FEW = 500  # updates; whoever makes fewer is told so

Optimizer = Literal["sgd", "momentum", "nesterov", "adadelta", "rmsprop", "adam"]


@dataclass(frozen=True, kw_only=True)
class Recipe(ABC):
    """The settings of one chapter."""

    name: ClassVar[str]
    configurations: ClassVar[Mapping[str, Mapping[str, Any]]] = {}  # named settings beside the book's
    in_the_book: ClassVar[bool] = True
    reading: ClassVar[type] = SplitOptions  # the settings of how the user's own data are read
    sampling: ClassVar[type[Sampling] | type[MusicSampling] | None] = None  # what `sample` takes, if anything
    annealing: ClassVar[Annealing | None] = None  # the usual way to a likelihood, where one is defined
    explains: ClassVar[bool] = False  # whether `predict` can say what speaks for a class
    search_space: ClassVar[Space] = {}  # what `harmonium search` draws
    chosen_by: ClassVar[str | None] = None  # the validation score that decides between settings
    not_judged: ClassVar[tuple[str, ...]] = ()  # settings that change what that score means
    renamed: ClassVar[Mapping[str, str]] = {}  # fields' names in the release before, and what they are now

    data: str = "mnist"
    """A data set by name (see: harmonium data), or a path to your own."""
    seed: int = 0
    """Decides everything random: the first weights, the order of the examples, the split of your own data."""
    max_epochs: int
    """Stop after this many passes over the training set, whatever early stopping says."""
    batch_size: int
    """Examples an update; all of them where there are fewer. Devices share a batch of which each gets 64 or more."""
    learning_rate: float | None
    """Step size of an update, μ₀."""
    optimizer: Optimizer = "sgd"
    """How a gradient becomes a step."""
    momentum: float = 0.9
    """Share of the last step that the next one keeps, with --optimizer momentum or nesterov."""
    momentum_epochs: int = 0
    """Let momentum rise linearly from 0.5 over this many epochs; 0 for no rise."""
    learning_rate_decay: float = 0.0
    """d in the rate of epoch t, μ₀ / (1 + d·t)."""
    anneal: bool = False
    """Let the rate fall to zero at --max-epochs."""
    schedule: Literal["linear", "cosine", "one-cycle"] = "linear"
    """How it falls, with --anneal: in a straight line, along half a cosine, or after rising over the first 30 %."""
    weight_decay: float = 0.0
    """Share of the weights, times the rate, that each update takes from them apart from the gradient's step."""
    average: float = 0.0
    """Judge and keep a running mean of the weights over some 1 / (1 - average) updates; 0: the last weights."""
    shuffle: bool = False
    """Take the examples in a new random order each epoch; the book keeps the order of the file."""
    snapshot_epochs: int = 0
    """Keep the model each time this many epochs have passed, to draw its filters; 0 keeps none."""
    watch_test: bool = False
    """Score the test set at each new best validation, as the book's programs do; without it, once, at the end."""

    def __post_init__(self) -> None:
        self.require("seed", 0 <= self.seed < 2**31, "be from 0 to 2147483647")
        for field in ("max_epochs", "momentum_epochs", "snapshot_epochs"):
            self.require(field, getattr(self, field) >= 0, "not be negative")
        self.require("batch_size", self.batch_size >= 1, "be at least 1")
        rate = self.learning_rate
        self.require("learning_rate", rate is None or 0 < rate < float("inf"), "be positive")
        self.require("momentum", 0 <= self.momentum < 1, "be in [0, 1)")
        self.require("learning_rate_decay", 0 <= self.learning_rate_decay < float("inf"), "not be negative")
        self.require("schedule", self.anneal or self.schedule == "linear", "go with --anneal")
        self.require("weight_decay", 0 <= self.weight_decay < float("inf"), "not be negative")
        self.require("average", 0 <= self.average < 1, "be in [0, 1)")

    def require(self, field: str, holds: bool, demand: str) -> None:
        """Raise `ConfigError` naming the field unless its condition holds."""
        if not holds:
            option = "--" + field.replace("_", "-")
            raise ConfigError(f"{option} {getattr(self, field)} must {demand}")

    @property
    def takes_real(self) -> bool:
        """Whether the numbers of an example may be any, and not those in [0, 1] alone."""
        return False

    @property
    def one_core(self) -> bool:
        """Whether an update is so small that cores take longer to share it than one of them to make it."""
        return False

    def config(self) -> dict[str, Any]:
        """Return the full configuration as JSON values, what `recipe_from` reads."""
        values: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(self)))
        return {"recipe": self.name, **values}

    def changed(self) -> dict[str, Any]:
        """Return the settings that are not the recipe's own, apart from the data and the seed."""
        config = self.config()
        defaults = cast(Any, type(self))().config()
        return {k: v for k, v in config.items() if v != defaults[k] and k not in ("data", "seed")}

    def data_options(self) -> Any:
        """Return the settings of how the user's own data are read, as the loaders take them."""
        fields = dataclasses.fields(self.reading)
        return self.reading(**{field.name: getattr(self, field.name) for field in fields})

    @abstractmethod
    def load(
        self,
        source: Any,
        splits: Mapping[str, Sequence[str]] | None = None,
        preparation: Preparation | None = None,
    ) -> Any:
        """Load data of the recipe's kind.

        `source` is a name, a path or arrays; `splits` are names of examples that are to be in each split, and
        `preparation` is that of a run which is to be scored on them. Raises `DataError` where the model takes no such.
        """

    def own_data(self, folder: RunFolder) -> Any:
        """Load the data that a run learns or has learned from; a new run will record what they are.

        Raises `DataError` where they are not there, or have changed since.
        """
        from harmonium.data import kept

        return kept.own(self.data, folder, self.load, self.chosen)

    def chosen(self, data: Any) -> dict[str, Any]:
        """Return values for settings that the user did not give and whose defaults do not fit these data.

        What was given is kept or refused. So that it can be told, such a setting is None where it is not given.
        """
        return {}

    @property
    def first_rate(self) -> float:
        """μ₀, the step size of the first update: the `learning_rate`, or what a recipe makes of None."""
        assert self.learning_rate is not None
        return self.learning_rate

    def other_data(self, folder: RunFolder, source: Any) -> Any:
        """Load data on which a run is to be scored, prepared as its own."""
        from harmonium.data import kept

        return kept.other(source, folder, self.load)

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

    def predict(self, folder: RunFolder, inputs: Inputs) -> list[dict[str, Any]]:
        """Return the class of each input. Raises `ConfigError` where the recipe learns no classes."""
        raise ConfigError(
            f"{folder.path} is a run of {self.name}, which learns no classes; "
            f"learn them from its codes: harmonium train logistic-regression --features {folder.path}"
        )

    def sample(self, folder: RunFolder, options: Any) -> list[Path]:
        """Draw samples of the run's model, as `options`, of the type `sampling`, say; return the files."""
        raise ConfigError(f"{folder.path} is a run of {self.name}, which generates nothing")

    def log_likelihood(
        self, folder: RunFolder, data: str | None, how: Annealing
    ) -> dict[str, dict[str, Any]]:
        """Return what may be said of the mean log-probability of held-out examples, by set."""
        raise ConfigError(f"{folder.path} is a run of {self.name}, which defines no likelihood")

    def make_optimizer(self, examples: int) -> GradientTransformation:
        """Return the optimiser of the settings, for a training set of that many examples.

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
            schedule=self.schedule,
            weight_decay=self.weight_decay,
            momentum=self.momentum,
            momentum_epochs=self.momentum_epochs,
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
        model: Callable[[], Any],
        objective: Objective,
        examples: Any,
        folder: RunFolder | None = None,
        *,
        part: int = 0,
        evaluate: Evaluation | None = None,
        stopping: Stopping | None = None,
        carry: Any = None,
        beside_snapshots: Callable[[TrainingState], dict[str, Any]] | None = None,
        **update: Any,
    ) -> Training:
        """Return the training of what `model` makes, by the settings that all recipes share.

        Without `folder` nothing is written. `part` names the run's streams of random keys, 0 for the network as a
        whole; `update` are further arguments of `gradient_update`. Raises `ConfigError` for a model that does not fit
        in memory, before it is made.
        """
        import jax

        from harmonium.training import Streams, Training, TrainingState, gradient_update

        count = len(jax.tree.leaves(examples)[0])
        optimizer, batch_size = self.make_optimizer(count), min(self.examples_an_update, count)

        def state() -> TrainingState:
            return TrainingState.init(
                model(),
                optimizer,
                key=Streams(self.seed, part).updates,
                rate=self.first_rate,
                carry=carry,
                average=self.average,
            )

        size = sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(jax.eval_shape(state)))
        if size > LARGE:
            from harmonium.memory import check_model_fits

            check_model_fits(size)
        if folder and (hint := self.too_few_updates(count)):
            folder.say(hint)
        return Training(
            gradient_update(objective, optimizer, **update),
            state(),
            examples,
            batch_size=batch_size,
            max_epochs=self.max_epochs,
            shuffle=self.shuffle,
            evaluate=evaluate,
            stopping=stopping,
            run=folder,
            snapshot_epochs=self.snapshot_epochs,
            beside_snapshots=beside_snapshots,
        )

    def too_few_updates(self, examples: int) -> str:
        """Return a hint where the examples do not fill a batch, or make too few updates; else nothing."""
        if examples < self.examples_an_update:
            few = self.examples_an_update
            return f"a batch is all of the {examples:,} examples, since there are fewer than {few:,}"
        updates = self.max_epochs * (examples // self.examples_an_update)
        if "max_epochs" in self.changed() or not 0 < updates < FEW:
            return ""
        return (
            f"the {examples:,} examples make {updates:,} updates in {self.max_epochs:,} epochs, which are few: give "
            f"more --max-epochs, or a smaller batch"
        )

    def conclude(self, folder: RunFolder, data: Any, fitted: Fitted) -> None:
        """Write the scores and times of the training in `folder` on `data` into its summary.json."""
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
