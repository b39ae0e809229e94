"""Feeds damaged and hostile files to every parser: anything but a `HarmoniumError` is a failure.

    python tests/campaigns/fuzz.py --table results/campaigns.md --count 10000 [--parsers mat npz] [--seeds FOLDER …]

Each parser has a process of its own, which may take 5 seconds of processor time and 1 GB of memory for an input; it
is started anew where it dies, and the input that ended it is counted and kept. What is counted stands in fuzz.jsonl in
--out, beside the inputs that failed: a campaign that was interrupted, or is to be larger, goes on there with the same
command, and the table adds everything up. With --coverage (pip install atheris; 3.0 was tried) the inputs of parsers
that are written in Python are mutations of those that have reached new lines, which the table counts apart; Pillow,
safetensors and symusic show none. Give it a --seed of its own: what it draws depends on what it has drawn before.
"""

import argparse
import contextlib
import hashlib
import json
import mmap
import os
import random
import re
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import ledger
import mutations
import parsers as corpus
import programs
import report

SECONDS = 5  # of the processor for an input
STUCK, WAIT = (
    4 * SECONDS,
    600,
)  # of the processor, and on the clock, without an end, before its process is ended
MEMORY = 2**30  # bytes for an input
COUNTERS = struct.Struct("<qqqqq")  # inputs begun, refused, read, failed, and most memory taken
KEPT = 5  # inputs of one kind of failure
COLUMNS = (
    "parser",
    "inputs",
    "guided",
    "refused",
    "read",
    "failures",
    "still fail",
    "most memory, MB",
    "minutes",
)
SAVED = 30  # seconds after which what was counted is written down
BY_NAME = {parser.name: parser for parser in corpus.PARSERS}


class TooSlowError(BaseException):
    """An input took its seconds; no `except Exception` stops it."""


class Worker:
    """Reads inputs and counts what comes of them in a file that outlives the process."""

    def __init__(self, parser: corpus.Parser, counters: mmap.mmap, folder: Path, failures: Path):
        self.parser, self.counters, self.failures = parser, counters, failures
        run = folder / "runs" / "run"
        run.mkdir(parents=True, exist_ok=True)
        parser.prepare(run)
        self.path = run / parser.file
        self.kinds: Counter[str] = Counter()
        self.limit = False

    def begin(self) -> None:
        """Set the limits, counted from what the process has taken so far."""
        for seed in self.parser.seeds():  # everything is imported, and the caches are filled
            self.path.write_bytes(seed)
            with contextlib.suppress(Exception):
                self.parser.read(self.path)
        signal.signal(signal.SIGPROF, self._too_slow)
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        whole = pages * os.sysconf("SC_PAGE_SIZE") + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (whole, whole))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def input(self, content: bytes) -> None:
        """Read one input."""
        begun, refused, read, failed, most = COUNTERS.unpack(self.counters[: COUNTERS.size])
        self.counters[: COUNTERS.size] = COUNTERS.pack(begun + 1, refused, read, failed, most)
        self.path.write_bytes(content)
        before = _resident(reset=True)
        kind, trace = self._outcome()
        most = max(most, _resident() - before)
        if kind == "refused":
            refused += 1
        elif kind == "read":
            read += 1
        else:
            failed += 1
            self._keep(content, kind, trace)
        self.counters[: COUNTERS.size] = COUNTERS.pack(begun + 1, refused, read, failed, most)

    def _outcome(self) -> tuple[str, str]:
        """What came of the input, and the traceback of a failure."""
        from harmonium.errors import HarmoniumError

        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        try:
            self.parser.read(self.path)
        except HarmoniumError as error:
            signal.setitimer(signal.ITIMER_PROF, 0)
            if isinstance(error.__cause__, MemoryError):
                return f"more than 1 GB: {_place(error.__cause__)}", traceback.format_exc()
            if "\n" in str(error).strip():
                return f"several lines: {str(error)[:200]!r}", traceback.format_exc()
            return ("refused", "") if str(error) else ("an empty message", traceback.format_exc())
        except TooSlowError as error:
            return f"more than {SECONDS} s: {_place(error)}", traceback.format_exc()
        except BaseException as error:
            signal.setitimer(signal.ITIMER_PROF, 0)
            return f"{type(error).__name__}: {_place(error)}", traceback.format_exc()
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        return "read", ""

    def _keep(self, content: bytes, kind: str, trace: str) -> None:
        alike = re.sub(r"[0-9]+|'[^']*'", "", kind)
        self.kinds[alike] += 1
        if self.kinds[alike] > KEPT:
            return
        name = f"{self.parser.name}-{hashlib.sha256(content).hexdigest()[:12]}"
        self.failures.mkdir(parents=True, exist_ok=True)
        (self.failures / name).write_bytes(content)
        (self.failures / f"{name}.txt").write_text(f"{kind}\n\n{trace}", errors="backslashreplace")

    @staticmethod
    def _too_slow(*_: object) -> None:
        raise TooSlowError


