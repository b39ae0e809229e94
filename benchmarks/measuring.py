"""Harmonium and its peers on the same work, in turn, on one idle CPU; the numbers are kept as JSON."""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from importlib.util import find_spec
from typing import Any

import jax
import jax.numpy as jnp
import lazy_loader
import numpy as np
from rich.console import Console
from rich.markdown import Markdown

from benchmarks.rendering import HERE, Report, render
from harmonium import data
from harmonium.errors import DataError
from harmonium.training import TrainingState, Update, machine
from harmonium.training.batches import Batches, compiled, no_totals, updates_program

psutil = lazy_loader.load("psutil")
torch = lazy_loader.load("torch")

PAUSE = 0.05  # seconds; a library's idle threads spin for some milliseconds before they leave the cores
IDLE = 5.0  # per cent of the machine that others may take before a start
WATCHED = 3.0  # seconds in which they are watched

Run = Callable[[int], float | None]  # train for this many updates; returns their mean loss, if it reports one


@dataclass(frozen=True)
class Workload:
    """The same learning, ours and by a peer."""

    title: str
    ours: Run
    peers: Mapping[str, Callable[[], Run]]  # what makes each
    updates: int  # in a round
    flops: int  # of an update's matrix products, forward and backward
    compile_seconds: float
    bound: str  # what takes the time now, as profiles and the rates beside it say
    checked_updates: int = 20
    tolerance: float = 1e-3  # relative, between the mean losses of those; larger where both draw noise
    book_ms: float | None = None  # an update by the book's own program, as timed once (see RESULTS.md)

    def runs(self) -> dict[str, Run]:
        """Return ours, and each peer whose library is installed; which is not is said."""
        made = {"ours": self.ours}
        for who, make in self.peers.items():
            try:
                made[who] = make()
            except ImportError as missing:
                print(f"without {who}: {str(missing).splitlines()[0]}")
        return made


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
    return random_images(50_000, 10_000)


def random_images(train: int, held_out: int) -> data.Dataset:
    """So many images of MNIST's shape to learn from, and to validate and to test on."""
    random = np.random.default_rng(0)
    splits = [
        data.Split(random.integers(0, 256, (n, 28, 28), np.uint8), random.integers(0, 10, n, np.int32))
        for n in (train, held_out, held_out)
    ]
    return data.Dataset("random images", splits[0], splits[1], splits[2], tuple("0123456789"))


def measure(workload: Workload, rounds: int) -> Report:
    """Check that all peers learn alike, warm them up, and time them in turn."""
    runs = workload.runs()
    losses = {who: run(workload.checked_updates) for who, run in runs.items()}
    if who := apart(losses, workload.tolerance):
        sys.exit(
            f"{workload.title}: after {workload.checked_updates} updates {who} has another loss: {losses}"
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
            for peer in runs
            if peer != "ours"
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


def apart(losses: Mapping[str, float | None], tolerance: float) -> str | None:
    """Return the first peer whose loss is another than ours, by more than this share of it; None where all agree.

    Those that report none, which is None, are passed over.
    """
    ours = losses["ours"]
    assert ours is not None
    for who, loss in losses.items():
        if loss is not None and not abs(ours - loss) <= tolerance * abs(
            loss
        ):  # also where one is not a number
            return who
    return None


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


def machine_report(rounds: int, although_busy: bool = False) -> Report:
    """Return what the numbers are measured on; leaves where others keep the machine busy, unless told not to."""
    if find_spec("torch") is None:
        sys.exit("the benchmarks need PyTorch; run: pip install 'harmonium[bench]'")
    busy = psutil.cpu_percent(WATCHED)
    if busy > IDLE and not although_busy:
        sys.exit(
            f"other processes take {busy:.0f} % of the machine (load {os.getloadavg()[0]:.2f}), and times taken now "
            "would say little; wait until they end, or try the code with --although-busy, which keeps no numbers"
        )
    return {
        "machine": machine.device(),
        "versions": machine.versions() | {"torch": torch.__version__},
        "threads": machine.cores(),  # as many as XLA takes
        "busy_before": busy,  # per cent
        "date": date.today().isoformat(),
        "xla_flags": os.environ.get("XLA_FLAGS", ""),  # of which importing harmonium sets one
        "rounds": rounds,
        "matrix_product_gflops": matrix_product_gflops(),
        "memory_gigabytes_per_second": memory_gigabytes_per_second(),
    }


def keep(name: str, report: Report) -> None:
    """Write a report beside those with other numbers of cores, and RESULTS.md anew with it."""
    path = HERE / f"{name}.json"
    kept = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(kept | {str(report["threads"]): report}, indent=2) + "\n")
    (HERE / "RESULTS.md").write_text(render())


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
    parser.add_argument("--cores", type=int, help="of one core or so many; without it first one, then all")
    parser.add_argument(
        "--although-busy", action="store_true", help="measure on a machine with other work; nothing is kept"
    )
    options = parser.parse_args()
    if options.rounds < 1 or (options.cores is not None and options.cores < 1):
        parser.error("--rounds and --cores must be at least 1")
    if options.render:
        page = render()
        (HERE / "RESULTS.md").write_text(page)
        Console().print(Markdown(page))
    elif options.cores is None:
        for cores in sorted({1, machine.cores()}):
            command = [sys.executable, "-m", f"benchmarks.{name}", *sys.argv[1:], "--cores", str(cores)]
            if code := subprocess.run(command).returncode:
                sys.exit(code)
    elif options.cores < machine.cores():
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.cores])
        # Begun anew, since threads that XLA has started already keep to all cores.
        os.execv(sys.executable, [sys.executable, "-m", f"benchmarks.{name}", *sys.argv[1:]])
    else:
        jax.config.update("jax_platforms", "cpu")  # type: ignore[no-untyped-call]
        torch.set_num_threads(machine.cores())
        report = machine_report(options.rounds, options.although_busy)
        dataset = load()
        report["data"] = dataset.name
        report["workloads"] = {}
        for which in options.workloads:
            measured = report["workloads"][which] = measure(workloads[which](dataset), options.rounds)
            print(f"{measured['title']}, {machine.cores()} cores: {in_words(measured)}", flush=True)
        if not options.although_busy:
            keep(name, report)


def in_words(measured: Report) -> str:
    """Return the medians of a workload in a line."""
    times = {who: of["median"] for who, of in measured["seconds"].items()}
    peers = [f"{who} {times[who] / times['ours']:.2f} x" for who in times if who != "ours"]
    return ", ".join([f"{times['ours'] * 1e3:,.0f} ms", *peers])
