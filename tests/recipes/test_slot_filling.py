"""Slot filling as a user runs it, on sentences of a tiny grammar."""

import json
import random
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

import harmonium as hm
from harmonium.cli import main
from harmonium.data import UNKNOWN, Vocabulary
from harmonium.errors import CheckpointError, ConfigError, DataError
from harmonium.models import Tagger
from harmonium.recipes.shared import word_labels as labelling
from harmonium.recipes.shared.word_pictures import nearest
from harmonium.recipes.slot_filling import SlotFillingRecipe
from harmonium.runs.predict import predict

CITIES = ["boston", "dallas", "denver", "new york", "san jose"]
SMALL = {"hidden": 20, "embedding": 10, "window": 3, "max_epochs": 12, "learning_rate": 0.2}


@pytest.fixture(autouse=True, scope="module")
def _few_programs():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(labelling, "BUCKETS", 2)
        yield


def sentences(number, seed=0):
    """show flights from CITY to CITY [at N pm]; a city's slot depends on the word before it."""
    source = random.Random(seed)
    written = []
    for _ in range(number):
        pairs = [("show", "O"), ("flights", "O")] if source.random() < 0.5 else []
        for word, slot in (("from", "from"), ("to", "to")):
            city = source.choice(CITIES).split()
            pairs.append((word, "O"))
            pairs += [(part, f"{'B' if n == 0 else 'I'}-{slot}.city") for n, part in enumerate(city)]
        if source.random() < 0.5:
            pairs += [("at", "O"), (str(source.randint(1, 12)), "B-time"), ("pm", "I-time")]
        written.append("\n".join("\t".join(pair) for pair in pairs))
    return "\n\n".join(written) + "\n"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("own")
    for part, number in (("train", 120), ("valid", 30), ("test", 30)):
        (folder / f"{part}.iob").write_text(sentences(number, seed=part))
    return folder


@pytest.fixture(scope="module")
def run(corpus, tmp_path_factory):
    return hm.train("slot-filling", data=str(corpus), **SMALL, out=tmp_path_factory.mktemp("runs") / "run")


def line(capsys):
    out, err = capsys.readouterr()
    assert err.count("\n") == 1, err
    assert out == ""
    return err


def test_the_grammar_is_learned(run):
    summary = run.summary
    assert set(summary["test"]) == {"f1", "precision", "recall"}
    assert summary["test"]["f1"] > 0.98
    assert summary["data"]["sizes"] == {"train": 120, "valid": 30, "test": 30}
    embedding = np.asarray(hm.load(run.path).embedding)
    np.testing.assert_allclose(np.linalg.norm(embedding, axis=1), 1, rtol=1e-5)
    assert "show" in run.folder.vocabulary()


def test_a_sentence_gets_its_slots(run, capsys):
    text = "Show flights from new york to boston at 7 pm"
    assert main(["predict", str(run.path), text, "--text", "from dallas to denver", "--json"]) == 0
    second, first = json.loads(capsys.readouterr().out)
    assert first["text"] == text
    assert first["words"] == text.split()
    slots = ["O", "O", "O", "B-from.city", "I-from.city", "O", "B-to.city", "O", "B-time", "I-time"]
    assert first["slots"] == slots
    assert first["read_as"] == text.lower().replace("7", "DIGIT").split()
    assert all(0.2 < p <= 1 for p in first["probabilities"])
    assert second["slots"] == ["O", "B-from.city", "O", "B-to.city"]
    assert main(["predict", str(run.path), text, "from dallas to denver"]) == 0
    rows = [row.split() for row in capsys.readouterr().out.splitlines()]
    assert rows[5][:2] == ["york", "I-from.city"]
    assert rows[11] == []  # between the sentences
    assert rows[1][-1] == "show"


def test_files_hold_a_sentence_a_line(run):
    Path("mine.txt").write_text("from denver\n\n  to boston  \n")
    found = predict(run.path, ["mine.txt"])
    assert [p["words"] for p in found] == [["from", "denver"], ["to", "boston"]]
    assert [p.pop("file") + p.pop("row") for p in found] == ["mine.txt1", "mine.txt3"]
    assert found == predict(run.path, text=["from denver", "  to boston  "])


def test_a_sentence_may_be_longer_than_the_name_of_a_file(run):
    (found,) = predict(run.path, ["from boston to denver " * 100])
    assert len(found["slots"]) == 400


def test_text_without_a_known_word_is_read_as_unknown_words(run):
    (found,) = predict(run.path, ["voulez vous coucher"])
    assert found["read_as"] == ["<UNK>"] * 3
    assert len(found["slots"]) == 3


