"""Sentiment as a user runs it, on texts that a word or two decide."""

import functools
import json
import random
import sys
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

import harmonium as hm
from harmonium import data, metrics
from harmonium.cli import main
from harmonium.data import Vocabulary
from harmonium.errors import ConfigError, DataError
from harmonium.models import TextClassifier
from harmonium.recipes.sentiment import SentimentRecipe
from harmonium.recipes.shared import text_groups
from harmonium.recipes.shared.speaking_words import shares, telling_words
from harmonium.recipes.shared.text_objective import text_objective
from harmonium.runs.predict import predict

PRAISE, BLAME = ["good", "fine", "superb"], ["bad", "awful", "dull"]
FILLING = ["the", "film", "was", "and", "plot", "a", "with", "it"]
SMALL = {
    "hidden": 8,
    "embedding": 8,
    "max_epochs": 15,
    "batch_size": 10,
    "longest": 12,
    "optimizer": "adam",
    "learning_rate": 0.02,
    "validation_updates": 0,
}


@pytest.fixture(autouse=True, scope="module")
def _few_programs():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.modules[SentimentRecipe.__module__], "BUCKETS", 2)
        patch.setattr(text_groups, "GROUPS", 2)
        yield


def texts(number, seed=0, longest=12):
    source = random.Random(seed)
    written = []
    for n in range(number):
        words = source.choices(FILLING, k=source.randint(2, longest - 1))
        telling = source.choice((BLAME, PRAISE)[n % 2])
        words.insert(source.randint(0, len(words)), telling)
        written.append(("con", "pro")[n % 2] + "\t" + " ".join(words))
    return written


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    path = tmp_path_factory.mktemp("own") / "texts.tsv"
    path.write_text("\n".join(texts(300)))
    return path


@pytest.fixture(scope="module")
def run(own, tmp_path_factory):
    return hm.train("sentiment", data=str(own), **SMALL, out=tmp_path_factory.mktemp("runs") / "run")


def line(capsys):
    out, err = capsys.readouterr()
    assert err.count("\n") == 1, err
    assert out == ""
    return err


def test_telling_words_are_learned(run):
    summary = run.summary
    assert summary["status"] == "finished"
    assert summary["test"]["error_rate"] < 0.1
    learned = run.folder.records()[-1]["train"]
    assert learned["error_rate"] < 0.3  # while half of the states are left out
    assert summary["data"]["sizes"] == {"train": 216, "valid": 42, "test": 42}
    assert summary["data"]["classes"] == ["con", "pro"]
    assert set(run.folder.vocabulary()) == {data.UNKNOWN, *PRAISE, *BLAME, *FILLING}


def test_a_text_gets_its_class_and_its_unknown_words_are_counted(run, capsys):
    texts = ["A superb film!", "The plot was dull, zzz and qqq."]
    assert main(["predict", str(run.path), "--text", texts[0], "--text", texts[1], "--json"]) == 0
    first, second = json.loads(capsys.readouterr().out)
    assert (first["text"], first["class"]) == (texts[0], "pro")
    assert first["probabilities"]["pro"] > 0.8
    assert sum(first["probabilities"].values()) == pytest.approx(1)
    assert (first["words"], first["unknown_words"], first["words_read"]) == (4, 1, 4)  # "!" is a word, too
    assert (second["class"], second["words"], second["unknown_words"]) == ("con", 7, 2)

    assert main(["predict", str(run.path), "good " * 40]) == 0
    head, row = capsys.readouterr().out.splitlines()[:2]
    assert "unknown" in head
    assert "pro" in row
    assert "good " * 20 not in row  # only its beginning is shown
    assert main(["predict", str(run.path), "superb good " * 26]) == 0
    assert "last 12 of 52" in " ".join(capsys.readouterr().out.split())


