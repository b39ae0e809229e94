"""What a text says as a whole: film reviews, for or against, by an LSTM (chapter 13)."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from harmonium import data
from harmonium.data.options import ReviewsOptions
from harmonium.errors import ConfigError
from harmonium.recipes.shared.phase import Phase
from harmonium.recipes.shared.recipe import Optimizer
from harmonium.recipes.shared.refitting import Refitting
from harmonium.recipes.shared.search_space import Choice, LogUniform, Space

if TYPE_CHECKING:
    import numpy as np
    from jaxtyping import Float

    from harmonium.data import Preparation, Reviews, Texts, Vocabulary
    from harmonium.models import TextClassifier
    from harmonium.recipes.shared.options import Inputs
    from harmonium.training import Objective, RunFolder, Training

BUCKETS = 8  # lengths that the program is compiled for
# By which each optimiser learns from IMDB; the book's program has its own for all but gradient descent.
RATES = {"adadelta": 1.0, "rmsprop": 0.001, "adam": 0.001, "sgd": 0.5, "momentum": 0.05, "nesterov": 0.05}

WHOLE: Mapping[str, Any] = {  # what both configurations that read whole reviews share
    **{"longest": 400, "hidden": 64, "bidirectional": True},
    **{"optimizer": "adam", "anneal": True, "validation_updates": 0, "wait": 0},
}


@dataclass(frozen=True, kw_only=True)
class SentimentRecipe(ReviewsOptions, Refitting):
    """Train an LSTM to classify texts. The book gives no figure."""

    name: ClassVar[str] = "sentiment"
    reading: ClassVar[type] = ReviewsOptions
    chosen_by: ClassVar[str | None] = "error_rate"
    explains: ClassVar[bool] = True
    search_space: ClassVar[Space] = {
        "learning_rate": LogUniform(0.3, 3.0),
        "hidden": Choice((64, 128, 256)),
        "dropout": Choice((0.0, 0.25, 0.5)),
        "l2": Choice((0.0, 0.0001)),
    }
    configurations: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "book": {"too_long": "left-out", "longest": 99, "initial_weights": "book", "rule": "program"},
        "whole": {**WHOLE, "word_dropout": 0.5, "learning_rate": 0.003, "batch_size": 64, "max_epochs": 8},
        "best": {
            **WHOLE,
            "words": 30_000,
            "pooling": "max",
            **{"language_epochs": 3, "pretraining_learning_rate": 0.004},
            "adversarial": 5.0,
            "word_dropout": 0.3,
            "learning_rate": 0.002,
            "batch_size": 32,
            "max_epochs": 4,
        },
    }

    data: str = "imdb"
    max_epochs: int = 100
    batch_size: int = 16
    learning_rate: float | None = None
    """Step size of an update, μ₀; without it 1 for adadelta, 0.001 for rmsprop and adam, 0.5 for sgd, and 0.05 for
    momentum and nesterov."""
    optimizer: Optimizer = "adadelta"
    shuffle: bool = True
    words: int = 10_000
    """Words that the model knows: the most frequent of the training texts."""
    longest: int = 100
    """The most words of a training text that are read."""
    too_long: Literal["cut", "left-out"] = "cut"
    """Read the last words of longer texts, whenever texts are read; or leave longer ones out of training and
    validation, as the book does: then the test set and new texts are read whole."""
    hidden: int = 128
    """Memory cells, in each direction."""
    embedding: int = 128
    """Dimension of the word embeddings."""
    bidirectional: bool = False
    """Read each text from its end as well."""
    pooling: Literal["mean", "max"] = "mean"
    """What the classifier sees of each state: its mean over the words, as the book; or its largest value."""
    dropout: float = 0.5
    """Share of the mean states that each update leaves out."""
    word_dropout: float = 0.0
    """Share of the words that each update reads as unknown ones."""
    language_epochs: int = 0
    """Epochs in which each LSTM first learns to predict the next word of the training texts; 0 for none."""
    pretraining_learning_rate: float | None = None
    """Step size of the pre-training; without it that of --learning-rate."""
    adversarial: float = 0.0
    """Learn as well from each text with its words' embeddings moved this far together, in standard deviations of the
    embeddings, to where its loss grows fastest."""
    initial_weights: Literal["usual", "book"] = "usual"
    """Open forget gates and scaled weights; or closed by half and orthogonal, with embeddings from 0 to 0.01, as the
    book's program."""
    l2: float = 0.0
    """Weight of the penalty Σ w² on the weights of the logistic regression."""
    validation_updates: int = 370
    """Updates between validations; 0 is an epoch."""
    wait: int = 10
    """Stop after this many validations in a row without a better one. With 0 training never stops early, validates once
    an epoch, and keeps the last model."""
    rule: Literal["waiting", "program"] = "waiting"
    """How a validation is judged: against the best before it; or, as in the book's program, against the best up to
    --wait validations ago, stopping at one bad validation more than --wait; of equals it keeps the last."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for field in ("words", "longest", "hidden", "embedding"):
            self.require(field, getattr(self, field) >= 1, "be at least 1")
        for field in ("wait", "validation_updates", "language_epochs", "adversarial", "l2"):
            self.require(field, 0 <= getattr(self, field) < float("inf"), "not be negative")
        for field in ("dropout", "word_dropout"):
            self.require(field, 0 <= getattr(self, field) < 1, "be in [0, 1)")
        self.require("words", self.words >= 2, "be at least 2: one stands for all the others")
        rate = self.pretraining_learning_rate
        self.require("pretraining_learning_rate", rate is None or 0 < rate < float("inf"), "be positive")

    def load(
        self,
        source: Any,
        splits: Mapping[str, Sequence[str]] | None = None,
        preparation: Preparation | None = None,
    ) -> Reviews:
        """Load classified texts."""
        options = self.data_options()
        if preparation is not None and str(source) not in data.CATALOGUE:
            options = replace(options, tokens=preparation.tokens)
        return data.load_reviews(source, seed=self.seed, options=options, splits=splits)

    def phases(self, folder: RunFolder) -> list[Phase]:
        """Return the phases that learn from texts, and from their classes."""
        from harmonium.recipes.shared.language import pretraining

        loaded = self.own_data(folder)
        vocabulary = loaded.frequent(self.words)
        reviews = loaded.known_as(vocabulary)
        folder.read_with(vocabulary.words)
        before, model = pretraining(self, folder, loaded, vocabulary, BUCKETS)

        def training(folder: RunFolder, anew: bool = False) -> Training:
            from harmonium.training import Evaluation, LaggedWaiting, Waiting, bucket_lengths

            train, valid = self.learned_from(reviews)
            learned = train.joined(valid) if anew else train
            rule = LaggedWaiting if self.rule == "program" else Waiting
            examples = learned.padded(self.longest) | {"y": learned.y}
            judge, test = (None if anew else self.scorer(valid)), self.scorer(reviews.test)
            return self.training(
                model,
                self.objective(vocabulary),
                examples,
                folder,
                evaluate=Evaluation(judge, test, self.watch_test),
                stopping=rule(self.wait, self.validation_updates) if self.wait and not anew else None,
                lengths=bucket_lengths(examples["length"], BUCKETS, batch_size=self.batch_size),
            )

        conclude = functools.partial(self.conclude, folder, loaded)
        if self.refit:
            return before + self.refitted(folder, loaded, training)
        return [*before, Phase("supervised", folder, lambda: training(folder), conclude)]

    def model(self, reviews: Reviews) -> TextClassifier:
        """Return the untrained network for the words and classes of `reviews`."""
        from harmonium.models import TextClassifier
        from harmonium.training import Streams

        return TextClassifier.init(
            len(reviews.lexicon),
            len(reviews.classes),
            dimension=self.embedding,
            hidden=self.hidden,
            bidirectional=self.bidirectional,
            pooling=self.pooling,
            as_book=self.initial_weights == "book",
            key=Streams(self.seed).initial_weights,
        )

    @property
    def first_rate(self) -> float:
        """μ₀: what was given, else a rate that suits the optimiser."""
        return RATES[self.optimizer] if self.learning_rate is None else self.learning_rate

    def learned_from(self, reviews: Reviews) -> tuple[Texts, Texts]:
        """Return the training and validation texts that are short enough, or all."""
        train, valid = (self.short_enough(texts) for texts in (reviews.train, reviews.valid))
        for texts, name, least in ((train, "training", self.batch_size), (valid, "validation", 1)):
            if self.too_long == "left-out" and len(texts) < least:
                raise ConfigError(
                    f"only {len(texts)} {name} texts have at most {self.longest} words; "
                    "give a higher --longest, or --too-long cut"
                )
        return train, valid

    def short_enough(self, texts: Texts) -> Texts:
        """Return the texts without those that the settings leave out."""
        return texts if self.too_long == "cut" else texts.up_to(self.longest)

    def make_optimizer(self, examples: int) -> Any:
        """Return the optimiser; where the result is the same, it steps only the embeddings of a batch's words."""
        from harmonium.training.rows import KEPT, RowWise

        optimizer = super().make_optimizer(examples)
        others = self.word_dropout or self.adversarial or self.language_epochs or self.weight_decay
        if others or self.optimizer not in KEPT:
            return optimizer
        return RowWise(optimizer, attrgetter("embedding"), itemgetter("words"), KEPT[self.optimizer])

    def objective(self, vocabulary: Vocabulary) -> Objective:
        """Return the negative log-likelihood of a text's class, in nats, averaged over texts."""
        from harmonium.recipes.shared.text_objective import text_objective

        return text_objective(
            vocabulary.index[data.UNKNOWN], self.dropout, self.word_dropout, self.adversarial, self.l2
        )

    def scorer(self, texts: Texts) -> Callable[[TextClassifier], dict[str, float]]:
        """Return a function from a model to its error rate and mean nll on what is read of `texts`."""
        from harmonium.recipes.shared.text_groups import scorer

        return scorer(texts, self.words_read(texts.lengths))

    def words_read(self, lengths: np.ndarray) -> np.ndarray:
        """Return how many words are read of held-out and new texts, the last ones of each."""
        import numpy as np

        return np.minimum(lengths, self.longest) if self.too_long == "cut" else lengths

    def evaluate(self, folder: RunFolder, data: str | None = None) -> dict[str, dict[str, float]]:
        """Score the run's model on what it has not learned from, of valid without what is left out."""
        model, reviews = self.finished(folder, data)
        texts = {"valid": self.short_enough(reviews.valid), "test": reviews.test}
        held_out = {name: texts[name] for name in self.held_out(reviews, data)}
        return {
            name: {"examples": len(texts)} | (self.scorer(texts)(model) if len(texts) else {})
            for name, texts in held_out.items()
        }

    def draw(self, folder: RunFolder) -> list[Path]:
        """Draw learning curves, the confusions on the test set, and as they grew the words that tell each class."""
        from harmonium.recipes.shared.text_pictures import draw_texts

        return draw_texts(self, folder)

    def predict(self, folder: RunFolder, inputs: Inputs) -> list[dict[str, Any]]:
        """Return the class of each text: `--text`, a file's lines, or what is no file.

        Words that the model does not know are read as one, and counted: it judges a text of such words alone by what
        rare words tell. Where the inputs ask to be explained, each word that is read has its share of the log-odds of
        the class. Raises `DataError` for a text without words.
        """
        import numpy as np

        from harmonium.recipes.shared.new_examples import preparation_of
        from harmonium.recipes.shared.speaking_words import explain

        texts = inputs.texts(folder.say)
        model, vocabulary = self.reader(folder)
        lexicon = dict(vocabulary.index)
        kind = preparation_of(folder).tokens
        read = data.as_texts(((one["text"][:60], one["text"], 0) for one in texts), lexicon, kind)
        unknown = read.words >= len(vocabulary)
        known = replace(read, words=np.where(unknown, vocabulary.index[data.UNKNOWN], read.words))
        chances = self.probabilities(model, known)
        classes = self.classes(folder)
        found = [
            {
                **one,
                "class": classes[int(p.argmax())],
                "probabilities": dict(zip(classes, p.tolist(), strict=True)),
                "words": int(length),
                "unknown_words": int(unknown[end - length : end].sum()),
                "words_read": int(seen),
            }
            for one, p, end, length, seen in zip(
                texts, chances, read.ends, read.lengths, self.words_read(read.lengths), strict=True
            )
        ]
        if inputs.explain:
            judge, names = functools.partial(self.probabilities, model), list(lexicon)
            written = [names[word] for word in read.words]
            explain(found, judge, known, written, vocabulary.index[data.UNKNOWN])
        return found

    def probabilities(self, model: TextClassifier, texts: Texts) -> Float[np.ndarray, "texts classes"]:
        """Return the probability of each class, for every text."""
        from harmonium.recipes.shared.text_groups import probabilities

        return probabilities(model, texts, self.words_read(texts.lengths))

    def classes(self, folder: RunFolder) -> list[str]:
        """Return the classes that a run's model knows, in their order."""
        return list(folder.ended()["data"]["classes"])

    def reader(self, folder: RunFolder) -> tuple[TextClassifier, Vocabulary]:
        """Return the run's model, and the words that it knows."""
        from harmonium.recipes.shared.saved import load_with_words

        return load_with_words(folder, (len(self.classes(folder)),))

    def finished(self, folder: RunFolder, data_name: str | None = None) -> tuple[TextClassifier, Reviews]:
        """Return the run's model, and the texts it learned from or `data_name`, in its words and classes."""
        model, vocabulary = self.reader(folder)
        if data_name is None:
            return model, self.own_data(folder).known_as(vocabulary)
        other = data.with_classes(self.other_data(folder, data_name), self.classes(folder))
        reviews = other.known_as(vocabulary)
        folder.say(reviews.unknown())
        return model, reviews