@pytest.mark.parametrize(
    ("arguments", "gist"),
    [
        (["--text", "  "], "a text to predict from is empty"),
        ([" "], "a text to predict from is empty"),
        (["none.txt"], "none.txt: there is no such file"),
        (["texts/mine"], "texts/mine: there is no such file"),
        (["."], "is a folder; name its files"),
        (["empty.txt"], "empty.txt: holds no text"),
        (["latin.txt"], "latin.txt, line 2"),
        (["from boston", "--invert"], "--invert is for pictures"),
        (["--text", "word " * 1001], "1,001 words"),
        ([], "nothing to predict from"),
    ],
)
def test_bad_input_to_predict_is_one_line(run, arguments, gist, capsys):
    Path("empty.txt").write_text("\n\n")
    Path("latin.txt").write_bytes(b"here\na caf\x81\x8d\n")
    assert main(["predict", str(run.path), *arguments]) == 2
    assert gist in line(capsys)


def test_evaluate_prints_the_table_of_conlleval(run, capsys):
    assert main(["evaluate", str(run.path), "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)
    assert scores["test"]["f1"] == pytest.approx(run.summary["test"]["f1"])
    assert scores["test"]["examples"] == 30
    assert main(["evaluate", str(run.path)]) == 0
    out = capsys.readouterr().out
    assert "test: processed" in out
    assert "from.city: precision:" in out


def test_labels_that_the_model_does_not_know_are_missed(run, corpus):
    text = (corpus / "test.iob").read_text()
    Path("other").mkdir()
    for part in ("train", "valid"):
        Path(f"other/{part}.iob").write_text((corpus / f"{part}.iob").read_text())
    Path("other/test.iob").write_text(text.replace("B-time", "B-hour").replace("I-time", "I-hour"))
    scores = run.recipe.evaluate(run.folder, "other")
    assert scores["valid"]["f1"] > 0.98
    phrases = text.count("\tB-")
    assert scores["test"]["recall"] == pytest.approx(1 - text.count("B-time") / phrases, abs=0.03)
    # A run may know a label that only its test set has; it is missed there too.
    other = hm.train("slot-filling", data="other", **SMALL | {"max_epochs": 8}, out="run")
    assert "B-hour" in other.summary["data"]["classes"]
    assert "B-hour" not in {slot for p in predict(other.path, ["at 7 pm"]) for slot in p["slots"]}


def test_pictures_show_curves_neighbours_and_a_map(run):
    drawn = run.recipe.draw(run.folder)
    assert [path.name for path in drawn] == ["learning-curves.png", "neighbours.png", "words.png"]
    for path in drawn:
        with Image.open(path) as picture:
            pixels = np.asarray(picture.convert("L"))
            assert picture.width > 400
            assert pixels.min() < 100 < pixels.max()


def test_neighbours_are_those_of_the_greatest_cosine():
    vectors = np.array([[1.0, 0], [3, 0.1], [0, 1], [-1, 0]])
    assert nearest("a", ["a", "b", "c", "d"], vectors, 2) == ["b", "c"]
    assert nearest("d", ["a", "b", "c", "d"], vectors, 9) == ["c", "b", "a"]


def test_both_directions_see_what_comes_after():
    """Whether the first word is a fruit is told by the last one alone, beyond the window."""
    written = [
        f"{fruit}\tB-{'fruit' if end == 'pie' else 'firm'}\nis\tO\n{end}\tO\n"
        for fruit in ("apple", "orange", "blackberry")
        for end in ("pie", "phone")
        for _ in range(10)
    ]
    Path("own.iob").write_text("\n".join(written))
    settings = SMALL | {"window": 1, "data": "own.iob", "max_epochs": 20, "learning_rate": 1.0}
    one, both = (
        hm.train("slot-filling", **settings, bidirectional=b, out=f"run-{b}").summary["test"]["f1"]
        for b in (False, True)
    )
    assert one < 0.9
    assert both == 1


def test_an_interrupted_run_goes_on_bit_for_bit(corpus):
    settings = {"data": str(corpus), **SMALL, "dropout": 0.2, "word_dropout": 0.1, "wait": 1, "average": 0.9}
    hm.train("slot-filling", **settings | {"max_epochs": 2}, out="cut")
    hm.resume("cut", max_epochs=6)
    hm.train("slot-filling", **settings | {"max_epochs": 6}, out="whole")
    assert Path("cut/model.safetensors").read_bytes() == Path("whole/model.safetensors").read_bytes()


def test_a_corpus_of_words_that_occur_once_trains_on_unknown_ones():
    Path("own.iob").write_text("\n".join(f"word{chr(97 + n)}\tB-thing\n" for n in range(14)))
    run = hm.train("slot-filling", data="own.iob", **SMALL | {"max_epochs": 2}, out="run")
    assert run.folder.vocabulary() == ("<UNK>",)
    assert [path.name for path in run.recipe.draw(run.folder)] == ["learning-curves.png"]


@pytest.mark.parametrize("name", SlotFillingRecipe.configurations)
def test_named_configurations_are_settings(name, corpus):
    run = hm.train("slot-filling", configuration=name, data=str(corpus), max_epochs=0, out="run")
    assert run.folder.config()["rule"] == ("best" if name in ("best", "elman") else "halving")
    assert run.folder.config()["dropout"] == {"program": 0.0, "best": 0.5}.get(name, 0.3)
    assert (hm.load(run.path).backward is None) == (name not in ("bidirectional", "best"))
    assert (hm.load(run.path).transitions is None) == (name not in ("best", "elman"))


def test_hidden_words_are_read_as_unknown_ones():
    vocabulary = Vocabulary(("to", UNKNOWN, "from"))
    model = Tagger.init(3, 2, dimension=4, hidden=3, window=3, key=jax.random.key(0))

    def loss(share, words):
        batch = {
            "words": jnp.array([[*words, -1]]),
            "labels": jnp.zeros((1, 3), int),
            "length": jnp.array([2]),
        }
        objective = SlotFillingRecipe(word_dropout=share).objective(vocabulary)
        return float(objective(model, batch, None, jax.random.key(1))[0])

    assert loss(0.0, [0, 2]) != loss(0.0, [1, 1])
    assert loss(0.9999, [0, 2]) == pytest.approx(loss(0.0, [1, 1]))


def test_batches_of_sentences_learn_too(corpus):
    run = hm.train(
        "slot-filling",
        data=str(corpus),
        **SMALL | {"learning_rate": 1.0},
        batch_size=4,
        bias=False,
        out="run",
    )
    assert run.summary["test"]["f1"] > 0.9
    assert hm.load(run.path).bias is None


def test_a_vocabulary_that_was_damaged_is_named(corpus):
    hm.train("slot-filling", data=str(corpus), **SMALL | {"max_epochs": 0}, out="run")
    for content, message in (
        ('{"a": 1}', "Expected `array`, got `object`"),
        ("[1]", "Expected `str`, got `int`"),
        ("[", "vocabulary.json"),
    ):
        Path("run/vocabulary.json").write_text(content)
        with pytest.raises(CheckpointError, match=message):
            predict("run", ["from boston"])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"window": 4}, "window 4 must be an odd number"),
        ({"embedding": 0}, "embedding 0 must be at least 1"),
        ({"wait": 0}, "wait 0 must be at least 1"),
        ({"dropout": 1.0}, r"dropout 1\.0 must be in \[0, 1\)"),
        ({"average": 1.0}, r"average 1\.0 must be in \[0, 1\)"),
    ],
)
def test_bad_settings_are_named(settings, message):
    with pytest.raises(ConfigError, match=message):
        hm.train("slot-filling", **settings, out="run")


