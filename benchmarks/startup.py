"""How long the package takes to start: the import, `--help`, the way to the first update, and one prediction.

Seconds of the clock, and of the processor, which other programs on the machine lengthen less.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.measuring import PAUSE, keep, machine_report
from harmonium import data

TRAIN = ["train", "mlp", "--data", "digits", "--max-epochs", "1", "--no-figures", "--json"]


def python(*arguments: str, **environment: str) -> None:
    """A Python of its own."""
    command = [sys.executable, *arguments]
    subprocess.run(command, check=True, capture_output=True, env=os.environ | environment)


def training(folder: Path, number: int, cache: str) -> None:
    """A whole short run; with its compiled programs in `cache`."""
    python("-m", "harmonium", *TRAIN, "--out", str(folder / f"run-{number}"), JAX_COMPILATION_CACHE_DIR=cache)


def timed(run: Callable[[], None]) -> tuple[float, float]:
    """Seconds of the clock, and of the processor, that processes which `run` starts take."""
    time.sleep(PAUSE)
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    run()
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def spread(values: list[float]) -> str:
    """Median, smallest and largest."""
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def main() -> None:
    """Measure in turn, and put the figures into RESULTS.md."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.startup", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="timed rounds of each")
    rounds = parser.parse_args().rounds
    report = machine_report(rounds) | {"data": "digits"}
    with tempfile.TemporaryDirectory() as temporary:
        folder, warm = Path(temporary), str(Path(temporary) / "warm")
        picture = folder / "digit.png"
        Image.fromarray(np.uint8(255 * data.load("digits").test.x[0])).save(picture)

        def predict() -> None:
            run = str(folder / "run-0")
            python("-m", "harmonium", "predict", run, str(picture), JAX_COMPILATION_CACHE_DIR=warm)

        training(folder, 0, warm)
        predict()
        programs = len(list(Path(warm).iterdir()))
        what: dict[str, Callable[[int], None]] = {
            "`import harmonium`": lambda _: python("-c", "import harmonium"),
            "`import jax`": lambda _: python("-c", "import jax"),
            "`import torch`": lambda _: python("-c", "import torch"),
            "`harmonium --help`": lambda _: python("-m", "harmonium", "--help"),
            "`harmonium train mlp --help`": lambda _: python("-m", "harmonium", "train", "mlp", "--help"),
            "an epoch of `mlp` on the digits, the first start": lambda n: training(
                folder, n, str(folder / f"cold-{n}")
            ),
            "the second start, its programs in the cache": lambda n: training(folder, n + 1000, warm),
            "`harmonium predict` of one picture, the second start": lambda _: predict(),
        }
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in what}
        for number in range(1, rounds + 1):
            for name, run in what.items():
                times[name].append(timed(lambda run=run, number=number: run(number)))  # type: ignore[misc]
        if not programs or len(list(Path(warm).iterdir())) > programs:
            sys.exit("the second starts compiled programs: the cache does not work")
    report |= {
        "measured": times,
        "rows": [
            {
                "what": name,
                "seconds": spread([clock for clock, _ in values]),
                "of the processor": spread([processor for _, processor in values]),
            }
            for name, values in times.items()
        ],
        "pictures": {},
    }
    keep("startup", report)


if __name__ == "__main__":
    main()