def test_probabilities_are_those_of_the_model(run):
    model, vocabulary = hm.load(run.path), Vocabulary(run.folder.vocabulary())
    text = "it was a fine film"
    (found,) = predict(run.path, [text])

    expected = jax.nn.softmax(model(jnp.asarray(vocabulary.indices(text.split()))))
    np.testing.assert_allclose(list(found["probabilities"].values()), expected, atol=1e-6)


def test_a_file_holds_a_text_a_line_and_order_is_kept(run):
    Path("mine.txt").write_text("good\n\nbad film the plot was\n  superb  \n")
    found = predict(run.path, ["mine.txt"], text=["awful"])
    assert [p["class"] for p in found] == ["con", "pro", "con", "pro"]
    alone = [predict(run.path, text=[p["text"]])[0] for p in found]
    for together, apart in zip(found, alone, strict=True):
        assert together["probabilities"] == pytest.approx(apart["probabilities"], abs=1e-5)


def test_only_the_last_words_of_a_long_text_are_read(run):
    last = "the " * 11 + "awful"
    short, long = predict(run.path, text=[last, "superb good " * 20 + last])
    assert (long["words"], long["words_read"]) == (52, 12)
    assert long["probabilities"] == pytest.approx(short["probabilities"], abs=1e-6)


def test_a_text_without_a_known_word_is_read_as_unknown_words(run):
    (found,) = predict(run.path, ["voulez vous coucher"])
    assert (found["words"], found["unknown_words"]) == (3, 3)
    vocabulary = Vocabulary(run.folder.vocabulary())
    unknown = jnp.full(3, vocabulary.index[data.UNKNOWN])
    expected = jax.nn.softmax(hm.load(run.path)(unknown))
    np.testing.assert_allclose(list(found["probabilities"].values()), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "gist"),
    [
        (["--text", "  "], "a text to predict from is empty"),
        (["--text", "... --"], "... --: holds no words"),
        (["none.txt"], "none.txt: there is no such file"),
        (["empty.txt"], "empty.txt: holds no text"),
        (["latin.txt"], "latin.txt, line 2"),
        (["a good film", "--invert"], "--invert is for pictures"),
        ([], "nothing to predict from"),
    ],
)
def test_bad_input_to_predict_is_one_line(run, arguments, gist, capsys):
    Path("empty.txt").write_text("\n\n")
    Path("latin.txt").write_bytes(b"here\na caf\x81\x8d\n")
    assert main(["predict", str(run.path), *arguments]) == 2
    assert gist in line(capsys)


def test_evaluate_scores_every_text_by_its_last_words(run, own):
    scores = run.recipe.evaluate(run.folder)
    assert scores["test"]["examples"] == 42
    assert scores["test"]["error_rate"] == pytest.approx(run.summary["test"]["error_rate"])

    Path("other.tsv").write_text("\n".join(texts(100, seed=1, longest=40)))
    other = run.recipe.evaluate(run.folder, "other.tsv")
    assert other["test"]["examples"] == 100
    Path("renamed.tsv").write_text("\n".join(texts(100)).replace("pro\t", "praise\t"))
    with pytest.raises(DataError, match="its class praise is none of the run's, which are con, pro"):
        run.recipe.evaluate(run.folder, "renamed.tsv")


def test_pictures_show_curves_confusions_and_telling_words(run):
    drawn = run.recipe.draw(run.folder)
    assert [path.name for path in drawn] == ["learning-curves.png", "confusion.png", "words.png"]
    for path in drawn:
        with Image.open(path) as picture:
            pixels = np.asarray(picture.convert("L"))
            assert picture.width > 300
            assert pixels.min() < 100 < pixels.max()


def test_the_words_that_speak_for_a_class_are_found(run):
    model, reviews = run.recipe.finished(run.folder)
    probabilities = functools.partial(run.recipe.probabilities, model)
    found = telling_words(probabilities, reviews.lexicon, reviews.classes)
    assert set(found["pro"][:3]) == set(PRAISE)
    assert set(found["con"][:3]) == set(BLAME)


