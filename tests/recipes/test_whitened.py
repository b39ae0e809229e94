"""Whitening as a preparation of any set: what a run keeps of it, and what follows it."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

import harmonium as hm
from harmonium import data
from harmonium.cli import main

SMALL = {"data": "digits", "hidden": 16, "max_epochs": 2}
PERCEPTRON = SMALL | {"hidden": (16,), "learning_rate": 0.1}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs")
    return {kind: hm.train("mlp", **PERCEPTRON, whiten=kind, out=out / kind) for kind in ("pca", "zca")}


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "rbm"
    return hm.train("rbm", **SMALL, whiten="pca", visible="gaussian", gibbs_steps=1, out=out)


def test_the_run_says_and_keeps_what_was_done(runs, capsys):
    for kind, run in runs.items():
        known = json.loads((run.path / "data.json").read_text())
        assert known["preparation"]["whitening"]["kind"] == kind
        assert f"whitened by {kind.upper()}" in str(known["understood"]["preparation"])
        assert (run.path / "whitening.safetensors").exists()


@pytest.mark.parametrize("kind", ["pca", "zca"])
def test_predictions_of_files_and_of_arrays_are_those_of_the_test_set(runs, kind, tmp_path):
    run, digits = runs[kind], data.load("digits")
    for number, picture in enumerate(digits.test.x[:5]):
        Image.fromarray(np.rint(255 * picture).astype(np.uint8)).save(tmp_path / f"{number}.png")

    of_array = run.probabilities(digits.test.x)
    of_files = run.predict([str(tmp_path / f"{number}.png") for number in range(5)])

    wrong = 100 * np.mean(of_array.argmax(1) != digits.test.y)
    assert wrong == pytest.approx(100 * run.evaluate()["test"]["error_rate"], abs=1e-3)
    assert wrong < 30
    assert [one["class"] for one in of_files] == [digits.classes[k] for k in of_array[:5].argmax(1)]


def test_a_resumed_run_is_the_run_that_never_stopped(runs, tmp_path):
    hm.train("mlp", **PERCEPTRON | {"max_epochs": 1}, whiten="zca", out=tmp_path / "half")
    hm.resume(tmp_path / "half", max_epochs=2)

    whole = runs["zca"].folder.model.read_bytes()
    assert (tmp_path / "half" / "model.safetensors").read_bytes() == whole


def test_other_data_are_whitened_by_the_runs_own_directions(runs, tmp_path):
    digits = data.load("digits")
    np.savez(tmp_path / "turned.npz", x=digits.train.x.swapaxes(1, 2), y=digits.train.y)
    run = runs["pca"]

    other = run.recipe.other_data(run.folder, str(tmp_path / "turned.npz"))

    own = run.recipe.own_data(run.folder)
    np.testing.assert_array_equal(other.train.x, own.preparation.whitened(other.as_seen.train.x))
    assert run.evaluate(str(tmp_path / "turned.npz"))["test"]["error_rate"] > 0.2


@pytest.mark.parametrize("kind", ["pca", "zca"])
def test_pictures_are_those_of_pixels(runs, kind):
    drawn = {path.stem: path for path in runs[kind].recipe.draw(runs[kind].folder)}

    assert set(drawn) == {"learning-curves", "confusion", "mistakes", "filters"}


def test_a_filter_is_drawn_as_the_direction_among_pixels_that_it_looks_for(runs):
    dataset = runs["pca"].recipe.own_data(runs["pca"].folder)
    whitening = dataset.preparation.whitening

    pattern = dataset.preparation.patterns(np.eye(whitening.directions, dtype=np.float32), dataset.shape)

    # along a white axis the picture changes by its eigenvector, one deviation long
    there = whitening.restore(np.eye(whitening.directions)) - whitening.restore(
        np.zeros(whitening.directions)
    )
    np.testing.assert_allclose(pattern, there, atol=1e-5)
    kernels = np.ones((4, 3, 3), np.float32)
    assert dataset.preparation.patterns(kernels, dataset.shape) is kernels


def test_a_convolutional_network_sees_white_pictures_and_refuses_rows(tmp_path, capsys):
    hm.train("lenet", data="digits", max_epochs=1, whiten="zca", out=tmp_path / "zca")
    command = ["train", "lenet", "--data", "digits", "--max-epochs", "1", "--whiten"]
    assert main([*command, "pca", "--out", str(tmp_path / "pca")]) == 2
    assert "--whiten zca" in capsys.readouterr().err


def test_an_rbm_dreams_in_pixels(machine, tmp_path):
    assert (
        main(["sample", str(machine.path), "--chains", "3", "--rows", "2", "--out", str(tmp_path / "s.png")])
        == 0
    )
    with Image.open(tmp_path / "s.png") as picture:
        assert picture.size[0] > 3 * 8
    drawn = {path.name for path in machine.recipe.draw(machine.folder)}
    assert {"filters.png", "particles.png", "samples.png"} <= drawn


def test_an_autoencoder_reconstructs_pixels(tmp_path):
    run = hm.train(
        "denoising-autoencoder",
        **SMALL,
        whiten="zca",
        cost="squared-error",
        reconstruction="linear",
        out=tmp_path / "dA",
    )
    assert {"filters.png", "reconstructions.png"} <= {path.name for path in run.recipe.draw(run.folder)}


def test_codes_of_a_whitened_run_are_taken_of_white_examples(machine, tmp_path):
    run = hm.train(
        "logistic-regression", data="digits", features=str(machine.path), max_epochs=3, out=tmp_path / "codes"
    )
    digits = data.load("digits")

    np.testing.assert_array_equal(
        run.recipe.own_data(run.folder).test.x, machine.recipe.own_data(machine.folder).test.x
    )
    found = run.probabilities(digits.test.x)
    wrong = np.mean(found.argmax(1) != digits.test.y)
    assert wrong == pytest.approx(run.evaluate()["test"]["error_rate"])
    assert found.shape == (len(digits.test), 10)
    again = hm.resume(run.path, max_epochs=4)
    assert again.summary["epochs"] == 4


@pytest.mark.parametrize("recipe", ["rbm", "denoising-autoencoder", "stacked-denoising-autoencoder", "dbn"])
def test_models_of_intensities_refuse_it_with_the_remedy(recipe, tmp_path, capsys):
    assert main(["train", recipe, "--data", "digits", "--whiten", "zca", "--out", str(tmp_path / "r")]) == 2
    assert "--visible gaussian" in capsys.readouterr().err


def test_a_table_is_whitened_and_its_new_rows_are(tmp_path, capsys):
    generator = np.random.default_rng(0)
    x = generator.normal(size=(300, 3)) @ np.array([[5.0, 1, 0], [0, 0.2, 1], [0, 0, 90]])
    y = np.where(x[:, 0] > 0, "high", "low")
    lines = ["a,b,c,kind", *(",".join(map(str, [*row, kind])) for row, kind in zip(x, y, strict=True))]
    (tmp_path / "t.csv").write_text("\n".join(lines))
    run = hm.train("mlp", data=str(tmp_path / "t.csv"), whiten="zca", max_epochs=30, out=tmp_path / "r")

    white = run.recipe.own_data(run.folder).train.x
    np.testing.assert_allclose(np.cov(white.T), np.eye(3), atol=1e-3)
    found = run.predict(str(tmp_path / "t.csv"))
    assert np.mean([one["class"] == kind for one, kind in zip(found, y, strict=True)]) > 0.9


def test_a_missing_or_altered_file_ends_in_one_line(runs, tmp_path, capsys):
    copy = shutil.copytree(runs["zca"].path, tmp_path / "copy")
    Image.new("L", (8, 8), 128).save(tmp_path / "one.png")
    (copy / "whitening.safetensors").write_bytes(b"nothing")
    assert main(["predict", str(copy), str(tmp_path / "one.png")]) == 2
    assert "whitening.safetensors" in capsys.readouterr().err
    (copy / "whitening.safetensors").unlink()
    assert main(["predict", str(copy), str(tmp_path / "one.png")]) == 2
    assert "whitening.safetensors" in capsys.readouterr().err


def test_the_page_says_that_it_shows_no_whitened_model(runs, tmp_path, capsys):
    assert main(["page", str(runs["zca"].path), "--out", str(tmp_path / "page.html")]) == 2
    assert "whiten" in capsys.readouterr().err
