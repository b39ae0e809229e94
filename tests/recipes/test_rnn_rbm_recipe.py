"""The recipe of music as a user runs it, on tunes that the tests write."""

import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image
from scipy.io import wavfile

import harmonium as hm
from harmonium import data, metrics
from harmonium.cli import main
from harmonium.data import CATALOGUE, Grid, write_midi
from harmonium.errors import ConfigError
from harmonium.models import RNNNADE, RNNRBM
from harmonium.recipes.rnn_rbm import RNNRBMRecipe
from harmonium.recipes.shared.from_config import recipe_of
from harmonium.recipes.shared.music_pretraining import centred, predicting
from harmonium.recipes.shared.options import Annealing, Sampling
from harmonium.recipes.shared.piano_roll_chunks import chunks, most_frequent_steps, objective, scorer
from harmonium.runs.sample import sample
from harmonium.training import RunFolder

BEATS = Grid(0.5, "beats")
UP, DOWN = [60, 62, 64, 65, 67, 69, 71, 72], [72, 71, 69, 67, 65, 64, 62, 60]
SMALL = {
    "period": 0.5,
    "unit": "beats",
    "hidden": 12,
    "recurrent": 24,
    "batch_size": 20,
    "gibbs_steps": 5,
    "initial_weights": "scaled",
    "optimizer": "adam",
    "learning_rate": 0.02,
    "max_epochs": 12,
}


def tune(pitches, steps, offset=0, chord=True):
    """A melody that goes round, over a fifth that is held."""
    roll = np.zeros((steps, 88), np.uint8)
    notes = [pitches[(t + offset) % len(pitches)] for t in range(steps)]
    roll[np.arange(steps), np.array(notes) - 21] = 1
    if chord:
        roll[:, [48 - 21, 55 - 21]] = 1
    return roll


