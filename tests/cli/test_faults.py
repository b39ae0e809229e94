"""Faults as people meet them at the command line: one line, the right exit code, and nothing lost or given away."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harmonium.cli import main
from harmonium.runs import evaluate as verb

FIXTURES = Path(__file__).parents[1] / "fixtures" / "version-0.1"
SECRET = "hunter2"


def command(*arguments):
    return [sys.executable, "-m", "harmonium", *arguments]


def complaint(capsys, *arguments):
    """What a command that ends with 2 says, on one line."""
    assert main(list(arguments)) == 2
    said = capsys.readouterr()
    (line,) = said.err.splitlines()
    assert line.startswith("harmonium: ")
    assert "\x1b" not in said.out + said.err
    return line


def a_run(name, **config):
    shutil.copytree(FIXTURES / name, name)
    for path in FIXTURES.iterdir():
        if name in ("slot-filling", "sentiment", "rnn-rbm") and "." in path.name:
            shutil.copy(path, path.name)
    path = Path(name, "config.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | config))
    return name


@pytest.mark.parametrize("name", ["mlp", "rbm", "slot-filling", "sentiment", "rnn-rbm", "mcrbm"])
@pytest.mark.parametrize(
    "file", ["secret", "secret.txt", "secret.iob", "secret.csv", "secret.npz", "secret.mat"]
)
def test_data_that_a_config_names_are_not_quoted(name, file, capsys):
    run = a_run(name, data=file)
    Path(file).write_text(f"root:{SECRET}:0\n{SECRET}\tB-x {SECRET}\n\n{SECRET},1\n" * 3)
    for arguments in (["evaluate", run], ["figures", run]):
        assert SECRET not in complaint(capsys, *arguments)
    shutil.copy(Path(run, "config.json"), "sent.json")
    if name != "mcrbm":
        line = complaint(capsys, "train", name, "--config", "sent.json", "--out", "new")
        assert SECRET not in line
        assert not Path("new").exists()


def test_data_that_the_user_names_are_quoted(capsys):
    Path("own.iob").write_text(f"{SECRET} O\n{SECRET}\n\n")
    assert SECRET in complaint(capsys, "train", "slot-filling", "--data", "own.iob", "--out", "new")


def test_a_name_with_markup_and_control_characters_is_shown_as_it_is(capsys):
    name = "a[red]b\x1b[31m\nc[/x]"
    shutil.copytree(a_run("mlp"), name)
    assert main(["evaluate", name]) == 0
    line = complaint(capsys, "evaluate", f"{name}/none") if not capsys.readouterr().err else ""
    assert r"a[red]b\x1b[31m\nc[/x]/none does not exist" in line
    assert main(["figures", name]) == 0
    assert r"a[red]b\x1b[31m\nc[/x]/figures/learning-curves.png" in capsys.readouterr().out


def test_cells_of_a_table_are_shown_as_they_are(capsys):
    from harmonium.cli.reporting import table

    table([{"word": "[red]", "[b]slot": "[/x]", "class": "b\x1b]0;x\x07", "name": "two\nlines"}])
    shown = capsys.readouterr().out
    for cell in ("[red]", "[/x]", "[b]slot", r"b\x1b]0;x\x07", r"two\nlines"):
        assert cell in shown
    assert "\x1b" not in shown
    assert "\x07" not in shown


def test_labels_names_and_notes_cannot_command_a_terminal(capsys, monkeypatch):
    sentence = "show O\n[red] B-[/x]\nnew B-b\x1b]0;x\x07\n\n"
    Path("own.iob").write_text(sentence * 12)
    small = [
        "--hidden",
        "3",
        "--embedding",
        "3",
        "--max-epochs",
        "1",
        "--no-figures",
        "--note",
        "\x1b[31mred",
    ]
    run = "all\x1b[31m/run"
    assert main(["train", "slot-filling", "--data", "own.iob", *small, "--out", run]) == 0
    assert main(["evaluate", run]) == 0
    said = capsys.readouterr()
    assert r"b\x1b]0;x\x07: precision" in said.out
    with monkeypatch.context() as terminal:
        terminal.setattr(sys.stdout, "isatty", lambda: True, raising=False)
        assert main(["runs", "all\x1b[31m", "--csv"]) == 0
    Path(run, "summary.json").write_text("{")
    assert main(["runs", "all\x1b[31m"]) == 2
    runs = capsys.readouterr()
    assert r"damaged: all\x1b[31m/run/summary.json" in runs.err
    assert r"\x1b[31mred" in runs.out
    assert not {"\x1b", "\x07"} & set(said.out + said.err + runs.out + runs.err)


EVERYTHING = """
import contextlib, sys
from harmonium.cli import COMMANDS, main
from harmonium.recipes.catalogue import RECIPES
from harmonium.metrics.table import METRICS

