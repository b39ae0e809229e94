"""Training the book's network of chapter 13, 16 reviews of 100 words an update: Harmonium against PyTorch and Equinox.

All start from the same weights and take the same reviews in the same order, without dropout and by Adadelta. PyTorch's
second bias, which the equations lack, stays zero.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import lazy_loader
import numpy as np
import optax

from benchmarks.measuring import Ours, Workload, main
from harmonium import data
from harmonium.data import Vocabulary
from harmonium.errors import DataError
from harmonium.models import TextClassifier
from harmonium.recipes.sentiment import SentimentRecipe
from harmonium.training import TrainingState, gradient_update, random_key

torch = lazy_loader.load("torch")


@dataclass(frozen=True)
class Texts:
    """Reviews of as many words as the model reads."""

    name: str
    words: np.ndarray  # (texts, words) int32
    y: np.ndarray  # (texts,) int32


class PyTorch:
    """PyTorch with autograd."""

    def __init__(self, recipe: SentimentRecipe, texts: Texts, model: TextClassifier):
        self.size = recipe.batch_size
        self.words, self.y = torch.tensor(texts.words).long(), torch.tensor(texts.y).long()
        self.embedding = torch.nn.Embedding.from_pretrained(tensor(model.embedding), freeze=False)
        self.lstm = torch.nn.LSTM(recipe.embedding, recipe.hidden)
        with torch.no_grad():
            self.lstm.weight_ih_l0.copy_(tensor(arranged(model.forward.input_weight)))
            self.lstm.weight_hh_l0.copy_(tensor(arranged(model.forward.recurrent_weight)))
            self.lstm.bias_ih_l0.copy_(tensor(arranged(model.forward.bias)))
            self.lstm.bias_hh_l0.zero_().requires_grad_(False)
        self.weight, self.bias = (tensor(a).requires_grad_() for a in (model.weight, model.bias))
        learned = [*self.embedding.parameters(), *self.lstm.parameters(), self.weight, self.bias]
        self.optimizer = torch.optim.Adadelta(
            [p for p in learned if p.requires_grad], lr=recipe.first_rate, rho=0.95, eps=1e-6
        )

    def __call__(self, updates: int) -> float:
        """Train on the first minibatches of the set; their mean negative log-likelihood."""
        total = torch.zeros(())
        for start in range(0, updates * self.size, self.size):
            words, y = self.words[start : start + self.size], self.y[start : start + self.size]
            states, _ = self.lstm(self.embedding(words.t()))
            loss = torch.nn.functional.cross_entropy(states.mean(0) @ self.weight + self.bias, y)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            total += loss.detach()
        return float(total) / updates


class Equinox:
    """Equinox's LSTM cell under `jax.lax.scan`, and Optax, in a compiled step that is called for each minibatch."""

    def __init__(self, recipe: SentimentRecipe, texts: Texts, model: TextClassifier):
        cell = eqx.nn.LSTMCell(recipe.embedding, recipe.hidden, key=jax.random.key(0))
        weights = [arranged(a) for a in (model.forward.input_weight, model.forward.recurrent_weight)]
        bias = arranged(model.forward.bias)
        cell = eqx.tree_at(
            lambda c: (c.weight_ih, c.weight_hh, c.bias),
            cell,
            tuple(jnp.asarray(a) for a in (*weights, bias)),
        )
        self.model = (jnp.copy(model.embedding), cell, jnp.copy(model.weight), jnp.copy(model.bias))
        optimizer = optax.adadelta(recipe.first_rate, rho=0.95, eps=1e-6)
        self.state = optimizer.init(eqx.filter(self.model, eqx.is_array))
        self.words, self.y, self.size = texts.words, texts.y, recipe.batch_size

        def loss(model: Any, words: Any, y: Any) -> Any:
            embedding, cell, weight, bias = model

            def step(state: Any, x: Any) -> tuple[Any, Any]:
                state = jax.vmap(cell)(x, state)
                return state, state[0]

            zeros = jnp.zeros((len(words), recipe.hidden))
            _, states = jax.lax.scan(step, (zeros, zeros), embedding[words.T])
            logits = states.mean(0) @ weight + bias
            return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()

        @eqx.filter_jit(donate="all")
        def step(model: Any, state: Any, words: Any, y: Any) -> tuple[Any, Any, Any]:
            nll, gradient = eqx.filter_value_and_grad(loss)(model, words, y)  # type: ignore[no-untyped-call]
            change, state = optimizer.update(gradient, state, eqx.filter(model, eqx.is_array))
            return eqx.apply_updates(model, change), state, nll

        self.step = step

    def __call__(self, updates: int) -> float:
        """Train on the first minibatches of the set; their mean negative log-likelihood."""
        losses = []
        for start in range(0, updates * self.size, self.size):
            words, y = self.words[start : start + self.size], self.y[start : start + self.size]
            self.model, self.state, nll = self.step(self.model, self.state, words, y)
            losses.append(nll)
        return float(jnp.stack(losses).mean())


def tensor(array: Any) -> Any:
    """A copy of ours."""
    return torch.tensor(np.asarray(array))


def arranged(gates: jax.Array) -> np.ndarray:
    """Our gates i, f, o, g, side by side, as PyTorch's i, f, g, o, one below the other."""
    i, f, o, g = np.split(np.asarray(gates).T, 4)
    return np.concatenate([i, f, g, o])


def workload(texts: Texts) -> Workload:
    """The book's settings, but no dropout."""
    recipe = SentimentRecipe(dropout=0.0)
    optimizer = recipe.make_optimizer(len(texts.y))
    model = TextClassifier.init(
        recipe.words, 2, dimension=recipe.embedding, hidden=recipe.hidden, key=jax.random.key(recipe.seed)
    )
    objective = recipe.objective(Vocabulary((data.UNKNOWN,)))
    state = TrainingState.init(model, optimizer, key=random_key(recipe.seed), rate=recipe.first_rate)
    ours = Ours(
        gradient_update(objective, optimizer), state, {"words": texts.words, "y": texts.y}, recipe.batch_size
    )
    steps = recipe.batch_size * recipe.longest
    return Workload(
        "LSTM 128, batch 16, 100 words, Adadelta, 100 updates",
        ours,
        {
            "PyTorch": partial(PyTorch, recipe, texts, model),
            "Equinox, Optax": partial(Equinox, recipe, texts, model),
        },
        100,
        3 * 2 * steps * (recipe.embedding + recipe.hidden) * 4 * recipe.hidden,
        ours.compile_seconds,
        "products of 16 rows and 128 columns in the loop over time",
        book_ms=42.9,
    )


def texts() -> Texts:
    """The last words of IMDB's reviews, drawn in any order; or where it is not to be had random words."""
    recipe, random = SentimentRecipe(), np.random.default_rng(0)
    try:
        reviews = data.load_reviews("imdb")
    except DataError as error:
        print(f"{error}\nSo the words are random ones: the work is the same.")
        return random_texts(4000)
    train = reviews.known_as(reviews.frequent(recipe.words)).train
    long = train.taken(random.permutation(np.flatnonzero(train.lengths >= recipe.longest))[:4000])
    return Texts(reviews.name, long.padded(recipe.longest)["words"], long.y)


def random_texts(count: int) -> Texts:
    """So many texts of random words."""
    recipe, random = SentimentRecipe(), np.random.default_rng(0)
    words = random.integers(0, recipe.words, (count, recipe.longest), np.int32)
    return Texts("random words", words, random.integers(0, 2, count, np.int32))


WORKLOADS = {"lstm": workload}

if __name__ == "__main__":
    main("sentiment", WORKLOADS, __doc__, texts)
