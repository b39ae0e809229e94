"""What a text says as a whole: film reviews, for or against, by an LSTM (chapter 13)."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from harmonium import data, figures, metrics
from harmonium.data.options import ReviewsOptions
from harmonium.errors import ConfigError
from harmonium.recipes.shared.phase import Phase
from harmonium.recipes.shared.recipe import Optimizer, Recipe
from harmonium.recipes.shared.search_space import Choice, LogUniform, Space

if TYPE_CHECKING:
    import numpy as np
    from jaxtyping import Array, Float

    from harmonium.data import Preparation, Reviews, Texts, Vocabulary
    from harmonium.models import TextClassifier
    from harmonium.recipes.shared.options import Inputs
    from harmonium.training import Fitted, Objective, RunFolder, Training

BUCKETS = 8  # lengths that the program is compiled for
BLOCK = 250  # texts that are scored at once


@dataclass(frozen=True, kw_only=True)
class SentimentRecipe(ReviewsOptions, Recipe):
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
        "book": {"too_long": "left-out", "longest": 99, "initial_weights": "book"},
        "whole": {
            "longest": 400,
            "hidden": 64,
            "bidirectional": True,
            "word_dropout": 0.5,
            "optimizer": "adam",
            "learning_rate": 0.003,
            "batch_size": 64,
            "anneal": True,
            "max_epochs": 8,
            "validation_updates": 0,
            "wait": 0,
        },
    }

    data: str = "imdb"
    max_epochs: int = 100
    batch_size: int = 16
    learning_rate: float = 1.0
    optimizer: Optimizer = "adadelta"
    shuffle: bool = True
    words: int = 10_000
    """Words that the model knows: the most frequent of the training texts."""
    longest: int = 100
    """Words of a training text that are read."""
    too_long: Literal["cut", "left-out"] = "cut"
    """Read the last words of longer training texts; or leave those texts out, as the book does. When it is scored,
    every text counts, by its last words."""
    hidden: int = 128
    """Memory cells, in each direction."""
    embedding: int = 128
    """Numbers that a word is embedded in."""
    bidirectional: bool = False
    """Read each text from its end as well."""
    dropout: float = 0.5
    """Share of the mean states that each update leaves out."""
    word_dropout: float = 0.0
    """Share of the words that each update reads as unknown ones."""
    initial_weights: Literal["usual", "book"] = "usual"
    """Open forget gates and scaled weights; or closed by half and orthogonal, with embeddings from 0 to 0.01, as the
    book's program."""
    l2: float = 0.0
    """Weight of the penalty Σ w² on the weights of the logistic regression."""
    validation_updates: int = 370
    """Updates between validations; 0 is an epoch."""
    wait: int = 10
    """Stop after so many validations in a row without a better one; 0 for never: then an epoch is followed by a
    validation, and the last model is the result."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for field in ("words", "longest", "hidden", "embedding"):
            self.require(field, getattr(self, field) >= 1, "be at least 1")
        self.require("wait", self.wait >= 0, "not be negative")
        for field in ("dropout", "word_dropout"):
            self.require(field, 0 <= getattr(self, field) < 1, "be in [0, 1)")
        self.require("words", self.words >= 2, "be at least 2: one stands for all the others")
        self.require("l2", 0 <= self.l2 < float("inf"), "not be negative")
        self.require("validation_updates", self.validation_updates >= 0, "not be negative")

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
        """Return the only phase: learning from classified texts."""
        loaded = self.own_data(folder)
        vocabulary = loaded.frequent(self.words)
        folder.read_with(vocabulary.words)

        def training() -> Training:
            from harmonium.training import Evaluation, Waiting, bucket_lengths

            reviews = loaded.known_as(vocabulary)
            train = self.learned_from(reviews)
            examples = train.padded(self.longest) | {"y": train.y}
            return self.training(
                lambda: self.model(reviews),
                self.objective(vocabulary),
                examples,
                folder,
                evaluate=Evaluation(self.scorer(reviews.valid), self.scorer(reviews.test), self.watch_test),
                stopping=Waiting(self.wait, self.validation_updates) if self.wait else None,
                lengths=bucket_lengths(examples["length"], BUCKETS, batch_size=self.batch_size),
            )

        def conclude(fitted: Fitted) -> None:
            self.conclude(folder, loaded, fitted)

        return [Phase("supervised", folder, training, conclude)]

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
            as_book=self.initial_weights == "book",
            key=Streams(self.seed).initial_weights,
        )

    def learned_from(self, reviews: Reviews) -> Texts:
        """Return the training texts that are short enough, or all."""
        import numpy as np

        if self.too_long == "cut":
            return reviews.train
        short = np.flatnonzero(reviews.train.lengths <= self.longest)
        if len(short) < self.batch_size:
            raise ConfigError(
                f"only {len(short)} training texts have at most {self.longest} words; "
                "give a higher --longest, or --too-long cut"
            )
        return reviews.train.taken(short)

    def objective(self, vocabulary: Vocabulary) -> Objective:
        """Return the negative log-likelihood of a text's class, in nats, averaged over texts."""
        import jax
        import jax.numpy as jnp

        unknown = vocabulary.index[data.UNKNOWN]

        def objective(model: TextClassifier, batch: Any, carry: None, key: Any) -> Any:
            dropping, hiding = jax.random.split(key)
            words = batch["words"]
            if self.word_dropout:
                hidden = jax.random.bernoulli(hiding, self.word_dropout, words.shape) & (words >= 0)
                words = jnp.where(hidden, unknown, words)
            logits = model(words, dropout=self.dropout, key=dropping)
            nll = metrics.negative_log_likelihood(logits, batch["y"]).mean()
            penalty = self.l2 * jnp.square(model.weight).sum()
            return nll + penalty, ({"nll": nll}, carry)

        return objective

    def scorer(self, texts: Texts) -> Callable[[TextClassifier], dict[str, float]]:
        """Return a function from a model to its error rate and mean nll on the last words of `texts`."""
        from harmonium.training import grouped, mean_scores_of_groups

        groups = grouped(texts.padded(self.longest) | {"y": texts.y}, self.buckets(texts))
        return lambda model: mean_scores_of_groups(score, model, groups, block=BLOCK)

    def buckets(self, texts: Texts) -> tuple[int, ...]:
        """Return the lengths in whose groups held-out texts are read."""
        import numpy as np

        from harmonium.training import bucket_lengths

        return bucket_lengths(np.minimum(texts.lengths, self.longest), BUCKETS)

    def evaluate(self, folder: RunFolder, data: str | None = None) -> dict[str, dict[str, float]]:
        """Score the run's model on every text of valid and test, of its own data or of another's."""
        model, reviews = self.finished(folder, data)
        return {
            name: {"examples": len(reviews.splits[name])} | self.scorer(reviews.splits[name])(model)
            for name in ("valid", "test")
        }

    def draw(self, folder: RunFolder) -> list[Path]:
        """Draw learning curves, the confusions on the test set, and as they grew the words that tell each class."""
        from harmonium.recipes.shared.speaking_words import draw_telling_words

        model, reviews = self.finished(folder)
        title = f"{self.name} on {Path(reviews.name).name}"
        found = self.probabilities(model, reviews.test).argmax(1)
        counts = metrics.confusion_counts(found, reviews.test.y, len(reviews.classes))
        return [
            figures.learning_curves(folder.records(), folder.figures / "learning-curves.png", title=title),
            figures.confusion_matrix(
                counts, reviews.classes, folder.figures / "confusion.png", title=f"{title}, test set"
            ),
            *draw_telling_words(folder, self.probabilities, reviews, title),
        ]

    def predict(self, folder: RunFolder, inputs: Inputs) -> list[dict[str, Any]]:
        """Return the class of each text: `--text`, a file's lines, or what is no file.

        Words that the model does not know are read as one, and counted: it judges a text of such words alone by what
        rare words tell. Where the inputs ask to be explained, each word that is read has its share of the log-odds of
        the class. Raises `DataError` for a text without words.
        """
        import numpy as np

        from harmonium.recipes.shared.new_examples import preparation_of
        from harmonium.recipes.shared.speaking_words import shares

        texts = inputs.texts()
        model, vocabulary = self.reader(folder)
        lexicon = dict(vocabulary.index)
        kind = preparation_of(folder).tokens
        read = data.as_texts(((text[:60], text, 0) for text in texts), lexicon, kind)
        unknown = read.words >= len(vocabulary)
        known = replace(read, words=np.where(unknown, vocabulary.index[data.UNKNOWN], read.words))
        chances = self.probabilities(model, known)
        classes = self.classes(folder)
        found = [
            {
                "text": text,
                "class": classes[int(p.argmax())],
                "probabilities": dict(zip(classes, p.tolist(), strict=True)),
                "words": int(length),
                "unknown_words": int(unknown[end - length : end].sum()),
                "words_read": int(min(length, self.longest)),
            }
            for text, p, end, length in zip(texts, chances, read.ends, read.lengths, strict=True)
        ]
        if inputs.explain:
            probabilities, names = functools.partial(self.probabilities, model), list(lexicon)
            for one, end in zip(found, read.ends, strict=True):
                part = slice(end - one["words_read"], end)
                one["read_as"] = [names[word] for word in read.words[part]]
                one["shares"] = shares(
                    probabilities, known.words[part], vocabulary.index[data.UNKNOWN]
                ).tolist()
        return found

    def probabilities(self, model: TextClassifier, texts: Texts) -> Float[np.ndarray, "texts classes"]:
        """Return the probability of each class, for every text."""
        import numpy as np

        from harmonium.training import grouped

        found = np.zeros((len(texts), len(model.bias)), np.float32)
        for rows, group in grouped(texts.padded(self.longest), self.buckets(texts)):
            found[rows] = model.probabilities(group["words"], block=BLOCK)
        return found

    def classes(self, folder: RunFolder) -> list[str]:
        """Return the classes that a run's model knows, in their order."""
        classes: list[str] = folder.ended()["data"]["classes"]
        return classes

    def reader(self, folder: RunFolder) -> tuple[TextClassifier, Vocabulary]:
        """Return the run's model, and the words that it knows."""
        from harmonium.recipes.shared.saved import load_with_words

        return load_with_words(folder, (len(self.classes(folder)),))

    def finished(self, folder: RunFolder, data_name: str | None = None) -> tuple[TextClassifier, Reviews]:
        """Return the run's model, and the texts it learned from or `data_name`, in its words and classes."""
        model, vocabulary = self.reader(folder)
        if data_name is None:
            reviews = self.own_data(folder)
        else:
            reviews = data.with_classes(self.other_data(folder, data_name), self.classes(folder))
        return model, reviews.known_as(vocabulary)


def score(model: TextClassifier, batch: Mapping[str, Array]) -> dict[str, Array]:
    """Return whether each text's likeliest class is wrong, and its nll."""
    logits = model(batch["words"])
    return {
        "error_rate": metrics.is_error(logits, batch["y"]),
        "nll": metrics.negative_log_likelihood(logits, batch["y"]),
    }
