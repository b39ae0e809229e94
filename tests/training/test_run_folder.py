"""A run folder belongs to one process, stays where it is, and leads nowhere else."""

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import jax
import pytest

from harmonium.errors import CheckpointError, ConfigError, HarmoniumError
from harmonium.files import temporary_prefix
from harmonium.models import MLP
from harmonium.training import RunFolder
from harmonium.training.taken_phases import take_phases

MODEL = MLP.init(4, (3,), 2, key=jax.random.key(0))
LINE = {"epoch": 1, "update": 1}


@pytest.fixture
def folder():
    begun = RunFolder.new("runs/run", {"recipe": "mlp"})
    begun.begin()
    yield begun
    begun.release()


def elsewhere(code):
    """What another process says that works on the same folder, and its exit code."""
    program = (
        "import sys; from harmonium.training import RunFolder; from harmonium.errors import HarmoniumError\n"
    )
    program += (
        f"try:\n  {code}\nexcept HarmoniumError as error: sys.exit(f'{{type(error).__name__}}: {{error}}')"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    return ended.returncode, ended.stderr.strip()


@pytest.mark.parametrize(
    "code",
    [
        "RunFolder.new('runs/run', {'recipe': 'mlp'})",
        "RunFolder.open('runs/run').begin()",
        "RunFolder('runs/run').locked().__enter__()",
    ],
)
def test_a_second_process_is_refused_and_told_who_writes(folder, code):
    ended, said = elsewhere(code)
    assert (ended, said.split(";")[0]) == (
        1,
        f"ConfigError: runs/run is being written by process {os.getpid()} of {os.uname().nodename}",
    )
    folder.release()
    assert elsewhere("RunFolder.open('runs/run').begin()") == (0, "")
    ended, said = elsewhere("RunFolder.new('runs/run', {'recipe': 'mlp'})")
    assert "exists already; give another --out" in said


def test_a_lock_ends_with_its_process_however_that_ends():
    code = "import os; RunFolder.new('run', {'recipe': 'mlp'}).begin(); os.kill(os.getpid(), 9)"
    assert elsewhere(code)[0] == -9
    again = RunFolder.open("run")
    again.begin()
    again.release()


def test_a_folder_may_be_held_twice_in_one_process(folder):
    again = RunFolder.open("runs/run")
    again.begin()
    folder.release()
    assert "is being written" in elsewhere("RunFolder.open('runs/run').begin()")[1]
    again.release()
    assert elsewhere("RunFolder.open('runs/run').begin()") == (0, "")


def test_what_a_run_killed_at_its_beginning_has_left_can_be_begun_anew():
    Path("run").mkdir()
    for name in (".lock", ".writer", "vocabulary.json"):
        Path("run", name).touch()
    begun = RunFolder.new("run", {"recipe": "mlp"})
    begun.begin()
    assert begun.config() == {"recipe": "mlp"}
    begun.release()
    shutil.rmtree("run")
    Path("run").mkdir()
    Path("run/thesis.tex").touch()
    with pytest.raises(ConfigError, match="exists already"):
        RunFolder.new("run", {"recipe": "mlp"})


def of_the_dead(name):
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return temporary_prefix(Path(name)).replace(f"-{os.getpid()}-", f"-{process.pid}-") + "abcd_012"


def test_leftovers_are_swept_beside_the_folder_and_below_it():
    folder = RunFolder.new("runs/run", {"recipe": "mlp"})
    folder.begin()
    folder.save_snapshot(1, MODEL, {})
    folder.release()
    left = [Path(place, of_the_dead("x")) for place in ("runs", "runs/run", "runs/run/snapshots")]
    for path in left:
        path.touch()
    with RunFolder.open("runs/run").locked():
        assert not any(path.exists() for path in left)
    assert [path.name for path in Path("runs/run/snapshots").iterdir()] == ["epoch-00001.safetensors"]


WRITES = [
    lambda run: run.record(LINE),
    lambda run: run.save_model(MODEL),
    lambda run: run.save_snapshot(1, MODEL, {}),
    lambda run: run.write_summary({}),
    lambda run: run.write_config({}),
    lambda run: run.forget_after(1),
]


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("fate", ["moved", "deleted", "half deleted", "another"])
def test_a_folder_that_is_gone_is_never_made_again(folder, write, fate):
    folder.record(LINE)
    if fate == "half deleted":
        (folder.path / "config.json").unlink()
    elif fate == "deleted":
        shutil.rmtree(folder.path)
    else:
        folder.path.rename("elsewhere")
        if fate == "another":
            shutil.copytree("elsewhere", folder.path)
    before = sorted(Path("runs").rglob("*"))
    with pytest.raises(HarmoniumError, match="runs/run was moved or deleted while it was being written"):
        write(folder)
    assert sorted(Path("runs").rglob("*")) == before


@pytest.mark.parametrize(
    "name",
    [
        "metrics.jsonl",
        "summary.json",
        "model.safetensors",
        ".lock",
        "checkpoints",
        "pretraining",
        "snapshots",
        "figures",
    ],
)
def test_links_are_refused_and_nothing_outside_is_touched(name):
    Path("outside").mkdir()
    Path("outside/precious").write_text("kept")
    Path("run").mkdir()
    Path("run/config.json").write_text('{"recipe": "mlp"}')
    target = "outside/precious" if "." in name else "outside"
    Path("run", name).symlink_to(Path(target).absolute())
    for use in (lambda: RunFolder.open("run"), lambda: RunFolder("run").begin()):
        with pytest.raises(
            CheckpointError, match=f"^run/{name} is a link, and nothing in run is read or written"
        ):
            use()
    assert os.listdir("outside") == ["precious"]
    assert Path("outside/precious").read_text() == "kept"


def test_a_link_deep_in_a_phase_and_a_pipe_are_refused():
    Path("run/pretraining/layer-1").mkdir(parents=True)
    Path("run/config.json").write_text('{"recipe": "mlp"}')
    Path("run/pretraining/layer-1/model.safetensors").symlink_to("/etc/passwd")
    with pytest.raises(CheckpointError, match=r"layer-1/model.safetensors is a link"):
        RunFolder.open("run")
    Path("run/pretraining/layer-1/model.safetensors").unlink()
    os.mkfifo("run/metrics.jsonl")
    with pytest.raises(CheckpointError, match=r"run/metrics.jsonl is a pipe"):
        RunFolder.open("run")


def test_a_run_itself_may_be_reached_by_a_link(folder):
    Path("latest").symlink_to("runs/run")
    assert RunFolder.open("latest").config() == {"recipe": "mlp"}


def test_phases_are_taken_over_whole_and_by_named_files_alone(folder):
    source = Path("other/pretraining/layer-1")
    (source / "checkpoints").mkdir(parents=True)
    Path("other/config.json").write_text("{}")
    for name in ("config.json", "summary.json", "model.safetensors", "virus.exe"):
        (source / name).write_text(name)
    (source / "metrics.jsonl").symlink_to("/etc/passwd")
    take_phases(folder, RunFolder("other"), ["layer-1"])
    taken = folder.path / "pretraining" / "layer-1"
    assert sorted(os.listdir(taken)) == ["config.json", "model.safetensors", "summary.json"]
    assert (taken / "summary.json").read_text() == "summary.json"
    assert not [path for path in folder.path.iterdir() if "harmonium-" in path.name]


def test_phases_are_absent_where_the_copy_fails(folder, monkeypatch):
    Path("other/pretraining/layer-1").mkdir(parents=True)
    Path("other/pretraining/layer-1/config.json").write_text("{}")
    monkeypatch.setattr(
        shutil, "copyfile", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device"))
    )
    with pytest.raises(HarmoniumError, match="the disk is full"):
        take_phases(folder, RunFolder("other"), ["layer-1"])
    assert not [path for path in folder.path.iterdir() if "pretraining" in path.name]


def test_a_record_is_a_line(folder):
    folder.record(LINE)
    assert json.loads((folder.path / "metrics.jsonl").read_text()) == LINE == folder.records()[0]


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_file_system_without_locks_is_said_once_and_gone_on(monkeypatch, capsys, number):
    """By what the system itself says, so that what filelock makes of it is tried too."""
    fcntl = pytest.importorskip("fcntl")

    def none(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", none)
    folder = RunFolder.new("run", {"recipe": "mlp"})
    folder.begin()
    folder.begin()
    folder.record(LINE)
    folder.release()
    assert capsys.readouterr().err.splitlines() == [
        "run: its file system has no locks; let one process at a time write there"
    ]
    assert folder.records() == [LINE]
