"""The list of runs: sorted, filtered, narrow, and undisturbed by damaged ones; and their removal."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

import harmonium as hm
from harmonium.cli import main


def made(path, recipe="mlp", error=0.1, metric="error_rate", data="mnist", **more):
    path.mkdir(parents=True)
    (path / "config.json").write_text(json.dumps({"recipe": recipe, "data": data}))
    scores = {metric: error}
    summary = {
        "recipe": recipe,
        "status": "finished",
        "data": {"name": data},
        "valid": scores,
        "test": scores,
    }
    summary |= {"epochs": 3, "updates": 6, "seconds_training": 61.0, "best_epoch": 2, "seed": 0}
    (path / "summary.json").write_text(json.dumps(summary | more))


@pytest.fixture
def runs(tmp_path):
    made(tmp_path / "runs/b", error=0.2)
    made(tmp_path / "runs/a", error=0.3, data="digits")
    made(tmp_path / "runs/search-mlp/trial-000", error=0.1)
    made(tmp_path / "runs/r", "rbm", -60.0, "pseudo_log_likelihood")
    made(tmp_path / "runs/dbn", "dbn", status="interrupted")
    made(tmp_path / "runs/dbn/pretraining/layer-1", "rbm")
    return tmp_path / "runs"


def listed(capsys, *options):
    assert main(["runs", *options, "--json"]) == 0
    return [run["run"] for run in json.loads(capsys.readouterr().out)]


def test_runs_inside_searches_are_listed_and_phases_are_not(runs, capsys):
    assert set(listed(capsys)) == {"runs/b", "runs/a", "runs/search-mlp/trial-000", "runs/r", "runs/dbn"}


def test_trials_of_a_search_show_no_test_score(runs, capsys):
    assert main(["runs", "runs/search-mlp"]) == 0
    said = capsys.readouterr().out
    assert "10.00%" in said
    assert "test" not in said
    assert main(["runs", "--csv"]) == 0
    lines = {line["run"]: line for line in csv.DictReader(io.StringIO(capsys.readouterr().out))}
    assert lines["runs/search-mlp/trial-000"]["test_error_rate"] == ""
    assert lines["runs/a"]["test_error_rate"] == "0.3"


def test_they_are_filtered(runs, capsys):
    assert listed(capsys, "--recipe", "rbm") == ["runs/r"]
    assert listed(capsys, "--status", "interrupted") == ["runs/dbn"]
    assert listed(capsys, "--data", "digits") == ["runs/a"]


def test_the_best_come_first_each_metric_its_own_way(runs, capsys):
    made(runs / "better", "rbm", -50.0, "pseudo_log_likelihood")
    made(runs / "unscored", valid=None, test=None)
    order = listed(capsys, "--sort", "valid")
    assert order[:4] == ["runs/dbn", "runs/search-mlp/trial-000", "runs/b", "runs/a"] or order[:4] == [
        "runs/search-mlp/trial-000", "runs/dbn", "runs/b", "runs/a"
    ]  # fmt: skip
    assert order[4:] == ["runs/better", "runs/r", "runs/unscored"]


def test_a_hundred_runs_fit_80_columns(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    for number in range(100):
        made(tmp_path / f"runs/mlp-20261125-{number:06d}")
    assert main(["runs"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 102
    assert max(map(len, lines[:101])) <= 80


@pytest.mark.parametrize(
    "damage",
    [
        '{"recipe": 3}',
        "[]",
        "{",
        '{"recipe": "mlp", "status": "finished", "data": {"name": "x"}, "valid": 7}',
        "\x00",
    ],
)
def test_one_damaged_run_hides_no_other(damage, runs, capsys):
    (runs / "b/summary.json").write_text(damage)
    assert main(["runs"]) == 2  # the others are shown all the same
    out, err = capsys.readouterr()
    assert "damaged" in out
    assert "runs/b" in err
    assert "trial-000" in out


def test_csv_holds_all_scores(runs, capsys):
    assert main(["runs", "--csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {row["run"]: row["valid_error_rate"] for row in rows}["runs/a"] == "0.3"


def test_a_run_is_called_and_noted(tmp_path, capsys):
    small = ["--data", "digits", "--max-epochs", "1", "--no-figures", "--quiet"]
    assert main(["train", "mlp", *small, "--name", "mine", "--note", "the first"]) == 0
    assert capsys.readouterr().err == ""
    assert main(["runs"]) == 0
    assert "the first" in capsys.readouterr().out
    assert main(["train", "mlp", *small, "--name", "a/b"]) == 2
    assert main(["train", "mlp", *small, "--seeds", "2", "--note", "twice"]) == 0
    capsys.readouterr()
    assert main(["runs", "--json"]) == 0
    notes = [run.get("note") for run in json.loads(capsys.readouterr().out)]
    assert sorted(notes) == ["the first", "twice", "twice"]


class Answer(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(("answer", "left"), [("y\n", False), ("\n", True), ("no\n", True)])
def test_removal_is_asked_for(answer, left, runs, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", Answer(answer))
    assert main(["runs", "remove", "runs/b"]) == 0
    assert (runs / "b").exists() == left
    assert "remove 1 run" in capsys.readouterr().err


def test_nobody_asked_removes_nothing(runs, capsys):
    assert main(["runs", "remove", "runs/b"]) == 2
    assert (runs / "b").exists()
    assert main(["runs", "remove", "runs/b", "runs/search-mlp", "--yes"]) == 0
    assert not (runs / "b").exists()
    assert not (runs / "search-mlp").exists()
    assert (runs / "a").exists()


def test_what_is_no_run_is_not_removed(runs, tmp_path):
    (tmp_path / "photos").mkdir()
    (runs / "thesis.txt").write_text("years of work")
    (tmp_path / "link").symlink_to(runs / "a")
    for path in ("photos", "runs", "link", "none"):
        assert main(["runs", "remove", path, "--yes"]) == 2
    assert (runs / "thesis.txt").exists()
    assert (runs / "a").exists()


def test_a_run_that_is_written_is_not_removed(runs, capsys):
    hold = (
        "import sys; from harmonium.training import RunFolder\n"
        "with RunFolder('runs/a').locked(): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold], cwd=runs.parent, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout.readline() == b"held\n"
        assert main(["runs", "remove", "runs/a", "--yes"]) == 2
        other.stdin.close()
    assert "being written" in capsys.readouterr().err
    assert (runs / "a/summary.json").exists()


def test_the_old_name_of_an_option_is_taken_and_the_new_one_said(capsys, monkeypatch):
    from harmonium.recipes.mlp import MLPRecipe

    monkeypatch.setattr(MLPRecipe, "renamed", {"units": "hidden", "rate": "learning_rate"})
    small = ["--data", "digits", "--max-epochs", "1", "--no-figures", "--quiet"]
    assert main(["train", "mlp", *small, "--units", "7", "--rate=0.02", "--out", "run"]) == 0
    said = capsys.readouterr().err
    assert "--units is now called --hidden" in said
    assert "--rate is now called --learning-rate" in said
    config = json.loads(Path("run/config.json").read_text())
    assert (config["hidden"], config["learning_rate"]) == ([7], 0.02)
    assert hm.train("mlp", data="digits", max_epochs=1, units=5).recipe.hidden == (5,)


def test_a_folder_that_may_not_be_read_hides_no_run(runs, monkeypatch, capsys):
    whole = Path.iterdir

    def iterdir(path):
        if path.name == "search-mlp":
            raise PermissionError(13, "Permission denied", str(path))
        return whole(path)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    assert main(["runs", "--json"]) == 2
    found = {run["run"] for run in json.loads(capsys.readouterr().out)}
    assert found == {"runs/b", "runs/a", "runs/search-mlp", "runs/r", "runs/dbn"}
    assert main(["runs"]) == 2
    said = capsys.readouterr()
    assert "damaged: " in said.err
    assert "search-mlp" in said.err
    assert "0.2" in said.out or "20.0" in said.out


def test_a_note_that_is_a_link_gives_nothing_away(runs, capsys):
    Path("secret").write_text("hunter2")
    (runs / "a/note.txt").symlink_to(Path("secret").absolute())
    assert main(["runs"]) == 2
    said = capsys.readouterr()
    assert "hunter2" not in said.out + said.err
    assert "runs/a/note.txt is a link" in said.err
