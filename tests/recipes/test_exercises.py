"""The exercises that the book's text suggests, as options."""

import json
import os
import signal
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
from harmonium.recipes.shared.options import Sampling
from harmonium.recipes.slot_filling import SlotFillingRecipe
from harmonium.training import RunFolder

SMALL = {"data": "digits", "batch_size": 20, "max_epochs": 1}
SHORT = Sampling(chains=3, rows=2, steps=1)


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
    digits = hm.data.load("digits")
    assert RBMRecipe(batch_size=37).carry(digits).hidden.shape == (37, 500)
    assert RBMRecipe(batch_size=37, chains=5).carry(digits).hidden.shape == (5, 500)


def test_contrastive_divergence_is_watched_by_the_cross_entropy_of_reconstructions():
    run = hm.train("rbm", **SMALL, hidden=8, persistent=False, gibbs_steps=1)
    (line,) = run.folder.records()
    assert set(line["train"]) == {"reconstruction_cross_entropy"}
    assert line["train"]["reconstruction_cross_entropy"] == pytest.approx(
        line["valid"]["reconstruction_cross_entropy"], rel=0.3
    )


def test_chains_may_start_at_training_examples():
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
    last = run.folder.snapshots()[4]
    for epoch in (100_000, 99_999):
        last.with_name(f"epoch-{epoch:05d}.safetensors").write_bytes(last.read_bytes())
        last.with_name(f"particles-{epoch:05d}.safetensors").write_bytes(last.read_bytes())
    assert list(run.folder.snapshots()) == [2, 4, 99_999, 100_000]
    assert list(run.folder.beside_snapshots("particles")) == [99_999, 100_000]


@pytest.mark.parametrize(
    ("recipe", "data", "pictures"),
    [
        ("slot-filling", "flights.iob", {"neighbours", "words"}),
        ("sentiment", "reviews.txt", {"words"}),
        ("rnn-rbm", "tunes", {"sample"}),
    ],
)
def test_words_and_music_are_drawn_as_they_grew(recipe, data, pictures):
    own = Path(__file__).parents[1] / "fixtures" / "version-0.1" / data
    sizes = {"hidden": 4} | ({} if recipe == "rnn-rbm" else {"embedding": 3})
    run = hm.train(recipe, data=str(own), max_epochs=2, snapshot_epochs=1, **sizes)

    drawn = {path.name for path in hm.draw(run.path)}

    for name in pictures:
        assert {f"{name}-epoch-001.png", f"{name}-epoch-002.png"} <= drawn
    if recipe == "rnn-rbm":
        assert {"sample-epoch-001.mid", "sample-epoch-002.mid"} <= drawn


def test_the_first_layer_of_a_stack_is_drawn_as_it_grew():
    small = SMALL | {"hidden": (8, 5), "pretraining_epochs": (2,), "pretraining_batch_size": 20}
    run = hm.train("dbn", **small, snapshot_epochs=1)

    drawn = {path.name for path in hm.draw(run.path)}

    expected = {"filters.png", "filters-epoch-001.png", "filters-pretrained.png"}
    assert expected | {f"filters-pretrained-epoch-00{n}.png" for n in (1, 2)} <= drawn


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
    kept = {
        name for name, named in SlotFillingRecipe.configurations.items() if named.get("rule") != "halving"
    }
    assert kept == {"best", "elman"}


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
        ("bad.png", "no picture of a known format"),
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
    command = ["demonstrate", "hmc", "--chains", "4", "--draws", "500", "--dimensions", "2"]
    assert main(command) == 0
    said = capsys.readouterr().out
    assert "target covariance:\n   1.0000 " in said
    assert "\\n" not in said
    assert main([*command, "--json"]) == 0
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
    assert (book.rule, book.wait, book.validation_updates) == ("program", 10, 370)


