"""Training the book's classifiers: Harmonium against PyTorch, on one CPU, in turn.

Both start from the same weights, take the same minibatches and must reach the same losses before they are timed.
`python -m benchmarks.supervised` measures, writes the numbers as JSON and renders them as RESULTS.md beside it.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
from rich.console import Console
from rich.markdown import Markdown

from harmonium import data
from harmonium.errors import DataError
from harmonium.recipes.catalogue import recipe_class
from harmonium.recipes.classification import Classification, penalized
from harmonium.training import TrainingState, gradient_update, machine, make_optimizer
from harmonium.training.batches import Batches
from harmonium.training.fit import _no_totals, _run_updates

try:
    import torch
    from torch import nn
    from torch.nn import functional
except ModuleNotFoundError:
    sys.exit("the benchmarks need PyTorch; run: pip install 'harmonium[bench]'")

CHECKED_UPDATES = 20
TOLERANCE = 1e-3  # relative, between the mean losses of those updates
PAUSE = 0.05  # seconds; a library's idle threads spin for some milliseconds before they leave the cores

Report = dict[str, Any]  # what the JSON file holds


@dataclass(frozen=True)
class Workload:
    """A recipe with the book's settings, and the same network in PyTorch."""

    title: str
    network: Callable[[], Any]
    image: tuple[int, ...]  # the shape in which PyTorch takes an example
    products: tuple[int, ...]  # multiplications of each layer's forward pass, for one example
    updates: int | None = None  # in a round; None for an epoch

    def flops(self, batch_size: int) -> int:
        """Floating-point operations of an update's products, forward and backward."""
        first, *others = self.products  # the gradient by the input of the first layer is not needed
        return batch_size * (4 * first + 6 * sum(others))


WORKLOADS = {
    "logistic-regression": Workload(
        title="logistic regression, batch 600, one epoch",
        network=lambda: nn.Linear(784, 10),
        image=(784,),
        products=(784 * 10,),
    ),
    "mlp": Workload(
        title="MLP 784-500-10, batch 20, one epoch",
        network=lambda: nn.Sequential(nn.Linear(784, 500), nn.Tanh(), nn.Linear(500, 10)),
        image=(784,),
        products=(784 * 500, 500 * 10),
    ),
    "lenet": Workload(
        title="LeNet 20-50-500, batch 500, 12 updates",
        network=lambda: nn.Sequential(
            *(nn.Conv2d(1, 20, 5), nn.MaxPool2d(2), nn.Tanh()),
            *(nn.Conv2d(20, 50, 5), nn.MaxPool2d(2), nn.Tanh()),
            *(nn.Flatten(), nn.Linear(800, 500), nn.Tanh(), nn.Linear(500, 10)),
        ),
        image=(1, 28, 28),
        products=(24 * 24 * 20 * 25, 8 * 8 * 50 * 500, 800 * 500, 500 * 10),
        updates=12,
    ),
}


class Ours:
    """The program that `fit` runs, on a set that lies on the device as bytes."""

    def __init__(self, recipe: Classification, dataset: data.Dataset):
        self.model = recipe.model(dataset, jax.random.key(recipe.seed))
        optimizer = make_optimizer(recipe.optimizer, recipe.learning_rate)
        update = gradient_update(penalized(recipe.l1, recipe.l2), optimizer, block=recipe.gradient_block())
        self.state = TrainingState.init(
            jax.tree.map(jnp.copy, self.model), optimizer, seed=recipe.seed
        )  # a copy, since the program takes its state's memory over
        examples = (dataset.train.x, dataset.train.y)
        batches = Batches(examples, recipe.batch_size, shuffle=False, key=self.state.key)
        self.arrays = batches.chunk(0).arrays
        self.no_totals, self.updates = _no_totals(update, self.state, batches), 0
        program = jax.jit(partial(_run_updates, update, recipe.batch_size), donate_argnums=(0, 1))
        started = time.perf_counter()
        self.program = program.lower(*self._arguments(0)).compile()
        self.compile_seconds = time.perf_counter() - started

    def run(self, updates: int) -> float:
        """Train on the first minibatches of the set; their mean loss."""
        self.state, totals = self.program(*self._arguments(updates))
        self.updates += updates
        return float(totals["sum"]["nll"]) / updates  # waits for the program's end

    def _arguments(self, updates: int) -> tuple[Any, ...]:
        totals = jax.tree.map(jnp.copy, self.no_totals)
        return self.state, totals, self.arrays, None, jnp.int32(self.updates), jnp.int32(updates)