def test_pictures_are_no_sentences(tmp_path):
    with pytest.raises(DataError, match="digits holds pictures"):
        hm.train("slot-filling", data="digits", out="run")
    assert not (tmp_path / "run").exists()


@pytest.fixture(scope="module")
def judged_together(corpus, tmp_path_factory):
    settings = SMALL | {"output": "crf", "max_epochs": 8, "refit": True}
    return hm.train("slot-filling", data=str(corpus), **settings, out=tmp_path_factory.mktemp("crf") / "run")


def test_labels_are_judged_together_and_their_probabilities_are_marginal(judged_together):
    run = judged_together
    assert np.abs(run.model.transitions).max() > 0.01
    assert run.summary["test"]["f1"] > 0.95
    (found,) = predict(run.path, text=["show flights from new york to boston"])
    assert found["slots"][3:] == ["B-from.city", "I-from.city", "O", "B-to.city"]
    words = [run.folder.vocabulary().index(word) for word in found["read_as"]]
    best, chances = run.model.likeliest(jnp.array(words))
    np.testing.assert_allclose(found["probabilities"], chances[jnp.arange(len(words)), best], rtol=1e-5)
    np.testing.assert_allclose(chances.sum(-1), 1, rtol=1e-5)


def test_a_refit_learns_from_both_sets_for_the_epochs_that_validation_chose(judged_together, corpus):
    run = judged_together
    choice = run.folder.phase("choice", {})
    chosen = choice.summary()
    assert run.summary["epochs"] == run.summary["best_epoch"] == chosen["best_epoch"]
    assert run.summary["valid"] == chosen["valid"]
    assert (chosen["updates"], run.summary["updates"]) == (8 * 120, chosen["best_epoch"] * 150)
    assert all("valid" not in record for record in run.folder.records())
    assert set(run.evaluate()) == {"test"}
    assert set(run.evaluate(data=str(corpus))) == {"valid", "test"}
    assert main(["figures", str(run.path)]) == 0
    assert (run.path / "figures" / "learning-curves.png").exists()


def test_what_cannot_go_with_another_output_or_a_refit_is_refused():
    with pytest.raises(ConfigError, match="--update word must be sentence with --output crf"):
        SlotFillingRecipe(output="crf", update="word")
    with pytest.raises(ConfigError, match="--rule halving must be best with --refit"):
        SlotFillingRecipe(refit=True, rule="halving")


def test_the_live_page_refuses_labels_that_are_judged_together(judged_together, capsys):
    assert main(["page", str(judged_together.path)]) == 2
    assert "give a run of --output softmax" in line(capsys)
