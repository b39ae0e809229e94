"""How time and memory grow with the batch, the hidden units, the seeds and the data: an MLP on random images."""

import argparse
import multiprocessing
import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax
import lazy_loader

from benchmarks.measuring import images, keep, machine_report, random_images, seconds
from benchmarks.rendering import HERE
from benchmarks.supervised import perceptron, pytorch, workload
from harmonium import data
from harmonium.cli import prepare_jax
from harmonium.figures import drawing
from harmonium.recipes.mlp import MLPRecipe
from harmonium.training import Silent, Training, TrainingState, gradient_update, machine, random_key
from harmonium.training.together import fit_together

torch = lazy_loader.load("torch")

BATCHES = (1, 5, 20, 100, 500, 2000)
HIDDEN = (50, 100, 200, 500, 1000, 2000)
SEEDS = (1, 2, 4, 8, 16)
EXAMPLES = (25_000, 50_000, 100_000, 200_000, 400_000)
STREAMED = 5  # times the device's budget
SEED_EPOCHS = 2
ROUND = 0.3  # seconds that a timed round takes about


def against_pytorch(dataset: data.Dataset, recipe: MLPRecipe, rounds: int) -> dict[str, float]:
    """Seconds an update, in turn."""
    (hidden,) = recipe.hidden
    both = workload(
        dataset,
        name="mlp",
        recipe=recipe,
        title="",
        bound="",
        peers={"PyTorch": pytorch(lambda: perceptron(hidden), (784,), compiled=False)},
        products=(784 * hidden, hidden * 10),
    )
    made = both.runs()
    runs = {"Harmonium": made.pop("ours"), **made}
    most = len(dataset.train) // recipe.batch_size
    counts: dict[str, int] = {}
    times: dict[str, list[float]] = {who: [] for who in runs}
    for who, run in runs.items():
        run(2)
        counts[who] = max(1, min(most, int(3 * ROUND / seconds(partial(run, 3)))))
    for _ in range(rounds):
        for who, run in runs.items():
            times[who].append(seconds(partial(run, counts[who])) / counts[who])
    return {who: statistics.median(values) for who, values in times.items()}


class Watch(Silent):
    """Notes when each compiled call came back."""

    def __init__(self) -> None:
        self.calls: list[tuple[float, int]] = []

    def advance(self, updates: int, total: int, seconds: float, metrics: object) -> None:
        """Take the time."""
        self.calls.append((time.perf_counter(), updates))

    def rate(self) -> float:
        """Updates a second from the first call, which compiles, to the last."""
        (began, first), (ended, last) = self.calls[0], self.calls[-1]
        return (last - first) / (ended - began)


def training(dataset: data.Dataset, seed: int, **settings: Any) -> Training:
    """An MLP with the book's settings, of some seed."""
    recipe = MLPRecipe()
    optimizer = recipe.make_optimizer(len(dataset.train))
    return Training(
        gradient_update(recipe.objective(), optimizer),
        TrainingState.init(
            recipe.model(dataset, jax.random.key(seed)),
            optimizer,
            key=random_key(seed),
            rate=recipe.first_rate,
        ),
        (dataset.train.x, dataset.train.y),
        batch_size=recipe.batch_size,
        **settings,
    )


def seeds_together(count: int) -> float:
    """Seconds in which so many seeds make an update each, as `harmonium train --seeds` runs them."""
    prepare_jax(count)
    dataset, watch = images(), Watch()
    fit_together([training(dataset, seed, max_epochs=SEED_EPOCHS) for seed in range(count)], watch)
    return 1 / watch.rate()


def epoch(count: int, streamed: bool) -> tuple[float, int]:
    """Train an epoch on so many images; updates a second, and the peak of this process's memory in bytes."""
    dataset, watch = random_images(count, 1), Watch()
    budget = (dataset.train.x.nbytes + dataset.train.y.nbytes) // STREAMED if streamed else None
    fit_together([training(dataset, 0, max_epochs=1, shuffle=True, device_bytes=budget)], watch)
    return watch.rate(), machine.peak_memory_bytes()


