"""The pages of results are what the committed summaries say."""

import gzip
import importlib.util
import json
import os
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import sparse

import harmonium as hm
from harmonium.models import RBM
from harmonium.recipes.catalogue import RECIPES
from harmonium.recipes.shared.recipe import recipe_class
from harmonium.runs.published import ROWS, curve
from harmonium.runs.reproduce import still_stands
from harmonium.training.records import read_summary

ROOT = Path(__file__).parents[1]
SUMMARIES = sorted((ROOT / "results").glob("*/seed-*.json"))
CURVES = sorted((ROOT / "results").glob("*/seed-*.metrics.jsonl.gz"))


def loaded(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / f"results/{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


render = loaded("render")


def test_every_page_is_rendered_from_the_committed_summaries():
    pages = render.pages()
    assert {path.name for path in (ROOT / "results").glob("chapter-*.md")} <= {path.name for path in pages}
    for path, text in pages.items():
        assert path.read_text() == text, f"{path}: make results"


@pytest.mark.parametrize("path", SUMMARIES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_summary_is_a_finished_run_of_its_row(path):
    summary, row = read_summary(path), ROWS[path.parent.name]
    assert summary["status"] == "finished"
    assert path.stem == f"seed-{summary['seed']}"
    assert (summary["recipe"], summary["configuration"]) == (row.recipe, row.configuration)
    assert "log_likelihood" not in summary  # which lies under the sets, as every other score
    if summary["versions"]["harmonium"] != "0.1.0":
        settings = json.loads(json.dumps(row.made(summary["seed"]).changed()))
        assert summary["settings"] == settings  # where it learns from codes, those of the same seed
        assert len(summary["commit"]) == 40
        curves = f"{path.stem}.metrics.jsonl.gz" if summary["epochs"] else f"{path.stem}.*.metrics.jsonl.gz"
        assert list(path.parent.glob(curves))


def test_the_baselines_chose_by_validation_alone():
    for row in json.loads((ROOT / "results/baselines.json").read_text())["rows"]:
        assert row["valid"] == min(of["valid"] for of in row["tried"])
        assert row["C"] == next(of["C"] for of in row["tried"] if of["valid"] == row["valid"])


def test_nbsvm_is_that_of_its_equations():
    nbsvm = loaded("baselines").NBSVM
    counts = sparse.csr_matrix([[2, 0, 1], [1, 0, 0], [0, 3, 1], [0, 1, 0]])
    y = np.array([1, 1, 0, 0])
    model = nbsvm(1.0).fit(counts, y)
    p, q = np.array([3, 1, 2]), np.array([1, 3, 2])
    r = np.log((p / 6) / (q / 6))
    np.testing.assert_allclose(model.ratio, r)
    w = model.classifier.coef_[0]
    np.testing.assert_allclose(model.weight, r * (w / 4 + 3 / 4 * np.abs(w).mean()))
    assert model.weight[2] == 0  # a word of both classes alike
    assert model.errors(counts, y) == 0
    assert model.errors(counts, 1 - y) == 1


def test_each_change_is_made_to_the_plain_machine_alone(monkeypatch, tmp_path):
    changes = loaded("changes")
    small = {"data": "digits", "hidden": 6, "max_epochs": 1, "chains": 10, "batch_size": 100}
    monkeypatch.setattr(changes, "PLAIN", changes.PLAIN | small)
    monkeypatch.setattr(changes, "HERE", tmp_path)
    monkeypatch.setattr(changes, "CHANGES", {"none": {}, "centred": {"centred": True}})
    monkeypatch.setattr(sys, "argv", ["changes.py", "--runs", str(tmp_path / "runs")])
    changes.main()
    found = json.loads((tmp_path / "changes.json").read_text())
    assert list(found) == ["none", "centred"]
    settings = [hm.Run(tmp_path / f"runs/change-{n}").summary["settings"] for n in range(2)]
    assert set(settings[1]) - set(settings[0]) == {"centred"}
    assert found["none"]["valid"] == hm.evaluate(tmp_path / "runs/change-0", log_likelihood=True)["valid"]
    assert found["none"]["valid"]["log_likelihood"] != found["centred"]["valid"]["log_likelihood"]


def test_chains_are_counted_where_they_go(monkeypatch):
    chains = loaded("chains")
    monkeypatch.setattr(chains, "EVERY", 3)
    bright = np.arange(784) < 300  # the only picture that the machine knows
    rbm = RBM(jnp.zeros((784, 2)), jnp.where(bright, 30.0, -30.0), jnp.zeros(2))
    digits, labels = jnp.ones((6, 784)), np.array([0, 0, 1, 2, 2, 9])

    def reader(picture):  # class 3 for that picture, and 8 for any other
        return jax.nn.one_hot(jnp.where((picture.ravel() > 0.5).sum() == 300, 3, 8), 10)

    found = chains.counted(rbm, reader, digits, labels)
    assert found["looks"][0] == [2, 1, 2, 0, 0, 0, 0, 0, 0, 1]
    assert found["looks"][1:] == [[0, 0, 0, 6, 0, 0, 0, 0, 0, 0]] * chains.LOOKS
    # -b.v is -9,000 where the chains are; the digits have all pixels on.
    assert found["free_energy_of_chains_above_digits"] == pytest.approx(-30 * 484)


def test_no_two_seeds_are_one():
    for name in ROWS:
        found = [read_summary(path) for path in SUMMARIES if path.parent.name == name]
        assert len({of["seed"] for of in found}) == len(found)
        scores = [json.dumps([of["valid"], of["seconds_training"]]) for of in found]
        assert len(set(scores)) == len(scores)


@pytest.mark.parametrize("path", CURVES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_committed_curves_are_those_of_their_summary(path):
    lines = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    assert lines
    stem, _, phase = path.name.removesuffix(".metrics.jsonl.gz").partition(".")
    summary = read_summary(path.parent / f"{stem}.json")
    if not phase:
        assert (
            summary["epochs"] - 1 <= lines[-1]["epoch"] <= summary["epochs"]
        )  # patience ends within an epoch
        judged = lines
        if summary["settings"].get("refit"):
            judged = curve(path.parent.name, summary["seed"], "choice")  # where validation chose the epochs
        at = [line for line in judged if line["epoch"] == (summary["best_epoch"] or summary["epochs"])]
        best = next(
            (line for line in at if line["update"] == summary["best_update"]), at[-1]
        )  # of several an epoch
        for name, value in best["valid"].items():
            if (
                name in summary["valid"] and name != "pseudo_log_likelihood"
            ):  # of which evaluation counts all bits
                assert summary["valid"][name] == pytest.approx(value)


def test_an_estimate_that_does_not_converge_has_no_mean_no_interval_and_no_emphasis():
    weak = {
        "log_likelihood_from": -90.0,
        "log_likelihood_to": -85.0,
        "effective_sample_size": 2.0,
        "chains": 100,
    }
    good = {"log_likelihood": -86.0, "at_least": -86.5, "at_most": -85.5, "effective_sample_size": 60.0}
    said = render.scores([weak, good])["log_likelihood"]
    assert said == "does not converge; range -90.00 to -85.00 (chains worth 2 of 100)"
    text = "\n".join(render.pages().values())
    for line in text.splitlines():
        if "does not converge" in line:
            assert "±" not in line.split("does not converge")[1].split("|")[0]
            assert "**" not in line


def test_means_and_deviations_are_those_of_the_seeds():
    found = render.scores([{"error_rate": 0.01}, {"error_rate": 0.02}, {"error_rate": 0.03}])
    assert found == {"error_rate": "2.00 % ± 1.00"}


def test_every_recipe_has_a_row_and_every_row_trains():
    ours = {name for name in RECIPES if recipe_class(name).in_the_book}
    assert ours <= {row.recipe for row in ROWS.values()} <= set(RECIPES)
    for row in ROWS.values():
        assert row.made(0).name == row.recipe
        assert row.configuration is None or row.configuration in recipe_class(row.recipe).configurations
        assert row.command(0).startswith(f"harmonium train {row.recipe} ")
        assert row.codes_of is None or row.codes_of in ROWS


QUICK = [name for name in ("logistic-regression", "denoising-autoencoder", "slot-filling") if name in ROWS]


@pytest.mark.skipif("HARMONIUM_DATA" not in os.environ, reason="needs the real data sets")
@pytest.mark.parametrize("name", QUICK)
def test_the_first_epoch_of_todays_program_gives_the_committed_numbers(name):

    if not (ROOT / "results" / name / "seed-0.metrics.jsonl.gz").exists():
        pytest.skip("its curves are not committed yet")
    assert still_stands(ROWS[name])


def test_the_table_of_likelihoods_is_that_of_its_lines():
    spec = importlib.util.spec_from_file_location("likelihoods", ROOT / "tests/campaigns/likelihoods.py")
    campaign = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(campaign)
    lines = [json.loads(line) for line in (ROOT / "results/likelihoods.jsonl").read_text().splitlines()]
    assert (ROOT / "results/likelihoods.md").read_text() == campaign.tables(lines)
    assert {line["machine"] for line in lines} <= {name for name, *_ in campaign.machines()}
