"""Harmonium and its peers on the same work, in turn, on one CPU; the numbers as JSON, and RESULTS.md made of them."""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from rich.console import Console
from rich.markdown import Markdown

from harmonium import data
from harmonium.errors import DataError
from harmonium.training import TrainingState, Update, machine
from harmonium.training.batches import Batches, compiled, no_totals, updates_program

try:
    import torch
except ModuleNotFoundError:
    sys.exit("the benchmarks need PyTorch; run: pip install 'harmonium[bench]'")

HERE = Path(__file__).parent
PAUSE = 0.05  # seconds; a library's idle threads spin for some milliseconds before they leave the cores

Report = dict[str, Any]  # what a JSON file holds
Run = Callable[[int], float]  # train for so many updates; returns their mean loss


@dataclass(frozen=True)
class Workload:
    """The same learning, ours and by a peer."""

    title: str
    ours: Run
    peers: Mapping[str, Run]  # the first one decides the losses that are compared
    updates: int  # in a round
    flops: int  # of an update's matrix products, forward and backward
    compile_seconds: float
    bound: str  # what takes the time now, as profiles and the rates beside it say
    checked_updates: int = 20
    tolerance: float = 1e-3  # relative, between the mean losses of those; larger where both draw noise
    book_ms: float | None = None  # an update by the book's own program, as timed once (see RESULTS.md)


class Ours:
    """The program that `fit` runs, on a set that lies on the device as bytes.

    `bytes` are the least that an update moves: the state read and written, and a batch read.
    """

    def __init__(
        self, update: Update, state: TrainingState, examples: Any, batch_size: int, loss: str = "nll"
    ):
        self.state = jax.tree.map(jnp.copy, state)  # a copy, since the program takes its state's memory over
        self.loss, self.updates = loss, 0
        batches = Batches(examples, batch_size, shuffle=False, key=state.key)
        self.arrays = batches.chunk(0).arrays
        self.per_epoch = batches.per_epoch
        trees = (state, state), jax.tree.map(lambda a: a[:batch_size], examples)
        self.bytes = sum(leaf.nbytes for leaf in jax.tree.leaves(trees))
        self.no_totals = no_totals(update, state, batches)
        started = time.perf_counter()
        program = compiled(updates_program(update, batch_size))
        self.program = program.lower(*self._arguments(0)).compile()
        self.compile_seconds = time.perf_counter() - started

    def __call__(self, updates: int) -> float:
        """Train on the first minibatches of the set; their mean loss."""
        self.state, totals = self.program(*self._arguments(updates))
        self.updates += updates
        return float(totals["sum"][self.loss]) / updates  # waits for the program's end

    def _arguments(self, updates: int) -> tuple[Any, ...]:
        totals = jax.tree.map(jnp.copy, self.no_totals)
        return self.state, totals, self.arrays, None, jnp.int32(self.updates), jnp.int32(updates)


def as_tensors(arrays: Any, parameters: Sequence[Any]) -> None:
    """Give a peer's parameters our values, in the order of our model's leaves."""
    with torch.no_grad():
        for mine, given in zip(parameters, jax.tree.leaves(arrays), strict=True):
            if tuple(mine.shape) != given.shape:
                sys.exit(f"PyTorch's {tuple(mine.shape)} is not our {given.shape}")
            mine.copy_(torch.tensor(np.asarray(given)))


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


