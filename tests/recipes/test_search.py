"""Random search: what is drawn, what is repeated, what is best."""

import json
import math
import os
import re
import signal
import statistics
import sys
from pathlib import Path

import numpy as np
import pytest

import harmonium as hm
from harmonium.cli import main
from harmonium.errors import ConfigError, DataError
from harmonium.metrics.table import metric
from harmonium.recipes.catalogue import RECIPES
from harmonium.recipes.mlp import MLPRecipe
from harmonium.recipes.shared.from_config import recipe_from
from harmonium.recipes.shared.recipe import recipe_class
from harmonium.recipes.shared.search_space import Choice, LogUniform, Uniform, changed_space
from harmonium.recipes.slot_filling import SlotFillingRecipe
from harmonium.runs import search as search_room
from harmonium.runs.search import drawn, search_recipe
from harmonium.runs.suggest import suggestion
from harmonium.runs.train import train
from harmonium.training.progress import Silent

TINY = MLPRecipe(data="digits", max_epochs=1)


@pytest.fixture(autouse=True)
def _small_networks(monkeypatch):
    space = {"learning_rate": Uniform(0.001, 0.1), "hidden": Choice(((5,), (8, 4)))}
    monkeypatch.setattr(MLPRecipe, "search_space", space)


def test_draws_fill_the_books_ranges():
    space = SlotFillingRecipe.search_space
    draws = [drawn(space, 0, number) for number in range(300)]
    assert {draw["window"] for draw in draws} == {3, 5, 7, 9, 11, 13, 15, 17, 19}
    assert {draw["hidden"] for draw in draws} == {100, 200}
    assert {draw["embedding"] for draw in draws} == {50, 100}
    rates = sorted(draw["learning_rate"] for draw in draws)
    assert 0.01 <= rates[0] < 0.011
    assert 0.049 < rates[-1] < 0.05
    assert drawn(space, 0, 7) == draws[7] != drawn(space, 1, 7)


def test_trials_are_runs_and_the_best_is_first():
    trials = search_recipe(TINY, 3, Path("trials"))
    assert sorted(path.name for path in Path("trials").glob("[!.]*")) == [
        "trial-000",
        "trial-001",
        "trial-002",
    ]
    errors = [trial.summary["valid"]["error_rate"] for trial in trials]
    assert errors == sorted(errors)
    assert len({trial.settings["learning_rate"] for trial in trials}) == 3
    for trial in trials:
        assert trial.folder.config()["learning_rate"] == trial.settings["learning_rate"]


def test_finished_trials_are_not_repeated_and_more_may_follow():
    first = search_recipe(TINY, 2, Path("trials"))
    times = {p: p.stat().st_mtime_ns for p in Path("trials").rglob("*") if p.is_file()}
    again = search_recipe(TINY, 3, Path("trials"))
    assert {p: p.stat().st_mtime_ns for p in times} == times
    assert len(again) == 3
    assert {t.folder.path for t in first} < {t.folder.path for t in again}


class Titles(Silent):
    """Keeps what is said."""

    def __init__(self):
        self.found = []

    def phase(self, title):
        self.found.append(title)


class CtrlC(Silent):
    """Presses Ctrl+C in one of the trials."""

    trials = 0

    def __init__(self, at=3):
        self.at = at

    def phase(self, title):
        self.trials += 1

    def advance(self, updates, total, seconds, metrics):
        if self.trials == self.at:
            os.kill(os.getpid(), signal.SIGINT)


def test_an_interrupted_search_goes_on_and_ends_as_if_it_had_not_been():
    cut = search_recipe(TINY, 3, Path("cut"), CtrlC())
    assert {trial.summary["status"] for trial in cut} == {"finished", "interrupted"}
    resumed, whole = search_recipe(TINY, 3, Path("cut")), search_recipe(TINY, 3, Path("whole"))
    assert [t.summary["valid"] for t in resumed] == [t.summary["valid"] for t in whole]
    for one, other in zip(resumed, whole, strict=True):
        assert one.folder.model.read_bytes() == other.folder.model.read_bytes()


class CtrlCAsItEnds(Silent):
    """Presses Ctrl+C at the last validation of each trial."""

    def validated(self, record, is_best):
        os.kill(os.getpid(), signal.SIGINT)


