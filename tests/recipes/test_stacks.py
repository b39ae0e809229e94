"""Stacks as a user trains them: pre-trained, stopped, continued, reused."""

import json
import os
import shutil
import signal
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

import harmonium as hm
from harmonium.cli import main
from harmonium.data import load
from harmonium.errors import CheckpointError, ConfigError
from harmonium.models import MLP, RBM, Autoencoder
from harmonium.recipes.shared.described import field_docstrings
from harmonium.recipes.shared.from_config import recipe_of
from harmonium.recipes.shared.recipe import recipe_class
from harmonium.runs.draw import draw
from harmonium.training import RunFolder, Streams
from harmonium.training.progress import Silent

SMALL = {
    "data": "digits",
    "hidden": (12, 9),
    "batch_size": 20,
    "pretraining_batch_size": 20,
    "pretraining_epochs": (3, 2),
    "max_epochs": 3,
}
RECIPES = {"stacked-denoising-autoencoder": {"corruption_level": (0.1, 0.2)}, "dbn": {}}


@pytest.fixture(scope="module", params=RECIPES)
def run(request, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / request.param
    return hm.train(request.param, **SMALL, **RECIPES[request.param], out=out)


def layer(folder, number):
    return hm.load(folder.path / f"pretraining/layer-{number}")


def encoder(block):
    return block.encoder if isinstance(block, Autoencoder) else block.layer()


def test_each_layer_learns_from_the_codes_of_the_one_below(run):
    blocks = [layer(run, 1), layer(run, 2)]
    assert isinstance(blocks[0], (Autoencoder, RBM))
    assert [encoder(b).weight.shape for b in blocks] == [(12, 64), (9, 12)]
    records = [RunFolder(run.path / f"pretraining/layer-{n}").records() for n in (1, 2)]
    assert [len(r) for r in records] == [3, 2]
    # What the second layer was scored on is the code of the first, by its own recorded cost.
    recipe = run.recipe
    codes = recipe.transformed(load("digits"), encoder(blocks[0]), 1)
    assert codes.shape == (12,)
    third = jnp.asarray(load("digits").test.x[3].ravel())
    np.testing.assert_allclose(codes.test.x[3], encoder(blocks[0])(third), rtol=1e-5)
    again = recipe.block(1).scorer("valid", codes, Streams(0, 2))(blocks[1])
    assert again == pytest.approx(records[1][-1]["valid"], rel=1e-4)


def test_the_summary_tells_how_long_pretraining_took(run):
    phases = [RunFolder(run.path / f"pretraining/layer-{n}").summary() for n in (1, 2)]
    took = sum(phase["seconds_training"] for phase in phases)
    assert run.summary["seconds_pretraining"] == pytest.approx(took, abs=0.01) != 0


def test_the_network_is_an_ordinary_one_that_starts_from_the_layers(run):
    assert isinstance(hm.load(run.path), MLP)
    config = run.folder.config() | {"max_epochs": 0, "pretrained": str(run.path)}
    still = hm.train(config.pop("recipe"), **config, out="still")
    network = hm.load(still.path)
    for number, of_network in enumerate(network.hidden, 1):
        np.testing.assert_array_equal(of_network.weight, encoder(layer(run, number)).weight)
        np.testing.assert_array_equal(of_network.bias, encoder(layer(run, number)).bias)
    assert not network.output.weight.any()


def test_every_phase_is_drawn(run):
    drawn = {path.name for path in run.recipe.draw(run.folder)}
    assert {"learning-curves-layer-1.png", "learning-curves-layer-2.png", "filters-pretrained.png"} < drawn
    assert {"learning-curves.png", "filters.png", "confusion.png", "mistakes.png"} < drawn


def test_layers_are_reused_by_another_fine_tuning(run, tmp_path):
    config = run.folder.config() | {"learning_rate": 0.5, "pretrained": str(run.path)}
    name = config.pop("recipe")
    other = hm.train(name, **config, out="other")
    for n in (1, 2):
        file = f"pretraining/layer-{n}/model.safetensors"
        assert (other.path / file).read_bytes() == (run.path / file).read_bytes()
    assert other.summary["test"] != run.summary["test"]
    with pytest.raises(ConfigError, match=r"layer 2 of .* takes 12 values to 9, not 12 to 8"):
        hm.train(name, **config | {"hidden": (12, 8)}, out="bad")
    many = {"hidden": (12, 9, 5), "pretraining_epochs": (1,)}
    many |= {"corruption_level": (0.1,)} if "corruption_level" in config else {}
    with pytest.raises(CheckpointError, match="no finished pre-training of layer 3"):
        hm.train(name, **config | many, out="bad")
    assert not (tmp_path / "bad").exists()


class Interrupting(Silent):
    """Presses Ctrl+C once, at the given validation of the given phase."""

    def __init__(self, title, validations=1):
        self.title, self.left, self.now = title, validations, ""

    def phase(self, title):
        self.now = title

    def validated(self, record, is_best):
        self.left -= self.title in self.now
        if self.left == 0:
            self.left = -1
            os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("title", ["layer 1", "layer 2", "fine-tuning"])
def test_a_stopped_run_goes_on_in_its_phase(run, title):
    config = run.folder.config()
    name = config.pop("recipe")
    cut = hm.train(name, **config, out="cut", report=Interrupting(title))
    summary = cut.summary
    assert summary["status"] == "interrupted"
    assert (summary["valid"] is None) == (summary["seconds_training"] == 0) == (title != "fine-tuning")
    together = "compared-curves.png" in {path.name for path in draw([cut.path, cut.path])}
    assert together == (title == "fine-tuning")  # before it there are no validations to compare
    heard = []

    class Listening(Silent):
        def begin(self, updates, total):
            heard.append(updates)

    hm.resume(cut.path, report=Listening())
    assert heard[0] > 0  # not from the start
    assert len(heard) == {"layer 1": 3, "layer 2": 2, "fine-tuning": 1}[title]
    for file in (
        "model.safetensors",
        "pretraining/layer-1/model.safetensors",
        "pretraining/layer-2/model.safetensors",
    ):
        assert (cut.path / file).read_bytes() == (run.path / file).read_bytes()


@pytest.mark.parametrize("name", RECIPES)
def test_a_signal_as_a_layer_finishes_stops_the_run_before_the_next(name):
    ends = SMALL["pretraining_epochs"][0]
    cut = hm.train(name, **SMALL, **RECIPES[name], out="cut", report=Interrupting("layer 1", ends))
    assert cut.summary["status"] == "interrupted"
    assert RunFolder.open(cut.path / "pretraining/layer-1").summary()["status"] == "finished"
    assert not (cut.path / "pretraining/layer-2").exists()
    assert hm.resume(cut.path, report=Silent()).summary["status"] == "finished"


def test_dropout_changes_fine_tuning_alone():
    plain = hm.train("dbn", **SMALL, out="plain")
    dropped = hm.train("dbn", **SMALL, dropout=0.3, out="dropped")
    for n in (1, 2):
        file = f"pretraining/layer-{n}/model.safetensors"
        assert (plain.path / file).read_bytes() == (dropped.path / file).read_bytes()
    assert plain.summary["test"] != dropped.summary["test"]


@pytest.mark.parametrize("name", ["dbn", "stacked-denoising-autoencoder"])
def test_what_applies_to_fine_tuning_alone_is_said(name):
    ours = {
        "anneal": True,
        "schedule": "cosine",
        "learning_rate_decay": 0.1,
        "weight_decay": 0.1,
        "average": 0.9,
    }
    cls = recipe_class(name)
    layer, recipe = cls().block(0), cls(**ours)
    assert recipe.block(0) == layer
    said = field_docstrings(cls)
    for field in ours:
        assert "fine-tun" in said[field] or "there" in said[field], said[field]


def test_no_pretraining_leaves_the_first_weights():
    hm.train("dbn", **SMALL | {"pretraining_epochs": (0,)}, out="plain")
    recipe = recipe_of(RunFolder.open(Path("plain")))
    fresh = recipe.block(0).model(load("digits"), Streams(0, 1))
    np.testing.assert_array_equal(hm.load("plain/pretraining/layer-1").weight, fresh.weight)


def test_samples_may_be_handed_up():
    recipe = hm.train("dbn", **SMALL, upward="samples", out="run").recipe
    first = hm.load("run/pretraining/layer-1").layer()
    codes = recipe.transformed(load("digits"), first, 1)
    assert set(np.unique(codes.train.x)) == {0, 1}
    means = jax.vmap(lambda x: first(x.ravel()))(load("digits").train.x)
    np.testing.assert_allclose(codes.train.x.mean(0), means.mean(0), atol=0.06)


def test_patience_is_counted_in_epochs():
    recipe = hm.train("dbn", **SMALL | {"max_epochs": 0, "pretraining_epochs": (0,)}, out="run").recipe
    assert recipe.stopping(1285).patience == 4 * (1285 // 20)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"pretraining_epochs": (1, 2, 3)}, r"pretraining_epochs .* must hold 1 value or 2"),
        ({"corruption_level": (0.1, 1.0)}, "corruption_level 1.0 must be in"),
        ({"hidden": ()}, "hidden"),
        ({"dropout": 1.0}, "dropout 1.0 must be in"),
        ({"pretraining_learning_rate": (-0.1,)}, "learning_rate -0.1 must be positive"),
        ({"pretrained": "none"}, "none does not exist"),
    ],
)
def test_bad_settings_are_named_before_anything_is_written(settings, message, tmp_path):
    with pytest.raises((ConfigError, CheckpointError), match=message):
        hm.train(
            "stacked-denoising-autoencoder", **SMALL | {"corruption_level": (0.1,)} | settings, out="run"
        )
    assert not (tmp_path / "run").exists()


