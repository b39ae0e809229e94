"""Kills runs at random moments, resumes them, and compares them bit for bit with runs that nobody killed.

    python tests/campaigns/kills.py --table results/campaigns.md --kills 100 [--only NAME …] [--minutes 60]

Every recipe with its phases, `--pretrained`, `--seeds`, `search`, `figures` and `sample` are cases. Each is run
unbroken, which takes T seconds; then it is started again and again, killed (SIGKILL) after a time drawn uniformly from
0 to T, resumed, and killed again now and then. The processes keep a checkpoint every fifth of a second, where a user's
keep one every 20, so that short runs are broken in all the places of long ones. A run is lost where a model or a line
of metrics (but for its seconds) differs in a bit from the unbroken run's, where it cannot be resumed, or where
leftovers remain in the folder. What is found goes into kills.jsonl in --out, with the folders of lost runs, and into
the table of --table. Later starts add to it: with the same --out and another --seed, the table shows all together.
"""

import argparse
import hashlib
import json
import os
import random
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import ledger
import report

OWN = Path(__file__).parents[1] / "fixtures" / "version-0.1"  # small files of words and music
AGAIN = 0.3  # how often a resumed run is killed too
PATIENCE = 3600  # seconds for a command
PROGRAM = """
import sys
if sys.argv[1] in ("train", "resume", "search"):
    import harmonium.training.loop
    sys.modules["harmonium.training.loop"].SECONDS_PER_CHECKPOINT = 0.2
from harmonium.cli import main
sys.exit(main())
"""


@dataclass(frozen=True)
class Case:
    """Something that is killed: a command that makes {out}, and how it goes on after a kill.

    `before` are commands whose folders it needs, {before}; without `again` a run goes on by `resume`.
    """

    name: str
    command: str
    before: str = ""
    again: str = ""


def train(recipe: str, options: str, data: str = "digits") -> Case:
    """Training a recipe."""
    return Case(recipe, f"train {recipe} --data {data} {options} --no-figures --out {{out}}")


STACK = (
    "train stacked-denoising-autoencoder --data digits --hidden 12 10 --corruption-level 0.1 --no-figures "
    "--max-epochs {} --pretraining-"
)
SEEDS = (  # which end at different updates
    "train mlp --data digits --hidden 12 --max-epochs 60 --patience 700 --seeds 2 --no-figures --out {out}"
)
SEARCH = "search mlp --data digits --max-epochs 10 --trials 3 --out {out}"
RBM = "train rbm --data digits --hidden 12 --max-epochs 2 --no-figures --out {before}"
CASES = (
    train("logistic-regression", "--max-epochs 200 --batch-size 50"),
    train("mlp", "--max-epochs 100 --hidden 12"),
    train("lenet", "--max-epochs 40 --batch-size 50 --kernels 3 --kernel-sizes 3 --hidden 8"),
    train("denoising-autoencoder", "--max-epochs 40 --hidden 12 --snapshot-epochs 10"),
    train("contractive-autoencoder", "--max-epochs 40 --hidden 12 --snapshot-epochs 10"),
    train(
        "stacked-denoising-autoencoder",
        "--max-epochs 20 --hidden 12 10 --pretraining-epochs 10 --corruption-level 0.1",
    ),
    train("rbm", "--max-epochs 20 --hidden 12 --snapshot-epochs 5"),
    train("dbn", "--max-epochs 20 --hidden 12 10 --pretraining-epochs 10"),
    train("mcrbm", "--max-epochs 1 --hidden 8 --factors 8 --mean-units 4 --leapfrogs 3", "patches"),
    train("slot-filling", "--max-epochs 20 --hidden 8 --embedding 6", str(OWN / "flights.iob")),
    train("rnn-rbm", "--max-epochs 40 --hidden 8 --recurrent 6 --gibbs-steps 3", str(OWN / "tunes")),
    train("sentiment", "--max-epochs 30 --hidden 8 --embedding 6", str(OWN / "reviews.txt")),
    Case(
        "--pretrained",
        STACK.format(20) + "epochs 2 --pretrained {before} --out {out}",
        before=STACK.format(1) + "epochs 2 --out {before}",
    ),
    Case("--seeds", SEEDS, again=SEEDS),
    Case("search", SEARCH, again=SEARCH),
    Case("figures", "figures {out}", before=RBM, again="figures {out}"),
    Case(
        "sample", "sample {out} --rows 2 --steps 200", before=RBM, again="sample {out} --rows 2 --steps 200"
    ),
)


def harmonium(command: str, folder: Path, after: float | None = None) -> int | None:
    """Run a command in `folder`; its exit code, or None where it was killed `after` so many seconds."""
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *shlex.split(command)],
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


