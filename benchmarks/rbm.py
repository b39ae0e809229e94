"""Training the RBM by PCD-15: Harmonium against PyTorch, plain JAX, NumPy and, where it is there, the package rbms.

All start from the same weights and take the same minibatches; each draws its own random numbers, so that their
pseudo-likelihoods agree only as far as the noise allows. Harmonium and PyTorch watch it at each update, with CD the
cross-entropy of reconstructions; the others watch nothing, and
rbms normalises its gradients, as it always does.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import lazy_loader
import numpy as np

from benchmarks.measuring import Ours, Run, Workload, main
from harmonium import data
from harmonium.models import RBM
from harmonium.recipes.rbm import RBMRecipe
from harmonium.training import Streams, TrainingState, gradient_update

torch = lazy_loader.load("torch")


class PyTorch:
    """PyTorch with the gradient in closed form and nothing recorded for autograd."""

    def __init__(self, recipe: RBMRecipe, x: np.ndarray, weights: RBM):
        self.recipe, self.x, self.bit = recipe, torch.tensor(x), 0
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
        weight, b, c, rate = self.weight, self.visible_bias, self.hidden_bias, self.recipe.first_rate
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

    def cross_entropy(self, x: Any, known: Any) -> Any:
        """Cross-entropy of each example with its reconstruction from the hidden units' probabilities."""
        logits = torch.addmm(self.visible_bias, known, self.weight.t())
        return torch.nn.functional.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)

    def pseudo_log_likelihood(self, x: Any) -> Any:
        """The book's estimate, from the bit whose turn it is."""
        v, bit = torch.round(x), self.bit
        self.bit = (bit + 1) % v.shape[1]
        change = 1 - 2 * v[:, bit]
        logits = torch.addmm(self.hidden_bias, v, self.weight)
        flipped = torch.addcmul(logits, change[:, None], self.weight[bit])
        rise = (torch.nn.functional.softplus(logits) - torch.nn.functional.softplus(flipped)).sum(1)
        return v.shape[1] * torch.nn.functional.logsigmoid(rise - change * self.visible_bias[bit]).mean()


class NumPy:
    """NumPy by hand, in float32, as one writes it from the equations; nothing is watched."""

    def __init__(self, recipe: RBMRecipe, x: np.ndarray, weights: RBM):
        self.recipe, self.x, self.random = recipe, x, np.random.default_rng(0)
        arrays = (weights.weight, weights.visible_bias, weights.hidden_bias)
        self.weight, self.visible_bias, self.hidden_bias = (np.array(a) for a in arrays)
        self.h = np.zeros((recipe.chains or recipe.batch_size, recipe.hidden), np.float32)

    def drawn(self, logits: np.ndarray) -> np.ndarray:
        """Return a draw of units with these log-odds."""
        return (self.random.random(logits.shape, np.float32) < sigmoid(logits)).astype(np.float32)

    def __call__(self, updates: int) -> None:
        """Train on the first minibatches of the set; no loss."""
        size, rate = self.recipe.batch_size, np.float32(self.recipe.first_rate)
        for start in range(0, updates * size, size):
            x = self.x[start : start + size]
            known = sigmoid(x @ self.weight + self.hidden_bias)
            h = self.h if self.recipe.persistent else self.drawn(x @ self.weight + self.hidden_bias)
            for _ in range(self.recipe.gibbs_steps):
                v = self.drawn(h @ self.weight.T + self.visible_bias)
                h = self.drawn(v @ self.weight + self.hidden_bias)
            self.h = h
            dreamt = sigmoid(v @ self.weight + self.hidden_bias)
            self.weight += rate / len(x) * (x.T @ known) - rate / len(v) * (v.T @ dreamt)
            self.visible_bias += rate * (x.mean(0) - v.mean(0))
            self.hidden_bias += rate * (known.mean(0) - dreamt.mean(0))


def sigmoid(x: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-x)), which does not overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * x)))


