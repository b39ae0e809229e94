"""Training the RBM by PCD-15: Harmonium against PyTorch and, where it is installed, the package rbms.

All start from the same weights and take the same minibatches; each draws its own random numbers, so that their
pseudo-likelihoods agree only as far as the noise allows. Harmonium and PyTorch watch it at each update, with CD the
cross-entropy of reconstructions; rbms watches nothing, and normalises its gradients, as it always does.
"""

import jax.numpy as jnp
import numpy as np

from benchmarks.measuring import Ours, Run, Workload, main
from harmonium import data
from harmonium.models import RBM
from harmonium.recipes.rbm import RBMRecipe
from harmonium.training import Streams, TrainingState, gradient_update

import torch  # isort: skip
from torch.nn import functional  # isort: skip


class PyTorch:
    """PyTorch with the gradient in closed form and nothing recorded for autograd."""

    def __init__(self, recipe: RBMRecipe, x: torch.Tensor, weights: RBM):
        self.recipe, self.x, self.bit = recipe, x, 0
        self.weight, self.visible_bias, self.hidden_bias = (
            torch.tensor(np.asarray(a)) for a in (weights.weight, weights.visible_bias, weights.hidden_bias)
        )
        self.h = torch.zeros(recipe.chains or recipe.batch_size, recipe.hidden)

    def __call__(self, updates: int) -> float:
        """Train on the first minibatches of the set; the mean of what is watched, as the recipe does."""
        with torch.no_grad():
            return self.train(updates)

    def train(self, updates: int) -> float:
        """The loop itself."""
        total, size = torch.zeros(()), self.recipe.batch_size
        weight, b, c, rate = self.weight, self.visible_bias, self.hidden_bias, self.recipe.learning_rate
        for start in range(0, updates * size, size):
            x = self.x[start : start + size]
            known = torch.sigmoid(torch.addmm(c, x, weight))
            total += self.pseudo_log_likelihood(x) if self.recipe.persistent else self.cross_entropy(x, known)
            h = self.h if self.recipe.persistent else torch.bernoulli(known)
            for _ in range(self.recipe.gibbs_steps):
                v = torch.bernoulli(torch.sigmoid(torch.addmm(b, h, weight.t())))
                h = torch.bernoulli(torch.sigmoid(torch.addmm(c, v, weight)))
            self.h = h
            dreamt = torch.sigmoid(torch.addmm(c, v, weight))
            weight.addmm_(x.t(), known, alpha=rate / len(x)).addmm_(v.t(), dreamt, alpha=-rate / len(v))
            b += rate * (x.mean(0) - v.mean(0))
            c += rate * (known.mean(0) - dreamt.mean(0))
        return float(total) / updates

    def cross_entropy(self, x: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
        """Cross-entropy of each example with its reconstruction from the hidden units' probabilities."""
        logits = torch.addmm(self.visible_bias, known, self.weight.t())
        return functional.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)

    def pseudo_log_likelihood(self, x: torch.Tensor) -> torch.Tensor:
        """The book's estimate, from the bit whose turn it is."""
        v, bit = torch.round(x), self.bit
        self.bit = (bit + 1) % v.shape[1]
        change = 1 - 2 * v[:, bit]
        logits = torch.addmm(self.hidden_bias, v, self.weight)
        flipped = torch.addcmul(logits, change[:, None], self.weight[bit])
        rise = (functional.softplus(logits) - functional.softplus(flipped)).sum(1)
        return v.shape[1] * functional.logsigmoid(rise - change * self.visible_bias[bit]).mean()


def package_rbms(recipe: RBMRecipe, x: torch.Tensor, weights: RBM) -> Run:
    """The trainer of the package rbms. Raises `ImportError` where it is not installed."""
    from rbms.bernoulli_bernoulli.classes import BBRBM
    from rbms.training.pcd import fit_batch_pcd

    arrays = (weights.weight, weights.visible_bias, weights.hidden_bias)
    rbm = BBRBM(*(torch.tensor(np.asarray(a)) for a in arrays))
    optimizer = torch.optim.SGD(rbm.parameters(), lr=recipe.learning_rate, maximize=True)
    for parameter in rbm.parameters():
        parameter.grad = torch.zeros_like(parameter)
    chains = rbm.init_chains(recipe.chains or recipe.batch_size)
    share = torch.ones(recipe.batch_size)

    def run(updates: int) -> float:
        nonlocal chains
        for start in range(0, updates * recipe.batch_size, recipe.batch_size):
            batch = (x[start : start + recipe.batch_size], share)
            chains, _ = fit_batch_pcd(batch, chains, rbm, recipe.gibbs_steps, 1.0, centered=False)
            optimizer.step()
        return float("nan")

    return run


def workload(
    dataset: data.Dataset,
    *,
    recipe: RBMRecipe | None = None,
    title: str = "RBM PCD-15, 784x500, batch 20, 200 updates",
    updates: int = 200,
    with_rbms: bool = True,
    book_ms: float | None = 14.2,
) -> Workload:
    """An RBM on `dataset`, with the book's settings unless others are given."""
    recipe = recipe or RBMRecipe()
    optimizer = recipe.make_optimizer(len(dataset.train))
    streams = Streams(recipe.seed)
    model = recipe.model(dataset, streams)
    state = TrainingState.init(
        model, optimizer, key=streams.updates, rate=recipe.learning_rate, carry=recipe.carry(dataset)
    )
    update = gradient_update(recipe.objective(), optimizer)
    watched = "pseudo_log_likelihood" if recipe.persistent else "reconstruction_cross_entropy"
    ours = Ours(update, state, dataset.train.x, recipe.batch_size, watched)
    intensities = np.asarray(data.intensities(jnp.asarray(dataset.train.x)))
    x = torch.tensor(intensities.reshape(len(intensities), -1))
    peers: dict[str, Run] = {"PyTorch": PyTorch(recipe, x, model)}
    if with_rbms:
        try:
            peers["rbms"] = package_rbms(recipe, x, model)
        except ImportError as missing:
            print(f"without the package rbms: {missing}")
    product = 2 * recipe.batch_size * x.shape[1] * recipe.hidden
    return Workload(
        title,
        ours,
        peers,
        updates,
        product
        * (2 * recipe.gibbs_steps + 5),  # two products each for the data and the particles, one watched
        ours.compile_seconds,
        f"products of {recipe.batch_size} rows, which one core computes",
        tolerance=0.05,
        checked_updates=1000,
        book_ms=book_ms,
    )


if __name__ == "__main__":
    main("rbm", {"pcd-15": workload}, __doc__)