def contents(folder: Path) -> dict[str, str]:
    """A checksum of each model and of the metrics without their seconds, by place; other files by their names alone."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.suffix == ".safetensors":
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        elif path.name == "metrics.jsonl":
            lines = [json.loads(line) | {"seconds": 0} for line in path.read_text().splitlines()]
            found[name] = hashlib.sha256(json.dumps(lines).encode()).hexdigest()
        elif "checkpoints" not in path.parts and not path.name.startswith("."):
            found[name] = ""
    return found


def leftovers(folder: Path) -> list[str]:
    """Temporary files and folders that a kill has left and no later start has swept."""
    kept = (".", "..", ".lock")
    return [
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if (path.name.startswith(".") and path.name not in kept) or path.name.endswith("-tmp")
    ]


def prepared(case: Case, folder: Path, before: Path | None) -> Path:
    """The folder of a run that is about to begin; for figures and samples, of one that has ended."""
    folder.mkdir()
    out = folder / "run"
    if before is not None and "{before}" not in case.command:
        shutil.copytree(before, out)
    return out


def one_kill(
    case: Case, whole: dict[str, str], seconds: float, rng: random.Random, folder: Path, before: Path | None
) -> dict[str, object]:
    """Start, kill, resume until it ends; what came of it."""
    out = prepared(case, folder, before)
    after = rng.uniform(0, seconds)
    found: dict[str, object] = {"killed after, s": round(after, 2), "kills": 1, "lost": ""}
    command = case.command.format(out=out, before=before)
    if harmonium(command, folder, after) is not None:
        found["kills"] = 0  # it was quicker this time
    while True:
        resume = f"resume {out} --no-figures" if (out / "config.json").exists() else command
        again = rng.uniform(0, seconds) if rng.random() < AGAIN else None
        code = harmonium(case.again.format(out=out) or resume, folder, again)
        if code is None:
            found["kills"] = int(str(found["kills"])) + 1
            continue
        if code:
            found["lost"] = (
                f"resume ended with {code}: {(folder / 'log').read_text().strip().splitlines()[-1][:200]}"
            )
        elif (now := contents(out)) != whole:
            different = sorted(name for name in {*now, *whole} if now.get(name) != whole.get(name))
            found["lost"] = f"not bit-identical: {', '.join(different)}"
        elif left := leftovers(out):
            found["lost"] = f"leftovers: {', '.join(left)}"
        return found


def campaign(case: Case, kills: int, seed: int, out: Path, until: float) -> None:
    """One unbroken run of a case, and so many broken ones, or as many as there is time for, each into the ledger."""
    rng = random.Random(f"{seed} {case.name}")
    with tempfile.TemporaryDirectory(prefix="harmonium-kills-") as name:
        folder = Path(name)
        before = folder / "before" if case.before else None
        if before and harmonium(case.before.format(before=before), folder):
            raise SystemExit(f"{case.before}: failed\n{(folder / 'log').read_text()}")
        wholes = []
        for number in range(2):  # the first fills the cache of compiled programs, and is not timed
            made = prepared(case, folder / f"whole-{number}", before)
            started = time.monotonic()
            code = harmonium(case.command.format(out=made, before=before), made.parent)
            seconds = time.monotonic() - started
            if code:
                raise SystemExit(f"{case.command}: ends with {code}\n{(made.parent / 'log').read_text()}")
            wholes.append(contents(made))
        assert wholes[0] == wholes[1], f"{case.command}: two unbroken runs are not alike"
        for number in range(kills):
            if time.monotonic() > until:
                break
            broken = folder / f"broken-{number}"
            found = one_kill(case, wholes[1], seconds, rng, broken, before)
            if found["lost"]:
                shutil.copytree(broken, out / "lost" / f"{case.name}-{seed}-{number}", dirs_exist_ok=True)
            whole = {"case": case.name, "seed": seed, "unbroken, s": round(seconds, 1)}
            ledger.add(out / "kills.jsonl", whole | found)
            print(case.name, json.dumps(found), file=sys.stderr, flush=True)
            shutil.rmtree(broken)


def totals(found: list[ledger.Row]) -> list[ledger.Row]:
    """What was counted of each case, and of all together."""
    made = []
    for name in (*dict.fromkeys(row["case"] for row in found), "all"):
        of = [row for row in found if name in ("all", row["case"])]
        kills, lost = sum(row["kills"] for row in of), sum(bool(row["lost"]) for row in of)
        made.append({"case": name, "runs": len(of), "kills": kills, "lost": lost})
    return made


def main() -> int:
    """Break each case's runs; 1 where one was lost."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--out", type=Path, default=Path("runs/campaigns"))
    arguments.add_argument("--table", type=Path, help="the file of tables to write the result into")
    arguments.add_argument("--kills", type=int, default=100, help="runs to break, of all cases together")
    arguments.add_argument("--only", nargs="*", help="names of cases")
    arguments.add_argument("--minutes", type=float, default=1e6, help="break no more runs after that time")
    arguments.add_argument("--seed", type=int, default=0)
    options = arguments.parse_args()
    cases = [case for case in CASES if not options.only or case.name.lstrip("-") in options.only]
    began = time.monotonic()
    for number, case in enumerate(cases):
        share = options.kills // len(cases) + (number < options.kills % len(cases))
        until = began + 60 * options.minutes * (number + 1) / len(cases)
        if share:
            campaign(case, share, options.seed, options.out, until)
        if options.table and (found := ledger.rows(options.out / "kills.jsonl")):
            seeds = ", ".join(map(str, sorted({row["seed"] for row in found})))
            said = (
                "Runs killed (SIGKILL) at uniformly random moments and resumed, some several times; lost is: not "
                f"bit-identical in models and metrics to an unbroken run, not resumable, or leftovers. Seed {seeds}."
            )
            report.write(options.table, "Killed runs", ledger.dates(found), said, totals(found))
    rows = totals(ledger.rows(options.out / "kills.jsonl"))
    for row in rows:
        print(f"{row['runs']:>5} {row['kills']:>5} {row['lost']:>5}  {row['case']}")
    return int(bool(rows[-1]["lost"]))


if __name__ == "__main__":
    sys.exit(main())
