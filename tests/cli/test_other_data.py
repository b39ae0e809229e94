"""A run that is scored on data which it did not learn from: all of them count, and what was understood is said."""

import json
import shutil
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image, ImageOps
from sklearn.datasets import load_digits, load_wine

import harmonium as hm
from harmonium.cli import main
from harmonium.data import Grid, intensities, write_midi
from harmonium.errors import ConfigError, DataError
from harmonium.recipes.shared.from_config import recipe_of

SMALL = {"hidden": 9, "max_epochs": 1}
DIGITS = load_digits()
STACK = {"hidden": (9, 8), "pretraining_epochs": 1, "max_epochs": 1}


def pictures(folder, which, number=lambda n: n):
    """Write digits as pictures in a folder for each class; `number` names the file of each."""
    for n in which:
        path = Path(folder) / str(DIGITS.target[n]) / f"{number(n)}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray((DIGITS.images[n] * 15.9).astype(np.uint8)).save(path)
    return folder


def scored(capsys, *command):
    """The scores by set, and what was said of the data, as one line."""
    capsys.readouterr()
    assert main(["evaluate", *command, "--json"]) == 0
    out, err = capsys.readouterr()
    return json.loads(out), " ".join(err.split())


def texts(path, numbers, first="a film"):
    lines = [f"{'good' if n % 2 else 'bad'}\t{first} {'fine' if n % 2 else 'dull'} {n}\n" for n in numbers]
    Path(path).write_text("".join(lines))
    return path


def tags(path, numbers):
    Path(path).write_text("\n".join(f"from\tO\ntown{n}\tB-TOWN\n" for n in numbers))
    return path


def test_all_pictures_of_other_data_are_scored_and_what_was_skipped_is_said(capsys):
    hm.train("mlp", data=pictures("own", range(150)), out="run", **SMALL)
    pictures("other", range(200, 260))
    Path("other/3/photo.heic").write_bytes(b"x")
    Path("other/4/broken.png").write_bytes(b"x")
    found, said = scored(capsys, "run", "--data", "other")
    assert {name: scores["examples"] for name, scores in found.items()} == {"test": 60}
    assert "60 grey pictures 8x8 splits 60 test" in said
    assert "1 not pictures (.heic)" in said
    assert "1 cannot be read as pictures" in said
    assert "trained" not in said
    assert found == hm.evaluate("run", data="other")


def test_data_without_classes_are_refused_with_what_to_do_instead(of_bytes):
    run, x, _ = of_bytes
    Path("flat").mkdir()
    Image.fromarray(x[0]).save("flat/one.png")
    for data in (x, "flat"):
        with pytest.raises(DataError, match=r"or ask for it: harmonium predict$"):
            run.evaluate(data)


def test_two_pictures_are_enough_to_score(capsys):
    hm.train("mlp", data=pictures("own", range(150)), out="run", **SMALL)
    found, _ = scored(capsys, "run", "--data", pictures("two", (200, 201)))
    assert found["test"]["examples"] == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda im: im.resize((40, 40)),
        ImageOps.invert,
        lambda im: im.convert("RGB"),
        lambda im: ImageOps.expand(im, 9),
    ],
    ids=["larger", "on paper", "in colour", "in a wide frame"],
)
def test_pictures_are_scored_as_they_are_predicted(capsys, change):
    run = hm.train("mlp", data=pictures("own", range(150)), out="run", hidden=20, max_epochs=30)
    pictures("other", range(200, 240))
    files = sorted(Path("other").rglob("*.png"))
    for file in files[::2]:
        change(Image.open(file)).save(file)
    found, said = scored(capsys, "run", "--data", "other")
    wrong = [one["class"] != file.parent.name for one, file in zip(run.predict(files), files, strict=True)]
    assert found["test"]["error_rate"] == pytest.approx(np.mean(wrong))
    assert "are read as `predict` reads new ones" in said


def test_moving_pictures_and_too_many_damaged_ones_are_told_before_they_are_scored(capsys):
    hm.train("mlp", data=pictures("own", range(150)), out="run", **SMALL)
    pictures("other", range(200, 204))
    frames = [Image.new("L", (8, 8), shade) for shade in (40, 200)]
    folder = next(Path("other").iterdir())
    frames[0].save(folder / "moves.gif", save_all=True, append_images=frames[1:])
    _, said = scored(capsys, "run", "--data", "other")
    assert "1 picture has several pages or frames; the first of each was taken" in said
    for n in range(6):
        Path(folder, f"broken{n}.png").write_bytes(b"x")
    assert main(["evaluate", "run", "--data", "other"]) == 2
    assert "is no picture of a known format" in capsys.readouterr().err


