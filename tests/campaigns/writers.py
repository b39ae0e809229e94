"""Starts two processes that write into the same folder at once: one must end with 0 and the other with 2.

    python tests/campaigns/writers.py --table results/campaigns.md --pairs 50

Of a pair both train into the same --out, both resume the same stopped run, one resumes and one trains there, both train
the same --seeds or make the same search; the second starts before the first is half through. What comes of it must be
bit-identical to what nobody disturbed, and the one that is refused must name the process of the other. Pairs without
--out must come to two folders. What is found goes into writers.jsonl in --out, to which later starts add, and into the
table of --table.
"""

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import kills
import ledger
import programs
import report

TRAIN = "train mlp --data digits --hidden 12 --max-epochs 40 --no-figures"
RESUME = "resume {out} --max-epochs 40 --no-figures"
STOPPED = TRAIN.replace("40", "8") + " --out {out}"
SEEDS = TRAIN + " --seeds 2 --out {out}"
SEARCH = "search mlp --data digits --max-epochs 6 --trials 2 --out {out}"
TOGETHER = 0.5  # of the time that one takes alone, at most, lies between the two starts


@dataclass(frozen=True)
class Kind:
    """Two commands on one folder, and what makes the folder before."""

    name: str
    commands: tuple[str, str]
    before: str = ""


KINDS = (
    Kind("train, train", (TRAIN + " --out {out}",) * 2),
    Kind("resume, resume", (RESUME,) * 2, STOPPED),
    Kind("resume, train", (RESUME, TRAIN + " --out {out}"), STOPPED),
    Kind("train, train, without --out", (TRAIN,) * 2),
    Kind("--seeds, --seeds", (SEEDS,) * 2),
    Kind("search, search", (SEARCH,) * 2),
)


def pair(commands: tuple[str, str], wait: float, folder: Path) -> list[tuple[int, int | None, str]]:
    """Process, exit code and last line printed of two commands, the second started `wait` s later."""
    logs, started = [folder / "log-1", folder / "log-2"], []
    for command, log in zip(commands, logs, strict=True):
        started.append(programs.start(command, folder, log))
        time.sleep(wait)
    ended = [(one.process, one.ended()) for one in started]
    lines = [log.read_text(errors="replace").strip().splitlines() or [""] for log in logs]
    return [(number, code, said[-1]) for (number, code), said in zip(ended, lines, strict=True)]


@dataclass(frozen=True)
class Undisturbed:
    """What the pairs of a kind begin with, what must come of them, and the seconds that one of them takes alone."""

    before: Path
    whole: dict[str, str]
    seconds: float


def one_pair(kind: Kind, wait: float, folder: Path, alone: Undisturbed) -> dict[str, object]:
    """Run a pair, and say whether it ended as it must."""
    folder.mkdir()
    out = folder / "run"
    if kind.before:
        shutil.copytree(alone.before, out)
    commands = (kind.commands[0].format(out=out), kind.commands[1].format(out=out))
    ended = pair(commands, wait, folder)
    codes = sorted(-1 if code is None else code for _, code, _ in ended)
    found: dict[str, object] = {"kind": kind.name, "wait, s": round(wait, 2), "exit codes": codes}
    if "--out" in kind.name:  # without one
        runs = [kills.contents(path) for path in sorted((folder / "runs").iterdir())]
        return found | {"right": codes == [0, 0] and runs == [alone.whole] * 2, "named": True, "said": ""}
    said = next((said for _, code, said in ended if code), "")
    winner = next((pid for pid, code, _ in ended if not code), 0)
    right = codes == [0, 2] and kills.contents(out) == alone.whole and not kills.leftovers(out)
    return found | {"right": right, "named": f"process {winner} of" in said, "said": said}


def undisturbed(kind: Kind, folder: Path) -> Undisturbed:
    """Run one of a kind in a process of its own, and again in a fork, which is timed."""
    folder.mkdir()
    before, wholes, seconds = folder / "before", [], 0.0
    if kind.before:
        assert kills.harmonium(kind.before.format(out=before), folder) == 0
    for fresh in (True, False):
        out = folder / f"run-{fresh}"
        if kind.before:
            shutil.copytree(before, out)
        command = kind.commands[0].format(out=out)
        started = time.monotonic()
        command = command if "{out}" in kind.commands[0] else f"{command} --out {out}"
        assert kills.harmonium(command, folder, fresh=fresh) == 0
        seconds = time.monotonic() - started
        wholes.append(kills.contents(out))
    assert wholes[0] == wholes[1], f"{kind.name}: two that nobody disturbed are not alike"
    return Undisturbed(before, wholes[0], seconds)


def main() -> int:
    """Run the pairs; 1 where one of them was mixed."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--out", type=Path, default=Path("runs/campaigns"))
    arguments.add_argument("--table", type=Path, help="the file of tables to write the result into")
    arguments.add_argument("--pairs", type=int, default=50)
    arguments.add_argument("--minutes", type=float, default=1e6, help="start no more pairs after that time")
    arguments.add_argument("--seed", type=int, default=0)
    options = arguments.parse_args()
    began, rng, path = time.monotonic(), random.Random(options.seed), options.out / "writers.jsonl"
    with tempfile.TemporaryDirectory(prefix="harmonium-writers-") as name:
        folder = Path(name)
        alone: dict[int, Undisturbed] = {}
        for number in range(options.pairs):
            if time.monotonic() > began + 60 * options.minutes:
                break
            which = number % len(KINDS)
            kind = KINDS[which]
            if which not in alone:
                alone[which] = undisturbed(kind, folder / f"alone-{which}")
            wait = 0.0 if "--out" in kind.name else rng.uniform(0, TOGETHER * alone[which].seconds)
            found = one_pair(kind, wait, folder / f"pair-{number}", alone[which])
            ledger.add(path, {"seed": options.seed, **found})
            print(json.dumps(found), file=sys.stderr, flush=True)
            shutil.rmtree(folder / f"pair-{number}")
            if options.table:
                rows = ledger.rows(path)
                said = "Two processes on one folder at once: one ends with 0, bit-identical to a run that"
                said += " nobody disturbed, the other with 2."
                report.write(options.table, "Two writers", ledger.dates(rows), said, totals(rows))
    table = totals(ledger.rows(path))
    print(f"{table[-1]['pairs']} pairs, {table[-1]['mixed or lost']} mixed or lost")
    return int(bool(table[-1]["mixed or lost"]))


def totals(rows: list[ledger.Row]) -> list[ledger.Row]:
    """What was counted of each kind of pair, and of all together."""
    made = []
    for name in (*(kind.name for kind in KINDS), "all"):
        of = [row for row in rows if name in ("all", row["kind"])]
        lost, named = sum(not row["right"] for row in of), sum(bool(row["named"]) for row in of)
        made.append(
            {
                "both write": name,
                "pairs": len(of),
                "mixed or lost": lost,
                "the refused one names the other": named,
            }
        )
    return made


if __name__ == "__main__":
    sys.exit(main())
