"""Learning from examples alone, for every model of one visible and one hidden layer (chapters 7 and 9)."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from harmonium import data
from harmonium.data.options import DatasetOptions
from harmonium.errors import DataError
from harmonium.recipes.shared.phase import Phase
from harmonium.recipes.shared.recipe import Recipe

if TYPE_CHECKING:
    from jaxtyping import Array, Float

    from harmonium.data import Dataset, Music, Preparation
    from harmonium.models import Dense
    from harmonium.training import Fitted, Objective, RunFolder, Streams, Training, TrainingState

TILES = 100  # filters in a picture, 10 x 10


@dataclass(frozen=True, kw_only=True)
class Unsupervised(DatasetOptions, Recipe):
    """The settings that autoencoders and Boltzmann machines share."""

    reading: ClassVar[type] = DatasetOptions

    hidden: int = 500
    """Hidden units."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require("hidden", self.hidden >= 1, "be at least 1")

    @abstractmethod
    def model(self, dataset: Dataset, streams: Streams) -> Any:
        """Return the untrained model for examples like those of `dataset`."""

    def check(self, dataset: Dataset) -> None:
        """Raise `DataError` for values that the model does not take."""
        if not self.takes_real:
            data.check_intensities(dataset)

    def load(
        self,
        source: Any,
        splits: Mapping[str, Sequence[str]] | None = None,
        preparation: Preparation | None = None,
    ) -> Dataset:
        """Load pictures or rows of numbers, brought into [0, 1] unless the model takes any.

        Raises `DataError` for values that the model does not take.
        """
        dataset = data.load(
            source,
            seed=self.seed,
            real=self.takes_real,
            labels=False,
            options=self.data_options(),
            splits=splits,
            preparation=preparation,
        )
        self.check(dataset)
        return dataset

    @abstractmethod
    def objective(self) -> Objective:
        """Return what an update lowers."""

    @abstractmethod
    def scorer(self, name: str, dataset: Dataset, streams: Streams) -> Callable[[Any], dict[str, float]]:
        """Return a function from a model to its mean metrics on a held-out set, with the same noise each time."""

    def direction(self) -> Callable[[Any, Any], Any] | None:
        """Return a function of gradient and carry that gives the direction of updates; None for the gradient itself."""
        return None

    def projection(self) -> Callable[[Any], Any] | None:
        """Return a function that puts a model's parameters back where they may lie; None where they are free."""
        return None

    def carry(self, dataset: Dataset) -> Any:
        """Return what updates hand on beside the model at first, such as Markov chains; None for nothing."""
        return None

    def beside_snapshots(
        self, dataset: Dataset, streams: Streams
    ) -> Callable[[TrainingState], dict[str, Any]] | None:
        """Return a function from a training's state to arrays by name, kept beside each snapshot; None for nothing."""
        return None

    def phases(self, folder: RunFolder) -> list[Phase]:
        """Return the only phase: learning without labels."""
        dataset = self.own_data(folder)
        return [self.unsupervised(lambda: dataset, folder, dataset)]

    def unsupervised(
        self,
        dataset: Callable[[], Dataset],
        folder: RunFolder,
        described: Dataset | Music,
        *,
        part: int = 0,
        title: str = "",
        first: Callable[[Any], Any] | None = None,
    ) -> Phase:
        """Return the phase that learns from the training set of `dataset`, whatever data the settings name.

        `described` is what the summary tells of. `part` names the run's streams of random keys: 0 for a run of its
        own, n for the layer n of a stack. `first` makes the model to begin with of one of random weights.
        """

        def training() -> Training:
            from harmonium.training import Evaluation, Streams

            seen, streams = dataset(), Streams(self.seed, part)
            valid, test = (self.scorer(name, seen, streams) for name in ("valid", "test"))

            def model() -> Any:
                untrained = self.model(seen, streams)
                return first(untrained) if first else untrained

            return self.training(
                model,
                self.objective(),
                seen.train.x,
                folder,
                part=part,
                evaluate=Evaluation(valid, test, self.watch_test),
                carry=self.carry(seen),
                direction=self.direction(),
                beside_snapshots=self.beside_snapshots(seen, streams),
                project=self.projection(),
            )

        def conclude(fitted: Fitted) -> None:
            self.conclude(folder, described, fitted)

        rate = "--pretraining-learning-rate" if part else "--learning-rate"
        return Phase(folder.path.name, folder, training, conclude, title, rate)

    def evaluate(self, folder: RunFolder, data: str | None = None) -> dict[str, dict[str, float]]:
        """Return the mean metrics of valid and test, of the run's own data or of another's."""
        from harmonium.training import Streams

        model, dataset = self.finished(folder, data)
        return {
            name: {"examples": len(dataset.splits[name])}
            | self.scorer(name, dataset, Streams(self.seed))(model)
            for name in dataset.held_out
        }

    def title(self, dataset: Dataset) -> str:
        """Return what stands above a picture."""
        return f"{self.name} on {Path(dataset.name).name}"

    def finished(self, folder: RunFolder, data_name: str | None = None) -> tuple[Any, Dataset]:
        """Return the run's model, and the data it learned from or `data_name`, as the model sees them.

        Raises `DataError` for examples of another size.
        """
        own = self.own_data(folder)
        model = self.fitting(folder, own.shape)
        if data_name is None:
            return model, own
        return model, beside(own, self.other_data(folder, data_name), folder)

    def fitting(self, folder: RunFolder, shape: Sequence[int]) -> Any:
        """Return the run's model. Raises `CheckpointError` where it takes no examples of a shape."""
        from harmonium.recipes.shared.saved import load, require_fit

        model = load(folder.path)
        require_fit(folder, lambda x: model.encode(x), (math.prod(shape),))
        return model


def beside(own: Dataset, other: Dataset, folder: RunFolder) -> Dataset:
    """Return other data, to be scored, beside the training examples that the run in `folder` learned from.

    Raises `DataError` for examples of another size.
    """
    learned, given = math.prod(own.shape), math.prod(other.shape)
    if given != learned:
        raise DataError(
            f"{other.name} has examples of {given} values; the run {folder.path} learned from {learned}"
        )
    return replace(other, train=own.train)


@dataclass(frozen=True, kw_only=True)
class LayerRecipe(Unsupervised):
    """The settings of models whose codes are those of a layer, so that they can be stacked."""

    @abstractmethod
    def filters(self, model: Any) -> Float[Array, "hidden visible"]:
        """Return what each hidden unit looks for."""

    @abstractmethod
    def layer(self, model: Any) -> Dense:
        """Return the layer that computes the model's code, to be stacked."""

    def draw(self, folder: RunFolder) -> list[Path]:
        """Draw learning curves, and for images the filters as they grew."""
        from harmonium import figures
        from harmonium.recipes.shared.grown import draw_filters

        _, dataset = self.finished(folder)
        pictures = folder.figures
        drawn = [
            figures.learning_curves(
                folder.records(), pictures / "learning-curves.png", title=self.title(dataset)
            )
        ]
        if len(dataset.as_seen.shape) < 2:
            return drawn

        def filters(model: Any) -> Array:
            return self.filters(model)[:TILES].reshape(-1, *dataset.shape)

        return [*drawn, *draw_filters(folder, filters, f"{self.title(dataset)}: filters")]


def flat(x: Array) -> Float[Array, "batch visible"]:
    """Return images as rows of intensities."""
    from harmonium.data import intensities

    return intensities(x).reshape(len(x), -1)