def test_a_test_set_alone_is_scored_however_it_lies(of_bytes):
    run, x, y = of_bytes
    np.savez("one.npz", x_test=x, y_test=y)
    Path("two").mkdir()
    np.save("two/x_test.npy", x)
    np.save("two/y_test.npy", y)
    pictures("folders/test", range(300, 340))
    for n, (one, number) in enumerate(zip(x, y, strict=True)):
        path = Path("below", str(number), "test", f"{n}.png")
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(one).save(path)
    alone = run.evaluate((x, y))["test"]
    for data in ({"test": (x, y)}, {"x_test": x, "y_test": y}, "one.npz", "two", "folders", "below"):
        found = run.evaluate(data)
        assert list(found) == ["test"]
        assert found["test"] == pytest.approx(alone, abs=1e-6)
    shutil.copytree("folders/test", "folders/dev")
    assert {part: scores["examples"] for part, scores in run.evaluate("folders").items()} == {
        "valid": 40,
        "test": 40,
    }
    for data in ({"test": (x, y)}, "two", "folders"):
        with pytest.raises(DataError):
            hm.train("mlp", data=data, out="again", **SMALL)


def test_a_test_set_of_rows_texts_and_tagged_words_alone_is_scored(capsys):
    frame = load_wine(as_frame=True).frame
    small = {"hidden": 4, "embedding": 4, "max_epochs": 1}
    hm.train("mlp", data=frame[::2], target="target", out="rows", **SMALL)
    hm.train("sentiment", data=texts("own.tsv", range(40)), validation_updates=0, out="texts", **small)
    hm.train("slot-filling", data=tags("own.iob", range(40)), out="tags", **small)
    for kind in ("rows", "texts", "tags"):
        Path(f"of-{kind}").mkdir()
    frame[1::2].to_csv("of-rows/test.csv", index=False)
    texts("of-texts/test.tsv", range(40, 45))
    tags("of-tags/test.iob", range(50, 57))
    for kind, count in (("rows", 89), ("texts", 5), ("tags", 7)):
        found, _ = scored(capsys, kind, "--data", f"of-{kind}")
        assert {name: scores["examples"] for name, scores in found.items()} == {"test": count}
    for part, label in (("test", "good"), ("", "good"), ("test", "bad")):
        path = Path("folder" if part else "single", part, label, f"{label}.txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a film fine 3")
    assert scored(capsys, "texts", "--data", "folder")[0]["test"]["examples"] == 2
    assert scored(capsys, "texts", "--data", "single")[0]["test"]["examples"] == 1


def test_one_class_is_enough_to_score(capsys):
    hm.train("mlp", data=pictures("own", range(150)), out="run", **SMALL)
    pictures("threes", [n for n in range(200, 300) if DIGITS.target[n] == 3])
    assert scored(capsys, "run", "--data", "threes")[0]["test"]["examples"] > 5
    with pytest.raises(DataError, match="at least two folders"):
        hm.train("mlp", data="threes", out="again", **SMALL)


def test_what_the_data_call_test_and_valid_are_scored_and_the_rest_is_left(capsys):
    hm.train("mlp", data=pictures("own", range(150)), out="run", **SMALL)
    pictures("parts/train", range(200, 240))
    pictures("parts/test", range(240, 260))
    found, said = scored(capsys, "run", "--data", "parts")
    assert {name: scores["examples"] for name, scores in found.items()} == {"test": 20}
    assert "the 40 examples of train are not scored" in said
    found, _ = scored(capsys, "run", "--data", "digits")
    assert {name: scores["examples"] for name, scores in found.items()} == {"valid": 256, "test": 256}


def test_copies_of_what_the_run_trained_on_are_told(capsys):
    hm.train("mlp", data=pictures("own", range(150)), out="run", **SMALL)
    trained = len(json.loads(Path("run/data.json").read_text())["splits"]["train"])
    pictures("renamed", range(160), number=lambda n: f"new-{n}")
    found, said = scored(capsys, "run", "--data", "renamed")
    assert found["test"]["examples"] == 160
    assert f"{trained} of the 160 examples equal training examples, so that the scores are too good" in said
    shutil.move("own", "gone")
    assert (
        "whether the run has trained on some of them cannot be told"
        in scored(capsys, "run", "--data", "renamed")[1]
    )


