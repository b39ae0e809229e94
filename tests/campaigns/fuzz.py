"""Feeds damaged and hostile files to every parser: anything but a `HarmoniumError` is a failure.

    python tests/campaigns/fuzz.py --table results/campaigns.md --count 10000 [--parsers mat npz] [--seeds FOLDER …]

Each parser has a process of its own, which may take 5 seconds of processor time and 1 GB of memory for an input; it
is started anew where it dies, and the input that ended it is counted and kept. With --coverage, and atheris installed,
inputs are kept that reach new lines of harmonium. The table that is printed is also written, with its date, as
fuzz.json into --out, beside the inputs that failed.
"""

import argparse
import contextlib
import datetime
import hashlib
import json
import mmap
import os
import platform
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
from pathlib import Path

import parsers as corpus
import report

SECONDS, WAIT = 5, 60  # of the processor for an input, and on the clock before its process is ended
MEMORY = 2**30  # bytes for an input
COUNTERS = struct.Struct("<qqqqq")  # inputs begun, refused, read, failed, and most memory taken
KEPT = 5  # inputs of one kind of failure
COLUMNS = ("parser", "inputs", "refused", "read", "failures", "most memory, MB", "minutes")
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
    if options.coverage:
        import atheris

        atheris.instrument_imports(include=["harmonium", "zipfile", "tarfile", "pickle"]).__enter__()
    worker = Worker(parser, counters, folder, Path(options.failures))
    mutator = corpus.mutator_of(parser, _seeds(parser, options.seeds, folder))
    for seed in parser.seeds():  # everything is imported, and the caches are filled, before memory is counted
        worker.path.write_bytes(seed)
        with contextlib.suppress(Exception):
            parser.read(worker.path)
    worker.begin()
    if options.coverage:
        _guided(worker, mutator, folder, options)
    while (number := COUNTERS.unpack(counters[: COUNTERS.size])[0]) < options.count:
        worker.input(corpus.drawn(mutator, options.seed, number))


def _seeds(parser: corpus.Parser, folders: list[str], folder: Path) -> list[bytes]:
    """The same for each process of a parser: models are not trained alike to the bit on every machine."""
    kept = folder / "seeds"
    if not kept.exists():
        kept.mkdir()
        for number, content in enumerate(corpus.seeds_of(parser, [Path(one) for one in folders])):
            (kept / f"{number:05d}").write_bytes(content)
    return [path.read_bytes() for path in sorted(kept.iterdir())]


def _guided(worker: Worker, mutator: corpus.m.Mutator, folder: Path, options: argparse.Namespace) -> None:
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
        f"-seed={options.seed + begun + 1}",
        f"-artifact_prefix={folder}/",
        "-print_final_stats=0",
        "-verbosity=0",
        str(folder / "seeds"),
    ]
    atheris.Setup(arguments, worker.input, custom_mutator=mutate)
    atheris.Fuzz()


def campaign(parser: corpus.Parser, options: argparse.Namespace, out: Path) -> dict[str, object]:
    """Run a parser's process until it has read its inputs, however often it dies."""
    count = max(1, int(options.count * parser.share))
    failures = out / "failures"
    crashes: Counter[str] = Counter()
    started = time.monotonic()
    shared = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=shared, prefix="harmonium-fuzz-") as name:
        folder = Path(name)
        (folder / "counters").write_bytes(bytes(COUNTERS.size))
        while (begun := _counted(folder)[0]) < count:
            ended = _process(parser, options, count, folder, failures)
            if ended is None:
                break
            if _counted(folder)[0] == begun:  # it does not even begin
                raise SystemExit(f"{parser.name}: the process ends with {ended} before its first input")
            crashes[ended] += 1
            _keep_crash(parser, folder, failures, ended)
            if sum(crashes.values()) > options.most_crashes:
                break
        begun, refused, read, failed, most = _counted(folder)
    return {
        "parser": parser.name,
        "inputs": begun,
        "refused": refused,
        "read": read,
        "failures": failed + sum(crashes.values()),
        "crashes": dict(crashes),
        "most memory, MB": round(most / 1e6),
        "minutes": round((time.monotonic() - started) / 60, 1),
    }


def _process(
    parser: corpus.Parser, options: argparse.Namespace, count: int, folder: Path, failures: Path
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
    command += ["--failures", str(failures), "--seed", str(options.seed), "--seeds", *options.seeds]
    command += ["--coverage"] if options.coverage else []
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, env={**os.environ, "JAX_PLATFORMS": "cpu"}
        )
        seen, since = _counted(folder), time.monotonic()
        while process.poll() is None:
            time.sleep(0.2)
            if (now := _counted(folder)) != seen:
                seen, since = now, time.monotonic()
            # The first input waits for imports and for runs that are trained to be damaged.
            elif time.monotonic() - since > (WAIT if now[0] else 10 * WAIT):
                process.kill()
                process.wait()
                return f"no end after {WAIT} s"
    if process.returncode == 0:
        return None
    if process.returncode > 0 and _counted(folder)[0] >= count:
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


def show(rows: list[dict[str, object]]) -> None:
    """Print the table."""
    widths = [max(len(column), *(len(str(row[column])) for row in rows)) for column in COLUMNS]
    for row in ({column: column for column in COLUMNS}, *rows):
        print("  ".join(str(row[column]).rjust(width) for column, width in zip(COLUMNS, widths, strict=True)))


def main() -> int:
    """Fuzz each parser in turn; 1 where one of them failed."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--out", type=Path, default=Path("runs/campaigns"))
    arguments.add_argument("--table", type=Path, help="the file of tables to write the result into")
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
    for internal in ("--worker", "--folder", "--failures"):
        arguments.add_argument(internal, help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.worker:
        work(options)
        return 0
    options.out.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, object]] = []
    for name in options.parsers:
        rows.append(campaign(BY_NAME[name], options, options.out))
        print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
        written = {
            "date": datetime.date.today().isoformat(),
            "machine": platform.platform(),
            "seed": options.seed,
            "guided by coverage": options.coverage,
            "limits": {"seconds": SECONDS, "bytes": MEMORY},
            "parsers": rows,
        }
        (options.out / "fuzz.json").write_text(json.dumps(written, indent=2) + "\n")
        if options.table:
            report.write(
                options.table,
                "Damaged files",
                f"Inputs drawn from valid and damaged files, at most {SECONDS} s and {MEMORY >> 20} MiB each; wrong is "
                f"what was neither read nor refused in one line. Seed {options.seed}.",
                [{column: row[column] for column in COLUMNS} for row in rows],
            )
    show(rows)
    return int(any(row["failures"] for row in rows))


if __name__ == "__main__":
    sys.exit(main())