said = [[], ["--help"], *([name, "--help"] for name in COMMANDS), ["data", "describe", "--help"]]
said += [[command, recipe, "--help"] for command in ("train", "search") for recipe in RECIPES]
said += [["explain"], *(["explain", name] for name in METRICS)]
for command in said:
    with contextlib.suppress(SystemExit):
        assert main(command) == 0, command
assert main(["train", "rbm", "--nonsense"]) == 2
assert "jax" not in sys.modules
for command in (["data"], ["data", "describe", "reviews.csv"], ["runs", "."], ["runs", ".", "--csv"]):
    assert main(command) == 0, command
assert main(["data", "describe", "w\\xf6rter\\u6f22.csv"]) == 2
"""
PLAIN = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.mark.parametrize(
    ("encoding", "environment"),
    [(name, {"PYTHONIOENCODING": name}) for name in ("cp1252", "latin-1", "ascii")] + [("ascii", PLAIN)],
)
def test_no_help_list_or_error_fails_for_a_character(encoding, environment):
    texts = "".join(
        f"un café n° {number} – 漢字 \U0001f600,{'gut' if number % 2 else '好'}\n" for number in range(40)
    )
    Path("reviews.csv").write_text(f"text,label\n{texts}", encoding="utf-8")
    Path(a_run("mlp"), "note.txt").write_text("naïve – 漢字\n", encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, "-c", EVERYTHING], capture_output=True, env={**os.environ, **environment}
    )
    assert ended.returncode == 0, ended.stderr
    shown = ended.stdout.decode(encoding)
    assert r"\u597d" in shown
    assert "naïve".encode(encoding, "backslashreplace") in ended.stdout
    assert "wörter\u6f22.csv".encode(encoding, "backslashreplace") in ended.stderr


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError(), "there is not enough memory"),
        (
            RuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 9 bytes.\nmore"),
            "the device has not enough memory",
        ),
        (PermissionError(13, "Permission denied", "some/file"), "cannot use some/file: Permission denied"),
    ],
)
def test_what_the_machine_refuses_is_one_line(error, said, monkeypatch, capsys):
    def fail(*_):
        raise error

    monkeypatch.setattr(verb, "recipe_of", fail)
    assert said in complaint(capsys, "evaluate", a_run("mlp"))


def test_a_bug_is_shown_as_one(monkeypatch):
    monkeypatch.setattr(verb, "recipe_of", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        main(["evaluate", a_run("mlp")])


def test_scores_are_printed_before_they_are_kept(monkeypatch, capsys):
    def fail(*_):
        raise PermissionError(13, "Permission denied", "rbm/log-likelihood.json")

    monkeypatch.setattr("harmonium.training.RunFolder.write_log_likelihood", fail)
    few = ["--log-likelihood", "--chains", "2", "--temperatures", "2", "--json"]
    assert main(["evaluate", a_run("rbm"), *few]) == 2
    said = capsys.readouterr()
    assert "log_likelihood" in json.loads(said.out)["test"]
    assert "log-likelihood.json" in said.err


INTERRUPTED = """
import os, runpy, signal, sys, time
at = sys.argv.pop(1)

class Dropped:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)  # an exception would be shown here, and lost

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == at:
            Dropped()
            time.sleep(5)  # where a thread ends the process, that takes a moment

