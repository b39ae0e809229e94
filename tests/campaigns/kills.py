"""Kills runs at random moments, resumes them, and compares them bit for bit with runs that nobody killed.

    python tests/campaigns/kills.py --table results/campaigns.md --kills 100 [--only NAME …] [--minutes 60]

Every recipe with its phases, `--pretrained`, `--features`, `--seeds`, `search`, `evaluate`, `figures` and `sample` are
cases. Each is run unbroken, which takes T seconds of the processor, whatever else runs on the machine; then it is
started again and again, killed (SIGKILL) after a time drawn uniformly from 0 to T, resumed, and killed again more often
than not. Kills of "copying phases" come while --pretrained copies, which is made to take longer for them. The processes
keep a checkpoint every fifth of a second, where a user's keep one every 20, so that short runs are broken in all the
places of long ones.

A run is lost where a file of it differs in a bit from the unbroken run's, where it cannot be resumed, or where
leftovers remain in the folder; its records may differ in seconds and bytes of memory, and so may its model card, which
tells them, and its checkpoints. What is found goes into kills.jsonl in --out, with the folders of lost runs, and into
the table of --table, which says where the kills came. Later starts add to it: with the same --out and another --seed,
the table shows all together.
"""

import argparse
import hashlib
import json
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ledger
import programs
import report

OWN = Path(__file__).parents[1] / "fixtures" / "version-0.1"  # small files of words and music
AGAIN = 0.7  # how often a resumed run is killed too
SLOWLY = 0.01  # seconds for a third of a file, where a copy is to be killed
TIMES = ("seconds", "seconds_training", "seconds_pretraining", "updates_per_second", "peak_memory_bytes")


@dataclass(frozen=True)
class Case:
    """Something that is killed: a command that makes {out}, and how it goes on after a kill.

    `before` are commands whose folders it needs, {before}; without `again` a run goes on by `resume`. Kills come
    between the moments at which the first and the second of `between` appear in {out}; without it at any time.
    """

    name: str
    command: str
    before: str = ""
    again: str = ""
    between: tuple[str, str] | None = None


def train(recipe: str, options: str, data: str = "digits", *, name: str = "") -> Case:
    """Training a recipe."""
    return Case(name or recipe, f"train {recipe} --data {data} {options} --no-figures --out {{out}}")


STACK = (
    "train stacked-denoising-autoencoder --data digits --hidden 12 10 --corruption-level 0.1 --no-figures "
    "--max-epochs {} --pretraining-epochs 2 "
)
CODES = "train denoising-autoencoder --data digits --hidden 12 --max-epochs 2 --no-figures --out {before}"
SEEDS = (  # which end at different updates
    "train mlp --data digits --hidden 12 --max-epochs 40 --patience 700 --seeds 2 --no-figures --out {out}"
)
SEARCH = "search mlp --data digits --max-epochs 10 --trials 3 --out {out}"
RBM = "train rbm --data digits --hidden 12 --max-epochs 2 --no-figures --out {before}"
SAMPLE = "sample {out} --rows 2 --steps 200"
EVALUATE = "evaluate {out} --log-likelihood --chains 10 --temperatures 300"
CASES = (
    train("logistic-regression", "--max-epochs 100 --batch-size 50"),
    train("mlp", "--max-epochs 60 --hidden 12"),
    train("mlp", "--max-epochs 40 --hidden 12 --batch-norm --average 0.99", name="mlp --batch-norm"),
    train("lenet", "--max-epochs 12 --batch-size 50 --kernels 3 --kernel-sizes 3 --hidden 8 --shift 1"),
    train("denoising-autoencoder", "--max-epochs 20 --hidden 12 --snapshot-epochs 5"),
    train("contractive-autoencoder", "--max-epochs 20 --hidden 12 --snapshot-epochs 5"),
    train(
        "stacked-denoising-autoencoder",
        "--max-epochs 10 --hidden 12 10 --pretraining-epochs 6 --corruption-level 0.1",
    ),
    train("rbm", "--max-epochs 10 --hidden 12 --snapshot-epochs 3"),
    train(
        "rbm", "--max-epochs 6 --hidden 12 --centred --tempering 3 --gibbs-steps 1", name="rbm --tempering"
    ),
    train("class-rbm", "--max-epochs 10 --hidden 12"),
    train("dbn", "--max-epochs 10 --hidden 12 10 --pretraining-epochs 6"),
    train(
        "dbn",
        "--max-epochs 4 --hidden 12 10 --pretraining-epochs 3 --generative-epochs 5",
        name="dbn --generative-epochs",
    ),
    train("mcrbm", "--max-epochs 10 --batch-size 50 --hidden 8 --factors 8 --mean-units 4 --leapfrogs 3"),
    train("slot-filling", "--max-epochs 10 --hidden 8 --embedding 6", str(OWN / "flights.iob")),
    train(
        "slot-filling",
        "--max-epochs 8 --hidden 8 --embedding 6 --rule best --output crf --refit",
        str(OWN / "flights.iob"),
        name="slot-filling --refit",
    ),
    train("rnn-rbm", "--max-epochs 20 --hidden 8 --recurrent 6 --gibbs-steps 3", str(OWN / "tunes")),
    train("sentiment", "--max-epochs 20 --hidden 8 --embedding 6", str(OWN / "reviews.txt")),
    Case(
        "--pretrained",
        STACK.format(10) + "--pretrained {before} --out {out}",
        before=STACK.format(1) + "--out {before}",
    ),
    Case(
        "copying phases",
        STACK.format(3) + "--pretrained {before} --out {out}",
        before=STACK.format(1) + "--out {before}",
        between=(".pretraining.*", "pretraining"),
    ),
    Case(
        "--features",
        "train logistic-regression --data digits --max-epochs 60 --features {before} --no-figures --out {out}",
        before=CODES,
    ),
    Case("--seeds", SEEDS, again=SEEDS),
    Case("search", SEARCH, again=SEARCH),
    Case("evaluate", EVALUATE, before=RBM, again=EVALUATE),
    Case("figures", "figures {out}", before=RBM, again="figures {out}"),
    Case("sample", SAMPLE, before=RBM, again=SAMPLE),
)


