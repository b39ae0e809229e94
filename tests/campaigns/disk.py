"""Runs commands on a disk that is too small: each must end in one line, and go on to the same bits when there is room.

    python tests/campaigns/disk.py --table results/campaigns.md --tries 50 [--only NAME …] [--minutes 60]

The cases are those of kills.py. Each is run once with room, which takes B bytes; then again and again on a disk in
memory (tmpfs) of a size drawn uniformly from nothing to 1.5 B, since checkpoints and temporary files come on top. Where
it fills up, the command must end with 2 and a line that says so; the disk is then made larger, the command goes on, and
what comes of it is compared with the run that had room, as kills.py does. What is found goes into disk.jsonl in --out,
to which later starts add, and into the table of --table. It needs Linux and util-linux's `unshare`, so that no disk is
mounted but in its own sight.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import kills
import ledger
import report

ROOM = 2**28  # bytes that are enough for every case
INSIDE = "HARMONIUM_CAMPAIGN_INSIDE"


def mount(disk: Path, size: int, *, again: bool = False) -> None:
    """Put a disk of so many bytes at an empty folder, or make the one there larger."""
    how = f"remount,size={size}" if again else f"size={size}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", how, "tmpfs", str(disk)], check=True)


def said_last(folder: Path) -> list[str]:
    """The lines that the last command has printed."""
    return (folder / "log").read_text(errors="replace").strip().splitlines()


def one_try(
    case: kills.Case, whole: dict[str, str], size: int, folder: Path, before: Path | None
) -> dict[str, object]:
    """Run a case on a disk of `size` bytes, then with room; what came of it."""
    folder.mkdir()
    disk = folder / "disk"
    disk.mkdir()
    mount(disk, ROOM)
    try:
        out = kills.prepared(case, disk / "place", before)
        mount(disk, size + used(disk), again=True)
        command = case.command.format(out=out, before=before)
        code = kills.harmonium(command, folder)
        lines = said_last(folder)
        found: dict[str, object] = {"bytes": size, "exit code": code, "full": code != 0, "wrong": ""}
        if code not in (0, 2) or any("Traceback" in line for line in lines):
            found["wrong"] = f"ended with {code}: {lines[-1][:300] if lines else ''}"
        elif code == 2 and not (lines[-1].startswith("harmonium: ") and "disk is full" in lines[-1]):
            found["wrong"] = f"said {lines[-1][:300]}"
        mount(disk, ROOM, again=True)
        if code != 0:
            resume = f"resume {out} --no-figures" if (out / "config.json").exists() else command
            code = kills.harmonium(case.again.format(out=out) or resume, folder)
        if found["wrong"]:
            return found
        if code:
            found["wrong"] = f"with room it ended with {code}: {said_last(folder)[-1][:300]}"
        else:
            found["wrong"] = kills.difference(out, whole)
        return found
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def used(disk: Path) -> int:
    """How many bytes of a disk are taken."""
    found = os.statvfs(disk)
    return (found.f_blocks - found.f_bfree) * found.f_frsize


def campaign(case: kills.Case, tries: int, seed: int, out: Path, until: float) -> None:
    """One run of a case with room, and so many without, each into the ledger."""
    rng = random.Random(f"{seed} {case.name}")
    with tempfile.TemporaryDirectory(prefix="harmonium-disk-") as name:
        folder = Path(name)
        before = folder / "before" if case.before else None
        if before and kills.harmonium(case.before.format(before=before), folder):
            raise SystemExit(f"{case.before}: failed\n{(folder / 'log').read_text()}")
        made = kills.prepared(case, folder / "whole", before)
        taken = sum(path.stat().st_size for path in made.rglob("*") if path.is_file())
        if kills.harmonium(case.command.format(out=made, before=before), made.parent):
            raise SystemExit(f"{case.command}: failed\n{(made.parent / 'log').read_text()}")
        whole = kills.contents(made)
        taken = sum(path.stat().st_size for path in made.rglob("*") if path.is_file()) - taken
        for number in range(tries):
            if time.monotonic() > until:
                break
            found = one_try(case, whole, int(rng.uniform(0, 1.5 * taken)), folder / f"full-{number}", before)
            ledger.add(out / "disk.jsonl", {"case": case.name, "seed": seed, **found})
            print(case.name, json.dumps(found), file=sys.stderr, flush=True)


def totals(found: list[ledger.Row]) -> list[ledger.Row]:
    """What was counted of each case, and of all together."""
    made = []
    for name in (*dict.fromkeys(row["case"] for row in found), "all"):
        of = [row for row in found if name in ("all", row["case"])]
        full, wrong = sum(row["full"] for row in of), sum(bool(row["wrong"]) for row in of)
        made.append({"case": name, "runs": len(of), "disk full": full, "wrong": wrong})
    return made


def main() -> int:
    """Fill the disk under each case; 1 where something went wrong."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--out", type=Path, default=Path("runs/campaigns"))
    arguments.add_argument("--table", type=Path, help="the file of tables to write the result into")
    arguments.add_argument(
        "--tries", type=int, default=50, help="runs on a small disk, of all cases together"
    )
    arguments.add_argument("--only", nargs="*", help="names of cases")
    arguments.add_argument("--minutes", type=float, default=1e6, help="begin no more runs after that time")
    arguments.add_argument("--seed", type=int, default=0)
    options = arguments.parse_args()
    if INSIDE not in os.environ:  # again, where mounts are its own
        command = ["unshare", "--map-root-user", "--mount", sys.executable, __file__, *sys.argv[1:]]
        return subprocess.run(command, env={**os.environ, INSIDE: "1"}).returncode
    cases = [case for case in kills.CASES if not options.only or case.name.lstrip("-") in options.only]
    began, path = time.monotonic(), options.out / "disk.jsonl"
    for number, case in enumerate(cases):
        share = options.tries // len(cases) + (number < options.tries % len(cases))
        if share:
            campaign(
                case,
                share,
                options.seed,
                options.out,
                began + 60 * options.minutes * (number + 1) / len(cases),
            )
        if options.table and (found := ledger.rows(path)):
            said = (
                "Runs on a disk of a size drawn from nothing to 1.5 times what they take; where it filled up they must "
                "end in one line, and go on to the same bits when there is room; everything else is wrong."
            )
            report.write(options.table, "Full disk", ledger.dates(found), said, totals(found))
    rows = totals(ledger.rows(path))
    for row in rows:
        print(f"{row['runs']:>5} {row['disk full']:>5} {row['wrong']:>5}  {row['case']}")
    return int(bool(rows[-1]["wrong"]))


if __name__ == "__main__":
    sys.exit(main())
