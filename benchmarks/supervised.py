"""Training the book's classifiers: Harmonium against what else one would take for them.

All start from the same weights, take the same minibatches and must reach the same losses before they are timed.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, cast

import equinox as eqx
import jax
import jax.numpy as jnp
import lazy_loader
import numpy as np

from benchmarks.measuring import Ours, Run, Workload, main
from benchmarks.peers import Equinox, Keras, PyTorch, ScikitLearn, equinox_network
from harmonium import data
from harmonium.recipes.shared.classification import Classification, penalized
from harmonium.recipes.shared.recipe import recipe_class
from harmonium.training import TrainingState, gradient_update, random_key

keras = lazy_loader.load("keras")
torch = lazy_loader.load("torch")

# (recipe, intensities (examples, rows, columns), classes, our model) -> the peer
Peer = Callable[[Any, np.ndarray, np.ndarray, Any], Run]


def pytorch(network: Callable[[], Any], image: tuple[int, ...], *, compiled: bool) -> Peer:
    """PyTorch; `image` is the shape in which the network takes an example."""
    return lambda recipe, x, y, model: PyTorch(
        recipe, x.reshape(-1, *image), y, network(), model, compiled=compiled
    )


def equinox(layers: Callable[[Any], Any], image: tuple[int, ...]) -> Peer:
    """Equinox with Optax."""
    return lambda recipe, x, y, model: Equinox(
        recipe, x.reshape(-1, *image), y, equinox_network(layers), model
    )


def keras_dense(*widths: int, activation: str = "tanh") -> Peer:
    """Keras on JAX, of dense layers; its kernels are (inputs, outputs)."""

    def peer(recipe: Any, x: np.ndarray, y: np.ndarray, model: Any) -> Run:
        penalty = keras.regularizers.L2(recipe.l2) if recipe.l2 else None
        names = [activation] * (len(widths) - 1) + [None]
        layers = [
            keras.layers.Dense(width, activation=name, kernel_regularizer=penalty)
            for width, name in zip(widths, names, strict=True)
        ]
        arrays = [leaf.T if leaf.ndim == 2 else leaf for leaf in jax.tree.leaves(model)]
        return Keras(recipe, x.reshape(len(x), -1), y, layers, arrays)

    return peer


def keras_lenet(recipe: Any, x: np.ndarray, y: np.ndarray, model: Any) -> Run:
    """The convolutional network in Keras, whose images and kernels end in channels."""
    layers = [
        *(keras.layers.Conv2D(20, 5), keras.layers.MaxPooling2D(2), keras.layers.Activation("tanh")),
        *(keras.layers.Conv2D(50, 5), keras.layers.MaxPooling2D(2), keras.layers.Activation("tanh")),
        keras.layers.Permute((3, 1, 2)),  # so that it is flattened as ours
        *(keras.layers.Flatten(), keras.layers.Dense(500, activation="tanh"), keras.layers.Dense(10)),
    ]
    turned = {4: (2, 3, 1, 0), 2: (1, 0), 1: (0,)}
    arrays = [np.transpose(leaf, turned[leaf.ndim]) for leaf in jax.tree.leaves(model)]
    return Keras(recipe, x[..., None], y, layers, arrays)


def scikit_learn(recipe: Any, x: np.ndarray, y: np.ndarray, model: Any) -> Run:
    """scikit-learn's MLPClassifier, all of whose weights come before the biases."""
    leaves = jax.tree.leaves(model)
    arrays = [*(leaf.T for leaf in leaves if leaf.ndim == 2), *(leaf for leaf in leaves if leaf.ndim == 1)]
    return ScikitLearn(recipe, x.reshape(len(x), -1), y, recipe.hidden[0], arrays)