class PlainJAX:
    """A compiled step of JAX, called for each minibatch; the gradient is that of the free energies."""

    def __init__(self, recipe: RBMRecipe, x: np.ndarray, weights: RBM):
        self.x, self.size = x, recipe.batch_size
        self.parameters = tuple(
            jnp.copy(a) for a in (weights.weight, weights.visible_bias, weights.hidden_bias)
        )
        self.h = jnp.zeros((recipe.chains or recipe.batch_size, recipe.hidden))
        self.key = jax.random.key(0)

        def free_energy(parameters: Any, v: Any) -> Any:
            weight, b, c = parameters
            return (-v @ b - jax.nn.softplus(v @ weight + c).sum(-1)).mean()

        @partial(jax.jit, donate_argnums=(0, 1))
        def step(parameters: Any, h: Any, x: Any, key: Any) -> tuple[Any, Any]:
            weight, b, c = parameters
            if not recipe.persistent:
                key, first = jax.random.split(key)
                h = jax.random.bernoulli(first, jax.nn.sigmoid(x @ weight + c)).astype(jnp.float32)

            def gibbs(state: Any, key: Any) -> tuple[Any, None]:
                up, down = jax.random.split(key)
                v = jax.random.bernoulli(down, jax.nn.sigmoid(state[0] @ weight.T + b)).astype(jnp.float32)
                h = jax.random.bernoulli(up, jax.nn.sigmoid(v @ weight + c)).astype(jnp.float32)
                return (h, v), None

            blank = jnp.zeros((len(h), len(b)))
            (h, v), _ = jax.lax.scan(gibbs, (h, blank), jax.random.split(key, recipe.gibbs_steps))

            def loss(parameters: Any) -> Any:
                return free_energy(parameters, x) - free_energy(parameters, v)

            gradient = jax.grad(loss)(parameters)
            return tuple(p - recipe.first_rate * g for p, g in zip(parameters, gradient, strict=True)), h

        self.step = step

    def __call__(self, updates: int) -> None:
        """Train on the first minibatches of the set; no loss."""
        for start in range(0, updates * self.size, self.size):
            self.key, key = jax.random.split(self.key)
            self.parameters, self.h = self.step(
                self.parameters, self.h, self.x[start : start + self.size], key
            )
        jax.block_until_ready(self.parameters)  # type: ignore[no-untyped-call]


def package_rbms(recipe: RBMRecipe, rows: np.ndarray, weights: RBM) -> Run:
    """The trainer of the package rbms. Raises `ImportError` where it is not installed."""
    from rbms.bernoulli_bernoulli.classes import BBRBM
    from rbms.training.pcd import fit_batch_pcd

    arrays = (weights.weight, weights.visible_bias, weights.hidden_bias)
    rbm = BBRBM(*(torch.tensor(np.asarray(a)) for a in arrays))
    optimizer = torch.optim.SGD(rbm.parameters(), lr=recipe.first_rate, maximize=True)
    for parameter in rbm.parameters():
        parameter.grad = torch.zeros_like(parameter)
    chains = rbm.init_chains(recipe.chains or recipe.batch_size)
    x, share = torch.tensor(rows), torch.ones(recipe.batch_size)

    def run(updates: int) -> None:
        nonlocal chains
        for start in range(0, updates * recipe.batch_size, recipe.batch_size):
            batch = (x[start : start + recipe.batch_size], share)
            chains, _ = fit_batch_pcd(batch, chains, rbm, recipe.gibbs_steps, 1.0, centered=False)
            optimizer.step()

    return run


def workload(
    dataset: data.Dataset,
    *,
    recipe: RBMRecipe | None = None,
    title: str = "RBM PCD-15, 784x500, batch 20, 200 updates",
    updates: int = 200,
    with_rbms: bool = True,
    book_ms: float | None = 14.2,
    bound: str = "products of 20 rows, whose peak alone is half of PyTorch's time on one core; random numbers",
) -> Workload:
    """An RBM on `dataset`, with the book's settings unless others are given."""
    recipe = recipe or RBMRecipe()
    optimizer = recipe.make_optimizer(len(dataset.train))
    streams = Streams(recipe.seed)
    model = recipe.model(dataset, streams)
    state = TrainingState.init(
        model, optimizer, key=streams.updates, rate=recipe.first_rate, carry=recipe.carry(dataset)
    )
    update = gradient_update(recipe.objective(), optimizer)
    watched = "pseudo_log_likelihood" if recipe.persistent else "reconstruction_cross_entropy"
    ours = Ours(update, state, dataset.train.x, recipe.batch_size, watched)
    intensities = np.asarray(data.intensities(jnp.asarray(dataset.train.x)))
    rows = intensities.reshape(len(intensities), -1)
    peers: dict[str, Callable[[], Run]] = {
        "PyTorch": partial(PyTorch, recipe, rows, model),
        "plain JAX": partial(PlainJAX, recipe, rows, model),
        "NumPy": partial(NumPy, recipe, rows, model),
    }
    if with_rbms:
        peers["rbms"] = partial(package_rbms, recipe, rows, model)
    product = 2 * recipe.batch_size * rows.shape[1] * recipe.hidden
    return Workload(
        title,
        ours,
        peers,
        updates,
        product
        * (2 * recipe.gibbs_steps + 5),  # two products each for the data and the particles, one watched
        ours.compile_seconds,
        bound,
        tolerance=0.05,
        checked_updates=1000,
        book_ms=book_ms,
    )


WORKLOADS = {"pcd-15": workload}

if __name__ == "__main__":
    main("rbm", WORKLOADS, __doc__)
