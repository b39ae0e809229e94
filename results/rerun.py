"""Run every published row with every seed, one after the other on one core, the quick ones first.

`python results/rerun.py --runs FOLDER [ROW ...]` goes on where it was stopped: what has finished is not repeated, and
an unfinished run is resumed. Each run that finishes is added to this folder (`add.py`) at once, and the pages are
rendered. The program is that of the commit, whose files must be unchanged.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from add import add, commit

from harmonium.runs.published import ROWS, Row, row

HERE = Path(__file__).parent
BUSY = 1.5  # mean number of waiting processes, the run's own among them, above which a machine was shared


def main() -> None:
    """Run what is asked for, or all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rows", nargs="*", help="rows by name; without any, all of them")
    parser.add_argument("--runs", type=Path, required=True, help="where the runs lie, outside the repository")
    parser.add_argument(
        "--longest", type=float, default=float("inf"), help="minutes of a seed; leave longer rows out"
    )
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # which ends the training that it waits for, too
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    chosen = [row(name) for name in given.rows] if given.rows else sorted(ROWS.values(), key=_minutes)
    # Every row's first seed, then every second one, so that what is stopped early has no empty rows.
    due = [
        (one, seed) for seed in range(max(one.seeds for one in chosen)) for one in chosen if seed < one.seeds
    ]
    due = [(one, seed) for one, seed in due if one.minutes <= given.longest]
    failed = [f"{one.name}, seed {seed}" for one, seed in due if not _run(one, seed, given.runs)]
    if failed:
        sys.exit(f"failed: {'; '.join(failed)}")


def _minutes(one: Row) -> float:
    """Return how long a seed takes until it is known, the row whose codes it learns from included."""
    return one.minutes + (row(one.codes_of).minutes if one.codes_of else 0)


def _run(one: Row, seed: int, runs: Path) -> bool:
    """Run one seed of a row to its end, and add it; return whether that was done."""
    out, program = runs / one.name / f"seed-{seed}", commit()
    kept = out.parent / f"seed-{seed}.circumstances.json"
    if kept.exists() and (HERE / one.name / f"seed-{seed}.json").exists():
        return True
    harmonium = [sys.executable, "-m", "harmonium"]
    if not (out / "config.json").exists():
        out.parent.mkdir(parents=True, exist_ok=True)
        options = [*one.options(seed, runs), "--out", str(out), "--no-figures", "--quiet"]
        command = [*harmonium, "train", one.recipe, *options]
    elif _status(out) == "finished":
        command = []
    else:
        command = [*harmonium, "resume", str(out), "--no-figures"]
    print(time.strftime("%H:%M:%S"), one.name, f"seed {seed}", flush=True)
    before = os.getloadavg()
    if command and subprocess.run(command, stdout=subprocess.DEVNULL).returncode:
        return False
    load = max(before[1], os.getloadavg()[1])
    evaluate = [*harmonium, "evaluate", str(out), *one.evaluation()]
    missing = one.likelihood and not (out / "log-likelihood.json").exists()
    if missing and subprocess.run(evaluate, stdout=subprocess.DEVNULL).returncode:
        return False
    if one.recipe == "rbm":
        scored = subprocess.run([*harmonium, "evaluate", str(out), "--json"], capture_output=True, text=True)
        if scored.returncode:
            return False
        (out.parent / f"seed-{seed}.evaluation.json").write_text(scored.stdout)
    circumstances: dict[str, Any] = {"commit": program, "load": round(load, 1), "shared": load > BUSY}
    add(out, one.name, circumstances)
    kept.write_text(json.dumps(circumstances) + "\n")
    return subprocess.run([sys.executable, str(HERE / "render.py")]).returncode == 0


def _status(out: Path) -> str:
    summary = out / "summary.json"
    return str(json.loads(summary.read_text())["status"]) if summary.exists() else "unfinished"


if __name__ == "__main__":
    main()