def measure(workload: Workload, rounds: int) -> Report:
    """Check that all peers learn alike, warm them up, and time them in turn."""
    runs: dict[str, Run] = {"ours": workload.ours, **workload.peers}
    losses = {who: run(workload.checked_updates) for who, run in runs.items()}
    first = losses[next(iter(workload.peers))]
    if not abs(losses["ours"] - first) <= workload.tolerance * abs(first):
        sys.exit(
            f"{workload.title}: after {workload.checked_updates} updates the mean losses differ: {losses}"
        )
    warm_up = {who: seconds(partial(run, workload.updates)) for who, run in runs.items()}
    times: dict[str, list[float]] = {who: [] for who in runs}
    for _ in range(rounds):
        for who, run in runs.items():
            times[who].append(seconds(partial(run, workload.updates)))
    return {
        "title": workload.title,
        "updates": workload.updates,
        "checked_losses": losses,
        "compile_seconds": workload.compile_seconds,
        "warm_up_seconds": warm_up,
        "seconds": {who: spread(values) | {"rounds": values} for who, values in times.items()},
        "ratios": {
            peer: spread([theirs / mine for theirs, mine in zip(times[peer], times["ours"], strict=True)])
            for peer in workload.peers
        },
        "gflops": workload.updates * workload.flops / statistics.median(times["ours"]) / 1e9,
        "gigabytes_per_second": workload.ours.bytes
        * workload.updates
        / statistics.median(times["ours"])
        / 1e9
        if isinstance(workload.ours, Ours)
        else None,
        "bound": workload.bound,
        "book_seconds": None if workload.book_ms is None else workload.book_ms * workload.updates / 1e3,
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


def memory_gigabytes_per_second(megabytes: int = 256, times: int = 9) -> float:
    """What the machine reads and writes a second where it adds 1 to an array that no cache holds."""
    a = jnp.zeros(megabytes * 2**18, jnp.float32)
    add = jax.jit(lambda a: a + 1)
    add(a).block_until_ready()
    took = statistics.median(seconds(lambda: add(a).block_until_ready()) for _ in range(times))
    return 2 * a.nbytes / took / 1e9


def machine_report(rounds: int) -> Report:
    """What the numbers were measured on; taken before they are."""
    busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    return {
        "machine": machine.device(),
        "versions": machine.versions() | {"torch": torch.__version__},
        "threads": machine.cores(),  # as many as XLA takes
        "load_before": busy,
        "date": date.today().isoformat(),
        "rounds": rounds,
        "matrix_product_gflops": matrix_product_gflops(),
        "memory_gigabytes_per_second": memory_gigabytes_per_second(),
    }


def keep(name: str, report: Report) -> None:
    """Write a report, and RESULTS.md anew with it."""
    (HERE / f"{name}.json").write_text(json.dumps(report, indent=2) + "\n")
    (HERE / "RESULTS.md").write_text(render())


def render() -> str:
    """RESULTS.md, from every JSON file beside this one."""
    reports = {path.stem: json.loads(path.read_text()) for path in sorted(HERE.glob("*.json"))}
    sections = [
        _section(name, report) if "workloads" in report else _rows(name, report)
        for name, report in reports.items()
    ]
    return f"""# Speed against PyTorch and other peers

Made by `make bench`; do not edit. Median (smallest to largest) of several rounds of each, run in turn. A ratio is
the peer's time over Harmonium's, round by round: above 1, Harmonium is faster. PyTorch is eager, as its users write
it. Harmonium compiles once a run, which is not in its times. The book's own programs were timed once, under Theano
1.0.5 and OpenBLAS on two cores of the Sapphire Rapids class: those times compare only with a machine like it. GFLOP/s
are Harmonium's, in matrix products; GB/s are the least that its updates move, the state read and written and a batch
read, and may exceed the memory's rate where caches hold them.

{chr(10).join(sections)}"""


def _section(name: str, report: Report) -> str:
    def cell(values: dict[str, float], digits: int, unit: str, scale: float = 1) -> str:
        middle, low, high = (f"{values[k] * scale:,.{digits}f}" for k in ("median", "min", "max"))
        return f"{middle}{unit} ({low} to {high})"

    def book(of: Report) -> str:
        took = of["book_seconds"]
        return (
            "" if took is None else f"{took * 1e3:,.0f} ms ({took / of['seconds']['ours']['median']:.1f} x)"
        )

    lines = [
        f"| {of['title']} | {cell(of['seconds']['ours'], 0, ' ms', 1e3)} | {peer} "
        f"| {cell(of['seconds'][peer], 0, ' ms', 1e3)} | {cell(ratio, 2, ' x')} "
        f"| {book(of)} | {of['gflops']:.0f} | {of['gigabytes_per_second'] or 0:.1f} | {of['compile_seconds']:.1f} s |"
        for of in report["workloads"].values()
        for peer, ratio in of["ratios"].items()
    ]
    bounds = [f"- {of['title']}: {of['bound']}." for of in report["workloads"].values()]
    return f"""## `python -m benchmarks.{name}`

| workload | Harmonium | peer | its time | ratio | the book's program | GFLOP/s | GB/s | compiling |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
{chr(10).join(lines)}

What takes Harmonium's time:

{chr(10).join(bounds)}

{_conditions(report)}
"""


def _rows(name: str, report: Report) -> str:
    """A section whose report is a table of text, and pictures."""
    columns = list(report["rows"][0])
    lines = [columns, ["---"] * len(columns), *(list(row.values()) for row in report["rows"])]
    pictures = [f"![{text}]({file})\n" for file, text in report["pictures"].items()]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"""## `python -m benchmarks.{name}`

{table}

{chr(10).join(pictures)}
{_conditions(report)}
"""


def _conditions(report: Report) -> str:
    versions = ", ".join(f"{library} {version}" for library, version in report["versions"].items())
    return f"""{report["rounds"]} rounds on {report["date"]}: {report["machine"]}; {report["threads"]} threads each;
load before the start {report["load_before"]:.2f}; a 2048x2048 product runs at {report["matrix_product_gflops"]:.0f}
GFLOP/s here, and memory gives {report["memory_gigabytes_per_second"]:.0f} GB/s; {report["data"]}; {versions}."""


def main(
    name: str,
    workloads: Mapping[str, Callable[[Any], Workload]],
    description: str | None,
    load: Callable[[], Any] = images,
) -> None:
    """The command line of one file of workloads, made of what `load` gives."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}", description=description)
    parser.add_argument("--rounds", type=int, default=7, help="timed rounds of each peer")
    parser.add_argument("--workloads", nargs="+", choices=workloads, default=list(workloads))
    parser.add_argument("--render", action="store_true", help="only render RESULTS.md from the JSON files")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    if not options.render:
        jax.config.update("jax_platforms", "cpu")  # type: ignore[no-untyped-call]
        torch.set_num_threads(machine.cores())
        dataset = load()
        report = machine_report(options.rounds) | {"data": dataset.name}
        report["workloads"] = {
            which: measure(workloads[which](dataset), options.rounds) for which in options.workloads
        }
        keep(name, report)
    page = render()
    (HERE / "RESULTS.md").write_text(page)
    Console().print(Markdown(page))