def test_a_signal_as_a_trial_ends_begins_no_other():
    space = {"hidden": Choice(((5,), (8, 4)))}
    with pytest.raises(KeyboardInterrupt):
        search_recipe(TINY, 2, Path("cut"), CtrlCAsItEnds(), space=space, grid=True)
    assert [path.name for path in Path("cut").glob("[!.]*")] == ["trial-000"]
    trials = search_recipe(TINY, 2, Path("cut"), space=space, grid=True)
    assert [trial.summary["status"] for trial in trials] == ["finished"] * 2


SPACE = {"x": LogUniform(1e-4, 1.0), "n": Uniform(1, 40, whole=True), "kind": Choice(((5,), (8, 4), "a"))}


def far_from_the_best(settings):
    """Lowest, at zero, for x = 0.01, n = 30 and kind = (8, 4)."""
    x, n, kind = settings.values()
    return (math.log10(x) + 2) ** 2 + ((n - 30) / 20) ** 2 + (kind != (8, 4))


def tried(suggest, trials):
    known = []
    for number in range(trials):
        settings = drawn(SPACE, 0, number) if number < 10 else suggest(number, known)
        known.append((settings, far_from_the_best(settings)))
    return known


def test_tpe_looks_where_the_best_were():
    by_tpe = tried(lambda _, known: suggestion(SPACE, known, "lowest", 0), 60)
    at_random = tried(lambda number, _: drawn(SPACE, 0, number), 60)
    later, others = ([score for _, score in of[10:]] for of in (by_tpe, at_random))
    assert statistics.median(later) < 0.5 * statistics.median(others)
    assert {type(settings["n"]) for settings, _ in by_tpe} == {int}
    assert all(1 <= settings["n"] <= 40 and 1e-4 <= settings["x"] <= 1 for settings, _ in by_tpe)


def test_tpe_knows_which_way_is_better_and_shuns_what_diverged():
    known = [({"x": 10 ** -(n / 5)}, n / 5) for n in range(20)]
    space = {"x": SPACE["x"]}
    assert suggestion(space, known, "highest", 0)["x"] < 0.01 < suggestion(space, known, "lowest", 0)["x"]
    half = [({"x": x}, None if x > 0.01 else 1.0) for x in (0.9, 0.5, 0.3, 0.1, 0.05, 0.009, 0.005, 0.001)]
    assert max(suggestion(space, half, "lowest", seed)["x"] for seed in range(10)) < 0.05


def test_a_suggestion_follows_from_what_is_known_and_the_seed():
    known = [(drawn(SPACE, 0, n), float(n)) for n in range(12)]
    one = suggestion(SPACE, known, "lowest", 0)
    assert one == suggestion(SPACE, known, "lowest", 0)
    assert one != suggestion(SPACE, known, "lowest", 1)
    assert one != suggestion(SPACE, known[:-1], "lowest", 0)


def test_an_interrupted_search_by_tpe_goes_on_with_the_same_suggestions(monkeypatch):
    monkeypatch.setattr(search_room, "BEFORE_TPE", 2)
    cut = search_recipe(TINY, 5, Path("cut"), CtrlC(at=4), sampler="tpe")
    assert len(cut) == 4
    assert {trial.summary["status"] for trial in cut} == {"finished", "interrupted"}
    resumed = search_recipe(TINY, 5, Path("cut"), sampler="tpe")
    whole = search_recipe(TINY, 5, Path("whole"), sampler="tpe")
    for one, other in zip(resumed, whole, strict=True):
        assert one.settings == other.settings
        assert one.folder.model.read_bytes() == other.folder.model.read_bytes()
    at_random = search_recipe(TINY, 5, Path("random"))
    both = [{t.folder.path.name: t.settings for t in trials} for trials in (whole, at_random)]
    assert [name for name in both[0] if both[0][name] == both[1][name]] != list(both[0])
    assert both[0]["trial-000"] == both[1]["trial-000"]


def test_tpe_without_optuna_is_one_line(monkeypatch, capsys, tmp_path):
    monkeypatch.setitem(sys.modules, "optuna", None)
    assert main(["search", "mlp", "--data", "digits", "--sampler", "tpe"]) == 2
    assert "pip install 'harmonium[search]'" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_range_of_whole_numbers_has_both_its_ends():
    where = changed_space(MLPRecipe, ["batch_size=3..5"])["batch_size"]
    assert {where.at(u / 100) for u in range(100)} == {3, 4, 5}
    where = changed_space(MLPRecipe, ["batch_size=10..1000:log"])["batch_size"]
    assert [where.at(u) for u in (0, 0.5, 0.9999999)] == [10, 100, 1000]