def test_hidden_units_become_as_rare_as_they_are_told_to():
    means = {}
    for sparsity in (0.0, 1.0):
        settings = SMALL | {"max_epochs": 5, "hidden": 20, "sparsity": sparsity, "sparsity_target": 0.05}
        run = hm.train("rbm", **settings, learning_rate=0.3)
        means[sparsity] = float(np.mean(run.encode(hm.data.load("digits").test.x)))
    assert means[1.0] < 0.12 < 0.2 < means[0.0]


STACK = SMALL | {
    "pretraining_epochs": (1,),
    "pretraining_batch_size": 20,
    "pretraining_learning_rate": (0.1,),
}


def test_an_upper_rbm_begins_as_the_one_below_turned_over(capfd):
    run = hm.train(
        "dbn", **STACK | {"pretraining_epochs": (1, 0, 0)}, hidden=(10, 64, 8), transposed_start=True
    )
    assert "layer 3 begins with random weights" in capfd.readouterr().err
    below, above = (hm.load(run.path / f"pretraining/layer-{n}") for n in (1, 2))
    np.testing.assert_array_equal(above.weight, below.weight.T)
    np.testing.assert_array_equal(above.visible_bias, below.hidden_bias)
    np.testing.assert_array_equal(above.hidden_bias, below.visible_bias)
    with pytest.raises(hm.errors.ConfigError, match="--hidden 10 64 would do"):
        hm.train("dbn", **STACK, hidden=(10, 12), transposed_start=True)


def test_a_wider_upper_rbm_begins_so_too_with_further_units_of_small_weights():
    settings = STACK | {"pretraining_epochs": (1, 0), "pretraining": "likelihood"}
    run = hm.train("dbn", **settings, hidden=(10, 100), transposed_start=True)
    below, above = (hm.load(run.path / f"pretraining/layer-{n}") for n in (1, 2))
    np.testing.assert_array_equal(above.weight[:, :64], below.weight.T)
    np.testing.assert_array_equal(above.visible_bias, below.hidden_bias)
    np.testing.assert_array_equal(above.hidden_bias, [*below.visible_bias, *np.zeros(36)])
    assert 0 < np.abs(above.weight[:, 64:]).max() < 0.1


def test_the_bound_of_two_layers_begins_where_the_likelihood_of_one_is(capsys):
    """Section 10.2: with W transposed on top the bound is tight."""
    settings = STACK | {"pretraining_epochs": (3, 0)}
    two = hm.train("dbn", **settings, hidden=(10, 64), transposed_start=True)
    one = hm.train("dbn", **settings | {"pretraining_epochs": (3,)}, hidden=(10,))
    found = []
    for run in (two, one):
        assert main(["evaluate", str(run.path), "--log-likelihood", "--json"]) == 0
        found.append(json.loads(capsys.readouterr().out)["valid"]["log_likelihood_bound"])
    assert found[0] == pytest.approx(found[1], abs=0.3)


def test_up_down_is_a_phase_that_resumes_and_whose_network_is_used(capsys):
    import jax

    from harmonium.models import DirectedLayer

    settings = STACK | {"hidden": (16, 12), "generative_epochs": 2, "generative_learning_rate": 0.05}
    whole = hm.train("dbn", **settings)
    inner = whole.path / "pretraining/up-down"
    network = hm.load(inner)
    assert isinstance(network, hm.DBN)
    assert [type(one) for one in network.rbms] == [DirectedLayer, hm.RBM]
    first = hm.load(whole.path / "pretraining/layer-1")
    assert not np.allclose(network.rbms[0].weight, first.weight)
    assert not np.allclose(network.rbms[0].recognition, network.rbms[0].weight)
    lines = RunFolder.open(inner).records()
    assert [set(line["valid"]) for line in lines] == [{"generation_cost", "recognition_cost"}] * 2
    assert lines[1]["train"]["generation_cost"] < lines[0]["train"]["generation_cost"]
    assert whole.folder.config()["generative_epochs"] == 2
    assert {"learning-curves-up-down.png", "samples.png"} <= {
        path.name for path in [*hm.draw(whole.path), *hm.sample(whole.path, SHORT)]
    }
    assert main(["evaluate", str(whole.path), "--log-likelihood", "--json"]) == 0
    assert "log_likelihood_bound" in json.loads(capsys.readouterr().out)["valid"]

    class CtrlC(hm.training.Silent):
        def phase(self, title):
            self.here = "up-down" in title

        def validated(self, record, is_best):
            if self.here:
                os.kill(os.getpid(), signal.SIGINT)

    cut = hm.train("dbn", **settings, report=CtrlC())
    assert cut.summary["status"] == "interrupted"
    with pytest.raises(hm.errors.CheckpointError, match="still pre-training"):
        hm.sample(cut.path)
    hm.resume(cut.path)
    for file in ("pretraining/up-down/model.safetensors", "model.safetensors"):
        assert (cut.path / file).read_bytes() == (whole.path / file).read_bytes()
    untrained = hm.train("dbn", **settings | {"max_epochs": 0})
    hidden = hm.load(untrained.path).hidden
    np.testing.assert_array_equal(hidden[0].weight, network.rbms[0].recognition.T)
    np.testing.assert_array_equal(hidden[1].weight, network.rbms[1].weight.T)
    jax.tree.map(np.testing.assert_array_equal, hidden[0].bias, network.rbms[0].hidden_bias)