@pytest.mark.parametrize("classes", [2, 3])
def test_in_a_linear_bag_a_words_share_is_its_own_weight(classes):
    """For two classes exactly, w - w(unknown); for more by the definition, each text scored with NumPy."""
    weights = np.random.default_rng(0).normal(size=(6, classes))
    words, unknown = np.array([1, 4, 0, 2, 1]), 0

    def logits(row):
        return weights[row].sum(0)

    def probabilities(texts):
        rows = texts.padded(9)["words"]
        return np.stack([np.exp(z) / np.exp(z).sum() for z in (logits(row[row >= 0]) for row in rows)])

    found = shares(probabilities, words, unknown)
    label = logits(words).argmax()

    def odds(row):
        p = np.exp(logits(row))[label] / np.exp(logits(row)).sum()
        return np.log(p / (1 - p))

    hidden = [np.where(np.arange(5) == place, unknown, words) for place in range(5)]
    np.testing.assert_allclose(found, [odds(words) - odds(row) for row in hidden], atol=1e-12)
    if classes == 2:
        margin = weights[:, label] - weights[:, 1 - label]
        np.testing.assert_allclose(found, margin[words] - margin[unknown], atol=1e-12)
        np.testing.assert_allclose(found.sum(), odds(words) - odds(np.full(5, unknown)), atol=1e-12)


def test_a_prediction_is_explained_by_its_words(run, capsys):
    texts = ["A zzz superb film!", "it was dull"]
    both = predict(run.path, text=texts, explain=True)
    assert both[0]["read_as"] == ["a", "zzz", "superb", "film", "!"]
    assert (np.argmax(both[0]["shares"]), np.argmax(both[1]["shares"])) == (2, 2)
    assert both[0]["shares"][1] == pytest.approx(0, abs=1e-5)  # an unknown word already
    plain = predict(run.path, text=texts)
    assert all(found.items() >= one.items() for found, one in zip(both, plain, strict=True))
    (other,) = predict(run.path, text=["A zzz qqq film!"])
    odds = [np.log(one["probabilities"]["pro"] / one["probabilities"]["con"]) for one in (plain[0], other)]
    assert both[0]["shares"][2] == pytest.approx(odds[0] - odds[1], abs=1e-3)
    (long,) = predict(run.path, text=["superb " * 20 + "it " * 11 + "dull"], explain=True)
    assert (long["read_as"], len(long["shares"])) == (["it"] * 11 + ["dull"], 12)  # what is read

    pictures = set(run.folder.figures.glob("explained*.png"))
    assert main(["predict", str(run.path), *texts, "--explain"]) == 0
    out = capsys.readouterr().out
    assert "superb" in out
    assert "█" * 20 in out
    (drawn,) = set(run.folder.figures.glob("explained*.png")) - pictures
    assert str(drawn) in out.replace("\n", "")
    with Image.open(drawn) as picture:
        assert "superb" in picture.info["Description"]
        blue = np.asarray(picture.convert("RGB")).astype(int)
        assert (blue[..., 2] - blue[..., 0] > 100).sum() > 100


def test_what_cannot_be_explained_is_refused(run):
    with pytest.raises(ConfigError, match="an array cannot be explained"):
        predict(run.path, np.zeros((2, 3)), explain=True)
    digits = hm.train("rbm", data="digits", hidden=4, max_epochs=1, out="digits")
    with pytest.raises(ConfigError, match=r"--explain is for runs of logistic-regression, .*sentiment"):
        predict(digits.path, ["mine.png"], explain=True)