def test_arrays_that_the_run_trained_on_are_told(capsys):
    x, y = DIGITS.images[:150] / 16, DIGITS.target[:150]
    run = hm.train("mlp", data=(x, y), out="run", **SMALL)
    trained = sum(int(name) < 100 for name in run.folder.data()["splits"]["train"])
    capsys.readouterr()
    assert run.evaluate((x[:100], y[:100]))["test"]["examples"] == 100
    told = f"{trained} of the 100 examples equal training examples, so that the scores are too good"
    assert told in " ".join(capsys.readouterr().err.split())


def test_a_folder_that_holds_the_runs_own_pictures_is_scored_without_them(capsys):
    hm.train("mlp", data=pictures("own", range(150)), out="run", **SMALL)
    trained = len(json.loads(Path("run/data.json").read_text())["splits"]["train"])
    pictures("grown", range(170))
    found, said = scored(capsys, "run", "--data", "grown")
    assert sum(scores["examples"] for scores in found.values()) == 170 - trained
    assert "20 examples are new to the run" in said
    assert f"the {trained} examples of train are not scored" in said


def test_pictures_that_are_called_as_the_runs_own_are_others(capsys):
    hm.train("mlp", data=pictures("own", range(150)), out="run", **SMALL)
    pictures("other", range(200, 350), number=lambda n: n - 200)
    found, said = scored(capsys, "run", "--data", "other")
    assert found["test"]["examples"] == 150
    assert "not scored" not in said


def test_only_what_the_run_has_trained_on_leaves_nothing_to_score(capsys):
    hm.train("mlp", data=pictures("own", range(150)), out="run", **SMALL)
    for name in json.loads(Path("run/data.json").read_text())["splits"]["train"]:
        Path("part", name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(Path("own", name), Path("part", name))
    assert main(["evaluate", "run", "--data", "part"]) == 2
    assert "part: the run has trained on all that is there" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("recipe", "settings"),
    [
        ("logistic-regression", {"max_epochs": 1}),
        ("lenet", {"max_epochs": 1}),
        ("denoising-autoencoder", SMALL),
        ("rbm", SMALL),
        ("class-rbm", SMALL),
        ("dbn", STACK),
        ("stacked-denoising-autoencoder", STACK),
    ],
)
def test_every_model_of_pictures_scores_all_of_them(capsys, recipe, settings):
    hm.train(recipe, data=pictures("own", range(150)), out="run", snapshot_epochs=0, **settings)
    pictures("other", range(200, 220))
    found, _ = scored(capsys, "run", "--data", "other")
    assert {name: scores["examples"] for name, scores in found.items()} == {"test": 20}
    assert all(np.isfinite(list(scores.values())).all() for scores in found.values())
    if recipe in ("rbm", "dbn"):
        found, _ = scored(capsys, "run", "--data", "other", "--log-likelihood", "--temperatures", "50")
        assert found["test"]["examples"] == 20


def test_the_gap_of_free_energies_is_to_what_the_machine_learned_from():
    run = hm.train(
        "rbm", data=pictures("own", range(150)), out="run", snapshot_epochs=0, hidden=9, max_epochs=5
    )
    model, own = hm.load(run.path), run.recipe.own_data(run.folder)
    noise = np.random.default_rng(0).random((20, 8, 8)).astype(np.float32)
    v, known = (intensities(jnp.asarray(x)).reshape(20, 64) for x in (noise, own.train.x[:20]))
    gap = float(model.free_energy(v).mean() - model.free_energy(known).mean())
    assert hm.evaluate(run.path, data=noise)["test"]["free_energy_gap"] == pytest.approx(gap, rel=1e-4)