class PyTorch:
    """Eager PyTorch as its users write it, on a set that lies in memory as float32."""

    def __init__(self, recipe: Classification, dataset: data.Dataset, workload: Workload, weights: Any):
        self.network, self.batch_size = workload.network(), recipe.batch_size
        with torch.no_grad():
            for mine, given in zip(self.network.parameters(), jax.tree.leaves(weights), strict=True):
                if tuple(mine.shape) != given.shape:
                    sys.exit(f"{workload.title}: PyTorch's {tuple(mine.shape)} is not our {given.shape}")
                mine.copy_(torch.tensor(np.asarray(given)))
        decayed = [p for p in self.network.parameters() if p.ndim > 1]
        biases = [p for p in self.network.parameters() if p.ndim == 1]
        groups = [{"params": decayed, "weight_decay": 2 * recipe.l2}, {"params": biases}]
        self.optimizer = torch.optim.SGD(groups, lr=recipe.learning_rate)
        intensities = np.asarray(data.intensities(jnp.asarray(dataset.train.x)))
        self.x = torch.tensor(intensities.reshape(-1, *workload.image))
        self.y = torch.tensor(dataset.train.y, dtype=torch.int64)

    def run(self, updates: int) -> float:
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


def measure(name: str, dataset: data.Dataset, rounds: int) -> Report:
    """Check that both peers learn alike, warm them up, and time them in turn."""
    workload, make_recipe = WORKLOADS[name], cast(Any, recipe_class(name))
    recipe: Classification = make_recipe()
    ours = Ours(recipe, dataset)
    peer = PyTorch(recipe, dataset, workload, ours.model)
    losses = {"ours": ours.run(CHECKED_UPDATES), "torch": peer.run(CHECKED_UPDATES)}
    if not abs(losses["ours"] - losses["torch"]) <= TOLERANCE * abs(losses["torch"]):
        sys.exit(f"{workload.title}: after {CHECKED_UPDATES} updates the mean losses differ: {losses}")
    updates = workload.updates or len(dataset.train) // recipe.batch_size
    runs = {"ours": partial(ours.run, updates), "torch": partial(peer.run, updates)}
    warm_up = {who: seconds(run) for who, run in runs.items()}
    times: dict[str, list[float]] = {"ours": [], "torch": []}
    for _ in range(rounds):
        for who, run in runs.items():
            times[who].append(seconds(run))
    ratios = [theirs / mine for theirs, mine in zip(times["torch"], times["ours"], strict=True)]
    flops = updates * workload.flops(recipe.batch_size)
    return {
        "title": workload.title,
        "updates": updates,
        "checked_losses": losses,
        "compile_seconds": ours.compile_seconds,
        "warm_up_seconds": warm_up,
        "seconds": {who: spread(values) | {"rounds": values} for who, values in times.items()},
        "ratio": spread(ratios),
        "gflops": flops / statistics.median(times["ours"]) / 1e9,
    }


def seconds(run: Callable[[], object]) -> float:
    """How long `run` takes."""
    time.sleep(PAUSE)
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, smallest and largest."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def matrix_product_gflops(size: int = 2048, times: int = 9) -> float:
    """The machine's own rate: the median over products of large float32 squares."""
    a = jax.random.normal(jax.random.key(0), (size, size))
    product = jax.jit(jnp.matmul)
    product(a, a).block_until_ready()
    took = statistics.median(seconds(lambda: product(a, a).block_until_ready()) for _ in range(times))
    return 2 * size**3 / took / 1e9


