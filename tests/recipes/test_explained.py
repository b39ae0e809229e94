"""`predict --explain` of pictures and rows: shares that sum to the log-odds, a table and a picture."""

import json

import numpy as np
import pytest
from PIL import Image

import harmonium as hm
from harmonium import data
from harmonium.cli import main


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    for number, picture in enumerate(data.load("digits").test.x[:3]):
        Image.fromarray(np.rint(255 * picture).astype(np.uint8)).save(folder / f"{number}.png")
    return folder


def log_odds(p):
    return np.log(p / (1 - p))


@pytest.mark.parametrize("whiten", [None, "pca", "zca"])
def test_shares_of_pixels_sum_to_the_log_odds(whiten, pictures, tmp_path):
    options = {"hidden": (16,), "learning_rate": 0.1, "max_epochs": 2, "data": "digits"}
    run = hm.train("mlp", **options, whiten=whiten, out=tmp_path / "run")
    found = hm.predict(run, pictures, explain=True)

    plain = hm.predict(run, pictures)
    assert all(one.items() >= other.items() for one, other in zip(found, plain, strict=True))
    start = np.zeros((1, *run.summary["data"]["shape"]), np.float32)
    at_start = np.asarray(run.model.probabilities(start))[0]  # of black pictures, or of the mean
    for one, picture in zip(found, data.load("digits").test.x, strict=False):
        label = list(one["probabilities"]).index(one["class"])
        gained = log_odds(one["probabilities"][one["class"]]) - log_odds(at_start[label])
        assert np.shape(one["shares"]) == np.shape(one["read_as"]) == (8, 8)
        assert np.sum(one["shares"]) == pytest.approx(gained, abs=0.02)
        tolerance = 0.02 if whiten is None else 0.5  # whitening leaves directions out
        np.testing.assert_allclose(one["read_as"], picture, atol=tolerance)


def test_columns_of_a_table_are_explained_by_name(tmp_path, capsys):
    rng = np.random.default_rng(0)
    lines = ["length,colour,noise,kind"]
    for _ in range(150):
        long, red = rng.integers(2), rng.integers(2)
        kind = "yes" if long else "no"
        lines.append(
            f"{1.0 + 2.0 * long + 0.1 * rng.normal()},{'red' if red else 'blue'},{rng.normal()},{kind}"
        )
    (tmp_path / "table.csv").write_text("\n".join(lines))
    (tmp_path / "new.csv").write_text("length,colour,noise\n3.0,red,0.1\n1.0,blue,-0.3\n")
    options = {"max_epochs": 60, "batch_size": 10, "learning_rate": 0.1, "target": "kind"}
    run = hm.train("logistic-regression", data=tmp_path / "table.csv", **options, out=tmp_path / "run")

    first, second = hm.predict(run, tmp_path / "new.csv", explain=True)
    assert set(first["read_as"]) == {"length", "colour = blue", "colour = red", "noise"}
    for one, kind in ((first, "yes"), (second, "no")):
        assert one["class"] == kind
        assert one["read_as"][np.argmax(one["shares"])] == "length"

    capsys.readouterr()
    assert main(["predict", str(run.path), str(tmp_path / "new.csv"), "--explain"]) == 0
    out = capsys.readouterr().out
    assert "for yes, nats" in out
    assert out.index("length ") < out.index("noise ")
    with Image.open(run.folder.figures / "explained.png") as drawn:
        assert "new.csv 1: yes" in drawn.info["Description"]
        assert "for the class (blue) and against it (orange)" in drawn.info["Description"]


def test_the_parts_of_a_picture_are_tabled_and_drawn(pictures, tmp_path, capsys):
    run = hm.train("logistic-regression", data="digits", max_epochs=3, out=tmp_path / "run")
    (one,) = hm.predict(run, pictures / "0.png", explain=True)
    capsys.readouterr()
    assert main(["predict", str(run.path), str(pictures / "0.png"), "--explain"]) == 0
    out = capsys.readouterr().out
    corner = np.array(one["shares"])[:3, :3].sum()  # of 8 pixels a third is 3, 3 and 2
    assert f"top left             {corner:+.2f}" in out
    assert "█" * 20 in out
    with Image.open(run.folder.figures / "explained.png") as drawn:
        colours = np.asarray(drawn.convert("RGB")).astype(int)
    assert (colours[..., 2] - colours[..., 0] > 100).sum() > 100

    assert main(["predict", str(run.path), str(pictures / "0.png"), "--explain", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["shares"] == one["shares"]


def test_a_run_on_codes_is_explained_by_its_pixels(pictures, tmp_path):
    encoder = hm.train("denoising-autoencoder", data="digits", hidden=8, max_epochs=1, out=tmp_path / "da")
    run = hm.train("logistic-regression", data="digits", features=encoder, max_epochs=2, out=tmp_path / "run")
    (one,) = hm.predict(run, pictures / "0.png", explain=True)
    label = list(one["probabilities"]).index(one["class"])
    at_start = np.asarray(run.model.probabilities(np.zeros((1, 8, 8), np.float32)))[0, label]
    gained = log_odds(one["probabilities"][one["class"]]) - log_odds(at_start)
    assert np.shape(one["shares"]) == (8, 8)
    assert np.sum(one["shares"]) == pytest.approx(gained, abs=0.01)