def test_rows_unlike_the_training_set_are_told():
    frame = load_wine(as_frame=True).frame
    run = hm.train("mlp", data=frame[::2], target="target", out="run", **SMALL)
    other = frame[1::2].reset_index(drop=True)
    other.loc[3, "alcohol"] = 1e4
    other.loc[7, "hue"] = -1e4
    told = (
        "2 of 89 rows are unlike those that the run learned from; in row 4 alcohol is far outside the "
        "range of the training set"
    )
    said = []
    run.folder.say = said.append
    recipe_of(run.folder).evaluate(run.folder, other)
    assert told in " ".join("\n".join(said).split())
    with pytest.warns(UserWarning, match=told):
        run.predict(other)
    run.predict(frame[1::2])  # without a warning, which would be an error here


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda t: t, "the class is the column kind"),
        (lambda t: t[t.columns[::-1]], "the class is the column kind"),
        (
            lambda t: t.assign(price=1.0, place="x"),
            "left out are the columns that the run did not learn from: price, place",
        ),
        (lambda t: t[(t.word != "green") & (t.kind != "c")], "2 classes a "),
        (
            lambda t: t.assign(word=t.word.replace("green", "violet")),
            "word holds a word that is not in the training set",
        ),
        (lambda t: t[t.kind == "b"], "1 class b"),
        (lambda t: t[:1], "1 rows of"),
    ],
    ids=["as it was", "other order", "more columns", "fewer words", "a new word", "one class", "one row"],
)
def test_tables_are_scored_by_the_names_of_their_columns_as_they_are_predicted(capsys, change, told):
    frame = load_wine(as_frame=True).frame.sample(frac=1, random_state=0)
    kinds = frame.target.map(dict(enumerate("abc")))
    nearly = (frame.target + (np.arange(len(frame)) % 9 == 0)) % 3  # a copy of the class would be left out
    words = nearly.map(dict(enumerate(("red", "blue", "green"))))
    frame = frame.drop(columns="target").assign(word=words, kind=kinds)
    run = hm.train("mlp", data=frame[:120], hidden=20, batch_size=10, max_epochs=100, out="run")
    other = change(frame[120:])
    other.to_csv("other.csv", index=False)
    found, said = scored(capsys, "run", "--data", "other.csv")
    wrong = [
        one["class"] != kind for one, kind in zip(hm.predict(run, ["other.csv"]), other.kind, strict=True)
    ]
    assert found["test"]["error_rate"] == pytest.approx(np.mean(wrong))
    assert found["test"]["examples"] == len(other)
    assert told in said
    assert np.mean(wrong) < 0.1


def test_a_table_that_lacks_a_column_is_not_scored():
    frame = load_wine(as_frame=True).frame
    run = hm.train("mlp", data=frame[::2], target="target", out="run", **SMALL)
    with pytest.raises(DataError, match="the table: has no column 'hue', from which the run learned"):
        run.evaluate(frame.drop(columns="hue"))


def test_rows_of_a_table_are_all_scored(capsys):
    frame = load_wine(as_frame=True).frame
    frame[::2].to_csv("own.csv", index=False)
    frame[1::2].to_csv("other.csv", index=False)
    hm.train("mlp", data="own.csv", target="target", out="run", **SMALL)
    assert scored(capsys, "run", "--data", "other.csv")[0]["test"]["examples"] == 89
    frame.to_csv("all.csv", index=False)
    assert "of the 178 examples equal training examples" in scored(capsys, "run", "--data", "all.csv")[1]


def test_texts_and_tagged_words_are_all_scored(capsys):
    small = {"hidden": 4, "embedding": 4, "max_epochs": 1}
    hm.train("sentiment", data=texts("own.tsv", range(40)), validation_updates=0, out="texts", **small)
    found, said = scored(capsys, "texts", "--data", texts("other.tsv", range(30, 60)))
    assert {name: scores["examples"] for name, scores in found.items()} == {"test": 30}
    assert "of 120 words are none that the run knows, and are read as one" in said
    assert "of the 30 examples equal training examples" in said
    hm.train("slot-filling", data=tags("own.iob", range(40)), out="tags", **small)
    found, said = scored(capsys, "tags", "--data", tags("other.iob", range(100, 107)))
    assert {name: scores["examples"] for name, scores in found.items()} == {"test": 7}
    assert "equal" not in said


