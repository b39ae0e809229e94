"""Starts two processes that write into the same folder at once: one must end with 0 and the other with 2.

    python tests/campaigns/writers.py --out results/campaigns --pairs 50

Of a pair both train into the same --out, or both resume the same stopped run; they start within a second. The run that
comes of it must be bit-identical to one that nobody disturbed. The table that is printed is also written, with its
date, as writers.json into --out.
"""

import argparse
import datetime
import json
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import kills

TRAIN = "train mlp --data digits --max-epochs 3 --no-figures --out {out}"
STOPPED = "train mlp --data digits --max-epochs 2 --no-figures --out {out}"
RESUME = "resume {out} --max-epochs 3 --no-figures"
TOGETHER = 1.0  # seconds between the two starts, at most


def pair(commands: Sequence[str], wait: float) -> list[tuple[int, str]]:
    """Exit code and last line of the standard error of two commands, the second started `wait` seconds later."""
    processes = []
    for command in commands:
        processes.append(
            subprocess.Popen(
                [sys.executable, "-m", "harmonium", *command.split()],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        time.sleep(wait)
    ended = [(process.communicate(timeout=kills.PATIENCE)[1], process.returncode) for process in processes]
    return [(code, said.strip().splitlines()[-1] if said.strip() else "") for said, code in ended]


def main() -> int:
    """Run the pairs; 1 where one of them was mixed."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--out", type=Path, default=Path("runs/campaigns"))
    arguments.add_argument("--pairs", type=int, default=50)
    arguments.add_argument("--seed", type=int, default=0)
    options = arguments.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    rng = random.Random(options.seed)
    rows = []
    with tempfile.TemporaryDirectory(prefix="harmonium-writers-") as name:
        folder = Path(name)
        for kind, first in (("trained", TRAIN), ("resumed", STOPPED)):
            assert kills.harmonium(first.format(out=folder / kind), folder) == 0
        assert kills.harmonium(RESUME.format(out=folder / "resumed"), folder) == 0
        whole = {kind: kills.models(folder / kind) for kind in ("trained", "resumed")}
        for number in range(options.pairs):
            kind = ("trained", "resumed")[number % 2]
            out = folder / f"{kind}-{number}"
            if kind == "resumed":
                assert kills.harmonium(STOPPED.format(out=out), folder) == 0
            command = (RESUME if kind == "resumed" else TRAIN).format(out=out)
            ended = pair([command, command], rng.uniform(0, TOGETHER))
            rows.append(
                {
                    "kind": kind,
                    "exit codes": sorted(code for code, _ in ended),
                    "said": next((said for code, said in ended if code), ""),
                    "one wrote": sorted(code for code, _ in ended) == [0, 2],
                    "bit-identical": out.exists() and kills.models(out) == whole[kind],
                }
            )
            print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    mixed = [row for row in rows if not (row["one wrote"] and row["bit-identical"])]
    written = {
        "date": datetime.date.today().isoformat(),
        "machine": platform.platform(),
        "pairs": len(rows),
        "mixed": len(mixed),
        "each": rows,
    }
    (options.out / "writers.json").write_text(json.dumps(written, indent=2) + "\n")
    print(f"{len(rows)} pairs, {len(mixed)} mixed")
    return int(bool(mixed))


if __name__ == "__main__":
    sys.exit(main())
