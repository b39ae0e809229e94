"""Training the denoising and the contractive autoencoder: Harmonium against PyTorch.

Both start from the same weights and take the same minibatches. The denoising autoencoders draw masks of their own,
so that their losses agree only as far as the noise allows; the contractive ones must agree closely.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import lazy_loader
import numpy as np

from benchmarks.measuring import Ours, Workload, as_tensors, main
from harmonium import data
from harmonium.models import Autoencoder
from harmonium.recipes.autoencoders import (
    AutoencoderRecipe,
    ContractiveAutoencoderRecipe,
    DenoisingAutoencoderRecipe,
)
from harmonium.training import Streams, TrainingState, gradient_update

torch = lazy_loader.load("torch")

EPOCH_SHARE = 500  # updates in a round


class PyTorch:
    """Eager PyTorch as its users write it, on a set that lies in memory as float32."""

    def __init__(self, recipe: AutoencoderRecipe, dataset: data.Dataset, weights: Autoencoder):
        self.recipe = recipe
        shapes = [leaf.shape for leaf in jax.tree.leaves(weights)]
        self.parameters = [torch.zeros(shape, requires_grad=True) for shape in shapes]
        as_tensors(weights, self.parameters)
        self.optimizer = torch.optim.SGD(self.parameters, lr=recipe.first_rate)
        intensities = np.asarray(data.intensities(jnp.asarray(dataset.train.x)))
        self.x = torch.tensor(intensities.reshape(len(intensities), -1))

    def __call__(self, updates: int) -> float:
        """Train on the first minibatches of the set; their mean loss."""
        total, batch_size = torch.zeros(()), self.recipe.batch_size
        for start in range(0, updates * batch_size, batch_size):
            self.optimizer.zero_grad()
            cost, penalty = self.cost(self.x[start : start + batch_size])
            (cost + penalty).backward()
            self.optimizer.step()
            total += cost.detach()
        return float(total) / updates

    def cost(self, x: Any) -> tuple[Any, Any]:
        """The reconstruction's cross-entropy, and the weighted contraction."""
        weight, bias, visible_bias = self.parameters
        recipe = self.recipe
        if isinstance(recipe, DenoisingAutoencoderRecipe):
            shown = x * torch.bernoulli(torch.full_like(x, 1 - recipe.corruption_level))
        else:
            shown = x
        y = torch.sigmoid(torch.nn.functional.linear(shown, weight, bias))
        logits = torch.nn.functional.linear(y, weight.t(), visible_bias)
        cost = torch.nn.functional.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
        if not isinstance(recipe, ContractiveAutoencoderRecipe):
            return cost, torch.zeros(())
        slopes = (y * (1 - y)) ** 2
        return cost, recipe.contraction * (slopes @ (weight**2).sum(1)).mean()


def workload(
    dataset: data.Dataset,
    *,
    recipe: AutoencoderRecipe,
    title: str,
    loss: str,
    tolerance: float,
    checked_updates: int = 20,
    book_ms: float,
) -> Workload:
    """A recipe with the book's settings, and the same in PyTorch."""
    optimizer = recipe.make_optimizer(len(dataset.train))
    streams = Streams(recipe.seed)
    model = recipe.model(dataset, streams)
    state = TrainingState.init(model, optimizer, key=streams.updates, rate=recipe.first_rate)
    ours = Ours(
        gradient_update(recipe.objective(), optimizer), state, dataset.train.x, recipe.batch_size, loss
    )
    return Workload(
        title,
        ours,
        {"PyTorch": partial(PyTorch, recipe, dataset, model)},
        EPOCH_SHARE,
        recipe.batch_size * len(model.visible_bias) * recipe.hidden * 10,  # two products forward, three back
        ours.compile_seconds,
        "memory: the weights read and written"
        if recipe.batch_size == 1
        else f"products of {recipe.batch_size} rows",
        checked_updates=checked_updates,
        tolerance=tolerance,
        book_ms=book_ms,
    )


WORKLOADS = {
    "denoising": partial(
        workload,
        recipe=DenoisingAutoencoderRecipe(),
        title="dA 784-500, 30 % masked, batch 20, 500 updates",
        loss="denoising_cost",
        tolerance=0.02,
        book_ms=1.2,
    ),
    "contractive": partial(
        workload,
        recipe=ContractiveAutoencoderRecipe(),
        title="cA 784-500, batch 10, 500 updates",
        loss="reconstruction_cost",
        tolerance=1e-3,
        book_ms=21.8,
    ),
}

if __name__ == "__main__":
    main("autoencoders", WORKLOADS, __doc__)