def test_tagged_words_are_scored_as_they_are_predicted(capsys):
    towns = ("boston", "denver", "oslo1")

    def sentences(path, spelled, label="B-TOWN"):
        lines = [f"{spelled('from')}\tO\n{spelled(town)}\t{label}\n" for town in towns * 4]
        Path(path).write_text("\n".join(lines))
        return path

    settings = {"hidden": 8, "embedding": 8, "max_epochs": 30}
    run = hm.train("slot-filling", data=sentences("own.iob", str), out="run", **settings)
    assert run.predict(["From Boston"])[0]["slots"] == ["O", "B-TOWN"]
    found, said = scored(capsys, "run", "--data", sentences("other.iob", str.upper))
    assert found["test"]["f1"] == 1
    assert "the run knows all 24 words" in said
    assert "labelled sentences splits" in said
    found, said = scored(capsys, "run", "--data", sentences("states.iob", lambda w: f"new{w}", "B-STATE"))
    assert found["test"]["f1"] == 0
    assert "24 of 24 words are none that the run knows" in said
    assert "12 of 24 labels are none that the run knows, so that it misses them: B-STATE" in said


def test_music_that_the_run_has_trained_on_is_told_and_so_is_what_is_not_heard(capsys):
    def tune(folder, numbers, low=30):
        Path(folder).mkdir(exist_ok=True)
        for n in numbers:
            roll = np.zeros((12, 88), np.uint8)
            roll[np.arange(12), low + n + np.arange(12) % 3] = 1
            write_midi(roll, Grid(), Path(folder, f"{n}.mid"))
        return folder

    settings = {"hidden": 4, "recurrent": 4, "max_epochs": 1, "pitches": (21, 80)}
    hm.train("rnn-rbm", data=tune("own", range(8)), out="run", **settings)
    trained = json.loads(Path("run/data.json").read_text())["splits"]["train"]
    tune("mine", range(8))
    found, said = scored(capsys, "run", "--data", tune("mine", (20, 21)))
    assert set(found) == {"all", "20.mid", "21.mid"} | {f"{n}.mid" for n in range(8)}
    assert f"{len(trained)} of the 10 examples equal training examples" in said
    write_midi(np.eye(88, dtype=np.uint8)[40:70], Grid(), Path("high.mid"))
    _, said = scored(capsys, "run", "--data", "high.mid")
    assert "high.mid: 36.67% of what sounds lies outside the notes 21 to 79, and is left out" in said
    capsys.readouterr()
    assert (
        main(["sample", "run", "--prime", "high.mid", "--seconds", "3", "--no-wav", "--out", "new.mid"]) == 0
    )
    assert "36.67% of what sounds lies outside" in " ".join(capsys.readouterr().err.split())


LIKE = {
    "bytes": lambda x: x,
    "whole numbers": lambda x: x.astype(np.int64),
    "floats up to 255": lambda x: x.astype(float),
    "up to 1": lambda x: x / 255,
    "a channel last": lambda x: x[..., None],
    "a channel first": lambda x: x[:, None],
    "rows": lambda x: x.reshape(len(x), -1),
}
UNLIKE = {
    "standardised": (lambda x: (x - x.mean()) / x.std(), "and the run learned from intensities"),
    "from -1 to 1": (
        lambda x: x / 127.5 - 1,
        "holds values -1 to 0.992157, and the run learned from intensities",
    ),
    "twice divided": (lambda x: x / 127, "holds values 0 to 2, and the run learned from intensities"),
    "sixteen bits": (lambda x: x.astype(np.int64) * 257, "0 to 65278"),
    "inverted": (
        lambda x: 255 - x,
        "pictures on a light ground, and the run learned from those on a dark one",
    ),
    "inverted, up to 1": (lambda x: 1 - x / 255, "give 255 - x, or for numbers in [0, 1] 1 - x"),
}


@pytest.fixture(scope="module")
def of_bytes(tmp_path_factory):
    """A run that learned from digits as bytes, and other digits with their classes."""
    x, y = (DIGITS.images * 15.9).astype(np.uint8), DIGITS.target
    out = tmp_path_factory.mktemp("bytes") / "run"
    return hm.train("mlp", data=(x[:300], y[:300]), hidden=9, max_epochs=20, out=out), x[300:340], y[300:340]


@pytest.mark.parametrize("change", LIKE.values(), ids=LIKE)
def test_arrays_of_every_type_and_layout_are_the_same_pictures(of_bytes, change):
    run, x, y = of_bytes
    assert (run.predict(change(x)) == run.predict(x)).all()
    assert run.evaluate((change(x), y))["test"] == pytest.approx(run.evaluate((x, y))["test"], abs=1e-5)
    np.save("x.npy", change(x))
    assert [one["class"] for one in hm.predict(run, "x.npy")] == run.predict(x).tolist()