def test_the_book_leaves_longer_texts_out_of_training_and_validation_and_reads_all_others_whole():
    Path("own.tsv").write_text("\n".join(texts(200, longest=30)))
    reviews = data.load_reviews("own.tsv")
    book = SentimentRecipe(longest=9, too_long="left-out")
    for whole, kept in zip((reviews.train, reviews.valid), book.learned_from(reviews), strict=True):
        assert 0 < len(kept) < len(whole)
        assert kept.lengths.max() <= 9
        assert len(kept) == (whole.lengths <= 9).sum()
    for whole, kept in zip(
        (reviews.train, reviews.valid), SentimentRecipe().learned_from(reviews), strict=True
    ):
        assert kept is whole
    for longest, left in ((1, "0 training"), (2, "only .* training")):
        with pytest.raises(ConfigError, match=f"{left} texts have at most {longest} words"):
            hm.train("sentiment", data="own.tsv", longest=longest, too_long="left-out", out="run")

    settings = SMALL | {
        "data": "own.tsv",
        "longest": 9,
        "too_long": "left-out",
        "max_epochs": 1,
        "batch_size": 4,
    }
    run = hm.train("sentiment", **settings, out="book")
    scores = run.recipe.evaluate(run.folder)
    assert scores["valid"] == pytest.approx(
        {"examples": (reviews.valid.lengths <= 9).sum(), **run.summary["valid"]}, rel=1e-5
    )
    assert scores["test"] == pytest.approx({"examples": len(reviews.test), **run.summary["test"]}, rel=1e-5)
    long = "the film was good and it with a plot was superb and the plot was with it"
    (found,) = predict(run.path, text=[long])
    model, vocabulary = hm.load(run.path), Vocabulary(run.folder.vocabulary())
    assert (found["words"], found["words_read"]) == (17, 17)
    expected = jax.nn.softmax(model(jnp.asarray(vocabulary.indices(long.split()))))
    np.testing.assert_allclose(list(found["probabilities"].values()), expected, atol=1e-6)


@pytest.mark.parametrize("words", [text_groups.WORDS, 40])
def test_texts_are_scored_in_groups_as_one_by_one(monkeypatch, words):
    """Whatever their lengths, and however few are scored at once."""
    monkeypatch.setattr(text_groups, "WORDS", words)
    Path("own.tsv").write_text("\n".join(texts(60, longest=30)))
    reviews = data.load_reviews("own.tsv")
    recipe = SentimentRecipe(hidden=4, embedding=4, longest=20)
    model, of = recipe.model(reviews), reviews.train
    rows = [of.words[end - min(length, 20) : end] for end, length in zip(of.ends, of.lengths, strict=True)]
    logits = jnp.stack([model(jnp.asarray(row)) for row in rows])
    np.testing.assert_allclose(recipe.probabilities(model, of), jax.nn.softmax(logits), atol=1e-6)
    scores = recipe.scorer(of)(model)
    assert scores["error_rate"] == pytest.approx((logits.argmax(1) != of.y).mean())
    nll = -jax.nn.log_softmax(logits)[np.arange(len(of)), of.y].mean()
    assert scores["nll"] == pytest.approx(float(nll), rel=1e-5)


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "nesterov", "adadelta", "rmsprop", "adam"])
def test_an_optimiser_has_a_rate_of_its_own_until_one_is_given(optimizer):
    rates = {"sgd": 0.5, "momentum": 0.05, "nesterov": 0.05, "adadelta": 1.0, "rmsprop": 0.001, "adam": 0.001}
    assert SentimentRecipe(optimizer=optimizer).first_rate == rates[optimizer]
    assert SentimentRecipe(optimizer=optimizer, learning_rate=0.3).first_rate == 0.3


def test_named_configurations_are_settings():
    whole = SentimentRecipe(**SentimentRecipe.configurations["whole"])
    assert (whole.longest, whole.bidirectional, whole.too_long) == (400, True, "cut")
    best = SentimentRecipe(**SentimentRecipe.configurations["best"])
    assert (best.longest, best.language_epochs, best.pooling, best.adversarial) == (400, 3, "max", 5)
    book = SentimentRecipe(**SentimentRecipe.configurations["book"])
    assert (book.too_long, book.longest, book.rule, book.wait) == ("left-out", 99, "program", 10)