def test_up_down_without_meaning_is_refused():
    from harmonium.recipes.dbn import DeepBeliefNetworkRecipe

    for wrong in ({"generative_epochs": 1, "hidden": (5,)}, {"generative_learning_rate": 0.0}):
        with pytest.raises(hm.errors.ConfigError, match="--generative"):
            DeepBeliefNetworkRecipe(**wrong)


def test_a_classifier_shows_its_training_error_too():
    run = hm.train("mlp", **SMALL | {"max_epochs": 3}, hidden=(20,), learning_rate=0.1)
    errors = [line["train"]["error_rate"] for line in run.folder.records()]
    assert errors[-1] < errors[0] <= 1
    import jax

    from harmonium.recipes.shared.classification import penalized

    model, train = hm.load(run.path), hm.data.load("digits").train
    x, y = jax.numpy.asarray(train.x[:50], "float32"), jax.numpy.asarray(train.y[:50])
    _, (watched, _) = penalized(0.1, 0.1)(model, (x, y), None, jax.random.key(0))
    wrong = np.asarray(model.batch(x)).argmax(1) != train.y[:50]
    assert 0 < wrong.sum() == pytest.approx(50 * float(watched["error_rate"]))


def test_momentum_rises_as_it_is_told():
    import jax.numpy as jnp

    from harmonium.training import make_optimizer

    for name in ("momentum", "nesterov"):
        optimizer = make_optimizer(name, 0.1, momentum=0.9, momentum_epochs=2, updates_per_epoch=2)
        state, velocity = optimizer.init(jnp.float32(0)), 0.0
        for keep in (0.5, 0.6, 0.7, 0.8, 0.9, 0.9):
            step, state = optimizer.update(jnp.float32(1), state)
            velocity = 1 + keep * velocity
            expected = 1 + keep * velocity if name == "nesterov" else velocity
            assert float(step) == pytest.approx(-0.1 * expected, rel=1e-5)
    ours = make_optimizer("momentum", 0.1, momentum=0.3)
    state = ours.init(jnp.float32(0))
    for expected in (1, 1.3, 1.39):
        step, state = ours.update(jnp.float32(1), state)
        assert float(step) == pytest.approx(-0.1 * expected)


def test_a_run_whose_momentum_rises_resumes_to_the_same_bits():
    settings = SMALL | {"optimizer": "nesterov", "momentum_epochs": 3, "hidden": (5,), "max_epochs": 2}
    cut, whole = hm.train("mlp", **settings), hm.train("mlp", **settings | {"max_epochs": 4})
    hm.resume(cut.path, max_epochs=4)
    assert cut.folder.model.read_bytes() == whole.folder.model.read_bytes()


WORDS = "from\tO\nnew\tB-city\nyork\tI-city\n\nto\tO\nboston\tB-city\n\nshow\tO\nflights\tO\n\n"