def test_numbers_between_bytes_are_rounded_to_them(of_bytes):
    run, x, y = of_bytes
    dim, whole = x * 0.7, np.rint(x * 0.7).astype(np.uint8)
    assert (run.predict(dim) == run.predict(whole)).all()
    assert run.evaluate((dim, y)) == run.evaluate((whole, y))


@pytest.mark.parametrize(("change", "complaint"), UNLIKE.values(), ids=UNLIKE)
def test_arrays_on_another_scale_or_ground_are_refused_with_the_remedy(of_bytes, change, complaint):
    run, x, y = of_bytes
    np.save("x.npy", change(x))
    for scoring in (
        lambda: run.predict(change(x)),
        lambda: run.probabilities(change(x)),
        lambda: run.evaluate((change(x), y)),
        lambda: hm.predict(run, "x.npy"),
    ):
        with pytest.raises(DataError) as refused:
            scoring()
        assert complaint in str(refused.value)


def test_a_few_pictures_may_lie_on_any_ground(of_bytes):
    run, x, _ = of_bytes
    assert len(run.predict(255 - x[:9])) == 9


def test_a_run_on_pictures_of_any_numbers_takes_such(of_bytes):
    _, x, y = of_bytes
    real = (x - x.mean()) / x.std()
    run = hm.train("mlp", data=(real, y), hidden=9, max_epochs=20, out="real")
    assert run.predict(real).tolist() == [str(c) for c in run.probabilities(real).argmax(1)]
    assert run.evaluate((real[:10] * 2, y[:10]))["test"]["examples"] == 10


def test_a_run_on_numbers_up_to_1_refuses_those_that_are_neither_such_nor_bytes(of_bytes):
    _, x, y = of_bytes
    run = hm.train("mlp", data=(x / 255, y), hidden=9, max_epochs=20, out="unit")
    assert (run.predict(x) == run.predict(x / 255)).all()
    assert (run.predict(x.reshape(40, -1).astype(float)) == run.predict(x)).all()
    for other in (x * 0.7, x.reshape(40, -1) * 0.7, x / 127.5 - 1, (x - x.mean()) / x.std()):
        np.save("x.npy", other)
        for scoring in (
            lambda other=other: run.predict(other),
            lambda other=other: run.evaluate((other.reshape(x.shape), y)),
            lambda: hm.predict(run, "x.npy"),
        ):
            with pytest.raises(DataError, match="and the run learned from intensities"):
                scoring()


@pytest.mark.parametrize("scale", ["standardise", "unit"])
@pytest.mark.parametrize("top", [1, 255, 4095], ids=["up to 1", "bytes", "twelve bits"])
def test_a_run_on_scaled_pictures_takes_those_of_its_scale_alone(of_bytes, scale, top):
    _, x, y = of_bytes
    own = (x / 255 * top).astype(np.uint8 if top == 255 else np.float32)
    run = hm.train("mlp", data=(own, y), scale=scale, hidden=9, max_epochs=20, out="scaled")
    shares = run.probabilities(own)
    assert run.evaluate((own[:20], y[:20]))["test"]["examples"] == 20
    assert run.probabilities(own[:1]) == pytest.approx(shares[:1], abs=1e-5)
    for factor in (1 / 4095, 1 / 255, 255, 4095):
        other = own * np.float32(factor)
        for scoring in (lambda other=other: run.predict(other), lambda other=other: run.evaluate((other, y))):
            with pytest.raises(DataError, match="give those of that scale"):
                scoring()
    if top == 4095 and scale == "standardise":  # of which no file of a picture tells
        return
    Path("new").mkdir()
    for n, one in enumerate(x):
        Image.fromarray(one).save(f"new/{n:02}.png")
    assert [one["class"] for one in hm.predict(run, "new")] == run.predict(own).tolist()
    wrong = np.mean(run.predict(own) != y.astype(str))
    assert run.evaluate(pictures("other", range(300, 340)))["test"]["error_rate"] == pytest.approx(wrong)