def workload(
    dataset: data.Dataset,
    *,
    name: str,
    title: str,
    peers: Mapping[str, Peer],
    products: tuple[int, ...],  # multiplications of each layer's forward pass, for one example
    bound: str,
    updates: int | None = None,  # in a round; None for an epoch
    recipe: Classification | None = None,  # other settings than the book's
    book_ms: float | None = None,
) -> Workload:
    """A recipe with the book's settings, and the same network by its peers."""
    recipe = recipe or cast(Any, recipe_class(name))()
    assert recipe is not None
    optimizer = recipe.make_optimizer(len(dataset.train))
    update = gradient_update(penalized(recipe.l1, recipe.l2), optimizer, block=recipe.gradient_block())
    model = recipe.model(dataset, jax.random.key(recipe.seed))
    state = TrainingState.init(model, optimizer, key=random_key(recipe.seed), rate=recipe.first_rate)
    ours = Ours(update, state, (dataset.train.x, dataset.train.y), recipe.batch_size)
    x = np.asarray(data.intensities(jnp.asarray(dataset.train.x)))
    first, *others = products  # the gradient by the input of the first layer is not needed
    return Workload(
        title,
        ours,
        {who: partial(peer, recipe, x, dataset.train.y, model) for who, peer in peers.items()},
        updates or ours.per_epoch,
        recipe.batch_size * (4 * first + 6 * sum(others)),
        ours.compile_seconds,
        bound,
        book_ms=book_ms,
    )


def linear() -> Any:
    """Logistic regression in PyTorch."""
    return torch.nn.Linear(784, 10)


def perceptron(hidden: int = 500) -> Any:
    """The perceptron in PyTorch."""
    nn = torch.nn
    return nn.Sequential(nn.Linear(784, hidden), nn.Tanh(), nn.Linear(hidden, 10))


def lenet() -> Any:
    """The convolutional network in PyTorch."""
    nn = torch.nn
    return nn.Sequential(
        *(nn.Conv2d(1, 20, 5), nn.MaxPool2d(2), nn.Tanh()),
        *(nn.Conv2d(20, 50, 5), nn.MaxPool2d(2), nn.Tanh()),
        *(nn.Flatten(), nn.Linear(800, 500), nn.Tanh(), nn.Linear(500, 10)),
    )


def equinox_lenet(key: Any) -> list[Any]:
    """The layers of the convolutional network in Equinox."""
    tanh, pool = eqx.nn.Lambda(jnp.tanh), eqx.nn.MaxPool2d(2, 2)
    return [
        *(eqx.nn.Conv2d(1, 20, 5, key=key), pool, tanh),
        *(eqx.nn.Conv2d(20, 50, 5, key=key), pool, tanh),
        *(eqx.nn.Lambda(jnp.ravel), eqx.nn.Linear(800, 500, key=key), tanh, eqx.nn.Linear(500, 10, key=key)),
    ]


WORKLOADS = {
    "logistic-regression": partial(
        workload,
        name="logistic-regression",
        title="logistic regression, batch 600, one epoch",
        peers={
            "PyTorch": pytorch(linear, (784,), compiled=False),
            "torch.compile": pytorch(linear, (784,), compiled=True),
            "Equinox, Optax": equinox(lambda key: [eqx.nn.Linear(784, 10, key=key)], (784,)),
            "Keras on JAX": keras_dense(10),
        },
        products=(784 * 10,),
        bound="memory: bytes become floats, and each is used in ten products",
        book_ms=62 / 83,
    ),
    "mlp": partial(
        workload,
        name="mlp",
        title="MLP 784-500-10, batch 20, one epoch",
        peers={
            "PyTorch": pytorch(perceptron, (784,), compiled=False),
            "torch.compile": pytorch(perceptron, (784,), compiled=True),
            "Equinox, Optax": equinox(
                lambda key: [
                    *(eqx.nn.Linear(784, 500, key=key), eqx.nn.Lambda(jnp.tanh)),
                    eqx.nn.Linear(500, 10, key=key),
                ],
                (784,),
            ),
            "Keras on JAX": keras_dense(500, 10),
            "scikit-learn": scikit_learn,
        },
        products=(784 * 500, 500 * 10),
        book_ms=8600 / 2500,
        bound="products of 20 rows",
    ),
    "lenet": partial(
        workload,
        name="lenet",
        title="LeNet 20-50-500, batch 500, 12 updates",
        peers={
            "PyTorch": pytorch(lenet, (1, 28, 28), compiled=False),
            "torch.compile": pytorch(lenet, (1, 28, 28), compiled=True),
            "Equinox, Optax": equinox(equinox_lenet, (1, 28, 28)),
            "Keras on JAX": keras_lenet,
        },
        bound="products of patches, nearly half; gathering the patches, a third; max-pooling, a fifth",
        products=(24 * 24 * 20 * 25, 8 * 8 * 50 * 500, 800 * 500, 500 * 10),
        updates=12,
        book_ms=240,
    ),
}

if __name__ == "__main__":
    main("supervised", WORKLOADS, __doc__)
