"""Kills runs at random moments, resumes them, and compares their models bit for bit with unbroken runs'.

    python tests/campaigns/kills.py --out results/campaigns --kills 100 [--commands FILE]

A line of --commands is what follows `harmonium`, with {out} for the folder of the run, as in the list below. Each is
run once unbroken, which takes T seconds; then it is started again and again, killed (SIGKILL) after a time drawn
uniformly from 0 to T, resumed, and killed again now and then. A kill is lost where the models differ in a bit from the
unbroken run's, where it cannot be resumed, or where leftovers remain in the folder. The table that is printed is also
written, with its date, as kills.json into --out.
"""

import argparse
import datetime
import hashlib
import json
import os
import platform
import random
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COMMANDS = (
    "train mlp --data digits --max-epochs 3 --out {out} --no-figures",
    "train logistic-regression --data digits --max-epochs 5 --out {out} --no-figures",
)
AGAIN = 0.3  # how often a resumed run is killed too
PATIENCE = 3600  # seconds for a command


def harmonium(command: str, folder: Path, after: float | None = None) -> int | None:
    """Run a command in `folder`; its exit code, or None where it was killed `after` so many seconds."""
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "harmonium", *shlex.split(command)],
            cwd=folder,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env={**os.environ, "JAX_PLATFORMS": "cpu"},
        )
        try:
            return process.wait(PATIENCE if after is None else after)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return None


def models(folder: Path) -> dict[str, str]:
    """The checksum of each model file in a folder, by its place."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*.safetensors"))
    }


def leftovers(folder: Path) -> list[str]:
    """Temporary files and folders that a kill has left and no later start has swept."""
    return [str(path.relative_to(folder)) for path in folder.rglob(".*") if path.name not in (".", "..")]


def one_kill(
    command: str, whole: dict[str, str], seconds: float, rng: random.Random, folder: Path
) -> dict[str, object]:
    """Start, kill, resume until it ends; what came of it."""
    out = folder / "run"
    after = rng.uniform(0, seconds)
    found: dict[str, object] = {"killed after, s": round(after, 2), "kills": 1, "lost": ""}
    if harmonium(command.format(out=out), folder, after) is not None:
        found["kills"] = 0  # it was quicker this time
    while True:
        resume = f"resume {out} --no-figures" if (out / "config.json").exists() else command.format(out=out)
        again = rng.uniform(0, seconds) if rng.random() < AGAIN else None
        code = harmonium(resume, folder, again)
        if code is None:
            found["kills"] = int(str(found["kills"])) + 1
            continue
        if code:
            found["lost"] = (
                f"resume ended with {code}: {(folder / 'log').read_text().strip().splitlines()[-1][:200]}"
            )
        elif (now := models(out)) != whole:
            different = sorted(name for name in {*now, *whole} if now.get(name) != whole.get(name))
            found["lost"] = f"not bit-identical: {', '.join(different)}"
        elif left := leftovers(folder):
            found["leftovers"] = left
        return found


def campaign(command: str, kills: int, rng: random.Random, keep: Path) -> dict[str, object]:
    """One unbroken run of a command, and so many broken ones."""
    with tempfile.TemporaryDirectory(prefix="harmonium-kills-") as name:
        folder = Path(name)
        for first in ("warm", "whole"):  # the first fills the cache of compiled programs, and is not timed
            started = time.monotonic()
            code = harmonium(command.format(out=folder / first), folder)
            seconds = time.monotonic() - started
            if code:
                raise SystemExit(f"{command}: ends with {code}\n{(folder / 'log').read_text()}")
        whole = models(folder / "whole")
        same = models(folder / "warm") == whole
        results = []
        for number in range(kills):
            broken = folder / f"broken-{number}"
            broken.mkdir()
            results.append(one_kill(command, whole, seconds, rng, broken))
            if results[-1]["lost"]:
                shutil.copytree(broken, keep / f"{shlex.split(command)[1]}-{number}", dirs_exist_ok=True)
            print(json.dumps(results[-1]), file=sys.stderr, flush=True)
            shutil.rmtree(broken)
    return {
        "command": command,
        "seconds unbroken": round(seconds, 1),
        "unbroken twice alike": same,
        "runs": kills,
        "kills": sum(int(str(result["kills"])) for result in results),
        "lost": sum(bool(result["lost"]) for result in results),
        "with leftovers": sum("leftovers" in result for result in results),
        "each": results,
    }


def main() -> int:
    """Break each command's runs; 1 where one was lost."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--out", type=Path, default=Path("runs/campaigns"))
    arguments.add_argument("--kills", type=int, default=100, help="runs to break, of all commands together")
    arguments.add_argument("--commands", type=Path, help="a file of commands, one a line")
    arguments.add_argument("--seed", type=int, default=0)
    options = arguments.parse_args()
    given = options.commands.read_text().splitlines() if options.commands else COMMANDS
    commands = [line for line in given if line.strip() and not line.startswith("#")]
    options.out.mkdir(parents=True, exist_ok=True)
    rng = random.Random(options.seed)
    rows = []
    for number, command in enumerate(commands):
        share = options.kills // len(commands) + (number < options.kills % len(commands))
        if share:
            rows.append(campaign(command, share, rng, options.out / "lost"))
        written = {
            "date": datetime.date.today().isoformat(),
            "machine": platform.platform(),
            "seed": options.seed,
            "commands": rows,
        }
        (options.out / "kills.json").write_text(json.dumps(written, indent=2) + "\n")
    print(f"{'runs':>5} {'kills':>5} {'lost':>5} {'leftovers':>9}  command")
    for row in rows:
        print(
            f"{row['runs']:>5} {row['kills']:>5} {row['lost']:>5} {row['with leftovers']:>9}  {row['command']}"
        )
    return int(any(row["lost"] for row in rows))


if __name__ == "__main__":
    sys.exit(main())
