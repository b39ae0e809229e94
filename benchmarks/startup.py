"""How long the package takes to start: the import, `--help`, and the way to the first update."""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.measuring import keep, machine_report, seconds

TRAIN = ["train", "mlp", "--data", "digits", "--max-epochs", "1", "--no-figures", "--json"]


def python(*arguments: str, **environment: str) -> None:
    """A Python of its own."""
    command = [sys.executable, *arguments]
    subprocess.run(command, check=True, capture_output=True, env=os.environ | environment)


def training(folder: Path, number: int, cache: str) -> None:
    """A whole short run; with its compiled programs in `cache`."""
    python("-m", "harmonium", *TRAIN, "--out", str(folder / f"run-{number}"), JAX_COMPILATION_CACHE_DIR=cache)


def main() -> None:
    """Measure in turn, and put the figures into RESULTS.md."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.startup", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="timed rounds of each")
    rounds = parser.parse_args().rounds
    report = machine_report(rounds) | {"data": "digits"}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        training(folder, 0, str(folder / "warm"))
        what = {
            "`import harmonium`": lambda _: python("-c", "import harmonium"),
            "`import jax`": lambda _: python("-c", "import jax"),
            "`import torch`": lambda _: python("-c", "import torch"),
            "`harmonium --help`": lambda _: python("-m", "harmonium", "--help"),
            "`harmonium train mlp --help`": lambda _: python("-m", "harmonium", "train", "mlp", "--help"),
            "an epoch of `mlp` on the digits, the first run": lambda n: training(
                folder, n, str(folder / f"cold-{n}")
            ),
            "the same, with its programs in JAX's cache": lambda n: training(
                folder, n + 1000, str(folder / "warm")
            ),
        }
        times: dict[str, list[float]] = {name: [] for name in what}
        for number in range(1, rounds + 1):
            for name, run in what.items():
                times[name].append(seconds(lambda run=run, number=number: run(number)))  # type: ignore[misc]
    report |= {
        "measured": times,
        "rows": [
            {
                "what": name,
                "seconds": f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})",
            }
            for name, values in times.items()
        ],
        "pictures": {},
    }
    keep("startup", report)


if __name__ == "__main__":
    main()
