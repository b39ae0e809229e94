"""Runs commands with less and less memory: each must end as it would, or in one line with exit code 2.

    python tests/campaigns/memory.py --table results/campaigns.md [--tries 40] [--only NAME …] [--minutes 60]

A process imports the program, has XLA compute something, and is then left so many more bytes of addresses (RLIMIT_AS)
as are drawn, uniformly in their logarithm, between 8 MiB and 2 GiB. The commands read large files, train wide models,
predict and draw. What is found goes into memory.jsonl in --out, to which later starts add, and into the table of
--table: how many ended as they would, how many in one line, and how many died of a signal or showed a traceback. It
needs Linux.
"""

import argparse
import json
import math
import os
import random
import re
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import ledger
import report

LEAST, MOST = 2**23, 2**31  # bytes
PATIENCE = 900  # seconds
PROGRAM = """
import sys
more, *arguments = sys.argv[1:]
import jax, jax.numpy as jnp
from harmonium.cli import main
import harmonium.runs.train, harmonium.recipes.mlp, harmonium.recipes.rbm, harmonium.data.array_files, harmonium.figures
(jnp.ones((64, 64)) @ jnp.ones((64, 64))).block_until_ready()
import os, resource
taken = int(open("/proc/self/statm").read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
resource.setrlimit(resource.RLIMIT_AS, (taken + int(more),) * 2)
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
sys.argv[1:] = arguments
sys.exit(main())
"""
CASES = {
    "read an npz of 60 MB": "data describe large.npz --json",
    "read a table of 20 MB": "data describe large.csv --json",
    "read a pickle of 60 MB": "data describe large.pkl --json",
    "read texts of 20 MB": "data describe large.tsv --json",
    "train on 60 MB": "train logistic-regression --data large.npz --max-epochs 1 --no-figures --out {out}",
    "train a wide network": "train mlp --data digits --hidden 20000 --max-epochs 1 --no-figures --out {out}",
    "train a wide machine": "train rbm --data digits --hidden 20000 --max-epochs 1 --no-figures --out {out}",
    "predict": "predict run picture.png",
    "draw": "figures run",
}


def prepare(folder: Path) -> None:
    """Write the files that the commands read, and train the run that they use."""
    import pickle

    import numpy as np
    from PIL import Image

    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 256, (60_000, 1000), np.uint8), np.arange(60_000) % 10
    np.savez(folder / "large.npz", x=x, y=y)
    (folder / "large.pkl").write_bytes(pickle.dumps((x, y)))
    row = ",".join(["0.5"] * 100)
    (folder / "large.csv").write_text("".join(f"{row},{number % 10}\n" for number in range(50_000)))
    text = "a text of some words that is not bad " * 10
    (folder / "large.tsv").write_text(
        "".join(f"{'good' if n % 2 else 'bad'}\t{text} {n}\n" for n in range(50_000))
    )
    Image.fromarray(x[0, :64].reshape(8, 8)).save(folder / "picture.png")
    command = "train mlp --data digits --hidden 12 --max-epochs 2 --no-figures --out run"
    subprocess.run(
        [sys.executable, "-m", "harmonium", *command.split()], cwd=folder, check=True, capture_output=True
    )


def one_try(command: str, more: int, folder: Path) -> dict[str, object]:
    """Run a command with so many bytes more than nothing; what came of it."""
    arguments = shlex.split(command.format(out=f"out-{time.monotonic_ns()}"))
    process = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(more), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=PATIENCE,
        env={**os.environ, "JAX_PLATFORMS": "cpu"},
    )
    lines = process.stderr.strip().splitlines()
    last = lines[-1] if lines else ""
    how = "died"
    if process.returncode == 0:
        how = "done"
    elif process.returncode == 2 and last.startswith("harmonium: ") and "Traceback" not in process.stderr:
        how = "refused"
    return {"MiB": round(more / 2**20, 1), "exit code": process.returncode, "how": how, "said": last[:300]}


def _write_table(table: Path | None, rows: list[ledger.Row]) -> None:
    if table and rows:
        said = "Commands left from 8 MiB to 2 GiB of addresses more than the imported program has."
        report.write(table, "Little memory", ledger.dates(rows), said, totals(rows))


def totals(found: list[ledger.Row]) -> list[ledger.Row]:
    """What was counted of each case, and of all together."""
    made = []
    for name in (*dict.fromkeys(row["case"] for row in found), "all"):
        rows = [row for row in found if name in ("all", row["case"])]
        of = [row["how"] for row in rows]
        last = [re.sub(r"/\S*/", "", row["said"]) for row in rows if row["how"] == "died" and name != "all"]
        made.append(
            {
                "command": name,
                "runs": len(of),
                "ended as they would": of.count("done"),
                "ended in one line": of.count("refused"),
                "died": of.count("died"),
                "their last words": "; ".join(last),
            }
        )
    return made


def main() -> int:
    """Run each case with little memory; 1 where one died."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--out", type=Path, default=Path("runs/campaigns"))
    arguments.add_argument("--table", type=Path, help="the file of tables to write the result into")
    arguments.add_argument("--tries", type=int, default=45, help="runs, of all commands together")
    arguments.add_argument("--only", nargs="*", help="names of commands")
    arguments.add_argument("--minutes", type=float, default=1e6, help="begin no more runs after that time")
    arguments.add_argument("--seed", type=int, default=0)
    options = arguments.parse_args()
    began, path, rng = time.monotonic(), options.out / "memory.jsonl", random.Random(options.seed)
    names = [name for name in CASES if not options.only or name in options.only]
    with tempfile.TemporaryDirectory(prefix="harmonium-memory-") as place:
        if options.tries:
            prepare(Path(place))
        for number in range(options.tries):
            if time.monotonic() > began + 60 * options.minutes:
                break
            name = names[number % len(names)]
            more = int(math.exp(rng.uniform(math.log(LEAST), math.log(MOST))))
            found = {"case": name, "seed": options.seed, **one_try(CASES[name], more, Path(place))}
            ledger.add(path, found)
            print(json.dumps(found), file=sys.stderr, flush=True)
            _write_table(options.table, ledger.rows(path))
    _write_table(options.table, ledger.rows(path))
    for row in totals(ledger.rows(path)):
        print("  ".join(map(str, row.values())))
    return int(any(row["how"] == "died" for row in ledger.rows(path)))


if __name__ == "__main__":
    sys.exit(main())
