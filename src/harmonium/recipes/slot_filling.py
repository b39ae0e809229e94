"""Slots of sentences: a label for each word, by recurrent networks (chapter 12)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from harmonium import data, figures, metrics
from harmonium.data.options import CorpusOptions
from harmonium.recipes.shared.phase import Phase
from harmonium.recipes.shared.refitting import Refitting
from harmonium.recipes.shared.search_space import Choice, Space, Uniform

if TYPE_CHECKING:
    from jaxtyping import PRNGKeyArray

    from harmonium.data import Corpus, Preparation, Vocabulary
    from harmonium.models import Tagger
    from harmonium.recipes.shared.options import Inputs
    from harmonium.training import Fitted, Objective, RunFolder, Training


@dataclass(frozen=True, kw_only=True)
class SlotFillingRecipe(CorpusOptions, Refitting):
    """Train a recurrent network to label words. The book: F1 94.2 on ATIS.

    The book trained on a fold 3 of it that is lost; `--data atis` is fold 1.
    """

    name: ClassVar[str] = "slot-filling"
    configurations: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "program": {"rule": "halving"},
        "averaged": {"rule": "halving", "dropout": 0.3, "average": 0.9998},
        "bidirectional": {"rule": "halving", "dropout": 0.3, "average": 0.9998, "bidirectional": True},
        "elman": {"output": "crf", "dropout": 0.3, "average": 0.9998, "refit": True},
        "best": {
            "output": "crf",
            "cell": "lstm",
            "bidirectional": True,
            "hidden": 100,
            "embedding": 100,
            "window": 3,
            "dropout": 0.5,
            "word_dropout": 0.05,
            "optimizer": "adam",
            "learning_rate": 0.003,
            "batch_size": 16,
            "anneal": True,
            "max_epochs": 25,
            "average": 0.998,
            "refit": True,
        },
    }
    search_space: ClassVar[Space] = {  # the book's (section 12.7.3)
        "learning_rate": Uniform(0.01, 0.05),
        "window": Choice(tuple(range(3, 20, 2))),
        "hidden": Choice((100, 200)),
        "embedding": Choice((50, 100)),
    }
    reading: ClassVar[type] = CorpusOptions
    chosen_by: ClassVar[str | None] = "f1"

    data: str = "atis"
    max_epochs: int = 60
    batch_size: int = 1
    learning_rate: float = 0.097
    shuffle: bool = True
    window: int = 7
    """Words of the context window, the labelled one in its middle; an odd number."""
    embedding: int = 50
    """Dimension of the word embeddings."""
    hidden: int = 200
    """Recurrent units, in each direction."""
    cell: Literal["elman", "lstm"] = "elman"
    """What the recurrent layer is made of: the book's simple units, or the memory cells of chapter 13."""
    bidirectional: bool = False
    """Read each sentence from its end as well."""
    output: Literal["softmax", "crf"] = "softmax"
    """Judge each word's label alone, as the book; or all of a sentence together, by a conditional random field."""
    bias: bool = True
    """Have biases, as the book's program does; its text recommends none."""
    dropout: float = 0.0
    """Share of the inputs of the recurrent layer and of the softmax that each update leaves out."""
    word_dropout: float = 0.0
    """Share of the words that each update reads as unknown ones."""
    update: Literal["sentence", "word"] = "sentence"
    """Learn from all words of a sentence at once; or from one word an update, by its own label alone, as section 12.7.1
    says one can: some ten times the updates an epoch, of which --batch-size then counts the words."""
    rule: Literal["best", "halving"] = "best"
    """Keep the best model of all epochs, as the book's text; or go back to it with half the rate too, where --wait is
    over, as the book's program."""
    wait: int = 10
    """With --rule halving, the epochs without a better validation F1 after which training goes back."""

    @property
    def one_core(self) -> bool:
        """Whether each update is of one sentence: an epoch takes 0.7 s on one core and 1.1 s shared by two."""
        return self.batch_size == 1

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require("rule", not self.refit or self.rule == "best", "be best with --refit")
        self.require("window", self.window >= 1 and self.window % 2 == 1, "be an odd number from 1")
        if self.output == "crf":
            self.require("update", self.update == "sentence", "be sentence with --output crf")
        for field in ("dropout", "word_dropout"):
            self.require(field, 0 <= getattr(self, field) < 1, "be in [0, 1)")
        for field in ("embedding", "hidden", "wait"):
            self.require(field, getattr(self, field) >= 1, "be at least 1")

    def model(self, corpus: Corpus, key: PRNGKeyArray) -> Tagger:
        """Return the untrained network for the words and labels of `corpus`."""
        from harmonium.models import Tagger

        return Tagger.init(
            len(corpus.vocabulary),
            len(corpus.classes),
            dimension=self.embedding,
            hidden=self.hidden,
            window=self.window,
            cell=self.cell,
            bidirectional=self.bidirectional,
            bias=self.bias,
            chain=self.output == "crf",
            key=key,
        )

    def objective(self, vocabulary: Vocabulary) -> Objective:
        """Return the negative log-likelihood of labels, in nats: the mean over sentences of means over words.

        With an update a word, that of one word of each sentence of a batch.
        """
        import jax
        import jax.numpy as jnp

        unknown = vocabulary.index[data.UNKNOWN]

        def objective(model: Tagger, batch: Any, carry: None, key: PRNGKeyArray) -> Any:
            dropping, hiding = jax.random.split(key)
            true = batch["words"] >= 0
            words = batch["words"]
            if self.word_dropout:
                hidden = jax.random.bernoulli(hiding, self.word_dropout, words.shape) & true
                words = jnp.where(hidden, unknown, words)
            logits = model(words, dropout=self.dropout, key=dropping if self.dropout else None)
            if self.update == "word":
                nll = metrics.negative_log_likelihood(logits, batch["labels"])
                loss = jnp.take_along_axis(nll, batch["place"][:, None], axis=1).mean()
            else:
                nll = model.negative_log_likelihood(logits, batch["labels"], batch["words"])
                loss = (nll / batch["length"]).mean()
            return loss, ({"nll": loss}, carry)

        return objective

    def load(
        self,
        source: Any,
        splits: Mapping[str, Sequence[str]] | None = None,
        preparation: Preparation | None = None,
    ) -> Corpus:
        """Load labelled sentences."""
        return data.load_sentences(source, seed=self.seed, options=self.data_options(), splits=splits)

    def phases(self, folder: RunFolder) -> list[Phase]:
        """Return the phases that learn from labelled sentences."""
        corpus = self.own_data(folder)
        folder.read_with(corpus.vocabulary.words)

        def training(folder: RunFolder, anew: bool = False) -> Training:
            return self.learning(corpus, folder, anew)

        def conclude(fitted: Fitted) -> None:
            self.conclude(folder, corpus, fitted)

        if self.refit:
            return self.refitted(folder, corpus, training)
        return [Phase("supervised", folder, lambda: training(folder), conclude)]

    def learning(self, corpus: Corpus, folder: RunFolder, anew: bool) -> Training:
        """Return the training on the training set, judged by the validation set; or anew on both."""
        from harmonium.models import Tagger
        from harmonium.recipes.shared.word_labels import BUCKETS, by_word, encoded, scorer
        from harmonium.training import Evaluation, Halving, KeepBest, Streams, bucket_lengths

        train = encoded(corpus, corpus.train.joined(corpus.valid) if anew else corpus.train)
        train = by_word(train) if self.update == "word" else train
        valid, test = (None if anew else scorer(corpus, corpus.valid)), scorer(corpus, corpus.test)
        rule = Halving(self.wait, "f1") if self.rule == "halving" else KeepBest("f1")
        return self.training(
            lambda: self.model(corpus, Streams(self.seed).initial_weights),
            self.objective(corpus.vocabulary),
            train,
            folder,
            evaluate=Evaluation(valid, test, self.watch_test),
            stopping=None if anew else rule,
            lengths=bucket_lengths(train["length"], BUCKETS, batch_size=self.batch_size),
            project=Tagger.with_unit_embeddings,
        )

    def evaluate(self, folder: RunFolder, data: str | None = None) -> dict[str, dict[str, Any]]:
        """Return phrase scores of valid and test, or of test alone after a refit, with the table of the CoNLL script.

        A label that the model does not know is one that it misses.
        """
        from harmonium.recipes.shared.word_labels import conll_scorer, overall

        model, corpus = self.finished(folder, data)
        scores: dict[str, dict[str, Any]] = {}
        for name in self.held_out(corpus, data):
            sentences = corpus.splits[name]
            score = conll_scorer(corpus, sentences)(model)
            scores[name] = {"examples": len(sentences), **overall(score), "table": str(score)}
        return scores

    def predict(self, folder: RunFolder, inputs: Inputs) -> list[dict[str, Any]]:
        """Return the words of each sentence with their slots; `--text`, a file's lines, or what is no file."""
        from harmonium.recipes.shared.word_labels import in_groups, known_words, labelled

        texts = inputs.texts(folder.say)
        model, vocabulary = self.reader(folder)
        known = [data.as_known(one["text"].split(), vocabulary) for one in texts]
        found = labelled(model, in_groups(known_words(vocabulary, known)), self.classes(folder))
        return [
            {**one, "words": one["text"].split(), "read_as": words, "slots": labels, "probabilities": chances}
            for one, words, (labels, chances) in zip(texts, known, found, strict=True)
        ]

    def draw(self, folder: RunFolder) -> list[Path]:
        """Draw learning curves, and as they grew the nearest neighbours of some words, and a map of all."""
        from harmonium.recipes.shared.word_pictures import draw_grown_words

        _, corpus = self.finished(folder)
        title = f"{self.name} on {Path(corpus.name).name}"
        records = self.choice(folder).records()
        curves = figures.learning_curves(records, folder.figures / "learning-curves.png", title=title)
        return [curves, *draw_grown_words(folder, corpus, title)]

    def classes(self, folder: RunFolder) -> list[str]:
        """Return the labels that a run's model knows, in their order."""
        classes: list[str] = folder.ended()["data"]["classes"]
        return classes

    def reader(self, folder: RunFolder) -> tuple[Tagger, Vocabulary]:
        """Return the run's model, and the words that it knows."""
        from harmonium.recipes.shared.saved import load_with_words

        return load_with_words(folder, (3, len(self.classes(folder))))

    def finished(self, folder: RunFolder, data_name: str | None = None) -> tuple[Tagger, Corpus]:
        """Return the run's model, and the sentences it learned from or `data_name`, under its words and labels."""
        model, vocabulary = self.reader(folder)
        classes = tuple(self.classes(folder))
        if data_name is None:
            return model, dataclasses.replace(self.own_data(folder), vocabulary=vocabulary, classes=classes)
        # Labels that the run does not know are no error here: the CoNLL script counts them as missed.
        corpus: Corpus = self.other_data(folder, data_name).written_for(vocabulary, classes)
        for note in corpus.unknown():
            folder.say(note)
        return model, corpus