def test_the_order_of_words_counts():
    """Both classes hold the same words; the bag of them tells nothing."""
    lines = [
        f"{label}\t{text}" for label, text in (("a", "not good but bad"), ("b", "not bad but good"))
    ] * 40
    Path("own.tsv").write_text("\n".join(lines))
    settings = SMALL | {"data": "own.tsv", "max_epochs": 25, "dropout": 0.0}
    assert hm.train("sentiment", **settings, out="run").summary["test"]["error_rate"] == 0


@pytest.mark.parametrize("more", [{}, {"rule": "program"}, {"bidirectional": True, "word_dropout": 0.1}])
def test_an_interrupted_run_goes_on_bit_for_bit(own, more):
    settings = {"data": str(own), **SMALL, "validation_updates": 7, "l2": 1e-3, **more}
    hm.train("sentiment", **settings | {"max_epochs": 1}, out="cut")
    hm.resume("cut", max_epochs=3)
    hm.train("sentiment", **settings | {"max_epochs": 3}, out="whole")
    assert Path("cut/model.safetensors").read_bytes() == Path("whole/model.safetensors").read_bytes()


def test_a_run_is_the_same_twice(own):
    settings = {"data": str(own), **SMALL, "bidirectional": True, "word_dropout": 0.1, "anneal": True}
    for out in ("one", "two"):
        hm.train("sentiment", **settings | {"max_epochs": 2}, out=out)
    assert Path("one/model.safetensors").read_bytes() == Path("two/model.safetensors").read_bytes()


def test_few_texts_are_learned_from_although_the_first_validation_would_come_later(own):
    settings = {name: value for name, value in SMALL.items() if name != "validation_updates"}
    run = hm.train("sentiment", data=str(own), **settings, out="run")
    assert run.summary["test"]["error_rate"] < 0.1
    assert "learning-curves.png" in {path.name for path in run.recipe.draw(run.folder)}


def test_it_stops_when_no_validation_was_better_for_long_enough(own):
    run = hm.train("sentiment", data=str(own), **SMALL | {"learning_rate": 1e-9}, wait=2, out="run")
    summary = run.summary
    assert summary["status"] == "finished"
    assert summary["epochs"] == 3  # the first is the best so far, and two are waited for


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"words": 1}, "words 1 must be at least 2"),
        ({"longest": 0}, "longest 0 must be at least 1"),
        ({"hidden": 0}, "hidden 0 must be at least 1"),
        ({"wait": -1}, "wait -1 must not be negative"),
        ({"dropout": 1.0}, r"dropout 1\.0 must be in \[0, 1\)"),
        ({"word_dropout": -0.1}, r"word_dropout -0\.1 must be in \[0, 1\)"),
        ({"l2": -1.0}, r"l2 -1\.0 must not be negative"),
        ({"validation_updates": -1}, "validation_updates -1 must not be negative"),
    ],
)
def test_bad_settings_are_named(settings, message):
    with pytest.raises(ConfigError, match=message):
        hm.train("sentiment", **settings, out="run")


def test_sentences_with_labels_are_no_reviews(tmp_path):
    with pytest.raises(DataError, match="atis holds labelled sentences"):
        hm.train("sentiment", data="atis", out="run")
    assert not (tmp_path / "run").exists()


def test_texts_are_moved_to_where_their_loss_grows_fastest():
    """Of texts whose words are all different, a word's embedding moves as its row of the table does."""
    model = TextClassifier.init(9, 2, dimension=3, hidden=4, key=jax.random.key(0))
    model = eqx.tree_at(
        lambda m: (m.embedding, m.weight),
        model,
        (jax.random.normal(jax.random.key(1), (10, 3)), jax.random.normal(jax.random.key(2), (4, 2))),
    )
    texts, y, key = jnp.array([[0, 1, 2, -1], [3, 4, 5, 6]]), jnp.array([0, 1]), jax.random.key(3)

    def loss(embedding):
        moved = eqx.tree_at(lambda m: m.embedding, model, embedding)
        return metrics.negative_log_likelihood(moved(texts), y).mean()

    table = model.embedding
    g = jax.grad(loss)(table)
    for rows in ([0, 1, 2], [3, 4, 5, 6]):
        rows = jnp.array(rows)
        table = table.at[rows].add(0.7 * model.embedding.std() * g[rows] / jnp.linalg.norm(g[rows]))
    found, (watched, _) = text_objective(0, adversarial=0.7)(model, {"words": texts, "y": y}, None, key)
    np.testing.assert_allclose(found, (loss(model.embedding) + loss(table)) / 2, rtol=1e-5)
    np.testing.assert_allclose(watched["nll"], loss(model.embedding), rtol=1e-5)
    assert loss(table) > loss(model.embedding)