def test_divergence_of_a_layer_ends_the_run(tmp_path, capsys):
    config = SMALL | {"recipe": "dbn", "pretraining_learning_rate": (1e38,)}
    Path("c.json").write_text(json.dumps(config))
    assert main(["train", "dbn", "--config", "c.json", "--out", "run"]) == 1
    assert "diverged" in capsys.readouterr().err
    assert not (tmp_path / "run/pretraining/layer-2").exists()
    shutil.rmtree("run")


def test_a_dbn_dreams_and_has_a_bound(capsys):
    hm.train("dbn", **SMALL | {"max_epochs": 1}, out="run")
    assert main(["sample", "run", "--chains", "5", "--rows", "2", "--steps", "3", "--json"]) == 0
    (picture,) = json.loads(capsys.readouterr().out)
    with Image.open(picture) as image:
        assert image.width > image.height  # five columns of two rows
    assert main(["evaluate", "run", "--log-likelihood", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["test"]
    assert -64 < found["log_likelihood_bound"] < -15
    assert "standard_error" not in found  # the top RBM has 9 hidden units, whose states are summed
    assert found["log_likelihood_bound"] < found["importance_weighted"] < -15
    assert 1 <= found["effective_draws"] <= 50


def test_the_ledger_adds_up_to_the_bound_and_names_a_layer_that_loses(capsys):
    """A second layer that has learned nothing knows less of the codes than the first, which learned to make them."""
    small = SMALL | {"max_epochs": 0, "pretraining_epochs": (20, 0)}
    hm.train("dbn", **small, out="run")
    assert main(["evaluate", "run", "--log-likelihood", "--json"]) == 0
    for found in json.loads(capsys.readouterr().out).values():
        first, second = found["layers"]
        assert "below_at_least" not in first
        assert first["input_at_least"] == first["input_at_most"]  # 12 and 9 hidden units are enumerated
        bound = first["input_at_least"] + second["gain_at_least"]
        assert found["log_likelihood_bound"] == pytest.approx(bound, abs=1e-3)
        assert second["gain_at_most"] < -0.5
    assert main(["evaluate", "run", "--log-likelihood"]) == 0
    said = capsys.readouterr().out
    assert "by the RBM below" in said
    assert said.count("layer 2 loses") == 2


def test_a_stack_that_is_to_generate_learns_from_bits_along_the_centred_gradient():
    small = {"data": "digits", "hidden": (12, 70), "pretraining_epochs": (2,), "pretraining_batch_size": 20}
    run = hm.train("dbn", configuration="generative", **small, out="run")
    for number in (1, 2):
        config = RunFolder(run.path / f"pretraining/layer-{number}").config()
        assert config["binarize"] == "sampled"
        assert config["centred"]
        assert config["anneal"]
    found = hm.evaluate("run", log_likelihood=True)["valid"]
    assert len(found["layers"]) == 2


@pytest.mark.parametrize("run", ["stacked-denoising-autoencoder"], indirect=True)
def test_a_stack_of_autoencoders_generates_nothing(run, capsys):
    assert main(["sample", str(run.path)]) == 2
    assert "generates nothing" in capsys.readouterr().err