def harmonium(command: str, folder: Path, after: float | None = None, *, fresh: bool = False) -> int | None:
    """Run a command in `folder`; its exit code, or None where it was killed `after` it had worked for so long."""
    program = programs.start(command, folder, fresh=fresh)
    if after is None:
        return program.ended()
    while (code := program.ended(0.002)) is None:
        if program.worked() >= after:
            program.kill()
            return None
    return code


def killed_between(case: Case, out: Path, before: Path | None, after: float) -> float | None:
    """Run a command whose copies are slow, and kill it `after` so many seconds of the time between two moments.

    Without a kill, where `after` is longer than that, return the seconds between them.
    """
    first, second = case.between or ("", "")
    program = programs.start(case.command.format(out=out, before=before), out.parent, copying=SLOWLY)
    while not any(out.glob(first)):
        if (code := program.ended(0.001)) is not None:
            raise SystemExit(f"{case.name}: ended with {code} before {first} was there")
    began = time.monotonic()
    while not (out / second).exists():
        if time.monotonic() - began >= after:
            program.kill()
            return None
        time.sleep(0.001)
    took = time.monotonic() - began
    program.ended()
    return took


def contents(folder: Path) -> dict[str, str]:
    """A checksum of each file of a run, by place, without what its records say of time and memory.

    Checkpoints are left out; the model card, which repeats those, and the lock have their names alone.
    """
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.name == "summary.json":
            found[name] = _checksum(json.dumps(_timeless(json.loads(path.read_text()))).encode())
        elif path.name == "metrics.jsonl":
            lines = [_timeless(json.loads(line)) for line in path.read_text().splitlines()]
            found[name] = _checksum(json.dumps(lines).encode())
        elif "checkpoints" not in path.parts and not path.name.startswith("."):
            found[name] = _checksum(path.read_bytes()) if path.is_file() and path.name != "README.md" else ""
    return found


def _timeless(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in TIMES}


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def leftovers(folder: Path) -> list[str]:
    """Temporary files and folders that a kill has left and no later start has swept."""
    kept = (".", "..", ".lock")
    return [
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if (path.name.startswith(".") and path.name not in kept) or path.name.endswith("-tmp")
    ]


def place(case: Case, out: Path) -> str:
    """How far a run had come when it was killed."""
    if "{before}" not in case.command and case.before:
        return "drawing or scoring"
    if not any(out.rglob("config.json")):
        return "before the run"
    if any(out.glob(".pretraining.*")):
        return "copying phases"
    if (out / "summary.json").exists():
        return "at the end"
    phases = sorted((out / "pretraining").glob("*"))
    unfinished = [path.name for path in phases if not (path / "summary.json").exists()]
    return unfinished[0] if unfinished else "training"


def prepared(case: Case, folder: Path, before: Path | None) -> Path:
    """The folder of a run that is about to begin; for figures and samples, of one that has ended."""
    folder.mkdir()
    out = folder / "run"
    if before is not None and "{before}" not in case.command:
        shutil.copytree(before, out)
    return out


