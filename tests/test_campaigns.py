"""The scripts of tests/campaigns count what they should; the campaigns themselves take hours."""

import json
import mmap
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

CAMPAIGNS = Path(__file__).parent / "campaigns"
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are Linux's")


@pytest.fixture
def fuzz(monkeypatch):
    monkeypatch.syspath_prepend(str(CAMPAIGNS))
    import fuzz

    yield fuzz
    signal.setitimer(signal.ITIMER_PROF, 0)


def test_a_short_campaign_reads_and_refuses_and_finds_nothing(fuzz, tmp_path):
    command = [
        sys.executable,
        CAMPAIGNS / "fuzz.py",
        "--out",
        tmp_path,
        "--count",
        "60",
        "--parsers",
        "idx",
        "mat",
    ]
    subprocess.run(command, check=True, capture_output=True)
    rows = fuzz.totals(fuzz.ledger.rows(tmp_path / "fuzz.jsonl"))
    assert [row["parser"] for row in rows] == ["idx", "mat"]
    for row in rows:
        assert row["refused"] + row["read"] == row["inputs"] == 60
        assert row["refused"] > 5
        assert row["read"] > 2
        assert row["failures"] == 0
    assert not (tmp_path / "failures").exists()


@pytest.mark.parametrize(
    ("fault", "crash"),
    [
        ("os.abort()", "SIGABRT"),
        (
            "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGPROF])\n        while True: pass",
            "no end after 1 s of the processor or 600 on the clock",
        ),
    ],
)
def test_a_process_that_dies_or_never_ends_is_counted_and_its_input_kept(fault, crash, fuzz, tmp_path):
    """Where a reader ends the process, or keeps the processor, at the sight of a byte; to wait is neither."""
    script = tmp_path / "dies.py"
    script.write_text(
        "import os, signal, sys, time\n"
        f"sys.path.insert(0, {str(CAMPAIGNS)!r})\n"
        "import fuzz, parsers\n"
        "fuzz.__file__, fuzz.STUCK = __file__, 1\n"
        "def read(path):\n"
        "    if path.read_bytes() == b'c': time.sleep(2)\n"
        "    if b'\\xff' in path.read_bytes():\n"
        f"        {fault}\n"
        "fuzz.BY_NAME['idx'] = parsers.Parser('idx', 'x', lambda: [b'a'], read)\n"
        "fuzz._seeds = lambda *_: [b'a', b'b\\xff', b'c']\n"
        "sys.exit(fuzz.main())\n"
    )
    command = [sys.executable, script, "--out", tmp_path, "--count", "3", "--parsers", "idx"]
    assert subprocess.run(command, capture_output=True).returncode == 1
    rows = fuzz.ledger.rows(tmp_path / "fuzz.jsonl")
    (total,) = fuzz.totals(rows)
    assert (total["inputs"], total["read"], total["failures"]) == (3, 2, 1)
    assert next(row["crashes"] for row in rows if row["crashes"]) == {crash: 1}
    (kept,) = (path for path in (tmp_path / "failures").iterdir() if path.suffix != ".txt")
    assert kept.read_bytes() == b"b\xff"
    (now,) = fuzz.totals(rows, tmp_path / "failures")
    assert now["still fail"] == 0  # here the reader is the usual one


@pytest.mark.parametrize(("content", "fails"), [(b"refused", 0), (b"a bug", 1)])
def test_an_input_that_failed_is_tried_again(content, fails, fuzz, tmp_path, monkeypatch):
    from harmonium.errors import DataError

    def read(path):
        if path.read_bytes() == b"refused":
            raise DataError("a reason")
        raise KeyError("x")

    monkeypatch.setattr(fuzz.Worker, "begin", lambda _: None)  # whose limits would stay
    (tmp_path / "input").write_bytes(content)
    assert fuzz.again(fuzz.corpus.Parser("mine", "x", list, read), tmp_path / "input") == fails