def images() -> data.Dataset:
    """MNIST, or where it is not to be had random images of its shape."""
    try:
        return data.load("mnist")
    except DataError as error:
        print(f"{error}\nSo the images are random ones of MNIST's shape: the work is the same.")
    random = np.random.default_rng(0)
    train, valid, test = (
        data.Split(random.integers(0, 256, (n, 28, 28), np.uint8), random.integers(0, 10, n, np.int32))
        for n in (50_000, 10_000, 10_000)
    )
    return data.Dataset("random images", train, valid, test, tuple("0123456789"))


def render(report: Report) -> str:
    """The report as a page of Markdown."""

    def cell(values: dict[str, float], digits: int, unit: str, scale: float = 1) -> str:
        middle, low, high = (f"{values[k] * scale:,.{digits}f}" for k in ("median", "min", "max"))
        return f"{middle}{unit} ({low} to {high})"

    lines = [
        f"| {of['title']} | {cell(of['seconds']['ours'], 0, ' ms', 1e3)} "
        f"| {cell(of['seconds']['torch'], 0, ' ms', 1e3)} | {cell(of['ratio'], 2, ' x')} "
        f"| {of['gflops']:.0f} | {of['compile_seconds']:.1f} s |"
        for of in report["workloads"].values()
    ]
    versions = ", ".join(f"{name} {version}" for name, version in report["versions"].items())
    return f"""# Speed against PyTorch

Made by `python -m benchmarks.supervised`; do not edit. Median (smallest to largest) of {report["rounds"]} rounds
of each, run in turn. The ratio is PyTorch's time over Harmonium's, round by round: above 1, Harmonium is faster.
PyTorch is eager, as its users write it. Harmonium compiles once a run, which is not in its times. GFLOP/s are
Harmonium's, in the products of the forward and backward pass; a 2048x2048 product runs at
{report["matrix_product_gflops"]:.0f} GFLOP/s here.

| workload | Harmonium | PyTorch | ratio | GFLOP/s | compiling |
| --- | --- | --- | --- | --- | --- |
{chr(10).join(lines)}

Measured on {report["date"]}: {report["machine"]}; {report["threads"]} threads each; load before the start
{report["load_before"]:.2f} (other programs slow PyTorch more than Harmonium); {report["data"]}; {versions}.
"""


def measure_all(names: Sequence[str], rounds: int) -> Report:
    """Measure every workload of `names` on the CPU, with as many threads for each peer as it has cores."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    jax.config.update("jax_platforms", "cpu")  # type: ignore[no-untyped-call]
    threads = machine._cores()  # as many as XLA takes
    torch.set_num_threads(threads)
    dataset = images()
    return {
        "machine": machine.device(),
        "versions": machine.versions() | {"torch": torch.__version__},
        "threads": threads,
        "load_before": load,
        "data": dataset.name,
        "date": date.today().isoformat(),
        "rounds": rounds,
        "matrix_product_gflops": matrix_product_gflops(),
        "workloads": {name: measure(name, dataset, rounds) for name in names},
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.supervised", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="timed rounds of each peer")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".json"), help="the JSON file")
    parser.add_argument("--workloads", nargs="+", choices=WORKLOADS, default=list(WORKLOADS))
    parser.add_argument("--render", action="store_true", help="only render RESULTS.md from the JSON file")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    if not options.render:
        report = measure_all(options.workloads, options.rounds)
        options.out.write_text(json.dumps(report, indent=2) + "\n")
    page = render(json.loads(options.out.read_text()))
    options.out.with_name("RESULTS.md").write_text(page)
    Console().print(Markdown(page))


if __name__ == "__main__":
    main()