def test_moved_texts_and_largest_states_are_learned_from(own, tmp_path):
    settings = SMALL | {"adversarial": 0.5, "pooling": "max", "bidirectional": True}
    run = hm.train("sentiment", data=str(own), **settings, out=tmp_path / "run")
    assert run.summary["test"]["error_rate"] < 0.1
    assert run.model.pooling == "max"
    with pytest.raises(ConfigError, match="--pooling mean"):
        hm.page(run, out=tmp_path / "page.html")


def test_words_are_predicted_before_classes_are_learned(tmp_path):
    """Of texts that go round in a circle; the classifier begins with what was learned."""
    circle = ["the", "film", "was", "fine", "and", "long"]
    rounds = [" ".join((2 * circle)[n % 6 : n % 6 + 6]) for n in range(120)]
    (tmp_path / "own.tsv").write_text(
        "".join(f"{'pro' if n % 2 else 'con'}\t{t}\n" for n, t in enumerate(rounds))
    )
    settings = {
        "language_epochs": 12,
        "pretraining_learning_rate": 0.03,
        "bidirectional": True,
        "refit": True,
    }
    settings = SMALL | settings | {"max_epochs": 2, "learning_rate": 1e-9, "data": str(tmp_path / "own.tsv")}
    run = hm.train("sentiment", **settings, out=tmp_path / "run")
    learned = hm.Run(run.path / "pretraining" / "language")
    nll = list(learned.history["train_word_nll"])
    assert len(nll) == 12
    assert nll[0] > 1.2  # log 6 is 1.8
    assert nll[-1] < 0.3
    recipe = SentimentRecipe(**settings)
    reviews = recipe.load(settings["data"])
    first, after = recipe.model(reviews.known_as(reviews.frequent(recipe.words))), learned.model.texts
    np.testing.assert_array_equal(after.weight, first.weight)
    for parts in (lambda m: m.embedding, lambda m: m.forward.recurrent_weight, lambda m: m.backward.bias):
        assert jnp.abs(parts(after) - parts(first)).max() > 0.01
        np.testing.assert_allclose(parts(run.model), parts(after), atol=1e-6)
    assert run.summary["seconds_pretraining"] > 0


def test_seeds_that_learn_in_one_program_draw_words_of_their_own_texts(own, tmp_path):
    """Another seed keeps other texts for training, whose words come in other shares."""
    settings = SMALL | {"language_epochs": 1, "max_epochs": 1, "data": str(own)}
    options = [
        part for name, value in settings.items() for part in (f"--{name.replace('_', '-')}", str(value))
    ]
    assert (
        main(
            ["train", "sentiment", *options, "--seeds", "2", "--no-figures", "--out", str(tmp_path / "both")]
        )
        == 0
    )
    alone = hm.train("sentiment", **settings, seed=1, out=tmp_path / "alone")
    found = [hm.Run(run / "pretraining" / "language") for run in (tmp_path / "both" / "seed-1", alone.path)]
    np.testing.assert_allclose(*(run.history["train_word_nll"] for run in found), rtol=1e-5)


@pytest.mark.parametrize(("setting", "value"), [("language-epochs", -1), ("pretraining-learning-rate", 0.0)])
def test_what_no_pretraining_can_be_is_refused(setting, value):
    with pytest.raises(ConfigError, match=setting):
        SentimentRecipe(**{setting.replace("-", "_"): value})
