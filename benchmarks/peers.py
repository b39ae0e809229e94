"""Classifiers as people write them who do not use Harmonium: PyTorch, compiled too, Equinox, Keras, scikit-learn.

Each is made from our first weights, (outputs, inputs) for a dense layer, and trains on the same minibatches.
"""

import os
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import lazy_loader
import numpy as np
import optax
from sklearn.neural_network import MLPClassifier

from benchmarks.measuring import as_tensors
from harmonium.recipes.shared.classification import Classification

os.environ.setdefault("KERAS_BACKEND", "jax")
keras = lazy_loader.load("keras")
torch = lazy_loader.load("torch")


class PyTorch:
    """PyTorch as its users write it, on a set that lies in memory as float32; compiled by `torch.compile` or eager."""

    def __init__(
        self,
        recipe: Classification,
        x: np.ndarray,
        y: np.ndarray,
        network: Any,
        weights: Any,
        *,
        compiled: bool,
    ):
        as_tensors(weights, list(network.parameters()))
        self.batch_size = recipe.batch_size
        decayed = [p for p in network.parameters() if p.ndim > 1]
        biases = [p for p in network.parameters() if p.ndim == 1]
        groups = [{"params": decayed, "weight_decay": 2 * recipe.l2}, {"params": biases}]
        self.optimizer = torch.optim.SGD(groups, lr=recipe.first_rate)
        self.x, self.y = torch.tensor(x), torch.tensor(y, dtype=torch.int64)

        def loss(x: Any, y: Any) -> Any:
            return torch.nn.functional.cross_entropy(network(x), y)

        self.loss = torch.compile(loss) if compiled else loss

    def __call__(self, updates: int) -> float:
        """Train on the first minibatches of the set; their mean loss."""
        total = torch.zeros(())
        for start in range(0, updates * self.batch_size, self.batch_size):
            x, y = self.x[start : start + self.batch_size], self.y[start : start + self.batch_size]
            self.optimizer.zero_grad()
            loss = self.loss(x, y)
            loss.backward()
            self.optimizer.step()
            total += loss.detach()
        return float(total) / updates


class Equinox:
    """Equinox and Optax in a compiled step, called for each minibatch, as their own examples do."""

    def __init__(self, recipe: Classification, x: np.ndarray, y: np.ndarray, network: Any, weights: Any):
        leaves, structure = jax.tree.flatten(eqx.filter(network, eqx.is_array))
        ours = [
            jnp.reshape(mine, leaf.shape) for mine, leaf in zip(jax.tree.leaves(weights), leaves, strict=True)
        ]
        self.model = eqx.combine(jax.tree.unflatten(structure, ours), network)
        optimizer = optax.sgd(recipe.first_rate)
        self.state = optimizer.init(eqx.filter(self.model, eqx.is_array))
        self.x, self.y, self.batch_size = x, y, recipe.batch_size

        def loss(model: Any, x: Any, y: Any) -> tuple[Any, Any]:
            nll = optax.softmax_cross_entropy_with_integer_labels(jax.vmap(model)(x), y).mean()
            decayed = [p for p in jax.tree.leaves(eqx.filter(model, eqx.is_array)) if p.size > p.shape[0]]
            return nll + recipe.l2 * sum(jnp.square(p).sum() for p in decayed), nll

        @eqx.filter_jit(donate="all")
        def step(model: Any, state: Any, x: Any, y: Any) -> tuple[Any, Any, Any]:
            (_, nll), gradient = eqx.filter_value_and_grad(loss, has_aux=True)(model, x, y)
            change, state = optimizer.update(gradient, state)
            return eqx.apply_updates(model, change), state, nll

        self.step = step

    def __call__(self, updates: int) -> float:
        """Train on the first minibatches of the set; their mean loss."""
        losses = []
        for start in range(0, updates * self.batch_size, self.batch_size):
            x, y = self.x[start : start + self.batch_size], self.y[start : start + self.batch_size]
            self.model, self.state, nll = self.step(self.model, self.state, x, y)
            losses.append(nll)
        return float(jnp.stack(losses).mean())


class Keras:
    """Keras on JAX, by `fit` without shuffling."""

    def __init__(
        self,
        recipe: Classification,
        x: np.ndarray,
        y: np.ndarray,
        layers: Sequence[Any],
        arrays: Sequence[Any],
    ):
        self.x, self.y, self.batch_size = x, y, recipe.batch_size
        self.model = keras.Sequential([keras.Input(x.shape[1:]), *layers])
        self.model.set_weights([np.asarray(array) for array in arrays])
        self.model.compile(
            keras.optimizers.SGD(recipe.first_rate),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=[keras.metrics.SparseCategoricalCrossentropy(from_logits=True, name="nll")],
        )

    def __call__(self, updates: int) -> float:
        """Train on the first minibatches of the set; their mean loss."""
        count = updates * self.batch_size
        fitted = self.model.fit(
            self.x[:count], self.y[:count], batch_size=self.batch_size, shuffle=False, verbose=0
        )
        return float(fitted.history["nll"][-1])


class ScikitLearn:
    """scikit-learn's perceptron, a pass by `partial_fit`. Its loss counts the penalty, so none is compared."""

    def __init__(
        self, recipe: Classification, x: np.ndarray, y: np.ndarray, hidden: int, arrays: Sequence[Any]
    ):
        self.x, self.y, self.batch_size = x, y, recipe.batch_size
        self.model = MLPClassifier(
            (hidden,),
            activation="tanh",
            solver="sgd",
            alpha=2 * recipe.l2 * recipe.batch_size,  # it divides the penalty by the batch's examples
            batch_size=recipe.batch_size,
            learning_rate_init=recipe.first_rate,
            momentum=0,
            shuffle=False,
        )
        self.model.partial_fit(x[: self.batch_size], y[: self.batch_size], classes=np.arange(10))
        for mine, ours in zip([*self.model.coefs_, *self.model.intercepts_], arrays, strict=True):
            mine[...] = ours

    def __call__(self, updates: int) -> None:
        """Train on the first minibatches of the set; no loss."""
        count = updates * self.batch_size
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.model.partial_fit(self.x[:count], self.y[:count])


def equinox_network(layers: Callable[[Any], Sequence[Any]]) -> Any:
    """Return a network of layers that are drawn from a key, whatever it is: they take our weights."""
    return eqx.nn.Sequential(list(layers(jax.random.key(0))))