def test_each_kind_of_failure_is_one(fuzz, tmp_path, monkeypatch):
    from harmonium.errors import DataError

    def read(path):
        match path.read_bytes():
            case b"refused":
                raise DataError("a reason")
            case b"lines":
                raise DataError("a reason\nand more")
            case b"memory":
                raise DataError("a reason") from MemoryError()
            case b"bug":
                raise KeyError("x")
            case b"slow":
                while True:
                    pass

    monkeypatch.setattr(fuzz, "SECONDS", 0.2)
    (tmp_path / "counters").write_bytes(bytes(fuzz.COUNTERS.size))
    parser = fuzz.corpus.Parser("mine", "x", list, read)
    with (
        (tmp_path / "counters").open("r+b") as file,
        mmap.mmap(file.fileno(), fuzz.COUNTERS.size) as counters,
    ):
        worker = fuzz.Worker(parser, counters, tmp_path, tmp_path / "failures")
        before = signal.signal(signal.SIGPROF, worker._too_slow)
        try:
            for content in (b"fine", b"refused", b"lines", b"memory", b"bug", b"slow"):
                worker.input(content)
        finally:
            signal.signal(signal.SIGPROF, before)
        begun, refused, done, failed, _ = fuzz.COUNTERS.unpack(counters[:])
    assert (begun, refused, done, failed) == (6, 1, 1, 4)
    said = sorted(path.read_text().split("\n")[0] for path in (tmp_path / "failures").glob("*.txt"))
    assert [line.split(":")[0] for line in said] == [
        "KeyError",
        "more than 0.2 s",
        "more than 1 GB",
        "several lines",
    ]


def test_inputs_depend_on_nothing_but_their_number(fuzz):
    for name in ("npz", "png", "mat"):
        parser = fuzz.BY_NAME[name]
        seeds = parser.seeds()
        once, again = (
            [fuzz.corpus.drawn(fuzz.corpus.mutator_of(parser, seeds), 3, number) for number in numbers]
            for numbers in (range(40), reversed(range(40)))
        )
        assert once == again[::-1]
        assert len(set(once)) > 30
        assert once[: len(seeds)] == seeds[:40]


def test_inputs_are_the_same_on_any_day(fuzz, monkeypatch):
    made, runs = [], fuzz.corpus.runs.PARSERS  # which are trained, and keep their time
    for day in (1e9, 1.5e9):
        monkeypatch.setattr("time.time", lambda day=day: day)
        made.append(
            {one.name: fuzz.corpus.seeds_of(one, []) for one in fuzz.corpus.PARSERS if one not in runs}
        )
    once, again = made
    assert [name for name in once if once[name] != again[name]] == []


def test_a_campaign_goes_on_where_it_was_and_adds_up(fuzz, tmp_path):
    command = [sys.executable, CAMPAIGNS / "fuzz.py", "--out", tmp_path, "--parsers", "midi"]
    command += ["--table", tmp_path / "table.md"]
    for count in ("20", "50"):
        subprocess.run([*command, "--count", count], check=True, capture_output=True)
    rows = fuzz.ledger.rows(tmp_path / "fuzz.jsonl")
    assert [row["inputs"] for row in rows] == [20, 30]
    once = tmp_path / "once"
    subprocess.run([*command[:3], once, *command[4:], "--count", "50"], check=True, capture_output=True)
    (alone,), (together,) = (
        fuzz.totals(fuzz.ledger.rows(place / "fuzz.jsonl")) for place in (once, tmp_path)
    )
    for column in ("inputs", "refused", "read", "failures"):
        assert alone[column] == together[column]
    assert f"| midi | 50 | 0 | {together['refused']} |" in (tmp_path / "table.md").read_text()


def test_a_ledger_that_was_cut_loses_its_last_line_alone(fuzz, tmp_path):
    path = tmp_path / "x.jsonl"
    for number in range(3):
        fuzz.ledger.add(path, {"number": number})
    path.write_bytes(path.read_bytes()[:-5])
    assert [row["number"] for row in fuzz.ledger.rows(path)] == [0, 1]


def test_the_damage_that_campaigns_have_found_is_drawn_first(fuzz):
    for name in ("npz", "npy", "png", "mat", "zip", "tar"):
        parser = fuzz.BY_NAME[name]
        damaged = parser.damaged(parser.seeds()[0])
        assert damaged
        assert set(damaged) <= set(fuzz.corpus.seeds_of(parser, []))