def test_trials_of_equal_shapes_run_together_and_come_to_what_each_does_alone(monkeypatch):
    rates = {"learning_rate": Uniform(0.001, 0.1), "optimizer": Choice(("sgd", "adam"))}
    monkeypatch.setattr(MLPRecipe, "search_space", rates)
    small = MLPRecipe(data="digits", max_epochs=2, hidden=(5,), learning_rate_decay=0.1)
    told = Titles()
    trials = search_recipe(small, 5, Path("trials"), told)
    lines = [title.partition("; lines hold ")[2] for title in told.found]
    assert sorted(lines)[-2:] in (
        ["", "the means of these 4 trials"],
        ["the means of these 2 trials", "the means of these 3 trials"],
    )
    assert not any(sorted(lines)[:-2])
    together = [trial.summary["together"] for trial in trials]
    assert sorted(together) in ([1, 4, 4, 4, 4], [2, 2, 3, 3, 3])
    for trial in trials:
        alone = train("mlp", **trial.folder.config(), out=f"alone-{trial.folder.path.name}")
        assert trial.summary["valid"]["nll"] == pytest.approx(alone.summary["valid"]["nll"], rel=1e-4)


def test_a_trial_that_diverges_is_the_last_and_not_repeated(monkeypatch):
    rates = [1e38, 0.1]
    monkeypatch.setattr(search_room, "drawn", lambda space, seed, number: {"learning_rate": rates[number]})
    trials = search_recipe(TINY, 2, Path("trials"))
    assert [trial.folder.path.name for trial in trials] == ["trial-001", "trial-000"]
    assert [trial.summary["status"] for trial in trials] == ["finished", "diverged"]
    written = {path: path.stat().st_mtime_ns for path in Path("trials").rglob("*")}
    search_recipe(TINY, 2, Path("trials"))
    assert written == {path: path.stat().st_mtime_ns for path in Path("trials").rglob("*")}


def test_another_searchs_folder_is_left_alone():
    search_recipe(TINY, 1, Path("trials"))
    with pytest.raises(ConfigError, match="trial-000 is of other settings"):
        search_recipe(MLPRecipe(data="digits", max_epochs=2), 1, Path("trials"))


def test_the_command_prints_the_best(capsys):
    command = ["search", "mlp", "--data", "digits", "--max-epochs", "1", "--trials", "2", "--out", "trials"]
    assert main([*command, "--json"]) == 0
    best, worst = json.loads(capsys.readouterr().out)
    assert best["valid"]["error_rate"] <= worst["valid"]["error_rate"]
    assert main(command) == 0
    out = capsys.readouterr().out
    assert f"the best one lies in {best['run']}" in out
    assert "learning rate" in out


def test_no_test_score_is_shown_while_something_is_chosen(capsys, monkeypatch):
    command = [
        "search",
        "mlp",
        "--data",
        "digits",
        "--max-epochs",
        "1",
        "--trials",
        "2",
        "--out",
        "trials",
        "--quiet",
    ]
    assert main(command) == 0
    out, err = capsys.readouterr()
    assert "test" not in out
    assert err == ""
    assert main([*command, "--json"]) == 0
    assert all("test" not in trial for trial in json.loads(capsys.readouterr().out))
    assert Path("trials/search.png").exists()

    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert main(command) == 0
    *_, first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("the best one lies in ")
    assert second == "  the picture is trials/search.png"


def test_the_space_is_changed_by_the_user(capsys):
    command = [
        "search",
        "mlp",
        "--data",
        "digits",
        "--max-epochs",
        "1",
        "--trials",
        "6",
        "--out",
        "trials",
        "--no-figures",
    ]
    changes = [
        "--space",
        "learning_rate=0.001..0.1:log",
        "hidden=3,4x5",
        "--space",
        "optimizer=sgd,adam",
    ]
    assert main([*command, *changes, "--no-figures", "--quiet"]) == 0
    configs = [json.loads(path.read_text()) for path in Path("trials").glob("*/config.json")]
    assert {tuple(config["hidden"]) for config in configs} == {(3,), (4, 5)}
    assert {config["optimizer"] for config in configs} == {"sgd", "adam"}
    assert all(0.001 <= config["learning_rate"] <= 0.1 for config in configs)