def alone(measured: Callable[..., Any], *arguments: Any) -> Any:
    """What a function gives in a process of its own, with its own memory and devices."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measured, arguments)


def of_seeds(counts: Sequence[int], rounds: int) -> dict[int, float]:
    """Seconds in which so many seeds make an update each, in turn."""
    times = [{count: alone(seeds_together, count) for count in counts} for _ in range(rounds)]
    return {count: statistics.median(of[count] for of in times) for count in counts}


def of_data(counts: Sequence[int], rounds: int) -> dict[str, dict[int, dict[str, float]]]:
    """Seconds an epoch and memory, by how the set is held and by its examples."""
    found: dict[str, dict[int, list[tuple[float, int]]]] = {"resident": {}, "streamed": {}}
    for count in counts:
        for _ in range(rounds):
            for how in found:
                found[how].setdefault(count, []).append(alone(epoch, count, how == "streamed"))
    return {
        how: {
            count: {
                "updates_per_second": statistics.median(rate for rate, _ in runs),
                "peak_memory_bytes": statistics.median(memory for _, memory in runs),
            }
            for count, runs in by_count.items()
        }
        for how, by_count in found.items()
    }


def draw(found: dict[str, Any]) -> None:
    """A panel each: batch, hidden units, seeds, examples, memory."""
    figure = drawing.blank(16, 3.6)
    by_batch, by_hidden, by_seeds, by_data, memory = figure.subplots(1, 5)
    for who, color in (("Harmonium", drawing.BLUE), ("PyTorch", drawing.ORANGE)):
        for axes, name in ((by_batch, "batch"), (by_hidden, "hidden")):
            at = list(found[name])
            axes.loglog(at, [found[name][n][who] * 1e3 for n in at], "o-", ms=3, color=color, label=who)
    seeds = list(found["seeds"])
    relative = [found["seeds"][n] / found["seeds"][seeds[0]] for n in seeds]
    by_seeds.plot(seeds, relative, "o-", ms=3, color=drawing.BLUE, label="Harmonium")
    by_seeds.plot(seeds, seeds, color=drawing.GREY, lw=1, label="one after the other")
    for how, color in (("resident", drawing.BLUE), ("streamed", drawing.GREEN)):
        of = found["data"][how]
        rows = [
            (n / 1e3, n / 20 / v["updates_per_second"], v["peak_memory_bytes"] / 1e6) for n, v in of.items()
        ]
        thousands, times, megabytes = zip(*rows, strict=True)
        by_data.plot(thousands, times, "o-", ms=3, color=color, label=how)
        memory.plot(thousands, megabytes, "o-", ms=3, color=color, label=how)
    memory.plot(thousands, [n * 0.788 for n in thousands], color=drawing.GREY, lw=1, label="the set itself")
    for axes, title, x in (
        (by_batch, "ms an update, 500 hidden units", "examples a batch"),
        (by_hidden, "ms an update, batch 20", "hidden units"),
        (by_seeds, "time, in times of one seed", "seeds"),
        (by_data, "seconds an epoch, batch 20", "thousand examples"),
        (memory, "peak memory of the process, MB", "thousand examples"),
    ):
        axes.set_title(title, fontsize=9)
        axes.set_xlabel(x)
        axes.set_ylim(bottom=None if axes.get_yscale() == "log" else 0)
        axes.legend(fontsize=8, frameon=False)
    drawing.save(figure, HERE / "scaling.png", "Time and memory over the number of seeds and of examples.")


def main() -> None:
    """Measure, draw, and put the figures into RESULTS.md."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="timed rounds of each")
    rounds = parser.parse_args().rounds
    jax.config.update("jax_platforms", "cpu")  # type: ignore[no-untyped-call]
    torch.set_num_threads(machine.cores())
    dataset = images()
    report = machine_report(rounds) | {"data": dataset.name}
    found: dict[str, Any] = {
        "batch": {n: against_pytorch(dataset, MLPRecipe(batch_size=n), rounds) for n in BATCHES},
        "hidden": {n: against_pytorch(dataset, MLPRecipe(hidden=(n,)), rounds) for n in HIDDEN},
        "seeds": of_seeds(SEEDS, min(rounds, 3)),
        "data": of_data(EXAMPLES, min(rounds, 3)),
    }
    draw(found)
    rows = []
    for name, unit in (("batch", "examples a batch, 500 hidden units"), ("hidden", "hidden units, batch 20")):
        for n, of in found[name].items():
            ratio = of["PyTorch"] / of["Harmonium"]
            rows.append(
                (f"{n:,} {unit}", f"{of['Harmonium'] * 1e3:.2f} ms an update", f"{ratio:.2f} x PyTorch's")
            )
    first = found["seeds"][SEEDS[0]]
    for n, took in found["seeds"].items():
        rows.append(
            (f"{n} seeds together", f"{took * 1e3:.2f} ms an update", f"{took / first:.2f} times one seed")
        )
    for n in EXAMPLES:
        resident, streamed = (found["data"][how][n] for how in ("resident", "streamed"))
        share = streamed["updates_per_second"] / resident["updates_per_second"]
        rows.append(
            (
                f"{n:,} examples, {STREAMED} times the device's budget",
                f"{streamed['updates_per_second']:,.0f} updates a second",
                f"{share:.0%} of the resident rate; {streamed['peak_memory_bytes'] / 1e6:,.0f} MB "
                f"(resident {resident['peak_memory_bytes'] / 1e6:,.0f})",
            )
        )
    report |= {
        "measured": found,
        "rows": [dict(zip(("what", "Harmonium", "against"), row, strict=True)) for row in rows],
        "pictures": {"scaling.png": "Time and memory against batch, hidden units, seeds and data"},
    }
    keep("scaling", report)


if __name__ == "__main__":
    main()
