"""Training the book's classifiers: Harmonium against PyTorch.

Both start from the same weights, take the same minibatches and must reach the same losses before they are timed.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.measuring import Ours, Workload, as_tensors, main
from harmonium import data
from harmonium.recipes.shared.classification import Classification, penalized
from harmonium.recipes.shared.recipe import recipe_class
from harmonium.training import TrainingState, gradient_update, random_key

import torch  # isort: skip
from torch import nn  # isort: skip
from torch.nn import functional  # isort: skip


class PyTorch:
    """Eager PyTorch as its users write it, on a set that lies in memory as float32."""

    def __init__(
        self,
        recipe: Classification,
        dataset: data.Dataset,
        network: Any,
        image: tuple[int, ...],
        weights: Any,
    ):
        self.network, self.batch_size = network, recipe.batch_size
        as_tensors(weights, list(network.parameters()))
        decayed = [p for p in network.parameters() if p.ndim > 1]
        biases = [p for p in network.parameters() if p.ndim == 1]
        groups = [{"params": decayed, "weight_decay": 2 * recipe.l2}, {"params": biases}]
        self.optimizer = torch.optim.SGD(groups, lr=recipe.first_rate)
        intensities = np.asarray(data.intensities(jnp.asarray(dataset.train.x)))
        self.x = torch.tensor(intensities.reshape(-1, *image))
        self.y = torch.tensor(dataset.train.y, dtype=torch.int64)

    def __call__(self, updates: int) -> float:
        """Train on the first minibatches of the set; their mean loss."""
        total = torch.zeros(())
        for start in range(0, updates * self.batch_size, self.batch_size):
            x, y = self.x[start : start + self.batch_size], self.y[start : start + self.batch_size]
            self.optimizer.zero_grad()
            loss = functional.cross_entropy(self.network(x), y)
            loss.backward()
            self.optimizer.step()
            total += loss.detach()
        return float(total) / updates


def workload(
    dataset: data.Dataset,
    *,
    name: str,
    title: str,
    network: Callable[[], Any],
    image: tuple[int, ...],  # the shape in which PyTorch takes an example
    products: tuple[int, ...],  # multiplications of each layer's forward pass, for one example
    bound: str,
    updates: int | None = None,  # in a round; None for an epoch
    recipe: Classification | None = None,  # other settings than the book's
    book_ms: float | None = None,
) -> Workload:
    """A recipe with the book's settings, and the same network in PyTorch."""
    recipe = recipe or cast(Any, recipe_class(name))()
    assert recipe is not None
    optimizer = recipe.make_optimizer(len(dataset.train))
    update = gradient_update(penalized(recipe.l1, recipe.l2), optimizer, block=recipe.gradient_block())
    model = recipe.model(dataset, jax.random.key(recipe.seed))
    state = TrainingState.init(model, optimizer, key=random_key(recipe.seed), rate=recipe.first_rate)
    ours = Ours(update, state, (dataset.train.x, dataset.train.y), recipe.batch_size)
    first, *others = products  # the gradient by the input of the first layer is not needed
    return Workload(
        title,
        ours,
        {"PyTorch": PyTorch(recipe, dataset, network(), image, model)},
        updates or ours.per_epoch,
        recipe.batch_size * (4 * first + 6 * sum(others)),
        ours.compile_seconds,
        bound,
        book_ms=book_ms,
    )


WORKLOADS = {
    "logistic-regression": partial(
        workload,
        name="logistic-regression",
        title="logistic regression, batch 600, one epoch",
        network=lambda: nn.Linear(784, 10),
        image=(784,),
        products=(784 * 10,),
        bound="memory: bytes become floats, and each is used in ten products",
        book_ms=62 / 83,
    ),
    "mlp": partial(
        workload,
        name="mlp",
        title="MLP 784-500-10, batch 20, one epoch",
        network=lambda: nn.Sequential(nn.Linear(784, 500), nn.Tanh(), nn.Linear(500, 10)),
        image=(784,),
        products=(784 * 500, 500 * 10),
        book_ms=8600 / 2500,
        bound="products of 20 rows; the forward one, which one core computes, is 0.6 of an update",
    ),
    "lenet": partial(
        workload,
        name="lenet",
        title="LeNet 20-50-500, batch 500, 12 updates",
        network=lambda: nn.Sequential(
            *(nn.Conv2d(1, 20, 5), nn.MaxPool2d(2), nn.Tanh()),
            *(nn.Conv2d(20, 50, 5), nn.MaxPool2d(2), nn.Tanh()),
            *(nn.Flatten(), nn.Linear(800, 500), nn.Tanh(), nn.Linear(500, 10)),
        ),
        image=(1, 28, 28),
        bound="products of patches, and gathering the patches",
        products=(24 * 24 * 20 * 25, 8 * 8 * 50 * 500, 800 * 500, 500 * 10),
        updates=12,
        book_ms=240,
    ),
}

if __name__ == "__main__":
    main("supervised", WORKLOADS, __doc__)