def test_one_word_updates_learn_each_word_by_its_own_label():
    import jax

    from harmonium.data import Vocabulary
    from harmonium.recipes.shared.word_labels import by_word

    sentences = {
        "words": np.array([[3, 1, 2], [4, 5, -1]], np.int32),
        "labels": np.array([[0, 1, 2], [0, 1, 0]], np.int32),
        "length": np.array([3, 2]),
    }
    rows = by_word(sentences)
    assert rows["place"].tolist() == [0, 1, 2, 0, 1]
    assert rows["words"].tolist() == [[3, 1, 2]] * 3 + [[4, 5, -1]] * 2
    from harmonium.models import Tagger

    model = Tagger.init(6, 3, dimension=4, hidden=5, window=3, key=jax.random.key(0))
    vocabulary = Vocabulary(("<UNK>", "a", "b", "c", "d", "e"))

    def loss(update, batch):
        batch = {name: jax.numpy.asarray(values) for name, values in batch.items()}
        found = SlotFillingRecipe(update=update).objective(vocabulary)(model, batch, None, jax.random.key(0))
        return float(found[0])

    words = [loss("word", {name: values[[n]] for name, values in rows.items()}) for n in range(5)]
    first, second = ({name: values[[n]] for name, values in sentences.items()} for n in (0, 1))
    assert np.mean(words[:3]) == pytest.approx(loss("sentence", first), rel=1e-5)
    assert np.mean(words[3:]) == pytest.approx(loss("sentence", second), rel=1e-5)
    assert max(words) - min(words) > 1e-3


def test_slot_filling_may_learn_a_word_at_a_time():
    Path("own.iob").write_text(WORDS * 20)
    small = {"data": "own.iob", "max_epochs": 12, "hidden": 8, "embedding": 6, "window": 3}
    by_word, by_sentence = (
        hm.train("slot-filling", **small, update=update) for update in ("word", "sentence")
    )
    assert by_word.summary["updates"] > 2 * by_sentence.summary["updates"]
    assert by_word.summary["valid"]["f1"] == 1


def test_neighbours_of_ones_own_words_by_either_distance(capsys):
    from harmonium.recipes.shared.word_pictures import nearest

    vectors = np.array([[1.0, 0], [10, 1], [0.9, 0.5], [-1, 0]])
    names = ["a", "far", "near", "back"]
    assert nearest("a", names, vectors) == ["far", "near", "back"]
    assert nearest("a", names, vectors, 2, "l2") == ["near", "back"]
    Path("own.iob").write_text(WORDS * 20)
    run = hm.train("slot-filling", data="own.iob", max_epochs=1, hidden=8, embedding=6, window=3)
    model, words = hm.load(run.path), run.folder.vocabulary()
    vectors = np.asarray(model.embedding)
    here = vectors[words.index("boston")]
    for distance, far in (
        ("cosine", [-v @ here / np.linalg.norm(v) for v in vectors]),
        ("l2", [np.linalg.norm(v - here) for v in vectors]),
    ):
        command = ["neighbours", str(run.path), "boston", "new", "--distance", distance, "--count", "3"]
        assert main([*command, "--json", "--out", f"drawn-{distance}"]) == 0
        found = json.loads(capsys.readouterr().out)
        order = [words[n] for n in np.argsort(far[: len(words)]) if words[n] != "boston"]
        assert found["boston"] == order[:3]
        assert len(found["new"]) == 3
        assert Path(f"drawn-{distance}.png").exists()
    assert main(["neighbours", str(run.path), "boston"]) == 0
    assert "york" in capsys.readouterr().out
    for wrong, gist in (
        (["bostn"], "did you mean boston"),
        ([], "name a word"),
        (["new", "--count", "0"], "--count"),
    ):
        assert main(["neighbours", str(run.path), *wrong]) == 2
        assert gist in capsys.readouterr().err
    other = hm.train("mlp", **SMALL, hidden=(3,))
    with pytest.raises(hm.errors.ConfigError, match="knows no words"):
        hm.neighbours(other.path, ["new"])


