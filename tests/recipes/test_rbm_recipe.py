"""The RBM as a user runs it."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import harmonium as hm
from harmonium.cli import main
from harmonium.errors import CheckpointError, ConfigError, DataError
from harmonium.recipes.rbm import RBMRecipe
from harmonium.training import RunFolder, Streams

SMALL = {"data": "digits", "hidden": 15, "gibbs_steps": 2, "max_epochs": 3}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "rbm"
    return hm.train("rbm", **SMALL, binarize="rounded", initial_weights="small", out=out)


def said(capsys):
    return json.loads(capsys.readouterr().out)


def test_a_run_has_its_monitors_and_filters_of_every_epoch(run):
    assert set(run.summary["test"]) == {
        "pseudo_log_likelihood",
        "pseudo_log_likelihood_error",
        "reconstruction_cross_entropy",
        "free_energy_gap",
    }
    drawn = {path.name for path in run.recipe.draw(run.folder)}
    assert drawn == {"learning-curves.png", "filters.png", "samples.png", "particles.png"} | {
        f"filters-epoch-00{n}.png" for n in (1, 2, 3)
    }


def test_learning_raises_the_likelihood(capsys):
    likelihoods = []
    for epochs in (0, 20):
        hm.train(
            "rbm",
            **SMALL | {"max_epochs": epochs},
            binarize="rounded",
            initial_weights="small",
            out=f"{epochs}",
        )
        assert main(["evaluate", f"{epochs}", "--log-likelihood", "--json"]) == 0
        found = said(capsys)["test"]
        assert set(found) == {"examples", "log_likelihood", "log_partition"}  # 15 hidden units are enumerated
        likelihoods.append(found["log_likelihood"])
    assert likelihoods[1] > likelihoods[0] + 4


def test_annealing_agrees_with_the_enumeration(run, capsys, monkeypatch):
    assert main(["evaluate", str(run.path), "--log-likelihood", "--json"]) == 0
    exact = said(capsys)["test"]["log_likelihood"]
    monkeypatch.setattr("harmonium.models.partition.ENUMERABLE", 0)
    options = ["--log-likelihood", "--chains", "200", "--temperatures", "500", "--json"]
    assert main(["evaluate", str(run.path), *options]) == 0
    found = said(capsys)["test"]
    assert found["at_least"] - 1e-3 <= exact <= found["at_most"] + 1e-3
    assert 0 < found["standard_error"] < 0.1
    assert json.loads((run.path / "log-likelihood.json").read_text())["test"] == found
    assert 50 < found["effective_sample_size"] <= 200
    assert (found["chains"], found["temperatures"]) == (200, 500)
    assert found["walk_r_hat"] < 1.1
    assert found["by_reverse"] == pytest.approx(exact, abs=0.5)
    assert main(["evaluate", str(run.path), *options[:-1]]) == 0
    assert "log-likelihood" in capsys.readouterr().out


def test_an_estimate_of_few_chains_is_not_praised(run, capsys, monkeypatch):
    monkeypatch.setattr("harmonium.models.partition.ENUMERABLE", 0)
    # Weights that no annealing in two steps can follow.
    model = hm.load(run.path)
    sharp = type(model)(40 * model.weight, model.visible_bias, model.hidden_bias)
    shutil.copytree(run.path, "sharp")
    RunFolder.open(Path("sharp")).save_model(sharp)
    assert main(["evaluate", "sharp", "--log-likelihood", "--temperatures", "2", "--json"]) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)["test"]
    assert found["effective_sample_size"] < 10
    assert "log_likelihood" not in found
    assert "standard_error" not in found
    assert found["log_likelihood_from"] < found["log_likelihood_to"]
    assert err.startswith("the likelihood does not converge: ")
    card = Path("sharp", "README.md").read_text()
    assert "does not converge" in card
    assert "| test | log-likelihood (nats) |" not in card


def test_the_ladder_adapts_and_tempering_agrees(run, capsys, monkeypatch):
    assert main(["evaluate", str(run.path), "--log-likelihood", "--json"]) == 0
    exact = said(capsys)["test"]["log_likelihood"]
    monkeypatch.setattr("harmonium.models.partition.ENUMERABLE", 0)
    for options in (["--seconds", "2"], ["--tempered", "--temperatures", "10", "--sweeps", "200"]):
        assert main(["evaluate", str(run.path), "--log-likelihood", *options, "--json"]) == 0
        found = said(capsys)["test"]
        assert found["log_likelihood"] == pytest.approx(exact, abs=0.3)
    assert main(["evaluate", str(run.path), "--log-likelihood", "--seconds", "0"]) == 2
    assert "--seconds must be positive" in capsys.readouterr().err


def test_the_pseudo_likelihood_of_evaluate_is_that_of_every_bit(run, capsys):
    """Against log p(v) - log Σ of p over each pair that differs in one bit, by free energies."""
    assert main(["evaluate", str(run.path), "--json"]) == 0
    found = said(capsys)["test"]
    assert "pseudo_log_likelihood_error" not in found
    model, v = run.model, run.recipe.held_out("test", run.recipe.own_data(run.folder), Streams(0))
    total = np.zeros(len(v))
    for bit in range(64):
        other = v.at[:, bit].set(1 - v[:, bit])
        total += -np.logaddexp(0, np.asarray(model.free_energy(v) - model.free_energy(other), np.float64))
    assert found["pseudo_log_likelihood"] == pytest.approx(total.mean(), rel=1e-4)
    drawn = run.summary["test"]
    assert abs(drawn["pseudo_log_likelihood"] - total.mean()) < 4 * drawn["pseudo_log_likelihood_error"]


def test_samples_are_drawn(run, capsys):
    options = ["--chains", "6", "--rows", "3", "--steps", "4"]
    assert main(["sample", str(run.path), *options, "--animate", "--json"]) == 0
    picture, film = said(capsys)
    with Image.open(picture) as image:
        assert "6 of them; 4 Gibbs steps from one row to the next" in image.text["Description"]
        assert image.width >= 6 * 9 + 1
        first = np.asarray(image)
    with Image.open(film) as image:
        assert image.n_frames == 100
    assert main(["sample", str(run.path), *options, "--out", "again.png"]) == 0
    with Image.open("again.png") as image:
        np.testing.assert_array_equal(image, first)
    for others in (["--seed", "3"], ["--tempering", "4"]):
        assert main(["sample", str(run.path), *options, *others, "--out", "other.png"]) == 0
        with Image.open("other.png") as image:
            assert image.size == first.shape[1::-1]
            assert (np.asarray(image) != first).any()


def test_chains_start_where_they_are_told(run):
    pictures = []
    for start in ("test", "noise"):  # far from each other after one step, before the chains forget
        out = f"{start}.png"
        assert (
            main(["sample", str(run.path), "--start", start, "--rows", "1", "--steps", "1", "--out", out])
            == 0
        )
        with Image.open(out) as image:
            pictures.append(np.asarray(image))
    assert (pictures[0] != pictures[1]).any()


def test_contrastive_divergence_and_mean_field_states_train_too():
    costs = []
    for n, settings in enumerate([{"persistent": False}, {"hidden_states": "mean-field"}]):
        run = hm.train("rbm", **SMALL, **settings, l2=1e-4, out=f"run{n}")
        costs.append(run.summary["test"]["reconstruction_cross_entropy"])
    assert max(costs) < 33  # the mean image's own cost is 34


def test_the_centred_gradient_and_tempered_chains_train_too(capsys):
    """Against the mean image's own likelihood, with 10 hidden units, whose Z is exact."""
    small = {"data": "digits", "hidden": 10, "gibbs_steps": 1, "max_epochs": 8, "initial_weights": "small"}
    found = {}
    for name, settings in {
        "start": {"max_epochs": 0},
        "plain": {},
        "centred": {"centred": True},
        "tempered": {"tempering": 4, "centred": True},
    }.items():
        hm.train("rbm", **small | settings, binarize="rounded", out=name)
        assert main(["evaluate", name, "--log-likelihood", "--json"]) == 0
        found[name] = said(capsys)["valid"]["log_likelihood"]
    assert found["centred"] != found["plain"]
    assert min(found["centred"], found["tempered"]) > found["start"] + 2
    hm.train("rbm", **small | {"max_epochs": 1}, centred=True, tempering=4, out="short")
    hm.resume("short", max_epochs=2)  # with the ladder and the offsets
    hm.train("rbm", **small | {"max_epochs": 2}, centred=True, tempering=4, out="long")
    np.testing.assert_array_equal(hm.load("short").weight, hm.load("long").weight)