def one_kill(
    case: Case, whole: dict[str, str], seconds: float, rng: random.Random, folder: Path, before: Path | None
) -> dict[str, Any]:
    """Start, kill, resume until it ends; what came of it. `seconds` are those within which kills come."""
    out = prepared(case, folder, before)
    after = rng.uniform(0, seconds)
    found: dict[str, Any] = {"killed after, s": round(after, 3), "kills": 1, "at": [], "lost": ""}
    command = case.command.format(out=out, before=before)
    if case.between:
        ended = killed_between(case, out, before, after) is not None
    else:
        ended = harmonium(command, folder, after) is not None
    if ended:
        found["kills"] = 0  # it was quicker this time
    else:
        found["at"].append(place(case, out))
    while True:
        resume = f"resume {out} --no-figures" if (out / "config.json").exists() else command
        again = rng.uniform(0, seconds) if rng.random() < AGAIN else None
        code = harmonium(case.again.format(out=out) or resume, folder, again)
        if code is None:
            found["kills"] += 1
            found["at"].append(place(case, out))
            continue
        if code:
            found["lost"] = (
                f"resume ended with {code}: {(folder / 'log').read_text().strip().splitlines()[-1][:200]}"
            )
        else:
            found["lost"] = difference(out, whole)
        return found


def difference(out: Path, whole: dict[str, str]) -> str:
    """What a run that has ended differs in from the unbroken one; nothing where it does not."""
    if (now := contents(out)) != whole:
        different = sorted(name for name in {*now, *whole} if now.get(name) != whole.get(name))
        return f"not bit-identical: {', '.join(different)}"
    left = leftovers(out.parent)
    return f"leftovers: {', '.join(left)}" if left else ""


def unbroken(case: Case, folder: Path, before: Path | None) -> tuple[dict[str, str], float]:
    """The contents of a run that nobody kills, and the seconds of the processor within which others are to be killed.

    It is run three times: in a process of its own, which fills the cache of compiled programs; in a fork, which is
    timed; and where only a part of it is to be killed once more for the seconds that pass in that. All must be alike.
    """
    wholes, seconds = [], 0.0
    for fresh in (True, False):
        made = prepared(case, folder / f"whole-{fresh}", before)
        began = programs.worked()
        code = harmonium(case.command.format(out=made, before=before), made.parent, fresh=fresh)
        seconds = programs.worked() - began
        if code:
            raise SystemExit(f"{case.command}: ends with {code}\n{(made.parent / 'log').read_text()}")
        wholes.append(contents(made))
    if case.between:
        made = prepared(case, folder / "whole-slow", before)
        seconds = killed_between(case, made, before, programs.PATIENCE) or 0.0
        wholes.append(contents(made))
    different = sorted(
        name for name in set().union(*wholes) if len({whole.get(name) for whole in wholes}) > 1
    )
    if different:
        raise SystemExit(f"{case.command}: unbroken runs are not alike in {', '.join(different)}")
    return wholes[0], seconds


def campaign(case: Case, kills: int, seed: int, out: Path, until: float) -> None:
    """The unbroken runs of a case, and so many broken ones, or as many as there is time for, each into the ledger."""
    rng = random.Random(f"{seed} {case.name}")
    with tempfile.TemporaryDirectory(prefix="harmonium-kills-") as name:
        folder = Path(name)
        before = folder / "before" if case.before else None
        if before and harmonium(case.before.format(before=before), folder):
            raise SystemExit(f"{case.before}: failed\n{(folder / 'log').read_text()}")
        whole, seconds = unbroken(case, folder, before)
        for number in range(kills):
            if time.monotonic() > until:
                break
            broken = folder / f"broken-{number}"
            found = one_kill(case, whole, seconds, rng, broken, before)
            if found["lost"]:
                shutil.copytree(broken, out / "lost" / f"{case.name}-{seed}-{number}", dirs_exist_ok=True)
            ledger.add(
                out / "kills.jsonl",
                {"case": case.name, "seed": seed, "unbroken, s": round(seconds, 2), **found},
            )
            print(case.name, json.dumps(found), file=sys.stderr, flush=True)
            shutil.rmtree(broken)


def totals(found: list[ledger.Row]) -> list[ledger.Row]:
    """What was counted of each case, and of all together."""
    made = []
    for name in (*dict.fromkeys(row["case"] for row in found), "all"):
        of = [row for row in found if name in ("all", row["case"])]
        kills, lost = sum(row["kills"] for row in of), sum(bool(row["lost"]) for row in of)
        places = Counter(place for row in of for place in row.get("at", ()))
        if told := kills - places.total():
            places["not noted"] = told
        came = ", ".join(f"{place} {count}" for place, count in sorted(places.items()))
        made.append(
            {"case": name, "runs": len(of), "kills": kills, "lost": lost, "where the kills came": came}
        )
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
                "bit-identical in models, metrics and records to an unbroken run, not resumable, or leftovers. "
                f"Seed {seeds}."
            )
            report.write(options.table, "Killed runs", ledger.dates(found), said, totals(found))
    rows = totals(ledger.rows(options.out / "kills.jsonl"))
    for row in rows:
        print(f"{row['runs']:>5} {row['kills']:>5} {row['lost']:>5}  {row['case']}")
    return int(bool(rows[-1]["lost"]))


if __name__ == "__main__":
    sys.exit(main())