def tunes(folder, pitches, count=14, steps=24):
    for n in range(count):
        write_midi(tune(pitches, steps + 4 * (n % 2), n), BEATS, Path(folder) / f"{n:02}.mid")
    return str(folder)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Tunes that rise, tunes that fall, and a model of each."""
    root = tmp_path_factory.mktemp("music")
    for name, pitches in (("up", UP), ("down", DOWN)):
        tunes(root / name, pitches)
        hm.train("rnn-rbm", **SMALL, data=str(root / name), out=root / f"run-{name}")
        nade = SMALL | {"density": "nade", "wait": 3}
        hm.train("rnn-rbm", **nade, data=str(root / name), out=root / f"nade-{name}")
    return root


def test_a_run_learns_and_is_drawn(folders):
    run = hm.Run(folders / "run-up")
    first, *_, last = (record["valid"]["pseudo_log_likelihood"] for record in run.folder.records())
    assert last > first / 2
    assert run.summary["test"]["pseudo_log_likelihood"] > first / 2
    assert run.summary["data"]["sizes"] == {"train": 10, "valid": 2, "test": 2}
    music = {f"sample{number}.{suffix}" for number in (1, 2) for suffix in ("mid", "wav")}
    drawn = {path.name for path in run.recipe.draw(run.folder)}
    assert drawn == music | {"learning-curves.png", "piano-rolls.png"}
    with Image.open(run.folder.figures / "piano-rolls.png") as picture:
        assert picture.width > 1000
    assert isinstance(hm.load(run.path), RNNRBM)


def test_two_models_tell_whose_tune_it_is(folders, capsys):
    """`evaluate --data tune.mid`, in nats a step, by each of two models."""
    for kind in ("run", "nade"):
        for direction, pitches in (("up", UP), ("down", DOWN)):
            write_midi(tune(pitches, 30, 3), BEATS, Path("tune.mid"))
            nats = {}
            for model in ("up", "down"):
                command = ["evaluate", str(folders / f"{kind}-{model}"), "--data", "tune.mid", "--json"]
                assert main(command) == 0
                scores = json.loads(capsys.readouterr().out)
                assert list(scores) == ["tune.mid"]
                assert scores["tune.mid"]["examples"] == 30
                nats[model] = scores["tune.mid"]["log_likelihood"]
            other = "down" if direction == "up" else "up"
            assert nats[direction] > nats[other] + 1
            assert nats[direction] > -6


def test_evaluate_scores_each_file_of_a_folder_and_all(folders, capsys):
    tunes("mine", UP, count=3)
    Path("mine/bad.mid").write_bytes(b"la")
    assert main(["evaluate", str(folders / "nade-up"), "--data", "mine", "--json"]) == 0
    captured = capsys.readouterr()
    scores = json.loads(captured.out)
    assert list(scores) == ["00.mid", "01.mid", "02.mid", "all"]
    whole = sum(scores[name]["examples"] * scores[name]["log_likelihood"] for name in list(scores)[:3])
    assert scores["all"]["log_likelihood"] == pytest.approx(whole / scores["all"]["examples"], rel=1e-4)
    assert "skipped 1 of 4 MIDI files" in captured.err


def test_evaluate_of_the_own_data_is_the_mean_of_exact_densities(folders, capsys):
    run = folders / "nade-up"
    assert main(["evaluate", str(run), "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)
    summary = json.loads((run / "summary.json").read_text())
    for split in ("valid", "test"):
        assert scores[split]["log_likelihood"] == pytest.approx(summary[split]["log_likelihood"], rel=1e-3)
    assert scores["test"]["frame_accuracy"] > 0.7
    assert scores["test"]["expected_frame_accuracy"] > 0.5
    assert "at_least" not in scores["test"]


def test_annealing_encloses_the_likelihood_of_a_machine_small_enough_to_sum(folders, capsys):
    run = str(folders / "run-up")
    assert main(["evaluate", run, "--json"]) == 0
    exact = json.loads(capsys.readouterr().out)["test"]  # of 12 hidden units every state is visited
    scores = {"log_likelihood", "frame_accuracy", "expected_frame_accuracy"}
    assert set(exact) == {"examples", "pieces"} | scores | {f"piece_{name}" for name in scores}
    model = hm.load(run)
    more = jnp.zeros((88, 1))  # a unit without weights, which only adds log(1 + e⁰) to log Z
    grown = RNNRBM(
        jnp.concatenate([model.weight, more], 1),
        model.visible_bias,
        jnp.append(model.hidden_bias, 0),
        model.recurrent_to_visible,
        jnp.pad(model.recurrent_to_hidden, ((0, 0), (0, 1))),
        model.visible_to_recurrent,
        model.recurrent_weight,
        model.recurrent_bias,
        model.initial,
    )
    from harmonium.recipes.shared import composing

    recipe = recipe_of(RunFolder.open(Path(run)))
    test = recipe.load(recipe.data).test
    found = composing.scores(grown, test, Annealing(100), seed=0)
    for name in ("log_likelihood", "piece_log_likelihood"):
        assert found[name] == pytest.approx(exact[name], abs=0.05)
    assert found["at_least"] - 0.05 < exact["log_likelihood"] < found["at_most"] + 0.05
    assert 25 <= found["worst_effective_sample_size"] <= found["effective_sample_size"] <= 100
    few = composing.scores(grown, test, Annealing(5), seed=0)  # five chains are too few for an estimate
    assert "log_likelihood" not in few
    assert few["log_likelihood_from"] - 0.05 < exact["log_likelihood"] < few["log_likelihood_to"] + 0.05


def test_both_averages_are_those_by_hand(folders):
    """Over all steps, and over the means of the pieces."""
    from harmonium.recipes.shared import composing

    model = hm.load(folders / "run-up")
    pieces = data.Rolls(tuple(tune(UP, steps) for steps in (24, 28, 40)), ("a", "b", "c"))
    whole = composing.scores(model, pieces, Annealing(20), seed=0)
    alone = [composing.scores(model, pieces.taken(np.array([n])), Annealing(20), seed=0) for n in range(3)]
    steps = np.array([of["examples"] for of in alone])
    nats = np.array([of["log_likelihood"] for of in alone])
    assert whole["log_likelihood"] == pytest.approx((steps * nats).sum() / steps.sum(), rel=1e-4)
    assert whole["piece_log_likelihood"] == pytest.approx(nats.mean(), rel=1e-4)


def test_sample_writes_midi_a_picture_and_sound(folders, capsys):
    assert main(["sample", str(folders / "run-up"), "--seconds", "8", "-o", "new/tune.mid", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == ["new/tune.mid", "new/tune.png", "new/tune.wav"]
    roll = data.read_midi(Path("new/tune.mid"), BEATS)
    assert 20 < len(roll) <= 32  # quarters of a second; silence at the end is not kept
    rate, sound = wavfile.read("new/tune.wav")
    assert len(sound) / rate == pytest.approx(9, abs=0.01)
    assert np.abs(sound).max() > 20_000
    again = ["sample", str(folders / "run-up"), "--seconds", "8", "--no-wav", "--out", "again.mid"]
    assert main(again) == 0
    assert not Path("again.wav").exists()
    assert Path("again.mid").read_bytes() == Path("new/tune.mid").read_bytes()
    assert main([*again[:-1], "other.mid", "--seed", "1"]) == 0
    assert Path("other.mid").read_bytes() != Path("new/tune.mid").read_bytes()


def test_sample_continues_an_opening(folders):
    """What follows a rising scale, broken off, is where it was going."""
    opening = tune(UP, 21)
    write_midi(opening, BEATS, Path("opening.mid"))
    run = str(folders / "nade-up")
    assert main(["sample", run, "--seconds", "1", "--prime", "opening.mid", "--out", "tune.mid"]) == 0
    whole = data.read_midi(Path("tune.mid"), BEATS)
    np.testing.assert_array_equal(whole[:21], opening)
    assert whole[21, tune(UP, 22)[21].nonzero()].any()


def test_a_sample_lies_among_the_figures_by_default(folders):
    paths = sample(folders / "nade-up")
    assert [path.name for path in paths] == ["sample.mid", "sample.png", "sample.wav"]
    assert paths[0].parent == folders / "nade-up" / "figures"


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--seconds", "0"], "--seconds 0 must be positive"),
        (["--seconds", "4000"], "at most 3600"),
        (["--gibbs-steps", "0"], "--gibbs-steps 0 must be at least 1"),
        (["--out", "tune.txt"], "must end in .mid"),
        (["--prime", "gone.mid"], "gone.mid: there is no such file"),
        (["--chains", "3"], "--chains"),
    ],
)
def test_samples_that_cannot_be_are_one_line(folders, options, complaint, capsys):
    assert main(["sample", str(folders / "run-up"), *options]) == 2
    err = capsys.readouterr().err
    assert complaint in err
    assert err.count("\n") == 1


def test_what_cannot_be_predicted_of_music_names_what_can_be_done(folders, tmp_path, capsys):
    tune_file = str(folders / "up" / "00.mid")
    assert main(["predict", str(folders / "run-up"), tune_file]) == 2
    said = capsys.readouterr().err
    assert "harmonium sample" in said
    assert "harmonium evaluate" in said
    assert "logistic-regression" not in said
    assert (
        main(["sample", str(folders / "run-up"), "--prime", tune_file, "--out", str(tmp_path / "on.mid")])
        == 0
    )
    assert main(["evaluate", str(folders / "run-up"), "--data", tune_file]) == 0


def test_a_run_on_rolls_in_a_file_is_scored_on_others_and_goes_on(tmp_path, capsys):
    rolls = {
        part: np.stack([tune(UP, 24, n) for n in range(count)])
        for part, count in (("train", 6), ("valid", 2), ("test", 3))
    }
    np.savez(tmp_path / "own.npz", **rolls)
    np.savez(tmp_path / "other.npz", test=rolls["test"], train=rolls["train"][:1])
    settings = SMALL | {"max_epochs": 1, "unit": "beats", "period": 0.25}
    run = hm.train("rnn-rbm", **settings, data=str(tmp_path / "own.npz"), out=tmp_path / "run")
    assert main(["resume", str(run.path)]) == 0
    assert main(["evaluate", str(run.path), "--data", str(tmp_path / "other.npz"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["test"]["pieces"] >= 3
    opening = tmp_path / "opening.mid"
    write_midi(rolls["test"][0], Grid(0.25, "beats"), opening)
    (mid,) = (
        path
        for path in run.sample(prime=opening, seconds=1.0, out=tmp_path / "on.mid", wav=False)
        if path.suffix == ".mid"
    )
    np.testing.assert_array_equal(data.read_pieces(mid, Grid(0.25, "beats")).rolls[0][:24], rolls["test"][0])


def test_sampling_is_explained_for_each_kind_of_run(folders, capsys):
    with pytest.raises(SystemExit):
        main(["sample", str(folders / "run-up"), "--help"])
    assert "--prime" in capsys.readouterr().out
    assert main(["sample"]) == 0
    assert "--prime" in capsys.readouterr().out
    assert main(["sample", "--seconds", "3"]) == 2
    assert "name the run before --seconds" in capsys.readouterr().err
    with pytest.raises(ConfigError, match="sampled by MusicSampling"):
        sample(folders / "run-up", Sampling())


def test_stopped_and_resumed_is_as_never_stopped(folders):
    settings = SMALL | {"data": str(folders / "up"), "recurrent_epochs": 2, "frame_epochs": 2, "clip": 1.0}
    whole = hm.train("rnn-rbm", **settings | {"max_epochs": 4}, out="whole")
    hm.train("rnn-rbm", **settings | {"max_epochs": 2}, out="parts")
    parts = hm.resume("parts", max_epochs=4)
    assert whole.folder.model.read_bytes() == parts.folder.model.read_bytes()
    drawn = {path.name for path in whole.recipe.draw(whole.folder)}
    assert {"learning-curves-frames.png", "learning-curves-recurrence.png"} < drawn


def test_pre_training_starts_the_whole_where_the_parts_ended(folders):
    settings = SMALL | {"data": str(folders / "up"), "max_epochs": 0}
    run = hm.train("rnn-rbm", **settings, frame_epochs=2, recurrent_epochs=2, out="run")
    frames, recurrence = (hm.load(f"run/pretraining/{part}") for part in ("frames", "recurrence"))
    model = hm.load(run.path)
    np.testing.assert_array_equal(model.weight, frames.weight)
    np.testing.assert_array_equal(model.hidden_bias, frames.hidden_bias)
    np.testing.assert_array_equal(model.recurrent_weight, recurrence.recurrent_weight)
    untrained = RNNRBMRecipe(**settings).model(RNNRBMRecipe(**settings).load(settings["data"]))
    assert not np.allclose(model.recurrent_weight, untrained.recurrent_weight)
    np.testing.assert_array_equal(model.recurrent_to_hidden, untrained.recurrent_to_hidden)


def test_the_recurrence_is_pre_trained_by_cross_entropy_alone():
    model = RNNRBM.init(88, 5, 6, key=jax.random.key(0))
    v = jnp.asarray(tune(UP, 9), jnp.float32)[:, None]
    loss, watched = predicting(model, v, jax.random.key(0))
    p = jax.nn.sigmoid(model.visible_bias + model.previous_states(v) @ model.recurrent_to_visible)
    by_hand = -(v * jnp.log(p) + (1 - v) * jnp.log(1 - p)).sum(-1)
    np.testing.assert_allclose(loss, by_hand, rtol=1e-5)
    np.testing.assert_allclose(watched["cross_entropy"], by_hand, rtol=1e-5)
    gradient = jax.grad(lambda m: predicting(m, v, jax.random.key(0))[0].sum())(model)
    moved = {"recurrent_to_visible", "recurrent_weight", "visible_to_recurrent", "recurrent_bias"}
    for name in ("weight", "visible_bias", "hidden_bias", "recurrent_to_hidden", *moved):
        assert np.asarray(getattr(gradient, name)).any() == (name in moved), name


def test_padding_changes_nothing():
    recipe = RNNRBMRecipe(density="nade", **SMALL)
    music = data.Music("tunes", *3 * [data.Rolls((tune(UP, 9), tune(UP, 20)), ("a", "b"))])
    model, losses = recipe.model(music), recipe.losses(music)
    cut = chunks(music.train, 16)
    assert cut["length"].tolist() == [9, 16, 4]
    assert cut["notes"].shape == (3, 16, 88)
    batch = {name: jnp.asarray(array) for name, array in cut.items()}
    padded = {**batch, "notes": jnp.pad(batch["notes"], ((0, 0), (0, 7), (0, 0)))}
    grads = [
        jax.grad(lambda m, b=b: objective(losses)(m, b, None, jax.random.key(0))[0])(model)
        for b in (batch, padded)
    ]
    for a, b in zip(*map(jax.tree.leaves, grads), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
    # Scores are of whole pieces, a mean over steps, whatever the pieces' lengths.
    steps = [model.log_prob(jnp.asarray(roll, jnp.float32)) for roll in music.valid.rolls]
    expected = float(jnp.concatenate(steps).mean())
    assert scorer(losses, music.valid, 0)(model)["log_likelihood"] == pytest.approx(expected, rel=1e-5)


def test_the_monitor_is_the_books():
    """Σ v·log v̄ + (1 - v)·log(1 - v̄), v̄ the visible means where the chain ends."""
    recipe = RNNRBMRecipe(**SMALL)
    music = data.Music("tunes", *3 * [data.Rolls((tune(UP, 9),), ("a",))])
    model, v = recipe.model(music), jnp.asarray(tune(UP, 9), jnp.float32)[:, None]
    _, watched = recipe.losses(music)(model, v, jax.random.key(0))
    _, logits = model.contrast(v, recipe.gibbs_steps, key=jax.random.key(0))
    p = jax.nn.sigmoid(logits)
    by_hand = (v * jnp.log(p) + (1 - v) * jnp.log(1 - p)).sum(-1)
    np.testing.assert_allclose(watched["pseudo_log_likelihood"], by_hand, rtol=1e-4)
    np.testing.assert_allclose(by_hand, -metrics.cross_entropy(logits, v), rtol=1e-4)


def test_tunes_in_another_key_are_moved_to_where_the_run_learned(folders, capsys):
    settings = SMALL | {"density": "nade", "data": str(folders / "up"), "max_epochs": 8}
    hm.train("rnn-rbm", **settings, common_key=True, out="in-c")
    found = {}
    for shift in (0, 3):
        write_midi(np.roll(tune(UP, 30), shift, axis=1), BEATS, Path("tune.mid"))
        for run in ("in-c", str(folders / "nade-up")):
            assert main(["evaluate", run, "--data", "tune.mid", "--json"]) == 0
            found[run, shift] = json.loads(capsys.readouterr().out)["tune.mid"]["log_likelihood"]
    assert found["in-c", 3] == pytest.approx(found["in-c", 0], rel=1e-5)
    assert found[str(folders / "nade-up"), 3] < found[str(folders / "nade-up"), 0] - 1


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"sequences": 0}, "--sequences 0 must be at least 1"),
        ({"recurrent": 0}, "--recurrent 0"),
        ({"wait": -1}, "--wait -1"),
        ({"clip": -1.0}, "--clip"),
        ({"pretraining_learning_rate": 0.0}, "--pretraining-learning-rate"),
        ({"frame_epochs": 1, "density": "nade"}, "--frame-epochs 1 must go with --density rbm"),
        ({"period": 0.0}, "--period 0.0 must be"),
    ],
)
def test_settings_without_meaning_are_refused(settings, complaint):
    with pytest.raises(ConfigError, match=complaint):
        RNNRBMRecipe(**settings)


def test_the_named_configurations_are_settings():
    assert set(RNNRBMRecipe.configurations) == {"likelihood", "nade"}
    for settings in RNNRBMRecipe.configurations.values():
        RNNRBMRecipe(**settings)


@pytest.mark.skipif(CATALOGUE["nottingham"].location() is None, reason="Nottingham is not on this machine")
def test_the_first_epoch_is_the_books():
    """-15.03 in the book's log (section 14.3), by the same settings."""
    run = hm.train("rnn-rbm", max_epochs=1, out="run")
    assert run.folder.records()[0]["train"]["pseudo_log_likelihood"] == pytest.approx(-15.03, abs=0.1)