def _place(error: BaseException) -> str:
    """Where in the package an error came out, and what it says."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if f"{os.sep}harmonium{os.sep}" in frame.filename] or frames
    where = f"{Path(own[-1].filename).name}:{own[-1].lineno}" if own else "?"
    return f"{where}: {' '.join(str(error).split())[:120]}"


def _resident(*, reset: bool = False) -> int:
    """Most memory, in bytes, that the process has held, since it was last reset."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    status = Path("/proc/self/status").read_text()
    return int(status[status.index("VmHWM:") + 6 :].split()[0]) * 1024


def work(options: argparse.Namespace) -> None:
    """What a parser's process does: the inputs from where the counter stands to the end."""
    parser, folder = BY_NAME[options.worker], Path(options.folder)
    with (folder / "counters").open("r+b") as file:
        counters = mmap.mmap(file.fileno(), COUNTERS.size)
    guided = options.coverage and parser.guided
    if guided:
        import atheris

        atheris.instrument_imports(include=["harmonium", "zipfile", "tarfile", "pickle"]).__enter__()
    worker = Worker(parser, counters, folder, Path(options.failures))
    mutator = corpus.mutator_of(parser, _seeds(parser, options.seeds, folder))
    worker.begin()
    if guided:
        _guided(worker, mutator, folder, options)
    while (number := COUNTERS.unpack(counters[: COUNTERS.size])[0]) < options.count:
        worker.input(corpus.drawn(mutator, options.seed, options.first + number))


def _seeds(parser: corpus.Parser, folders: list[str], folder: Path) -> list[bytes]:
    """The same for each process of a parser: models are not trained alike to the bit on every machine."""
    kept = folder / "seeds"
    if not kept.exists():
        kept.mkdir()
        for number, content in enumerate(corpus.seeds_of(parser, [Path(one) for one in folders])):
            (kept / f"{number:05d}").write_bytes(content)
    return [path.read_bytes() for path in sorted(kept.iterdir())]


def _guided(worker: Worker, mutator: mutations.Mutator, folder: Path, options: argparse.Namespace) -> None:
    """Have libFuzzer choose what is mutated next, by the lines that were reached; ends the process."""
    import atheris

    begun = COUNTERS.unpack(worker.counters[: COUNTERS.size])[0]

    def mutate(content: bytes, longest: int, seed: int) -> bytes:
        return mutator.mutated(content, random.Random(seed))[:longest]

    arguments = [
        "fuzz",
        f"-runs={max(1, options.count - begun)}",
        f"-max_len={4096 + 2 * max(map(len, mutator.seeds))}",
        "-rss_limit_mb=0",
        f"-timeout={WAIT}",
        f"-seed={options.seed + options.first + begun + 1}",
        f"-artifact_prefix={folder}/",
        "-print_final_stats=0",
        "-verbosity=0",
        str(folder / "seeds"),
    ]
    atheris.Setup(arguments, worker.input, custom_mutator=mutate)
    atheris.Fuzz()


class Counted:
    """Writes what a parser's process counts into the ledger, as differences from what it has written before."""

    def __init__(self, path: Path, parser: corpus.Parser, seed: int, folder: Path, *, guided: bool):
        self.path, self.parser, self.seed, self.folder, self.guided = path, parser, seed, folder, guided
        self.written, self.crashes = (0, 0, 0, 0), 0
        self.since = time.monotonic()

    def save(self, crashes: Counter[str]) -> None:
        """Write the inputs since the last time, if there were any."""
        *now, most = _counted(self.folder)
        inputs, refused, read, failed = (a - b for a, b in zip(now, self.written, strict=True))
        crashed = sum(crashes.values())
        minutes = (time.monotonic() - self.since) / 60
        if inputs:
            row = {
                "parser": self.parser.name,
                "seed": self.seed,
                "inputs": inputs,
                "guided": inputs if self.guided else 0,
                "refused": refused,
                "read": read,
                "failures": failed + crashed - self.crashes,
                "crashes": dict(crashes),
                "most memory, MB": round(most / 1e6),
                "minutes": round(minutes, 3),
            }
            ledger.add(self.path, row)
            self.written, self.crashes, self.since = tuple(now), crashed, time.monotonic()

    def due(self) -> bool:
        """Whether it is time to write again."""
        return time.monotonic() - self.since > SAVED