def test_a_note_is_there_as_soon_as_the_run_is(capsys):
    """So that no kill -9 loses it."""
    from harmonium.recipes.mlp import MLPRecipe
    from harmonium.runs.seeds import run_seeds
    from harmonium.runs.train import start

    seen = []

    class Watching(hm.training.Silent):
        def begin(self, updates, total):
            seen.append({str(path): path.read_text() for path in Path().rglob("note.txt")})

    recipe = MLPRecipe(**SMALL, hidden=(3,))
    start(recipe, "one", Watching(), note="mine")
    assert seen[0] == {"one/note.txt": "mine\n"}
    run_seeds(recipe, 2, Path("several"), Watching(), note="both")
    assert seen[1] == seen[0] | {f"several/seed-{n}/note.txt": "both\n" for n in (0, 1)}
    assert main(["runs", "several"]) == 0
    assert "both" in capsys.readouterr().out


def tunes(folder, pitches, count=14):
    from harmonium.data import Grid, write_midi

    for number in range(count):
        roll = np.zeros((24, 88), np.uint8)
        for step in range(24):
            roll[step, pitches[(step + number) % len(pitches)] - 21] = 1
        write_midi(roll, Grid(), Path(folder) / f"tune-{number:02d}.mid")


MUSIC = {"data": "tunes", "hidden": 12, "recurrent": 8, "max_epochs": 2, "gibbs_steps": 2, "batch_size": 12}