@pytest.mark.skipif(
    CATALOGUE["nottingham-rolls"].location() is None, reason="the rolls are not on this machine"
)
def test_two_epochs_of_the_nade_foretell_folk_tunes():
    run = hm.train("rnn-rbm", configuration="nade", max_epochs=2, out="run")
    assert isinstance(hm.load(run.path), RNNNADE)
    assert run.summary["test"]["log_likelihood"] > -3.1


@pytest.mark.parametrize("density", ["rbm", "nade"])
def test_dropout_is_of_training_alone(density, tmp_path, monkeypatch):
    music = data.Music("tunes", *3 * [data.Rolls((tune(UP, 9),), ("a",))])
    shares = {"dropout": 0.5, "note_dropout": 0.2}
    recipe = RNNRBMRecipe(**SMALL | shares | {"density": density, "initial_weights": "scaled"})
    asked = []
    losses = RNNRBMRecipe.losses

    def asking(recipe, music, **noise):
        asked.append(noise)
        return losses(recipe, music, **noise)

    monkeypatch.setattr(RNNRBMRecipe, "losses", asking)
    monkeypatch.setattr(RNNRBMRecipe, "own", lambda *_: music)
    recipe.phases(RunFolder(tmp_path))
    assert asked == [shares, {}]  # learned from, and scored by
    model, v, key = recipe.model(music), jnp.asarray(tune(UP, 9), jnp.float32)[:, None], jax.random.key(0)
    without = losses(recipe, music)(model, v, key)[0]
    for noise in ({"dropout": 0.5}, {"note_dropout": 0.5}):
        with_it = losses(recipe, music, **noise)(model, v, key)[0]
        np.testing.assert_allclose(
            with_it[0], without[0], rtol=1e-6
        )  # the first state is zero, after no note
        assert not np.allclose(with_it[1:], without[1:])