def test_what_is_given_is_kept_unless_the_space_names_it(capsys):
    command = ["search", "mlp", "--data", "digits", "--max-epochs", "1", "--trials", "2", "--no-figures"]
    given = ["--hidden", "3", "--l2=0.5", "--quiet"]
    assert main([*command, *given, "--out", "one"]) == 0
    assert main([*command, *given, "--space", "hidden=4,4", "--out", "two"]) == 0
    by_name = hm.search("mlp", 2, data="digits", max_epochs=1, hidden=(3,), out="three", report=Silent())
    assert all(set(trial.settings) == {"learning_rate"} for trial in by_name)
    for out, hidden in (("one", [3]), ("two", [4]), ("three", [3])):
        configs = [json.loads(path.read_text()) for path in Path(out).glob("*/config.json")]
        assert [config["hidden"] for config in configs] == [hidden, hidden]
        assert len({config["learning_rate"] for config in configs}) == 2
        assert ({config["l2"] for config in configs} == {0.5}) == (out != "three")


def test_a_logarithmic_range_is_even_in_its_factors():
    where = LogUniform(0.001, 10.0)
    assert [where.at(u) for u in (0, 0.25, 0.5)] == pytest.approx([0.001, 0.01, 0.1])
    assert changed_space(MLPRecipe, ["learning-rate=0.001..10:log"])["learning_rate"] == where


@pytest.mark.parametrize("grid", [["--space", "l2=0,0.1", "--space", "hidden=3,4"]])
def test_a_grid_tries_every_combination_of_what_is_named_alone(grid, capsys):
    command = [
        "search",
        "mlp",
        "--data",
        "digits",
        "--max-epochs",
        "1",
        "--out",
        "trials",
        "--grid",
        "--json",
        "--quiet",
    ]
    assert main([*command, *grid]) == 0
    tried = {
        (trial["settings"]["l2"], *trial["settings"]["hidden"])
        for trial in json.loads(capsys.readouterr().out)
    }
    assert tried == {(0, 3), (0, 4), (0.1, 3), (0.1, 4)}
    assert Path("trials/compared-filters.png").exists()
    assert main([*command, "--space", "l2=0..1"]) == 2
    assert "--grid needs values of l2" in capsys.readouterr().err


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_has_a_space_of_its_own_settings(name, monkeypatch):
    monkeypatch.undo()
    cls = recipe_class(name)
    assert cls.search_space
    for number in range(20):
        recipe = recipe_from({"recipe": name} | drawn(cls.search_space, 0, number), "here")
        assert metric(recipe.judged_by).better is not None


def test_the_help_shows_the_space(capsys):
    with pytest.raises(SystemExit):
        main(["search", "rbm", "--help"])
    assert "learning_rate: 0.01..0.3:log" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "gist"),
    [
        ("hiden=3", "did you mean hidden?"),
        ("hidden=", "must be as in"),
        ("learning_rate=1..0.1", "must be as in"),
        ("learning_rate=0..0.1:log", "must be as in"),
        ("learning_rate=a..b", "must be as in"),
        ("hidden=many", "must be as in"),
        ("learning_rate=slow", "--learning-rate is 'slow', but must be a number"),
        ("hidden=0", "--hidden (0,) must hold positive numbers"),
        ("batch_size=many,20", "--batch-size is 'many', but must be a whole number"),
    ],
)
def test_a_space_without_meaning_is_one_line(change, gist, capsys, tmp_path):
    assert main(["search", "mlp", "--data", "digits", "--space", change]) == 2
    err = capsys.readouterr().err
    assert gist in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "gist"),
    [
        (["mlp", "--trials", "0"], "--trials 0 must be at least 1"),
        (["mpl"], "did you mean 'mlp'"),
        (["mlp", "--trails", "3"], "--trails"),
        (["mlp", "--grid", "--space", "l2=0,1", "--sampler", "tpe"], "leave --sampler tpe out"),
        (["mlp", "--space", "hidden=3..5"], "hidden is no single number"),
        (["mlp", "--space", "batch_size=3..5.5"], "must be as in"),
    ],
)
def test_a_search_for_nothing_is_one_line(arguments, gist, capsys, tmp_path):
    assert main(["search", *arguments]) == 2
    out, err = capsys.readouterr()
    assert gist in err
    assert out == ""
    assert list(tmp_path.iterdir()) == []


