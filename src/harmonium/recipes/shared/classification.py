"""Supervised learning by minibatch gradient descent with early stopping (section 3.4), for every classifier."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from harmonium.data.options import DatasetOptions
from harmonium.recipes.shared.phase import Phase
from harmonium.recipes.shared.refitting import Refitting

if TYPE_CHECKING:
    from jaxtyping import Array, Float, PRNGKeyArray

    from harmonium.data import Dataset, Distortion, Preparation, Split
    from harmonium.models import Classifier
    from harmonium.recipes.shared.options import Inputs
    from harmonium.training import Fitted, Objective, Patience, RunFolder, Training


@dataclass(frozen=True, kw_only=True)
class Classification(DatasetOptions, Refitting):
    """The settings that all classifiers share."""

    reading: ClassVar[type] = DatasetOptions

    chosen_by: ClassVar[str | None] = "error_rate"
    explains: ClassVar[bool] = True
    least_patience: ClassVar[int] = 1
    layers_of: ClassVar[str | None] = None  # the setting that names a run whose layers this one takes over

    l1: float = 0.0
    """Weight of the penalty Σ |w|."""
    l2: float = 0.0
    """Weight of the penalty Σ w²."""
    max_norm: float = 0.0
    """Largest Euclidean norm of the weights into a unit; 0 for no limit."""
    label_smoothing: float = 0.0
    """Share of each label that is spread evenly over all classes."""
    input_noise: float = 0.0
    """Standard deviation of the Gaussian noise that each update adds to the inputs."""
    adversarial: float = 0.0
    """Adversarial training: learn also from each example moved by this Euclidean distance in the direction in which its
    loss grows fastest; 0 for none."""
    patience: int
    """Updates to make in any case before early stopping may end training."""
    patience_increase: float = 2.0
    """After a clear improvement at update t, train at least until update t times this."""
    improvement_threshold: float = 0.995
    """A validation error below this share of the best one is a clear improvement."""
    whole_batches: bool = False
    """While training, score only as many held-out examples as fill whole batches, as the book does."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require("l1", 0 <= self.l1 < float("inf"), "not be negative")
        self.require("l2", 0 <= self.l2 < float("inf"), "not be negative")
        self.require("max_norm", 0 <= self.max_norm < float("inf"), "not be negative")
        self.require("label_smoothing", 0 <= self.label_smoothing < 1, "be in [0, 1)")
        self.require("input_noise", 0 <= self.input_noise < float("inf"), "not be negative")
        self.require("adversarial", 0 <= self.adversarial < float("inf"), "not be negative")
        self.require("patience", self.patience >= self.least_patience, f"be at least {self.least_patience}")
        self.require("patience_increase", self.patience_increase >= 1, "be at least 1")
        self.require("improvement_threshold", 0 < self.improvement_threshold <= 1, "be in (0, 1]")

    @property
    def takes_real(self) -> bool:
        """Whether the numbers of an example may be any; else they are brought into [0, 1]."""
        return True

    @abstractmethod
    def model(self, dataset: Dataset, key: PRNGKeyArray) -> Classifier:
        """Return the untrained classifier for images and classes like those of `dataset`."""

    @abstractmethod
    def filters(
        self, model: Any, shape: tuple[int, ...]
    ) -> Float[Array, "units height width *channels"] | None:
        """Return what each unit of the first layer looks for, as images; None where it looks at no image."""

    def seen(self, dataset: Dataset, folder: RunFolder) -> Dataset:
        """Return what the classifier is shown of `dataset`: all of it, as it is."""
        return dataset

    def objective(self) -> Objective:
        """Return the objective that updates lower: the negative log-likelihood with the penalties."""
        return penalized(
            self.l1,
            self.l2,
            adversarial=self.adversarial,
            label_smoothing=self.label_smoothing,
            input_noise=self.input_noise,
            **self.changes(),
        )

    def changes(self) -> dict[str, Any]:
        """Return what else an update changes of its examples or of the model, as arguments of `penalized`."""
        return {}

    def projection(self) -> Callable[[Any], Any] | None:
        """Return what shortens weights that are longer than --max-norm."""
        from harmonium.recipes.shared.max_norm import within

        return within(self.max_norm) if self.max_norm else None

    @property
    def normalises(self) -> bool:
        """Whether the model's layers are normalised over each batch."""
        return False

    def gradient_block(self) -> int | None:
        """Return how many examples form a gradient at once; None for the whole batch."""
        return None

    def stopping(self, examples: int) -> Patience:
        """Return the rule of early stopping, for a training set of that many examples."""
        from harmonium.training import Patience

        return Patience(self.patience, self.patience_increase, self.improvement_threshold)

    def scored(self, split: Split) -> Split:
        """Return the part of a held-out set that is scored while training."""
        from harmonium.data import Split

        whole = len(split) // self.batch_size * self.batch_size
        return Split(split.x[:whole], split.y[:whole]) if self.whole_batches and whole else split

    def load(
        self,
        source: Any,
        splits: Mapping[str, Sequence[str]] | None = None,
        preparation: Preparation | None = None,
    ) -> Dataset:
        """Load pictures or rows with classes; where layers of another run are reused, prepared as that run's were."""
        from harmonium.data import check_intensities, load
        from harmonium.recipes.shared.features import prepared_as

        options, known = self.data_options(), preparation
        if known is None and self.layers_of is not None:
            known = prepared_as(getattr(self, self.layers_of), f"--{self.layers_of}", options)
        dataset = load(
            source, seed=self.seed, real=self.takes_real, options=options, splits=splits, preparation=known
        )
        if not self.takes_real:
            check_intensities(dataset, "or leave out --scale")
        return dataset

    def phases(self, folder: RunFolder) -> list[Phase]:
        """Return the phases that learn from labels."""
        from harmonium.training import Streams

        dataset = self.own_data(folder)
        seen = self.seen(dataset, folder)
        key = Streams(self.seed).initial_weights
        return self.supervised(lambda: self.model(seen, key), dataset, seen, folder)

    def supervised(
        self,
        model: Callable[[], Classifier],
        dataset: Dataset,
        seen: Dataset,
        folder: RunFolder,
        title: str = "",
    ) -> list[Phase]:
        """Return the phases that train a classifier, which `model` makes, on the data as it has `seen` them."""

        def training(folder: RunFolder, anew: bool = False) -> Training:
            from harmonium.models.layers import first_statistics, with_statistics
            from harmonium.training import Evaluation

            train = seen.train.joined(seen.valid) if anew else seen.train
            valid, test = (None if anew else scorer(self.scored(seen.valid))), scorer(self.scored(seen.test))
            kept: dict[str, Any] = (
                {"carry": first_statistics(model), "measured": with_statistics} if self.normalises else {}
            )
            return self.training(
                model,
                self.objective(),
                (train.x, train.y),
                folder,
                evaluate=Evaluation(valid, test, self.watch_test),
                stopping=None if anew else self.stopping(len(train)),
                block=self.gradient_block(),
                project=self.projection(),
                **kept,
            )

        def conclude(fitted: Fitted) -> None:
            self.conclude(folder, dataset, fitted)

        if self.refit:
            return self.refitted(folder, dataset, training, title)
        return [Phase("supervised", folder, lambda: training(folder), conclude, title)]

    def evaluate(self, folder: RunFolder, data: str | None = None) -> dict[str, dict[str, float]]:
        """Score the run's model on every example that it has not learned from, of its own data or of another's."""
        model, dataset = self.finished(folder, data)
        held_out = {name: dataset.splits[name] for name in self.held_out(dataset, data)}
        return {name: {"examples": len(split)} | scorer(split)(model) for name, split in held_out.items()}

    def draw(self, folder: RunFolder) -> list[Path]:
        """Draw learning curves, first-layer filters, the confusions and mistakes on the test set."""
        from harmonium.recipes.shared.classification_pictures import draw_classifier

        return draw_classifier(self, folder)

    def predict(self, folder: RunFolder, inputs: Inputs) -> list[dict[str, Any]]:
        """Return the class and probabilities of each picture, or of each row of a table or array.

        Where the inputs ask to be explained, each pixel or column has its share of the log-odds of the class.
        """
        from harmonium.recipes.shared.classified import predicted

        return predicted(folder, inputs)

    def finished(self, folder: RunFolder, data: str | None = None) -> tuple[Classifier, Dataset]:
        """Return the run's model, and the data it learned from or `data`, under the run's classes.

        Raises `DataError` where that data has another shape or other classes.
        """
        from harmonium.recipes.shared.classified import finished

        return finished(self, folder, data)