def campaign(parser: corpus.Parser, options: argparse.Namespace, out: Path) -> None:
    """Run a parser's process until it has read its inputs, those of earlier starts included, however often it dies."""
    found = [
        row
        for row in ledger.rows(out / "fuzz.jsonl")
        if (row["parser"], row["seed"]) == (parser.name, options.seed)
    ]
    options.first = sum(row["inputs"] for row in found)
    count = max(1, int(options.count * parser.share)) - options.first
    failures = out / "failures"
    crashes: Counter[str] = Counter()
    shared = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=shared, prefix="harmonium-fuzz-") as name:
        folder = Path(name)
        (folder / "counters").write_bytes(bytes(COUNTERS.size))
        guided = options.coverage and parser.guided
        counted = Counted(out / "fuzz.jsonl", parser, options.seed, folder, guided=guided)
        while (begun := _counted(folder)[0]) < count:
            ended = _process(
                parser, options, count, folder, failures, lambda: counted.due() and counted.save(crashes)
            )
            if ended is not None:
                if _counted(folder)[0] == begun:  # it does not even begin
                    raise SystemExit(f"{parser.name}: the process ends with {ended} before its first input")
                crashes[ended] += 1
                _keep_crash(parser, folder, failures, ended)
            counted.save(crashes)
            if ended is None or sum(crashes.values()) > options.most_crashes:
                break


def again(parser: corpus.Parser, kept: Path) -> int:
    """Read an input that failed once more, in this process; 1 where it still fails, else 0."""
    with tempfile.TemporaryDirectory() as name, mmap.mmap(-1, COUNTERS.size) as counters:
        worker = Worker(parser, counters, Path(name), Path(name) / "failures")
        worker.begin()
        worker.input(kept.read_bytes())
        return COUNTERS.unpack(counters[:])[3]


def still_fail(parser: str, failures: Path) -> int:
    """How many of a parser's kept inputs fail with today's program, each in a process of its own."""
    kept = [path for path in sorted(failures.glob(f"{parser}-*")) if path.suffix != ".txt"]
    commands = [[sys.executable, __file__, "--worker", parser, "--again", str(path)] for path in kept]
    return sum(bool(subprocess.run(one, capture_output=True, timeout=WAIT).returncode) for one in commands)


def totals(found: list[ledger.Row], failures: Path | None = None) -> list[ledger.Row]:
    """What was counted of each parser over all starts and seeds; of the inputs kept in `failures`, which still fail."""
    made = []
    for name in dict.fromkeys(row["parser"] for row in found):
        of = [row for row in found if row["parser"] == name]
        sums = {
            column: sum(row.get(column, 0) for row in of)
            for column in ("inputs", "guided", "refused", "read", "failures", "minutes")
        }
        sums["minutes"] = round(sums["minutes"], 1)
        sums["still fail"] = still_fail(name, failures) if failures and sums["failures"] else 0
        made.append({"parser": name, **sums, "most memory, MB": max(row["most memory, MB"] for row in of)})
    return [{column: row[column] for column in COLUMNS} for row in made]


