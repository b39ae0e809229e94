"""Supervised learning by minibatch gradient descent with early stopping (section 3.4), for every classifier."""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from harmonium import data, figures, metrics
from harmonium.errors import ConfigError, DataError
from harmonium.models import Classifier
from harmonium.recipes.options import Inputs
from harmonium.recipes.recipe import Recipe, describe, load
from harmonium.training import (
    Evaluation,
    Objective,
    Patience,
    Reporter,
    RunFolder,
    Training,
    Trainings,
    TrainingState,
    gradient_update,
    mean_scores,
    random_key,
)


@dataclass(frozen=True, kw_only=True)
class Classification(Recipe):
    """The settings that all classifiers share."""

    chosen_by: ClassVar[tuple[str, Literal["lowest", "highest"]] | None] = ("error_rate", "lowest")
    least_patience: ClassVar[int] = 1

    l1: float = 0.0
    """Weight of the penalty Σ |w|."""
    l2: float = 0.0
    """Weight of the penalty Σ w²."""
    patience: int
    """Updates to make in any case before early stopping may end training."""
    patience_increase: float = 2.0
    """Look this many times further than the update of each clear improvement."""
    improvement_threshold: float = 0.995
    """A validation error below this share of the best one is a clear improvement."""
    whole_batches: bool = False
    """While training, score only as many held-out examples as fill whole batches, as the book does."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require("l1", 0 <= self.l1 < float("inf"), "not be negative")
        self.require("l2", 0 <= self.l2 < float("inf"), "not be negative")
        self.require("patience", self.patience >= self.least_patience, f"be at least {self.least_patience}")
        self.require("patience_increase", self.patience_increase >= 1, "be at least 1")
        self.require("improvement_threshold", 0 < self.improvement_threshold <= 1, "be in (0, 1]")

    @abstractmethod
    def model(self, dataset: data.Dataset, key: PRNGKeyArray) -> Classifier:
        """The untrained classifier for images and classes like those of `dataset`."""

    def seen(self, dataset: data.Dataset, folder: RunFolder) -> data.Dataset:
        """What the classifier is shown of `dataset`: all of it, as it is."""
        return dataset

    def objective(self) -> Objective:
        """What an update lowers."""
        return penalized(self.l1, self.l2)

    def gradient_block(self) -> int | None:
        """Examples whose gradient is formed at once; None for the whole batch."""
        return None

    def scored(self, split: data.Split) -> data.Split:
        """The part of a held-out set that is scored while training."""
        whole = len(split) // self.batch_size * self.batch_size
        return data.Split(split.x[:whole], split.y[:whole]) if self.whole_batches and whole else split

    def trainings(self, folder: RunFolder, report: Reporter) -> Trainings:
        """Train in `folder`, from its last checkpoint where it has one."""
        dataset = data.load(self.data, seed=self.seed)
        seen = self.seen(dataset, folder)
        return (yield from self.fine_tune(self.model(seen, random_key(self.seed)), dataset, seen, folder))

    def fine_tune(
        self,
        model: Classifier,
        dataset: data.Dataset,
        seen: data.Dataset,
        folder: RunFolder,
    ) -> Trainings:
        """Train `model` on what is `seen` of the data."""
        optimizer = self.make_optimizer(len(seen.train))
        fitted = yield Training(
            gradient_update(self.objective(), optimizer, block=self.gradient_block()),
            TrainingState.init(
                model, optimizer, seed=self.seed, rate=self.learning_rate, average=self.average
            ),
            (seen.train.x, seen.train.y),
            batch_size=self.batch_size,
            max_epochs=self.max_epochs,
            shuffle=self.shuffle,
            evaluate=Evaluation(scorer(self.scored(seen.valid)), scorer(self.scored(seen.test))),
            stopping=self.stopping(len(seen.train)),
            run=folder,
        )
        self.conclude(folder, dataset, fitted)
        return fitted

    def stopping(self, examples: int) -> Patience:
        """When to stop early, for a training set of so many examples."""
        return Patience(self.patience, self.patience_increase, self.improvement_threshold)

    def evaluate(self, folder: RunFolder, data: str | None = None) -> dict[str, dict[str, float]]:
        """Score the run's best model on every example of valid and test, of its own data or of another's."""
        model, dataset = self.finished(folder, data)
        return {
            name: {"examples": len(split)} | scorer(split)(model)
            for name, split in (("valid", dataset.valid), ("test", dataset.test))
        }

    def draw(self, folder: RunFolder) -> list[Path]:
        """Learning curves, first-layer filters, the confusions and mistakes on the test set."""
        model, dataset = self.finished(folder)
        title, test, pictures = f"{self.name} on {Path(dataset.name).name}", dataset.test, folder.figures
        y, chances = test.y, np.asarray(probabilities(model, test.x))
        counts = metrics.confusion_counts(chances.argmax(1), y, len(dataset.classes))
        drawn = [
            figures.learning_curves(folder.records(), pictures / "learning-curves.png", title=title),
            figures.confusion_matrix(
                counts, dataset.classes, pictures / "confusion.png", title=f"{title}, test set"
            ),
        ]
        if len(dataset.shape) > 1:
            name = f"{title}, test set"
            drawn.append(
                figures.mistakes(test.x, y, chances, dataset.classes, pictures / "mistakes.png", title=name)
            )
            if (filters := self.filters(model, dataset.shape)) is not None:
                drawn.append(figures.filters(np.asarray(filters), pictures / "filters.png"))
        return drawn

    def predict(self, folder: RunFolder, inputs: Inputs) -> list[dict[str, Any]]:
        """File, class and probabilities of each picture."""
        if inputs.text:
            raise ConfigError(f"--text means nothing to {self.name}, which reads pictures; name their files")
        summary = folder.ended()
        shape, classes = summary["data"]["shape"], summary["data"]["classes"]
        if len(shape) < 2:
            raise DataError(
                f"the run {folder.path} learned from rows of {shape[0]} numbers, not from pictures"
            )
        paths = data.picture_files([Path(path) for path in inputs.paths])
        pictures = data.read_images(paths, shape, invert=inputs.invert)
        chances = np.asarray(probabilities(load(folder.path), pictures))
        return [
            {
                "file": str(path),
                "class": classes[int(p.argmax())],
                "probabilities": {name: float(value) for name, value in zip(classes, p, strict=True)},
            }
            for path, p in zip(paths, chances, strict=True)
        ]

    @abstractmethod
    def filters(
        self, model: Any, shape: tuple[int, ...]
    ) -> Float[Array, "units height width *channels"] | None:
        """What each unit of the first layer looks for, as images; None where it looks at no image."""

    def finished(self, folder: RunFolder, data_name: str | None = None) -> tuple[Classifier, data.Dataset]:
        """The run's best model, and the data it learned from or `data_name`.

        Raises `DataError` where that data has another shape or other classes.
        """
        model: Classifier = load(folder.path)
        dataset = data.load(data_name or self.data, seed=self.seed)
        if summary := folder.summary():
            learned, given = summary["data"], describe(dataset)
            if learned["shape"] != given["shape"] or len(learned["classes"]) != len(given["classes"]):
                raise DataError(
                    f"{dataset.name} has examples of shape {given['shape']} in {len(given['classes'])} classes; "
                    f"the run {folder.path} learned from {learned['shape']} in {len(learned['classes'])}"
                )
        return model, dataset


def penalized(l1: float, l2: float, dropout: float = 0.0) -> Objective:
    """The mean negative log-likelihood plus λ₁ Σ|w| + λ₂ Σw² (section 3.4.3), of a perceptron also under dropout."""

    def logits(model: Any, x: Array, key: PRNGKeyArray) -> Array:
        if not dropout:
            return model.batch(x)
        keys = jax.random.split(key, len(x))
        return jax.vmap(lambda one, key: model(one, dropout=dropout, key=key))(x, keys)

    def objective(model: Classifier, batch: Any, carry: None, key: PRNGKeyArray) -> Any:
        x, y = batch
        nll = metrics.negative_log_likelihood(logits(model, data.intensities(x), key), y).mean()
        loss = nll
        if l1:
            loss += l1 * sum(jnp.abs(w).sum() for w in model.weights())
        if l2:
            loss += l2 * sum(jnp.square(w).sum() for w in model.weights())
        return loss, ({"nll": nll}, carry)

    return objective


def score(model: Classifier, batch: Any) -> dict[str, Float[Array, " examples"]]:
    """Zero-one loss and negative log-likelihood (nats) of each example."""
    x, y = batch
    logits = model.batch(data.intensities(x))
    return {"error_rate": metrics.is_error(logits, y), "nll": metrics.negative_log_likelihood(logits, y)}


def scorer(split: data.Split) -> Callable[[Classifier], dict[str, float]]:
    """A function of a model: its error rate and mean negative log-likelihood on `split`."""
    examples = (jnp.asarray(split.x), jnp.asarray(split.y))  # on the device once, not at every validation
    return lambda model: mean_scores(score, model, examples)


@eqx.filter_jit
def probabilities(model: Classifier, x: Any) -> Float[Array, "examples classes"]:
    """P(Y | x) of each example."""
    return jax.lax.map(
        lambda one: jax.nn.softmax(model(data.intensities(one))), jnp.asarray(x), batch_size=500
    )