def test_a_named_set_is_brought_to_the_scale_of_a_run_on_own_numbers(of_bytes):
    digits = hm.data.load("digits")
    for top in (1, 255):
        own = (digits.train.x * top, digits.train.y)
        run = hm.train("mlp", data=own, scale="standardise", hidden=9, max_epochs=5, out=f"run{top}")
        alone = run.evaluate((digits.test.x * top, digits.test.y))["test"]
        assert run.evaluate("digits")["test"] == pytest.approx(alone, abs=1e-5)
    bright = hm.train("mlp", data=(1 - digits.train.x, digits.train.y), out="bright", **SMALL)
    with pytest.raises(DataError, match="on a dark ground, and the run learned from those on a light one"):
        bright.evaluate("digits")


def test_photos_on_white_are_not_turned_over_where_they_are_standardised():
    for n in range(60):
        photo = np.full((20, 20), 255, np.uint8)
        photo[8:11, 8 + n % 2 : 11 + n % 2] = 0
        path = Path("photos", "ab"[n % 2], f"{n}.png")
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(photo).save(path)
    settings = {"scale": "standardise", "invert": False, "hidden": 9, "max_epochs": 40, "out": "run"}
    run = hm.train("mlp", data="photos", **settings)
    files = sorted(Path("photos").rglob("*.png"))
    assert [one["class"] for one in run.predict(files)] == [file.parent.name for file in files]


def test_a_run_on_numbers_that_are_no_intensities_refuses_pictures(of_bytes):
    _, x, y = of_bytes
    run = hm.train("mlp", data=(x / 127.5 - 1, y), out="real", **SMALL)
    Image.fromarray(x[0]).save("one.png")
    with pytest.raises(DataError, match=r"one\.png: the run learned from numbers that are no intensities"):
        hm.predict(run, "one.png")
    for scoring in (
        lambda: run.predict(x),
        lambda: run.predict(x[:1].astype(float)),
        lambda: run.evaluate((x, y)),
    ):
        with pytest.raises(DataError, match="the run learned from numbers that are no intensities"):
            scoring()
    for other in (pictures("other", range(200, 220)), "digits"):
        with pytest.raises(DataError, match=f"{other}: the run learned from numbers that are no intensities"):
            hm.evaluate(run, data=other)


@pytest.mark.parametrize("kind", ["rows", "pictures"])
def test_codes_are_of_examples_prepared_as_the_encoder_knows_them(kind):
    frame = load_wine(as_frame=True).frame.sample(frac=1, random_state=0)
    frame.to_csv("wine.csv", index=False)
    own = "wine.csv" if kind == "rows" else (DIGITS.images[:200] / 4 - 1, DIGITS.target[:200])
    real = {"scale": "standardise", "cost": "squared-error", "reconstruction": "linear"}
    encoder = hm.train(
        "denoising-autoencoder", data=own, out="encoder", **SMALL, **({} if kind == "rows" else real)
    )
    known = encoder.folder.data()["preparation"]
    run = hm.train(
        "logistic-regression", data=own, features="encoder", max_epochs=2, batch_size=20, out="codes"
    )
    found = run.folder.data()["preparation"]
    scale = ("offsets", "scales", "bounded", "top")
    assert [found[name] for name in scale] == [known[name] for name in scale]
    assert found["offsets"]
    with pytest.raises(ConfigError, match="--scale means nothing for --features encoder, whose run says how"):
        hm.train("logistic-regression", data=own, features="encoder", scale="none", out="other")


def test_layers_that_are_taken_over_see_examples_prepared_as_they_know_them():
    load_wine(as_frame=True).frame.sample(frac=1, random_state=0).to_csv("wine.csv", index=False)
    first = hm.train("dbn", data="wine.csv", out="first", **STACK)
    other = load_wine(as_frame=True).frame.sample(frac=0.5, random_state=1)
    again = hm.train("dbn", data=other, target="target", out="again", pretrained="first", **STACK)
    scale = ("columns", "offsets", "scales", "bounded")
    first, again = (run.folder.data()["preparation"] for run in (first, again))
    assert [again[name] for name in scale] == [first[name] for name in scale]


@pytest.mark.parametrize("recipe", ["dbn", "stacked-denoising-autoencoder", "class-rbm"])
def test_models_of_intensities_refuse_standardised_numbers(recipe):
    load_wine(as_frame=True).frame.to_csv("wine.csv", index=False)
    settings = SMALL if recipe == "class-rbm" else STACK
    with pytest.raises(DataError, match=r"\[0, 1\]"):
        hm.train(recipe, data="wine.csv", scale="standardise", out="run", **settings)