def test_a_gaussian_rbm_learns_standardised_values(capsys):
    rng = np.random.default_rng(0)
    x = rng.choice([-1.0, 1.0], (210, 1)) * np.array([1, -1, 1, 1]) + 0.3 * rng.normal(size=(210, 4))
    x = (x - x.mean(0)) / x.std(0)
    np.savez("own.npz", x=x, y=np.zeros(210, int))
    run = hm.train(
        "rbm",
        data="own.npz",
        visible="gaussian",
        hidden=2,
        learning_rate=0.02,
        batch_size=10,
        max_epochs=60,
        out="run",
    )
    assert run.summary["test"]["squared_error"] < 1  # 4 without any structure
    assert main(["evaluate", "run", "--log-likelihood", "--json"]) == 0
    independent = -2 * np.log(2 * np.pi * np.e)
    assert said(capsys)["test"]["log_likelihood"] > independent + 1
    assert main(["sample", "run"]) == 2
    assert "no picture" in capsys.readouterr().err


def test_codes_of_an_rbm_are_features(run):
    on = hm.train(
        "logistic-regression", data="digits", features=str(run.path), batch_size=50, max_epochs=5, out="on"
    )
    assert hm.load(on.path).classifier.weight.shape == (10, 15)


def test_a_named_configuration_is_taken_and_changed(capsys):
    small = ["--data", "digits", "--batch-size", "20", "--max-epochs", "1", "--hidden", "5", "--no-figures"]
    assert main(["train", "rbm", "--config", "likelihood", *small, "--out", "run"]) == 0
    config = json.loads(Path("run/config.json").read_text())
    assert config["binarize"] == RBMRecipe.configurations["likelihood"]["binarize"] == "sampled"
    assert config["hidden"] == 5
    run = hm.train("rbm", configuration="likelihood", data="digits", batch_size=9, max_epochs=0, out="other")
    assert run.folder.config()["binarize"] == "sampled"
    with pytest.raises(ConfigError, match="rbm has no configuration 'best'; it has likelihood"):
        hm.train("rbm", configuration="best", out="bad")


