"""The autoencoders as a user runs them."""

import json
import shutil
from pathlib import Path

import jax
import numpy as np
import pytest
from PIL import Image

import harmonium as hm
from harmonium.cli import main
from harmonium.data import load
from harmonium.errors import ConfigError, DataError, HarmoniumError
from harmonium.models import FeatureClassifier
from harmonium.recipes.shared.from_config import recipe_of
from harmonium.runs.compare import differences
from harmonium.training import RunFolder

SMALL = {"data": "digits", "batch_size": 20, "hidden": 40}


@pytest.fixture(scope="module")
def denoising(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "da"
    return hm.train("denoising-autoencoder", **SMALL, max_epochs=6, snapshot_epochs=2, out=out)


def test_a_run_has_its_pictures(denoising):
    drawn = {path.name for path in denoising.recipe.draw(denoising.folder)}
    grown = {f"filters-epoch-{n:03d}.png" for n in (2, 4, 6)}
    assert drawn == {"learning-curves.png", "filters.png", "reconstructions.png"} | grown
    with (
        Image.open(denoising.folder.figures / "filters-epoch-006.png") as last,
        Image.open(denoising.folder.figures / "filters.png") as end,
    ):
        np.testing.assert_array_equal(np.asarray(last)[40:], np.asarray(end)[40:])  # below their titles


def test_runs_are_compared_by_what_differs(denoising, capsys):
    hm.train(
        "denoising-autoencoder", **SMALL, max_epochs=2, corruption_level=0.0, snapshot_epochs=0, out="plain"
    )
    assert main(["figures", str(denoising.path), "plain", "--out", "both", "--json"]) == 0
    drawn = json.loads(capsys.readouterr().out)
    assert drawn[-2:] == ["both/compared-curves.png", "both/compared-filters.png"]
    assert differences([denoising.folder, RunFolder.open(Path("plain"))]) == [
        "max epochs 6, snapshot epochs 2, corruption level 0.3",
        "max epochs 2, snapshot epochs 0, corruption level 0",
    ]
    assert main(["figures"]) == 2
    assert main(["figures", "plain", "none"]) == 2


def test_reconstruction_beats_the_mean_image_by_far(denoising):
    x = load("digits").train.x.reshape(-1, 64)
    mean = np.clip(x.mean(0), 1e-6, 1 - 1e-6)
    test = load("digits").test.x.reshape(-1, 64)
    of_the_mean = -(test * np.log(mean) + (1 - test) * np.log(1 - mean)).sum(1).mean()
    assert denoising.summary["test"]["reconstruction_cost"] < 0.85 * of_the_mean


def test_evaluate_repeats_the_summary_and_takes_other_data(denoising, capsys):
    assert main(["evaluate", str(denoising.path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["test"]
    summary = denoising.summary["test"]
    assert {k: found[k] for k in summary} == pytest.approx(summary)
    np.savez("own.npz", x=np.arange(525, dtype=np.uint8).reshape(21, 5, 5), y=np.arange(21) % 3)
    assert main(["evaluate", str(denoising.path), "--data", "own.npz"]) == 2
    assert "examples of 25 values" in capsys.readouterr().err


def test_more_contraction_contracts_more():
    costs = {}
    for weight in (0.0, 1.0):
        run = hm.train(
            "contractive-autoencoder", **SMALL, contraction=weight, max_epochs=8, out=f"run{weight}"
        )
        costs[weight] = run.summary["test"]
    assert costs[1.0]["contraction"] < 0.5 * costs[0.0]["contraction"]
    assert costs[1.0]["reconstruction_cost"] > costs[0.0]["reconstruction_cost"]


def test_a_linear_autoencoder_finds_the_principal_subspace():
    """The largest principal angle to the span of the first three components (section 7.1; Baldi & Hornik 1989)."""
    rng = np.random.default_rng(0)
    scales = np.array([3, 2.5, 2, 0.5, 0.4, 0.3, 0.2, 0.1])
    x = rng.normal(size=(300, 8)) * scales @ np.linalg.qr(rng.normal(size=(8, 8)))[0] + 1.5
    x_held = x[:7]
    y = np.zeros(len(x), int)
    np.savez("own.npz", x=x, y=y, x_valid=x_held, y_valid=y[:7], x_test=x_held, y_test=y[:7])
    linear = {"activation": "linear", "reconstruction": "linear", "cost": "squared-error"}
    run = hm.train(
        "denoising-autoencoder",
        data="own.npz",
        corruption_level=0.0,
        hidden=3,
        batch_size=300,
        learning_rate=0.01,
        max_epochs=3000,
        snapshot_epochs=0,
        scale="none",
        **linear,
        out="run",
    )
    _, _, components = np.linalg.svd(x - x.mean(0), full_matrices=False)
    span, _ = np.linalg.qr(np.asarray(hm.load(run.path).encoder.weight, np.float64).T)
    cosines = np.linalg.svd(components[:3] @ span, compute_uv=False)
    assert np.arccos(np.clip(cosines.min(), -1, 1)) < 1e-2


@pytest.fixture(scope="module")
def on_codes(denoising, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "codes"
    return hm.train(
        "logistic-regression",
        data="digits",
        features=str(denoising.path),
        batch_size=50,
        max_epochs=100,
        out=out,
    )


def test_codes_are_what_logistic_regression_learns_from(denoising, on_codes):
    model = hm.load(on_codes.path)
    assert isinstance(model, FeatureClassifier)
    assert model.classifier.weight.shape == (10, 40)
    assert on_codes.summary["data"]["shape"] == [8, 8]
    np.testing.assert_array_equal(model.encoder.encoder.weight, hm.load(denoising.path).encoder.weight)
    test = load("digits").test
    logits = jax.vmap(model)(test.x[:250])  # whole batches of 50
    assert on_codes.summary["test"]["error_rate"] == pytest.approx(
        float((logits.argmax(1) != test.y[:250]).mean())
    )
    assert on_codes.summary["test"]["error_rate"] < 0.15


def test_a_run_on_codes_stands_on_its_own(on_codes, denoising, tmp_path, capsys):
    run = tmp_path / "alone"
    shutil.copytree(on_codes.path, run)
    config = json.loads((run / "config.json").read_text()) | {"features": "gone"}
    (run / "config.json").write_text(json.dumps(config))
    assert main(["evaluate", str(run), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["test"]["error_rate"] < 0.15
    assert main(["resume", str(run), "--max-epochs", "102"]) == 0
    drawn = {path.name for path in (run / "figures").iterdir()}
    assert drawn == {"learning-curves.png", "confusion.png", "mistakes.png"}
    pixels = (load("digits").test.x[0] * 255).astype(np.uint8)
    Image.fromarray(pixels).save("digit.png")
    assert main(["predict", str(run), "digit.png"]) == 0


@pytest.mark.parametrize("recipe", ["mlp", "lenet"])
def test_the_hidden_layers_of_a_classifier_are_features_too(recipe):
    small = {"hidden": (20,), "max_epochs": 3, "batch_size": 50, "data": "digits"}
    small |= {"kernels": (4,), "kernel_sizes": (3,)} if recipe == "lenet" else {}
    first = hm.train(recipe, **small, out="first")
    run = hm.train(
        "logistic-regression", data="digits", features="first", batch_size=50, max_epochs=3, out="on"
    )
    assert hm.load(run.path).classifier.weight.shape == (10, 20)
    assert first.summary["status"] == "finished"


def test_bad_features_are_refused_before_anything_is_written(denoising, tmp_path):
    def refused(error, message, **settings):
        with pytest.raises(error, match=message):
            hm.train("logistic-regression", out="bad", batch_size=2, **{"data": "digits"} | settings)
        assert not (tmp_path / "bad").exists()

    refused(HarmoniumError, "none does not exist", features="none")
    hm.train("logistic-regression", data="digits", batch_size=50, max_epochs=1, out="plain")
    refused(DataError, "LogisticRegression, which has no encoder", features="plain")
    np.savez("own.npz", x=np.arange(525, dtype=np.uint8).reshape(21, 5, 5), y=np.arange(21) % 3)
    refused(
        DataError, r"does not take examples of shape \(5, 5\)", features=str(denoising.path), data="own.npz"
    )


def test_real_values_are_scaled_or_need_the_squared_error():
    x = np.random.default_rng(0).normal(size=(70, 6))
    np.savez("own.npz", x=x, y=np.arange(70) % 2)
    settings = {"data": "own.npz", "batch_size": 5, "hidden": 3, "max_epochs": 1}
    with pytest.raises(DataError, match=r"x of train holds values -.*--cost squared-error"):
        hm.train("denoising-autoencoder", **settings, scale="none", out="run")
    run = hm.train(
        "denoising-autoencoder", **settings, cost="squared-error", reconstruction="linear", out="run"
    )
    assert np.isfinite(run.summary["test"]["reconstruction_cost"])

    def own(name):
        folder = RunFolder.open(name)
        return recipe_of(folder).own_data(folder)

    train = own("run").train.x
    np.testing.assert_allclose([train.mean(0), train.std(0)], [[0] * 6, [1] * 6], atol=1e-5)
    hm.train("denoising-autoencoder", **settings, out="scaled")
    train = own("scaled").train.x
    np.testing.assert_allclose([train.min(0), train.max(0)], [[0] * 6, [1] * 6], atol=1e-6)


@pytest.mark.parametrize(
    ("recipe", "settings", "message"),
    [
        ("denoising-autoencoder", {"corruption_level": 1.0}, r"corruption_level 1.0 must be in \[0, 1\)"),
        ("denoising-autoencoder", {"corruption_level": -0.1}, "corruption_level"),
        ("denoising-autoencoder", {"hidden": 0}, "hidden 0 must be at least 1"),
        ("denoising-autoencoder", {"reconstruction": "linear"}, "must go with cost squared-error"),
        ("contractive-autoencoder", {"contraction": -1.0}, "contraction -1.0 must not be negative"),
    ],
)
def test_bad_settings_are_named(recipe, settings, message):
    with pytest.raises(ConfigError, match=message):
        hm.train(recipe, **settings, out="run")


def test_an_autoencoder_predicts_no_classes_and_says_what_does(denoising, capsys):
    assert main(["predict", str(denoising.path), "any.png"]) == 2
    assert "--features" in capsys.readouterr().err
