"""Pre-training and fine-tuning the book's stacks, at batch 1 and 10: Harmonium against PyTorch.

The layers above the first learn from random codes of 1,000 values, which are as much work as real ones.
"""

import dataclasses
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import lazy_loader
import numpy as np

from benchmarks import autoencoders, rbm
from benchmarks.measuring import Ours, Workload, main
from benchmarks.peers import PyTorch
from harmonium import data
from harmonium.recipes.dbn import DeepBeliefNetworkRecipe
from harmonium.recipes.shared.classification import penalized
from harmonium.recipes.shared.stack import Stack
from harmonium.recipes.stacked_denoising_autoencoder import StackedDenoisingAutoencoderRecipe
from harmonium.training import TrainingState, gradient_update, random_key

torch = lazy_loader.load("torch")

SDA, DBN = StackedDenoisingAutoencoderRecipe(), DeepBeliefNetworkRecipe()


def codes(dataset: data.Dataset) -> data.Dataset:
    """Random codes in place of the images of the training set."""
    x = np.random.default_rng(0).random((min(20_000, len(dataset.train)), 1000), np.float32)
    return dataclasses.replace(dataset, name="random codes", train=data.Split(x, dataset.train.y[: len(x)]))


def denoising(dataset: data.Dataset, *, layer: int) -> Workload:
    """A denoising autoencoder of the stack."""
    return autoencoders.workload(
        codes(dataset) if layer else dataset,
        recipe=SDA.block(layer),
        title=f"SdA pre-training, layer {layer + 1}, batch 1, 500 updates",
        loss="denoising_cost",
        tolerance=0.03,
        checked_updates=1000,
        book_ms=(0.59, 0.99, 1.15)[layer],
    )


def boltzmann(dataset: data.Dataset, *, layer: int) -> Workload:
    """An RBM of the network."""
    return rbm.workload(
        codes(dataset) if layer else dataset,
        recipe=DBN.block(layer),
        title=f"DBN pre-training, CD-1, layer {layer + 1}, batch 10, 500 updates",
        updates=500,
        with_rbms=False,
        bound="products of ten rows, and random numbers",
        book_ms=None if layer else 1.72,
    )


def fine_tuning(dataset: data.Dataset, *, recipe: Stack, title: str) -> Workload:
    """The whole network, supervised."""
    optimizer = recipe.make_optimizer(len(dataset.train))
    model = recipe.model(dataset, jax.random.key(0))
    state = TrainingState.init(model, optimizer, key=random_key(0), rate=recipe.first_rate)
    update = gradient_update(penalized(0, 0), optimizer)
    ours = Ours(update, state, (dataset.train.x, dataset.train.y), recipe.batch_size)
    x = np.asarray(data.intensities(jnp.asarray(dataset.train.x))).reshape(len(dataset.train), -1)
    return Workload(
        title,
        ours,
        {"PyTorch": lambda: PyTorch(recipe, x, dataset.train.y, perceptron(), model, compiled=False)},
        300,
        recipe.batch_size * (4 * 784 + 6 * 2010) * 1000,
        ours.compile_seconds,
        "memory: the weights read and written" if recipe.batch_size == 1 else "products of ten rows",
        book_ms=1.29 if recipe.batch_size == 1 else 2.26,
    )


def perceptron() -> Any:
    """The whole network in PyTorch."""
    nn = torch.nn
    return nn.Sequential(
        *(nn.Linear(784, 1000), nn.Sigmoid(), nn.Linear(1000, 1000), nn.Sigmoid()),
        *(nn.Linear(1000, 1000), nn.Sigmoid(), nn.Linear(1000, 10)),
    )


WORKLOADS = {
    "sda-layer-1": partial(denoising, layer=0),
    "sda-layer-2": partial(denoising, layer=1),
    "sda-layer-3": partial(denoising, layer=2),
    "sda-fine-tuning": partial(
        fine_tuning, recipe=SDA, title="SdA fine-tuning, 3x1000, batch 1, 300 updates"
    ),
    "dbn-layer-1": partial(boltzmann, layer=0),
    "dbn-layer-2": partial(boltzmann, layer=1),
    "dbn-fine-tuning": partial(
        fine_tuning, recipe=DBN, title="DBN fine-tuning, 3x1000, batch 10, 300 updates"
    ),
}

if __name__ == "__main__":
    main("stacks", WORKLOADS, __doc__)
