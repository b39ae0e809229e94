"""The mean-covariance RBM as a user runs it."""

import shutil

import numpy as np
import pytest
from PIL import Image
from scipy.stats import kurtosis

import harmonium as hm
from harmonium import data
from harmonium.cli import main
from harmonium.errors import ConfigError
from harmonium.recipes.shared.from_config import recipe_of
from harmonium.training import RunFolder, Streams

SMALL = {"data": "digits", "hidden": 12, "factors": 12, "mean_units": 5, "batch_size": 64, "leapfrogs": 5}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "mcrbm"
    return hm.train("mcrbm", **SMALL, max_epochs=4, snapshot_epochs=2, out=out)


def test_a_run_keeps_its_acceptance_near_the_target_and_draws_its_filters(run):
    assert set(run.summary["test"]) == {"free_energy_gap", "score_matching", "response_kurtosis"}
    assert 0.7 < run.folder.records()[-1]["train"]["acceptance"] < 1
    drawn = {path.name for path in run.recipe.draw(run.folder)}
    assert drawn == {
        "learning-curves.png",
        "filters.png",
        "mean-filters.png",
        "filters-epoch-002.png",
        "filters-epoch-004.png",
    }


def test_factors_learned_from_photos_respond_sparsely_as_edge_detectors_do(tmp_path):
    patches = data.load("patches")
    np.savez(tmp_path / "small.npz", x=patches.train.x[:15_000, 4:12, 4:12], y=patches.train.y[:15_000])
    settings = {
        "hidden": 32,
        "factors": 32,
        "mean_units": 5,
        "batch_size": 64,
        "leapfrogs": 10,
        "max_epochs": 6,
    }
    run = hm.train("mcrbm", data=str(tmp_path / "small.npz"), **settings, out=tmp_path / "photos")
    recipe = run.recipe
    dataset = recipe.load(recipe.data)

    def sparseness(model):
        return kurtosis(dataset.test.x @ np.asarray(model.factors)).mean()

    assert sparseness(recipe.model(dataset, Streams(0))) < 1
    assert sparseness(hm.load(run.path)) > 2


def test_its_constraints_hold_after_training(run):
    model = hm.load(run.path)

    assert (model.pooling <= 0).all()
    np.testing.assert_allclose(model.pooling.sum(0), -1, rtol=1e-4)
    assert np.ptp(np.linalg.norm(model.factors, axis=0)) < 1e-4


def test_the_kurtosis_of_the_responses_is_scipys(run):
    responses = run.recipe.own_data(run.folder).test.x @ np.asarray(hm.load(run.path).factors)
    found = hm.evaluate(run)["test"]["response_kurtosis"]
    assert found == pytest.approx(kurtosis(responses).mean(), rel=1e-3)


def test_a_resumed_run_is_the_run_that_never_stopped(run, tmp_path):
    hm.train("mcrbm", **SMALL, max_epochs=4, snapshot_epochs=2, out=tmp_path / "whole")
    folder = hm.train("mcrbm", **SMALL, max_epochs=2, snapshot_epochs=2, anneal=False, out=tmp_path / "half")
    hm.resume(tmp_path / "half", max_epochs=4)
    never = hm.train("mcrbm", **SMALL, max_epochs=4, snapshot_epochs=2, anneal=False, out=tmp_path / "never")

    assert run.folder.model.read_bytes() == (tmp_path / "whole" / "model.safetensors").read_bytes()
    assert folder.folder.model.read_bytes() == never.folder.model.read_bytes()


def test_samples_are_patches_in_pixels(run, capsys):
    assert main(["sample", str(run.path), "--chains", "3", "--rows", "2", "--steps", "5", "--animate"]) == 0

    with (
        Image.open(run.folder.figures / "samples.png") as picture,
        Image.open(run.folder.figures / "samples.gif") as film,
    ):
        assert picture.size[0] > 3 * 8
        assert film.n_frames == 100


def test_tempering_is_refused(run, capsys):
    assert main(["sample", str(run.path), "--tempering", "4"]) == 2
    assert "--tempering" in capsys.readouterr().err


def test_evaluation_on_other_data_uses_the_runs_own_whitening(run, tmp_path, capsys):
    digits = data.load("digits")
    np.savez(tmp_path / "turned.npz", x=digits.train.x.swapaxes(1, 2), y=digits.train.y)
    other = run.recipe.other_data(run.folder, str(tmp_path / "turned.npz"))
    assert other.shape == run.recipe.own_data(run.folder).shape
    assert not np.allclose(np.cov(other.test.x.T), np.eye(*other.shape), atol=0.1)
    np.savez(tmp_path / "wide.npz", x=np.random.default_rng(0).random((20, 9)), y=np.arange(20) % 2)
    assert main(["evaluate", str(run.path), "--data", str(tmp_path / "wide.npz")]) == 2
    assert "9 values" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("setting", "value"),
    [("factors", 0), ("mean_units", 0), ("variance", 0.0), ("variance", 1.5), ("leapfrogs", 0)],
)
def test_settings_without_meaning_are_refused(setting, value, tmp_path):
    with pytest.raises(ConfigError, match=setting):
        hm.train("mcrbm", **{setting: value}, out=tmp_path / "r")


def test_a_copied_run_still_loads(run, tmp_path):
    copied = tmp_path / "copy"
    shutil.copytree(run.path, copied)

    assert recipe_of(RunFolder.open(copied)).evaluate(RunFolder.open(copied))