def test_music_of_some_notes_has_a_model_of_those_alone(capsys):
    from harmonium.data import Grid, read_midi

    tunes("tunes", (50, 60, 64, 67, 80))
    run = hm.train("rnn-rbm", **MUSIC, pitches=(48, 72))
    assert hm.load(run.path).visible_bias.shape == (24,)
    told = json.loads((run.path / "data.json").read_text())["understood"]
    assert "19.94% of what sounds lies outside the notes 48 to 71" in json.dumps(told)
    drawn = {path.name for path in hm.draw(run.path)}
    assert {"sample1.mid", "sample1.wav", "sample2.mid", "sample2.wav", "piano-rolls.png"} <= drawn
    for number in (1, 2):
        notes = np.flatnonzero(read_midi(run.path / f"figures/sample{number}.mid", Grid()).any(0)) + 21
        assert notes.min() >= 48
        assert notes.max() < 72
    first, second = ((run.path / f"figures/sample{n}.mid").read_bytes() for n in (1, 2))
    assert first != second
    command = ["sample", str(run.path), "--prime", "tunes/tune-00.mid", "--seconds", "6", "--out", "on.mid"]
    assert main(command) == 0
    assert main(["evaluate", str(run.path), "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out.splitlines()[-1])) >= {"valid", "test"}
    with pytest.raises(hm.errors.DataError, match="widen --pitches"):
        hm.train("rnn-rbm", **MUSIC, pitches=(90, 100))
    with pytest.raises(hm.errors.ConfigError, match="pitches"):
        hm.train("rnn-rbm", **MUSIC, pitches=(0, 128))


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_the_recurrent_part_has_a_rate_of_its_own(optimizer):
    from harmonium.recipes.rnn_rbm import RNNRBMRecipe
    from harmonium.recipes.shared.music_pretraining import RECURRENT

    tunes("tunes", (50, 60, 64))
    steps = {}
    for rate in (1.0, 0.25):
        recipe = RNNRBMRecipe(**MUSIC, optimizer=optimizer, recurrent_rate=rate, learned_start=True)
        (phase,) = recipe.phases(RunFolder("none"))
        training = phase.training()
        batch = {name: values[:1] for name, values in training.train.items()}
        after, _ = training.update(training.state, batch)
        before = training.state.model
        steps[rate] = {name: getattr(after.model, name) - getattr(before, name) for name in vars(before)}
    for name, step in steps[1.0].items():
        np.testing.assert_allclose(
            steps[0.25][name], step * (0.25 if name in RECURRENT else 1), rtol=1e-3, atol=1e-7
        )


def test_negative_particles_are_drawn_as_they_were_while_it_learned(monkeypatch):
    from harmonium import figures
    from harmonium.training.saved_model import load_array

    shown = {}

    def samples(images, path, **said):
        shown[path.name] = images, said
        return path

    monkeypatch.setattr(figures, "samples", samples)
    settings = SMALL | {"max_epochs": 3, "hidden": 8, "batch_size": 30, "gibbs_steps": 2}
    pcd = hm.train("rbm", **settings)
    hm.draw(pcd.path)
    images, said = shown["particles.png"]
    assert images.shape == (3, 20, 8, 8)
    assert (said["steps"], said["step"]) == (1, "epoch")
    assert not np.allclose(images[0], images[2])
    last = load_array(pcd.folder.beside_snapshots("particles")[3])
    np.testing.assert_array_equal(images[2].reshape(20, -1), last)
    assert 0 <= last.min() < last.max() <= 1
    one_step = settings | {"hidden": 80, "gibbs_steps": 1}
    cd = hm.train("rbm", **one_step, persistent=False, snapshot_epochs=2)
    hm.draw(cd.path)
    images, said = shown["particles.png"]
    assert images.shape == (1, 20, 8, 8)
    x = np.asarray(hm.data.load("digits").train.x[:20]).reshape(20, -1)
    alike = np.corrcoef(images.reshape(20, -1), x)[:20, 20:]  # one step from an example is still near it
    assert np.diag(alike).mean() > alike.mean() + 0.02
    damaged = cd.folder.beside_snapshots("particles")[2]
    damaged.write_bytes(damaged.read_bytes()[:40])
    with pytest.raises(hm.errors.CheckpointError, match="particles-00002"):
        hm.draw(cd.path)


def test_runs_of_several_recipes_are_called_by_what_was_set(tmp_path):
    from harmonium.runs.compare import differences

    folders = []
    for number, recipe in enumerate((RBMRecipe(hidden=8, l2=0.1), LeNetRecipe(), LeNetRecipe(pool=(1,)))):
        folder = RunFolder.new(tmp_path / str(number), recipe.config())
        folder.begin()
        folder.release()
        folders.append(folder)
    rbm, lenet, other = differences(folders)
    assert rbm.startswith("rbm, ")
    assert "learning rate by default" in rbm
    assert "l2 0.1" in rbm
    assert "gibbs" not in rbm
    assert "activation" not in lenet
    assert set(other.split(", ")) - set(lenet.split(", ")) == {"pool 1"}


def test_a_named_set_may_be_standardised(tmp_path, capsys):
    from harmonium.data import load
    from harmonium.data.options import DatasetOptions

    plain, ready = load("digits"), load("digits", options=DatasetOptions(scale="standardise"))
    assert float(ready.train.x.mean()) == pytest.approx(0, abs=1e-4)
    assert float(ready.train.x.std()) == pytest.approx(1, abs=1e-4)
    mean, deviation = plain.train.x.mean(), plain.train.x.std()
    np.testing.assert_allclose(ready.test.x, (plain.test.x - mean) / deviation, atol=1e-4)
    run = hm.train("mlp", **SMALL | {"max_epochs": 3}, hidden=(20,), learning_rate=0.1, scale="standardise")
    assert run.summary["valid"]["error_rate"] < 0.2
    found = run.predict(plain.test.x)  # prepared as the run's own were
    wrong = np.mean([name != plain.classes[y] for name, y in zip(found, plain.test.y, strict=True)])
    assert wrong == pytest.approx(run.summary["test"]["error_rate"])
    assert main(["evaluate", str(run.path), "--data", "digits", "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["test"]["error_rate"] == pytest.approx(wrong)
    with pytest.raises(hm.errors.HarmoniumError):
        hm.train("rbm", **SMALL, hidden=4, scale="standardise")
    with pytest.raises(hm.errors.ConfigError, match="by --scale standardise"):
        hm.train("mlp", **SMALL, scale="unit")