def test_chords_that_are_known_raise_the_likelihood(folders, tmp_path):
    """Learned from the most frequent chords, with fewer Gibbs steps, and judged by what they say of it."""
    settings = SMALL | {"known_frames": 30, "gibbs_steps": 2, "centred": True}
    run = hm.train(
        "rnn-rbm", data=str(folders / "up"), out=tmp_path / "run", report=hm.training.Silent(), **settings
    )
    assert set(run.summary["valid"]) == {"known_log_likelihood"}
    known = hm.evaluate(run, log_likelihood=True)["valid"]["log_likelihood"]
    assert run.summary["valid"]["known_log_likelihood"] > known
    usual = hm.evaluate(folders / "run-up", log_likelihood=True)["valid"]["log_likelihood"]
    assert known > usual - 0.2


def test_the_most_frequent_steps_come_first():
    rolls = (np.array([[0, 1], [1, 1], [1, 1]], np.uint8), np.array([[1, 0], [1, 1], [1, 0]], np.uint8))
    pieces = data.Rolls(rolls, ("a", "b"))
    np.testing.assert_array_equal(most_frequent_steps(pieces, 2), [[1, 1], [1, 0]])
    assert len(most_frequent_steps(pieces, 10)) == 3


def test_the_centred_gradient_is_that_of_the_machine_in_the_middle():
    """Each offset is at the means of the units, so that only what goes beyond them moves the weights."""
    model = RNNRBM.init(88, 12, 10, scaled=True, key=jax.random.key(0))
    pieces = data.Rolls((tune(UP, 30), tune(DOWN, 20)), ("a", "b"))
    gradient = jax.tree.map(lambda leaf: jax.random.normal(jax.random.key(1), leaf.shape), model)
    found = centred(pieces)(gradient, None)
    mean, half = np.concatenate(pieces.rolls).mean(0), np.full(12, 0.5)
    weight = gradient.weight - np.outer(mean, gradient.hidden_bias) - np.outer(gradient.visible_bias, half)
    np.testing.assert_allclose(found.weight, weight, atol=1e-5)
    np.testing.assert_allclose(found.visible_bias, gradient.visible_bias - weight @ half, atol=1e-5)
    np.testing.assert_allclose(found.hidden_bias, gradient.hidden_bias - mean @ weight, atol=1e-5)
    np.testing.assert_array_equal(found.recurrent_weight, gradient.recurrent_weight)


def test_a_nade_knows_no_chords():
    with pytest.raises(ConfigError, match="known-frames 5 must go with --density rbm"):
        RNNRBMRecipe(density="nade", known_frames=5)