@pytest.fixture
def kills(monkeypatch, tmp_path):
    """The script, of which no process starts: a run is a folder of text, and `does` is what the next commands do."""
    monkeypatch.syspath_prepend(str(CAMPAIGNS))
    import kills

    kills.does = []

    def harmonium(command, folder, after=None, *, fresh=False):
        return kills.does.pop(0)(folder / "run")

    monkeypatch.setattr(kills, "harmonium", harmonium)
    return kills


def writing(text, code=0, valid=0.5, **files):
    """A command that writes a run, and ends with a code; None where it is killed."""

    def run(out):
        out.mkdir(exist_ok=True)
        (out / "config.json").write_text("{}")
        (out / "model.safetensors").write_text(text)
        summary = {"status": "finished", "seconds_training": len(text), "valid": valid}
        (out / "summary.json").write_text(json.dumps(summary))
        for name, content in files.items():
            (out / name).write_text(content)
        (out.parent / "log").write_text("said at last\n")
        return code

    return run


@pytest.mark.parametrize(
    ("ends", "lost"),
    [
        (writing("model"), ""),
        (writing("other"), "not bit-identical: model.safetensors"),
        (writing("model", valid=0.25), "not bit-identical: summary.json"),
        (writing("model", more=""), "not bit-identical: more"),
        (writing("model", 2), "resume ended with 2: said at last"),
        (writing("model", **{".x.harmonium-1": ""}), "leftovers: run/.x.harmonium-1"),
    ],
)
def test_a_run_is_lost_where_it_differs_or_leaves_something_or_cannot_go_on(ends, lost, kills, tmp_path):
    writing("model")(tmp_path / "whole")
    case = kills.Case("mine", "train mine --out {out}")
    kills.does = [writing("half", None), *[writing("half", None)] * 3, ends]
    rng = random.Random(0)
    rng.random = iter((0.5, *(0.1, 0.5) * 3, 0.9)).__next__  # when it is killed, and whether it is again
    found = kills.one_kill(case, kills.contents(tmp_path / "whole"), 1.0, rng, tmp_path / "broken", None)
    assert (found["kills"], found["lost"]) == (4, lost)
    assert found["at"] == ["at the end"] * 4
    assert kills.totals([{"case": "mine", **found}])[-1]["lost"] == bool(lost)


PROGRAMS = """
import os, pathlib, sys
sys.path.insert(0, sys.argv[1])
import programs
programs.IMPORTED = ("harmonium.cli",)
for fresh in (True, False):
    here, log = pathlib.Path(), pathlib.Path(f"log-{fresh}").absolute()
    assert programs.start("explain error_rate", here, log, fresh=fresh).ended() == 0
    assert "error_rate" in log.read_text()
    assert programs.start("explain nothing", here, log, fresh=fresh).ended() == 2
    program = programs.start("demonstrate hmc", here, log, fresh=fresh)
    assert program.ended(0.05) is None
    program.kill()
    assert "Traceback" not in log.read_text()
    try:
        os.kill(program.process, 0)
    except ProcessLookupError:
        print("gone")
"""


def test_commands_end_with_their_codes_or_are_killed_anew_and_in_forks(tmp_path):
    command = [sys.executable, "-c", PROGRAMS, CAMPAIGNS]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert ended.stdout.split() == ["gone", "gone"], ended.stderr


def test_what_dies_for_want_of_memory_is_told_by_its_last_words_without_places(monkeypatch):
    monkeypatch.syspath_prepend(str(CAMPAIGNS))
    import memory

    rows = [{"case": "draw", "how": "done", "said": ""}]
    rows.append({"case": "draw", "how": "died", "said": "ImportError: /home/me/x.so: no room"})
    of, whole = memory.totals(rows)
    assert (of["runs"], of["died"], of["their last words"]) == (2, 1, "ImportError: x.so: no room")
    assert (whole["runs"], whole["died"], whole["their last words"]) == (2, 1, "")