def test_a_recipe_without_a_space_is_named(monkeypatch):
    monkeypatch.setattr(MLPRecipe, "search_space", {})
    with pytest.raises(ConfigError, match="names no settings"):
        search_recipe(TINY, 1, Path("trials"))


def test_levels_of_corruption_are_shown_beside_each_other_and_not_called_better(capsys):
    command = (
        "search denoising-autoencoder --data digits --max-epochs 1 --hidden 4 --batch-size 100 --grid --quiet"
    )
    assert main([*command.split(), "--space", "corruption_level=0,0.3", "--out", "trials"]) == 0
    out = capsys.readouterr().out
    assert "does not decide which corruption level is better" in out
    assert "the best one" not in out
    assert {"compared-filters.png", "compared-curves.png", "search.png"} <= {
        p.name for p in Path("trials").iterdir()
    }


def test_python_searches_by_name():
    small = {"data": "digits", "max_epochs": 2, "hidden": (5,), "report": Silent()}
    trials = hm.search("mlp", 2, out="trials", space={"learning_rate": "0.01,0.1"}, grid=True, **small)
    assert sorted(trial.settings["learning_rate"] for trial in trials) == [0.01, 0.1]
    assert [trial.run.summary["valid"] for trial in trials] == [trial.summary["valid"] for trial in trials]
    scores = [trial.score("error_rate") for trial in trials]
    assert scores == sorted(scores)
    assert re.fullmatch(
        r"<Trial trials/trial-00\d: learning rate 0\.\d+; valid error [\d.]+%, .*>", repr(trials[0])
    )
    listed = hm.search("mlp", out="listed", space={"learning_rate": [0.01, 0.1]}, grid=True, **small)
    assert [trial.summary["valid"] for trial in listed] == [trial.summary["valid"] for trial in trials]


@pytest.mark.parametrize(
    ("arguments", "gist"),
    [
        ({"trials": 0}, r"search\('mlp'\): trials 0 must be at least 1"),
        ({"hidden": "20"}, r"search\('mlp'\): hidden is '20', but must be a list or tuple of whole numbers"),
        ({"space": {"hidden": [0]}}, r"search\('mlp'\): hidden \(0,\) must hold positive numbers"),
        (
            {"space": {"hiden": Choice((1, 2))}},
            "space hiden=.*: mlp has no setting 'hiden'; did you mean hidden",
        ),
        (
            {"space": {"l2": 0.1}},
            "space l2 is 0.1, but must be a text as '0.001..0.1:log', or a list of values",
        ),
        ({"space": {"l2": []}}, r"space l2 is \[\], but must be"),
        ({"space": {"l2": "0..1"}, "grid": True}, "grid needs values of l2"),
    ],
)
def test_python_is_told_of_arguments_not_of_options(arguments, gist, tmp_path):
    with pytest.raises(ConfigError, match=gist) as caught:
        hm.search("mlp", data="digits", **arguments)
    assert not re.search("--[a-z]", str(caught.value))
    assert list(tmp_path.iterdir()) == []


def test_settings_that_may_be_left_open_have_ranges_too():
    assert changed_space(recipe_class("rbm"), ["learning_rate=0.01..0.1"])["learning_rate"] == Uniform(
        0.01, 0.1
    )
    assert changed_space(recipe_class("rbm"), ["chains=10..20"])["chains"] == Uniform(10, 20, whole=True)


def test_python_searches_arrays():
    x = np.random.default_rng(0).random((60, 4))
    y = (x[:, 0] > x[:, 1]).astype(int)
    settings = {"hidden": (3,), "max_epochs": 1, "batch_size": 10, "out": "found"}
    settings["space"] = {"learning_rate": [0.1, 0.01]}
    best, *others = hm.search("mlp", 2, data=(x, y), **settings)
    assert len(others) == 1
    assert best.run.evaluate()["test"]["error_rate"] == best.summary["test"]["error_rate"]
    assert len(hm.search("mlp", 3, data=(x, y), **settings)) == 3
    for again in (hm.search, hm.train_seeds):
        if again is hm.train_seeds:
            settings = {name: settings[name] for name in ("hidden", "max_epochs", "batch_size")} | {
                "out": "seeds"
            }
            again("mlp", 2, data=(x, y), **settings)
        with pytest.raises(DataError, match=r"the given data are not those that .* learned from"):
            again("mlp", 2, data=(1 - x, y), **settings)
    with pytest.raises(ConfigError, match="must be"):
        hm.search("mlp", "two")
