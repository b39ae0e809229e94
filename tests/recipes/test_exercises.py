"""The exercises that the book's text suggests, as options."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import harmonium as hm
from harmonium.cli import main
from harmonium.models import LeNet
from harmonium.models.layers import convolve
from harmonium.recipes.lenet import LeNetRecipe
from harmonium.recipes.rbm import RBMRecipe
from harmonium.recipes.slot_filling import SlotFillingRecipe
from harmonium.training import RunFolder

SMALL = {"data": "digits", "batch_size": 20, "max_epochs": 1}


def test_lenet_takes_kernels_and_pools_of_a_size_each_and_another_activation():
    run = hm.train(
        "lenet", **SMALL, kernels=(3, 4), kernel_sizes=(3, 2), pool=(1, 2), activation="relu", hidden=(6,)
    )
    model = hm.load(run.path)
    assert [layer.weight.shape for layer in model.convolutions] == [(3, 1, 3, 3), (4, 3, 2, 2)]
    assert [layer.pool for layer in model.convolutions] == [(1, 1), (2, 2)]
    assert [layer.activation for layer in model.convolutions] == ["relu", "relu"]
    assert model.perceptron.hidden[0].weight.shape == (6, 4 * 2 * 2)  # 8 - 2 = 6, 6 - 1 = 5, half of it


def test_without_pooling_a_map_is_the_convolution_itself():
    import jax
    import jax.numpy as jnp

    model = LeNet.init((6, 6), [2], [3], 2, kernel_size=3, pool=1, key=jax.random.key(0))
    layer, x = model.convolutions[0], jax.random.normal(jax.random.key(1), (1, 6, 6, 4))
    np.testing.assert_allclose(layer(x), jnp.tanh(convolve(x, layer.weight)), rtol=1e-6)


def test_the_old_kernel_size_is_taken():
    config = {"recipe": "lenet", **SMALL, "kernels": [4], "kernel_sizes": [3], "hidden": [5]}
    Path("old.json").write_text(json.dumps(config))
    assert main(["train", "lenet", "--config", "old.json", "--no-figures", "--quiet", "--out", "run"]) == 0
    assert RunFolder.open("run").config()["kernel_sizes"] == [3]


@pytest.mark.parametrize("wrong", [{"pool": (2, 2, 2)}, {"pool": (0,)}, {"kernel_sizes": (5, 0)}])
def test_sizes_that_fit_no_layer_are_refused(wrong):
    with pytest.raises(hm.errors.ConfigError, match=f"--{next(iter(wrong)).replace('_', '-')}"):
        LeNetRecipe(**wrong)


def test_there_are_as_many_persistent_chains_as_examples_in_a_batch():
    assert RBMRecipe(batch_size=37).carry(None).hidden.shape == (37, 500)
    assert RBMRecipe(batch_size=37, chains=5).carry(None).hidden.shape == (5, 500)


def test_contrastive_divergence_is_watched_by_the_cross_entropy_of_reconstructions():
    run = hm.train("rbm", **SMALL, hidden=8, persistent=False, gibbs_steps=1)
    (line,) = run.folder.records()
    assert set(line["train"]) == {"reconstruction_cross_entropy"}
    assert line["train"]["reconstruction_cross_entropy"] == pytest.approx(
        line["valid"]["reconstruction_cross_entropy"], rel=0.3
    )


def test_chains_may_start_at_training_examples():
    from harmonium.recipes.shared.options import Sampling

    run = hm.train("rbm", **SMALL, hidden=8)
    drawn = {
        start: hm.sample(
            run.path, Sampling(chains=4, rows=1, steps=1, start=start, out=Path(f"{start}.png"))
        )[0]
        for start in ("train", "test")
    }
    assert drawn["train"].read_bytes() != drawn["test"].read_bytes()
    with pytest.raises(hm.errors.ConfigError, match="1285 train examples"):
        hm.sample(run.path, Sampling(chains=2000, start="train"))


def test_samples_are_never_written_over_and_get_their_suffix(capsys):
    run = hm.train("rbm", **SMALL, hidden=8)
    command = ["sample", str(run.path), "--steps", "1", "--rows", "2", "--chains", "3", "--out", "mine"]
    assert main(command) == 0
    first = Path("mine.png").read_bytes()
    assert capsys.readouterr().out == "mine.png\n"
    assert main([*command, "--seed", "7"]) == 0
    out, err = capsys.readouterr()
    assert out == "mine-2.png\n"
    assert "mine.png exists already" in err
    assert Path("mine.png").read_bytes() == first
    assert main([*command[:-1], "mine.jpg"]) == 2
    assert "must end in .png" in capsys.readouterr().err


@pytest.mark.parametrize("recipe", ["mlp", "logistic-regression"])
def test_every_recipe_keeps_snapshots_and_draws_them(recipe):
    run = hm.train(recipe, **SMALL | {"max_epochs": 4}, snapshot_epochs=2)
    assert sorted(run.folder.snapshots()) == [2, 4]
    assert {"filters.png", "filters-epoch-002.png", "filters-epoch-004.png"} <= {
        p.name for p in hm.draw(run.path)
    }
    hm.load(run.folder.snapshots()[2])


def test_stacks_are_pre_trained_as_told():
    from harmonium.recipes.dbn import DeepBeliefNetworkRecipe
    from harmonium.recipes.stacked_denoising_autoencoder import StackedDenoisingAutoencoderRecipe

    plain = DeepBeliefNetworkRecipe().block(0)
    assert (plain.persistent, plain.optimizer) == (False, "sgd")
    told = DeepBeliefNetworkRecipe(pretraining_persistent=True, pretraining_optimizer="adam").block(1)
    assert (told.persistent, told.optimizer, told.chains) == (True, "adam", None)
    noisy = StackedDenoisingAutoencoderRecipe(corruption="gaussian").block(2)
    assert (noisy.corruption, noisy.corruption_level) == ("gaussian", 0.3)
    small = SMALL | {"hidden": (8, 5), "pretraining_epochs": (1,), "pretraining_batch_size": 20}
    run = hm.train("dbn", **small, pretraining_persistent=True, pretraining_optimizer="adam")
    other = hm.train("dbn", **small)
    ours, theirs = (hm.load(one.path / "pretraining/layer-1").weight for one in (run, other))
    assert not np.allclose(ours, theirs)


def test_slot_filling_keeps_the_best_epoch_and_halves_only_where_told(tmp_path):
    Path("own.iob").write_text("from\tO\nnew\tB-city\nyork\tI-city\n\n" * 30)
    from harmonium.training import Halving, KeepBest

    kinds = {}
    for rule in ("best", "halving"):
        recipe = SlotFillingRecipe(data="own.iob", rule=rule, max_epochs=1)
        (phase,) = recipe.phases(RunFolder(tmp_path / rule))
        kinds[rule] = type(phase.training().stopping)
    assert kinds == {"best": KeepBest, "halving": Halving}
    assert all(named["rule"] == "halving" for named in SlotFillingRecipe.configurations.values())


@pytest.mark.parametrize("name", ["convolution", "max-pooling"])
def test_a_demonstration_takes_a_picture_of_ones_own(name, capsys):
    pixels = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
    Image.fromarray(pixels).save("mine.png")
    assert main(["demonstrate", name, "--image", "mine.png", "--out", "drawn", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["picture"] == "drawn.png"
    own = Path("drawn.png").read_bytes()
    assert main(["demonstrate", name, "--out", "usual"]) == 0
    assert own != Path("usual.png").read_bytes()
    Path("bad.png").write_text("no picture")
    Image.fromarray(pixels[:5, :5]).save("tiny.png")
    capsys.readouterr()
    for file, gist in (
        ("bad.png", "no picture that can be read"),
        ("tiny.png", "5x5"),
        ("none.png", "none.png"),
    ):
        assert main(["demonstrate", name, "--image", file]) == 2
        assert gist in capsys.readouterr().err


def test_max_pooling_keeps_the_largest_of_each_tile(capsys):
    assert main(["demonstrate", "max-pooling", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    matrix = np.array(found["matrix"])
    expected = [[matrix[i : i + 2, j : j + 2].max() for j in (0, 2, 4)] for i in (0, 2, 4)]
    np.testing.assert_allclose(found["pooled_with_border"], expected, rtol=1e-6)
    np.testing.assert_allclose(found["pooled_without_border"], np.array(expected)[:2, :2], rtol=1e-6)
    assert found["sizes"] == "419x632 209x316 104x158 52x79"


def test_hmc_is_demonstrated_with_the_books_options(capsys):
    command = ["demonstrate", "hmc", "--chains", "4", "--draws", "500", "--dimensions", "2", "--json"]
    assert main(command) == 0
    found = json.loads(capsys.readouterr().out)
    assert len(found["target_mean"]) == 2
    np.testing.assert_allclose(found["empirical_mean"], found["target_mean"], atol=0.2)
    assert 0.8 < found["acceptance_rate"] < 1
    for wrong in (["--draws", "3"], ["--chains", "1"], ["--dimensions", "1"], ["--image", "x.png"]):
        assert main(["demonstrate", "hmc", *wrong]) == 2
        assert wrong[0] in capsys.readouterr().err


def test_the_sentiment_of_the_book_begins_as_its_program_does():
    import jax

    from harmonium.models import TextClassifier
    from harmonium.recipes.sentiment import SentimentRecipe

    model = TextClassifier.init(50, 2, dimension=6, hidden=6, as_book=True, key=jax.random.key(0))
    for weight in (model.forward.input_weight, model.forward.recurrent_weight):
        for gate in np.split(np.asarray(weight), 4, axis=1):
            np.testing.assert_allclose(gate.T @ gate, np.eye(6), atol=1e-5)
    assert not np.asarray(model.forward.bias).any()
    embedding = np.asarray(model.embedding)
    assert 0 <= embedding.min() < 0.001
    assert 0.009 < embedding.max() < 0.01
    book = SentimentRecipe(**SentimentRecipe.configurations["book"])
    assert (book.too_long, book.longest, book.initial_weights) == ("left-out", 99, "book")
