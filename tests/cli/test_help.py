"""Help, misspelt options, completion and the explanation of numbers."""

import contextlib
import os
import shutil
import subprocess
import sys

import pytest

from harmonium.cli import COMMANDS, completion, main
from harmonium.cli.help import GROUPS, ORDER, TERMS, options_of, paragraphs
from harmonium.cli.train import Options
from harmonium.metrics.table import METRICS
from harmonium.recipes.catalogue import RECIPES
from harmonium.recipes.shared.recipe import recipe_class


def help_of(capsys, *command):
    with contextlib.suppress(SystemExit):
        main([*command, "--help"])
    return capsys.readouterr().out


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_option_of_a_recipe_is_in_one_group_and_fits(recipe, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    out = help_of(capsys, "train", recipe)
    assert max(map(len, out.splitlines())) <= 80
    titles = [line[:-1] for line in out.splitlines() if line[:-1] in ORDER and line[-1] == ":"]
    assert titles == [name for name in ORDER if name in titles]
    assert set(titles) >= {"data", "learning", "stopping", "output"}
    for option in options_of(Options[recipe_class(recipe)]):
        assert out.count(f"\n  {option.heading()}\n") + out.count(f"\n  {option.heading()} ") == 1, (
            option.name
        )
        assert option.words, f"{option.name} is not explained"


def test_no_setting_of_learning_stands_under_model(capsys):
    learned = {"centred", "tempering", "pretraining", "known_frames", "learned_start", "language_epochs"}
    assert learned <= set(GROUPS["learning"])
    out = help_of(capsys, "train", "rbm")
    assert out.index("\nlearning:") < out.index("centred") < out.index("\nstopping:")


def test_every_grouped_setting_exists():
    known = {option.field for name in RECIPES for option in options_of(Options[recipe_class(name)])}
    elsewhere = {  # of data, of other commands
        "size", "grey", "invert", "scale", "target", "split", "group", "tokens", "text_column", "word_column",
        "label_column",
        "yes", "csv", "animate", "wav",
    }  # fmt: skip
    assert {field for fields in GROUPS.values() for field in fields} - known <= elsewhere


def test_the_help_of_an_rbm_explains_its_terms_once(capsys):
    out = help_of(capsys, "train", "rbm")
    for term in ("PCD", "CD", "Gibbs step"):
        assert out.count(f"\n  {term} ") == 1
        assert TERMS[term].split(":")[0] in " ".join(out.split())
    assert "example:\n  harmonium train rbm " in out


@pytest.mark.parametrize(
    "command", [[], *([name] for name in COMMANDS), ["data", "describe"], ["data", "fetch"]]
)
def test_the_help_of_every_command_fits(command, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert max(map(len, help_of(capsys, *command).splitlines())) <= 80


def test_lines_that_hold_a_colon_are_one_paragraph_and_lines_that_explain_stay():
    assert (
        paragraphs("Rows: .csv, .tsv and\nmore. Texts: a folder.", 80)
        == "Rows: .csv, .tsv and more. Texts: a folder."
    )
    assert paragraphs("one: this\ntwo: that", 80) == "one: this\ntwo: that"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_an_example(command, capsys):
    out = help_of(capsys, command)
    assert "harmonium " in out.split("\n", 1)[1]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("--epochs", "--max-epochs"),
        ("--hiden", "--hidden"),
        ("--lr", "--learning-rate"),
        ("--no-shufle", "--no-shuffle"),
    ],
)
@pytest.mark.parametrize("terminal", [False, True])
def test_a_misspelt_option_gets_its_neighbour(terminal, given, meant, capsys, monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    assert main(["train", "mlp", given, "3"]) == 2
    said = capsys.readouterr().err
    assert f"did you mean {meant}?" in said
    assert said.startswith("harmonium: Unrecognized options: --")
    assert "x1b" not in said


def test_an_option_of_several_values_needs_one(capsys):
    assert main(["train", "mlp", "--hidden", "--data", "digits"]) == 2
    assert capsys.readouterr().err == "harmonium: --hidden needs at least one value\n"


def test_the_version_is_told(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("harmonium 0.")


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        (["tr"], ["train"]),
        (["train", "le"], ["lenet"]),
        (["train", "mlp", "--pat"], ["--patience", "--patience-increase"]),
        (["train", "mlp", "--optimizer", "ad"], ["adadelta", "adam"]),
        (["train", "mlp", "--data", "mn"], ["mnist"]),
        (["data", "fetch", "im"], ["imdb"]),
        (["evaluate", "runs/"], ["runs/one", "runs/seeds/seed-0"]),
        (["runs", "remove", "runs/o"], ["runs/one"]),
        (["demonstrate", "hm"], ["hmc"]),
        (["explain", "err"], ["error_rate"]),
        (["nonsense", ""], []),
    ],
)
def test_completion_knows_what_may_follow(typed, found, tmp_path):
    for run in ("one", "seeds/seed-0", "one/pretraining/layer-1"):
        (tmp_path / "runs" / run).mkdir(parents=True, exist_ok=True)
        (tmp_path / "runs" / run / "config.json").write_text("{}")
    assert completion.words(typed) == found


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_is_explained(name, capsys):
    assert main(["explain", name]) == 0
    said = capsys.readouterr().out
    assert METRICS[name].title in said
    assert METRICS[name].explanation.split()[0] in said


def test_metrics_are_known_by_what_tables_call_them(capsys):
    assert main(["explain", "F1"]) == 0
    assert "in per cent; higher is better" in capsys.readouterr().out
    assert main(["explain", "eror"]) == 2
    assert "did you mean 'error_rate'" in capsys.readouterr().err


ASKED = {
    "bash": "source {script}; COMP_WORDS=({line}); "
    'COMP_CWORD={last}; _harmonium; printf "%s\\n" "${{COMPREPLY[@]}}"',
    "zsh": 'compdef() {{ : }}; compadd() {{ shift; print -l -- "$@" }}; _files() {{ : }}; source {script}; '
    "words=({line}); CURRENT={last}+1; _harmonium",
    "fish": 'source {script}; complete -C "{line}"',
}


@pytest.mark.parametrize("shell", ASKED)
def test_a_real_shell_completes(shell, tmp_path, monkeypatch):
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    program = tmp_path / "bin/harmonium"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m harmonium "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    script = tmp_path / "script"
    script.write_text(subprocess.run([program, "completion", shell], capture_output=True, text=True).stdout)
    for line, expected in (
        ("harmonium train log", ["logistic-regression"]),
        ("harmonium train mlp --learn", ["--learning-rate", "--learning-rate-decay"]),
        ("harmonium train mlp --optimizer ad", ["adadelta", "adam"]),
    ):
        ask = ASKED[shell].format(script=script, line=line, last=len(line.split()) - 1)
        plain = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]}[shell]
        done = subprocess.run([shell, *plain, "-c", ask], capture_output=True, text=True)
        assert done.stdout.split() == expected, done.stderr
    # The name of a run that somebody has sent is a word, and no command.
    sent = tmp_path / "runs/$(touch called)"
    sent.mkdir(parents=True)
    (sent / "config.json").write_text("{}")
    ask = ASKED[shell].format(script=script, line="harmonium resume runs", last=2)
    done = subprocess.run([shell, *plain, "-c", ask], capture_output=True, text=True)
    assert "touch called" in done.stdout
    assert not (tmp_path / "called").exists()