def test_chains_that_do_not_match_a_resumed_run_are_refused(run, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(run.path, copy)
    config = json.loads((copy / "config.json").read_text()) | {"chains": 7, "max_epochs": 4}
    (copy / "config.json").write_text(json.dumps(config))
    with pytest.raises(CheckpointError, match="another configuration"):
        hm.resume(copy)


def test_resume_goes_on_with_the_chains():
    settings = SMALL | {"max_epochs": 1}
    hm.train("rbm", **settings, out="short")
    hm.resume("short", max_epochs=2)
    hm.train("rbm", **settings | {"max_epochs": 2}, out="long")
    for name in ("weight", "visible_bias", "hidden_bias"):
        np.testing.assert_array_equal(getattr(hm.load("short"), name), getattr(hm.load("long"), name))


def test_divergence_is_reported_with_its_update(capsys):
    options = ["--data", "digits", "--hidden", "5", "--learning-rate", "1e38", "--no-figures", "--out", "run"]
    assert main(["train", "rbm", *options]) == 1
    said = capsys.readouterr().err
    assert "was not finite at update" in said
    assert "best model" not in said
    with pytest.raises(CheckpointError, match="run holds no model yet"):  # but the first weights
        hm.load("run")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"gibbs_steps": 0}, "gibbs_steps 0 must be at least 1"),
        ({"chains": 0}, "chains 0 must be at least 1"),
        ({"visible": "gaussian", "binarize": "rounded"}, "must go with visible binary"),
        ({"l2": -1.0}, "l2 -1.0 must not be negative"),
        ({"visible": "gaussian", "centred": True}, "centred True must go with visible binary"),
        ({"tempering": 1}, "tempering 1 must be 0, or 2"),
        ({"tempering": 4, "persistent": False}, "tempering 4 must go with persistent chains"),
        ({"tempering": 4, "visible": "gaussian"}, "tempering 4 must go with visible binary"),
    ],
)
def test_bad_settings_are_named(settings, message):
    with pytest.raises(ConfigError, match=message):
        hm.train("rbm", **settings, out="run")


def test_values_that_the_units_do_not_take_are_refused(tmp_path):
    x = np.random.default_rng(0).normal(size=(70, 6))
    np.savez("own.npz", x=x, y=np.arange(70) % 2)
    with pytest.raises(DataError, match=r"x of train holds values -.*--visible gaussian"):
        hm.train("rbm", data="own.npz", scale="none", out="run")
    np.savez("far.npz", x=x + 5, y=np.arange(70) % 2)
    with pytest.raises(DataError, match=r"value 0 of the examples has mean .*standardised"):
        hm.train("rbm", data="far.npz", visible="gaussian", scale="none", out="run")
    with pytest.raises(DataError, match="standardised"):
        hm.train("rbm", data="digits", visible="gaussian", out="run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("arguments", "gist"),
    [
        (["--chains", "0"], "--chains 0 must be at least 1"),
        (["--chains", "9999"], "more than the 256 test examples"),
        (["--steps", "-1"], "--steps -1"),
        (["--start", "middle"], "middle"),
    ],
)
def test_bad_sampling_is_one_line(run, arguments, gist, capsys):
    assert main(["sample", str(run.path), *arguments]) == 2
    assert gist in capsys.readouterr().err


def test_a_classifier_neither_samples_nor_has_a_likelihood(capsys):
    hm.train("mlp", data="digits", hidden=(5,), max_epochs=1, out="mlp")
    assert main(["sample", "mlp"]) == 2
    assert "generates nothing" in capsys.readouterr().err
    assert main(["evaluate", "mlp", "--log-likelihood"]) == 2
    assert "no likelihood" in capsys.readouterr().err


@pytest.mark.parametrize("recipe", ["rbm", "dbn"])
def test_samples_from_noise_need_no_data(recipe, tmp_path, monkeypatch):
    settings = {"max_epochs": 1, "batch_size": 100}
    settings |= {"hidden": (9, 8), "pretraining_epochs": (1,)} if recipe == "dbn" else {"hidden": 9}
    run = hm.train(recipe, data="digits", out=tmp_path / recipe, **settings)

    def refuse(*_, **__):
        raise AssertionError("the data were read")

    monkeypatch.setattr(type(run.recipe), "own_data", refuse)
    (drawn,) = run.sample(start="noise", chains=4, rows=2, steps=3)
    assert drawn.exists()
    with pytest.raises(AssertionError, match="the data were read"):
        run.sample(start="noise", chains=4, rows=2, steps=3, tempering=3)