def _process(
    parser: corpus.Parser,
    options: argparse.Namespace,
    count: int,
    folder: Path,
    failures: Path,
    meanwhile: Callable[[], object],
) -> str | None:
    """Start a parser's process and wait for it; how it ended, or None where it came to its end."""
    command = [
        sys.executable,
        __file__,
        "--worker",
        parser.name,
        "--folder",
        str(folder),
        "--count",
        str(count),
    ]
    command += ["--first", str(options.first), "--failures", str(failures)]
    command += ["--seed", str(options.seed), "--seeds", *options.seeds]
    command += ["--coverage"] if options.coverage else []
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, env={**os.environ, "JAX_PLATFORMS": "cpu"}
        )
        seen, since, worked = _counted(folder), time.monotonic(), 0.0
        while process.poll() is None:
            time.sleep(0.2)
            meanwhile()
            if (now := _counted(folder)) != seen:
                seen, since, worked = now, time.monotonic(), programs.worked_by(process.pid)
            # The first input waits for imports and for runs that are trained to be damaged.
            elif time.monotonic() - since > WAIT or (
                now[0] and programs.worked_by(process.pid) - worked > STUCK
            ):
                process.kill()
                process.wait()
                return f"no end after {STUCK} s of the processor or {WAIT} on the clock"
    if process.returncode == 0:
        return None
    if process.returncode > 0 and options.coverage and _counted(folder)[0] >= count:
        return None  # libFuzzer's own way to end
    code = process.returncode
    return signal.Signals(-code).name if code < 0 else f"exit code {code}: {_last_line(folder / 'log')}"


def _last_line(path: Path) -> str:
    lines = path.read_text(errors="replace").strip().splitlines()
    return lines[-1][:200] if lines else "nothing said"


def _counted(folder: Path) -> tuple[int, ...]:
    return COUNTERS.unpack((folder / "counters").read_bytes())


def _keep_crash(parser: corpus.Parser, folder: Path, failures: Path, ended: str) -> None:
    content = (folder / "runs" / "run" / parser.file).read_bytes()
    failures.mkdir(parents=True, exist_ok=True)
    name = f"{parser.name}-crash-{hashlib.sha256(content).hexdigest()[:12]}"
    (failures / name).write_bytes(content)
    shutil.copyfile(folder / "log", failures / f"{name}.txt")
    with (failures / f"{name}.txt").open("a") as file:
        file.write(f"\n{ended}\n")


def show(rows: list[ledger.Row]) -> None:
    """Print the table."""
    widths = [max(len(column), *(len(str(row[column])) for row in rows)) for column in COLUMNS]
    for row in ({column: column for column in COLUMNS}, *rows):
        print("  ".join(str(row[column]).rjust(width) for column, width in zip(COLUMNS, widths, strict=True)))


def main() -> int:
    """Fuzz each parser in turn; 1 where one of them failed, now or before."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--out", type=Path, default=Path("runs/campaigns"))
    arguments.add_argument("--table", type=Path, help="the file of tables to write the result into")
    arguments.add_argument("--section", default="Damaged files", help="what the table is called there")
    arguments.add_argument("--count", type=int, default=10_000, help="inputs for each parser")
    arguments.add_argument(
        "--parsers", nargs="*", default=list(BY_NAME), choices=list(BY_NAME), metavar="NAME"
    )
    arguments.add_argument("--seeds", nargs="*", default=[], help="folders of more files to begin with")
    arguments.add_argument("--seed", type=int, default=0, help="decides what is drawn")
    arguments.add_argument("--coverage", action="store_true", help="guided by coverage; needs atheris")
    arguments.add_argument(
        "--most-crashes", type=int, default=50, help="processes that may die for one parser"
    )
    for internal in ("--worker", "--folder", "--failures", "--again"):
        arguments.add_argument(internal, help=argparse.SUPPRESS)
    arguments.add_argument("--first", type=int, help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.again:
        return again(BY_NAME[options.worker], Path(options.again))
    if options.worker:
        work(options)
        return 0
    for name in options.parsers:
        campaign(BY_NAME[name], options, options.out)
        found = ledger.rows(options.out / "fuzz.jsonl")
        rows = totals(found)
        print(json.dumps(next(row for row in rows if row["parser"] == name)), file=sys.stderr, flush=True)
        if options.table:
            seeds = ", ".join(map(str, sorted({row["seed"] for row in found})))
            said = (
                f"Inputs drawn from valid and damaged files, some guided by coverage, of at most {SECONDS} s and "
                f"{MEMORY >> 20} MiB; failed is what was neither read nor refused in one line, and of the inputs that "
                f"failed, of which five of a kind are kept, the program of that day was given each again. Seed {seeds}."
            )
            now = totals(found, options.out / "failures")
            report.write(options.table, options.section, ledger.dates(found), said, now)
    show(rows)
    return int(any(row["failures"] for row in rows))


if __name__ == "__main__":
    sys.exit(main())
