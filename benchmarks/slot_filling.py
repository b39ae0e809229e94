"""Training the book's network of chapter 12 on ATIS, a sentence an update: Harmonium against PyTorch.

Both start from the same weights and take the same sentences in the same order. PyTorch has no simple recurrent layer of
sigmoid units, so that its users write the loop over the words; its sentences are not padded. Harmonium stays on one
core, as the command does for updates of one sentence.
"""

import os
from functools import partial

import jax
import lazy_loader
import numpy as np

from benchmarks.measuring import Ours, Workload, as_tensors, main
from harmonium import data
from harmonium.data import Corpus, Sentences, Vocabulary
from harmonium.errors import DataError
from harmonium.models import Tagger
from harmonium.recipes.shared.word_labels import BUCKETS, encoded
from harmonium.recipes.slot_filling import SlotFillingRecipe
from harmonium.training import TrainingState, bucket_lengths, gradient_update, random_key
from harmonium.training.buckets import Sequences

torch = lazy_loader.load("torch")


class PyTorch:
    """PyTorch with autograd; the embeddings are put on the unit sphere after each step."""

    def __init__(self, recipe: SlotFillingRecipe, train: Sequences, model: Tagger):
        self.recipe = recipe
        self.sentences = [
            (torch.tensor(words[:length]).long(), torch.tensor(labels[:length]).long())
            for words, labels, length in zip(train["words"], train["labels"], train["length"], strict=True)
        ]
        self.parameters = [torch.zeros(leaf.shape, requires_grad=True) for leaf in jax.tree.leaves(model)]
        as_tensors(model, self.parameters)
        self.optimizer = torch.optim.SGD(self.parameters, lr=recipe.first_rate)

    def __call__(self, updates: int) -> float:
        """Train on the first sentences of the set; their mean negative log-likelihood."""
        total = torch.zeros(())
        embedding, below, beside, h0, bias, weight, output_bias = self.parameters
        margin, padding = self.recipe.window // 2, len(embedding) - 1
        for words, labels in self.sentences[:updates]:
            windows = torch.nn.functional.pad(words, (margin, margin), value=padding).unfold(
                0, self.recipe.window, 1
            )
            z = embedding[windows].reshape(len(words), -1) @ below + bias
            h, states = h0, []
            for step in z:
                h = torch.sigmoid(step + h @ beside)
                states.append(h)
            loss = torch.nn.functional.cross_entropy(torch.stack(states) @ weight + output_bias, labels)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            with torch.no_grad():
                embedding /= torch.linalg.vector_norm(embedding, dim=1, keepdim=True)
            total += loss.detach()
        return float(total) / updates


def workload(corpus: Corpus) -> Workload:
    """The book's settings."""
    recipe = SlotFillingRecipe()
    optimizer = recipe.make_optimizer(len(corpus.train))
    model = recipe.model(corpus, jax.random.key(recipe.seed))
    train = encoded(corpus, corpus.train)
    lengths = bucket_lengths(train["length"], BUCKETS)
    update = gradient_update(
        recipe.objective(corpus.vocabulary), optimizer, lengths=lengths, project=Tagger.with_unit_embeddings
    )
    ours = Ours(
        update,
        TrainingState.init(model, optimizer, key=random_key(recipe.seed), rate=recipe.first_rate),
        train,
        1,
    )
    inputs = recipe.window * recipe.embedding + recipe.hidden + len(corpus.classes)
    return Workload(
        "slot filling, 200 hidden, window 7, one epoch of fold 1",
        ours,
        {"PyTorch": partial(PyTorch, recipe, train, model)},
        len(train["length"]),
        int(3 * 2 * train["length"].mean() * inputs * recipe.hidden),
        ours.compile_seconds,
        "the latency of products of one row in the loop over words",
        checked_updates=200,
        book_ms=3660 / 3983,
    )


def sentences() -> Corpus:
    """Fold 1 of ATIS, or where it is not to be had random sentences of its sizes."""
    try:
        return data.load_sentences("atis")
    except DataError as error:
        print(f"{error}\nSo the sentences are random ones of its sizes: the work is the same.")
    return random_sentences(3983)


def random_sentences(count: int) -> Corpus:
    """So many sentences of random words, as long as those of ATIS."""
    random = np.random.default_rng(0)
    words = (data.UNKNOWN, *(f"word{n}" for n in range(571)))
    labels = tuple(f"B-{n}" for n in range(127))
    lengths = np.clip(random.poisson(11, count), 1, 46)
    split = Sentences(
        tuple(tuple(words[w] for w in random.integers(0, 572, n)) for n in lengths),
        tuple(tuple(labels[y] for y in random.integers(0, 127, n)) for n in lengths),
    )
    return Corpus("random sentences", split, split, split, labels, vocabulary=Vocabulary(words))


WORKLOADS = {"elman": workload}

if __name__ == "__main__":
    os.environ.setdefault("PJRT_NPROC", "1")  # before JAX makes its first array
    main("slot_filling", WORKLOADS, __doc__, sentences)