def penalized(
    l1: float,
    l2: float,
    dropout: float = 0.0,
    *,
    distortion: Distortion | None = None,
    adversarial: float = 0.0,
    label_smoothing: float = 0.0,
    input_noise: float = 0.0,
) -> Objective:
    """Return the objective -log P(y | x) + λ₁ Σ|w| + λ₂ Σw² (section 3.4.3), averaged over a batch.

    The carry of a model with batch normalisation is its moving statistics.

    Parameters
    ----------
    l1, l2
        λ₁ and λ₂.
    dropout
        Share of the inputs of a perceptron's layers that each update leaves out.
    distortion
        How each update distorts the pictures anew.
    adversarial
        The likelihood is averaged over the examples x and over x + adversarial·g/|g|, where g is the gradient of an
        example's loss by x (Goodfellow et al. 2015).
    label_smoothing
        ε: the likelihood of the label counts 1 - ε, and the mean over all K classes ε, so that the best belief in a
        certain label is 1 - ε + ε/K (Szegedy et al. 2016).
    input_noise
        Standard deviation of the Gaussian noise that each update adds to x.
    """
    import jax
    import jax.numpy as jnp

    from harmonium.data import distorted, intensities
    from harmonium.metrics.classification import is_error, negative_log_likelihood

    def logits(model: Any, x: Array, carry: Any, key: PRNGKeyArray) -> tuple[Array, Any]:
        if carry is not None:
            return model.on_batch(x)
        if not dropout:
            return model.batch(x), None
        keys = jax.random.split(key, len(x))
        return jax.vmap(lambda one, key: model(one, dropout=dropout, key=key))(x, keys), None

    def objective(model: Classifier, batch: Any, carry: Any, key: PRNGKeyArray) -> Any:
        x, y = intensities(batch[0]), batch[1]
        if distortion is not None:
            x = distorted(x, distortion, jax.random.fold_in(key, 0))
        if input_noise:
            x = x + input_noise * jax.random.normal(jax.random.fold_in(key, len(x)), x.shape)

        def loss_of(x: Array) -> tuple[Array, tuple[Array, Array, Any]]:
            found, after = logits(model, x, carry, key)
            nll = negative_log_likelihood(found, y).mean()
            evenly = -jax.nn.log_softmax(found).mean() if label_smoothing else 0
            return (1 - label_smoothing) * nll + label_smoothing * evenly, (nll, found, after)

        if adversarial:
            from harmonium.recipes.shared.adversarial import beside_moved

            loss, (nll, found, carry_after) = beside_moved(loss_of, x, adversarial)
        else:
            loss, (nll, found, carry_after) = loss_of(x)
        watched = {"nll": nll, "error_rate": is_error(found, y).mean()}
        if l1:
            loss += l1 * sum(jnp.abs(w).sum() for w in model.weights())
        if l2:
            loss += l2 * sum(jnp.square(w).sum() for w in model.weights())
        return loss, (watched, carry_after)

    return objective


def score(model: Classifier, batch: Any) -> dict[str, Float[Array, " examples"]]:
    """Return the zero-one loss and the negative log-likelihood (nats) of each example."""
    from harmonium.data import intensities
    from harmonium.metrics.classification import is_error, negative_log_likelihood

    x, y = batch
    logits = model.batch(intensities(x))
    return {"error_rate": is_error(logits, y), "nll": negative_log_likelihood(logits, y)}


def scorer(split: Split) -> Callable[[Classifier], dict[str, float]]:
    """Return a function from a model to its error rate and mean negative log-likelihood on `split`."""
    import jax

    from harmonium.training import mean_scores

    examples = jax.device_put((split.x, split.y))  # on the device once, not at every validation
    return lambda model: mean_scores(score, model, examples)