sys.meta_path.insert(0, Finder())
runpy.run_module("harmonium", run_name="__main__")
"""
IMPORTS = (
    "harmonium.cli",
    "harmonium.errors",
    "threading",
    "harmonium.files",
    "tyro",
    "numpy",
    "jax",
    "equinox",
)


@pytest.mark.skipif(sys.platform == "win32", reason="sends Ctrl+C in another way")
@pytest.mark.parametrize("at", IMPORTS)
@pytest.mark.parametrize(
    "arguments",
    [["train", "mlp", "--data", "digits", "--max-epochs", "1", "--out", "new"], ["evaluate", "rbm"]],
)
def test_ctrl_c_while_something_is_imported_is_one_line(arguments, at):
    a_run("rbm")
    ended = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, at, *arguments], capture_output=True, text=True, timeout=60
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "harmonium: interrupted\n")
    assert not Path("new").exists()


ENDLESS = ["--no-figures", "--patience", "100000000"]
LONG = ["sample", "rbm", "--chains", "20", "--rows", "2", "--steps", "1000000000"]


@pytest.mark.skipif(sys.platform == "win32", reason="sends Ctrl+C in another way")
@pytest.mark.parametrize(("arguments", "wait"), [(LONG, 6.0), (LONG, 1.0), (["demonstrate", "hmc"], 2.0)])
def test_ctrl_c_ends_a_command_within_two_seconds(arguments, wait, start):
    """While XLA computes, and while it is imported."""
    path = a_run("rbm")
    process = start(command(*arguments), stderr=subprocess.PIPE, text=True, start_new_session=True)
    time.sleep(wait)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    started = time.monotonic()
    _, said = process.communicate(timeout=30)
    assert time.monotonic() - started < 2
    assert (process.returncode, said.splitlines()[-1]) == (130, "harmonium: interrupted")
    assert not [name for name in os.listdir(path) if "harmonium-" in name]


@pytest.mark.skipif(sys.platform == "win32", reason="sends Ctrl+C in another way")
def test_ctrl_c_saves_a_training_and_leaves_without_a_fault(start):
    options = ["--data", "digits", "--hidden", "10", "--max-epochs", "100000", "--out", "run", *ENDLESS]
    process = start(
        command("--debug", "train", "mlp", *options),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while not Path("run/metrics.jsonl").exists():
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said.splitlines()[-1]) == (
        130,
        "interrupted; continue with: harmonium resume run",
    )
    assert json.loads(Path("run/summary.json").read_text())["status"] == "interrupted"
    assert not Path("run/.writer").exists()


WITH_A_TERMINAL = (
    "import fcntl, runpy, sys, termios\n"
    "fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
    "runpy.run_module('harmonium', run_name='__main__')\n"
)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such terminals")
def test_a_training_whose_terminal_is_closed_is_saved(start):
    import pty

    ours, theirs = pty.openpty()
    options = ["--data", "digits", "--hidden", "10", "--max-epochs", "100000", "--out", "run", *ENDLESS]
    process = start(
        [sys.executable, "-c", WITH_A_TERMINAL, "train", "mlp", *options, "--verbose"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    os.set_blocking(ours, False)
    while not Path("run/metrics.jsonl").exists():
        assert process.poll() is None
        with contextlib.suppress(BlockingIOError):
            os.read(ours, 2**16)
        time.sleep(0.05)
    os.close(ours)
    assert process.wait(60) == 130
    summary = json.loads(Path("run/summary.json").read_text())
    assert summary["status"] == "interrupted"
    assert Path(f"run/checkpoints/{summary['updates']}").is_dir()


def test_a_run_moved_while_it_trains_stops_with_one_line(start):
    options = ["--data", "digits", "--hidden", "10", "--max-epochs", "100000", "--out", "run", *ENDLESS]
    process = start(command("train", "mlp", *options), stderr=subprocess.PIPE, text=True)
    while not Path("run/metrics.jsonl").exists():
        assert process.poll() is None
        time.sleep(0.05)
    Path("run").rename("moved")
    _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    last = said.splitlines()[-1]
    assert last.startswith("harmonium: the run folder run was moved or deleted while it was being written")
    assert "Traceback" not in said
    assert not Path("run").exists()


def test_a_second_trainer_is_refused_and_told_the_first_ones_process(start):
    options = ["--data", "digits", "--hidden", "10", "--max-epochs", "100000", "--out", "run", *ENDLESS]
    first = start(command("train", "mlp", *options), stderr=subprocess.DEVNULL)
    while not Path("run/metrics.jsonl").exists():
        assert first.poll() is None
        time.sleep(0.05)
    config = Path("run/config.json").read_bytes()
    for arguments in (["train", "mlp", *options], ["resume", "run", "--max-epochs", "3"]):
        second = subprocess.run(command(*arguments), capture_output=True, text=True)
        assert second.returncode == 2
        assert f"run is being written by process {first.pid} of " in second.stderr
    first.terminate()
    assert first.wait(60) == 130
    assert Path("run/config.json").read_bytes() == config


@pytest.mark.parametrize("recipe", ["mlp", "slot-filling", "sentiment", "rnn-rbm"])
def test_an_empty_name_is_not_the_folder_one_is_in(recipe, capsys):
    run = a_run(recipe)
    for name in ("", " "):
        assert "the data have an empty name; give" in complaint(capsys, "train", recipe, "--data", name)
        assert "an empty name" in complaint(capsys, "evaluate", run, "--data", name)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes of this kind")
def test_a_configuration_that_never_ends_is_refused(capsys):
    os.mkfifo("pipe")
    Path("folder").mkdir()
    for name in ("pipe", "/dev/zero", "folder", "none"):
        line = complaint(capsys, "train", "mlp", "--config", name, "--out", "new")
        assert line.startswith(f"harmonium: cannot read the configuration {name}: ")
        assert "those of mlp with a name are: " in line
    for content in (b"[" * 100_000, b"\xff", b"{", b"[1]", b" " * 2**21):
        Path("sent.json").write_bytes(content)
        assert "sent.json" in complaint(capsys, "train", "mlp", "--config", "sent.json", "--out", "new")


def test_a_note_may_hold_bytes_that_are_no_text(capsys):
    from harmonium.training import RunFolder

    folder = RunFolder.new("noted", {"recipe": "mlp"})
    folder.users_note = os.fsdecode(b"caf\xe9")
    folder.begin()
    assert (folder.path / "note.txt").read_bytes() == b"caf\xe9\n"
    assert main(["runs", ".", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["note"] == "caf\ufffd"
    assert "--note" in complaint(capsys, "train", "mlp", "--note", "x" * 5000)


@pytest.mark.parametrize(
    "summary", ['{"array": [[]]}', "{}\n{}", '{"recipe": "mlp"', '{"recipe": "mlp", "data": 1}']
)
def test_a_damaged_summary_is_told_by_all_that_use_the_run_and_mended_by_resume(summary, capsys):
    from PIL import Image

    Image.new("L", (8, 8)).save("x.png")
    assert (
        main(["train", "mlp", "--data", "digits", "--hidden", "5", "--max-epochs", "1", "--out", "run"]) == 0
    )
    capsys.readouterr()
    whole = json.loads(Path("run/summary.json").read_text())
    Path("run/summary.json").write_text(summary)
    for arguments in (["evaluate", "run"], ["predict", "run", "x.png"], ["figures", "run"]):
        assert "run/summary.json is damaged" in complaint(capsys, *arguments)
    assert main(["resume", "run", "--no-figures"]) == 0
    assert json.loads(Path("run/summary.json").read_text())["test"] == whole["test"]
    assert main(["evaluate", "run"]) == 0


def test_an_option_that_is_missing_is_named_as_it_is_written(capsys):
    assert main(["export", "runs/mine"]) == 2
    assert "Missing from harmonium export: --onnx PATH" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["evaluate", "resume", "figures", "page"])
def test_a_folder_of_runs_names_one_of_them(command, capsys):
    for name in ("seed-0", "seed-1"):
        Path("runs/both", name).mkdir(parents=True)
        Path("runs/both", name, "config.json").write_text("{}")
    assert main([command, "runs/both"]) == 2
    said = capsys.readouterr().err
    assert "runs/both is not a run folder, but holds 2 runs; give one of them, as runs/both/seed-0" in said
