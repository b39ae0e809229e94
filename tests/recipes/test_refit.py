"""Learning anew from training and validation set, for as many epochs as the validation set has chosen."""

import dataclasses

import jax
import numpy as np
import pytest

import harmonium as hm
from harmonium.cli import main
from harmonium.data import Split, Texts, load
from harmonium.recipes.mlp import MLPRecipe
from harmonium.training import Evaluation, RunFolder, fit

SMALL = {"data": "digits", "max_epochs": 6, "batch_size": 100, "patience": 100_000}
CLASSIFIERS = {
    "logistic-regression": {},
    "mlp": {"hidden": (20,), "activation": "relu", "batch_norm": True, "optimizer": "adam", "shuffle": True},
    "class-rbm": {"hidden": 10},
    "stacked-denoising-autoencoder": {"hidden": (20,), "pretraining_epochs": (1,)},
}


@pytest.mark.parametrize("recipe", CLASSIFIERS)
def test_a_classifier_learns_from_both_sets_for_the_epochs_that_validation_chose(recipe, tmp_path):
    run = hm.train(recipe, **SMALL, **CLASSIFIERS[recipe], refit=True, out=tmp_path / "run")
    chosen = run.folder.phase("choice", {}).summary()
    sizes = run.summary["data"]["sizes"]
    assert run.summary["epochs"] == run.summary["best_epoch"] == chosen["best_epoch"]
    assert run.summary["updates"] == chosen["best_epoch"] * ((sizes["train"] + sizes["valid"]) // 100)
    assert run.summary["valid"] == chosen["valid"]
    assert chosen["test"] is None  # which is scored once, at the very end
    assert all("valid" not in record for record in run.folder.records())
    assert set(run.evaluate()) == {"test"}
    assert set(run.evaluate(data="digits")) == {"valid", "test"}
    assert main(["figures", str(run.path)]) == 0
    assert (run.path / "figures" / "learning-curves.png").exists()


def test_it_is_the_model_of_a_plain_training_on_both_sets(tmp_path):
    recipe = MLPRecipe(**SMALL, hidden=(20,), shuffle=True)
    run = hm.train("mlp", **SMALL, hidden=(20,), shuffle=True, refit=True, out=tmp_path / "run")
    digits = load("digits")
    both = (
        np.concatenate([digits.train.x, digits.valid.x]),
        np.concatenate([digits.train.y, digits.valid.y]),
    )
    folder = RunFolder.new(tmp_path / "plain", recipe.config())
    plain = dataclasses.replace(
        recipe.phases(folder)[0].training(),
        train=both,
        evaluate=None,
        stopping=None,
        run=None,
        max_epochs=run.summary["best_epoch"],
    )
    jax.tree.map(np.testing.assert_array_equal, fit(**vars(plain)).model, run.model)
    folder.release()


def test_the_choice_watches_the_test_set_where_the_user_does(tmp_path):
    settings = SMALL | {"max_epochs": 2}
    run = hm.train("logistic-regression", **settings, refit=True, watch_test=True, out=tmp_path / "run")
    choice = run.folder.phase("choice", {})
    assert any("test" in record for record in choice.records())


def test_a_refit_begins_when_the_choice_has_ended(tmp_path):
    """A run that was stopped in the first phase goes on there, and ends as an unbroken one."""
    settings = SMALL | {"hidden": (20,), "refit": True}
    whole = hm.train("mlp", **settings, out=tmp_path / "whole")
    recipe = MLPRecipe(**settings)
    folder = RunFolder.new(tmp_path / "cut", recipe.config())
    first = recipe.phases(folder)[0].training()
    fit(**vars(dataclasses.replace(first, max_epochs=2, evaluate=Evaluation(first.evaluate.valid))))
    folder.release()
    resumed = hm.resume(tmp_path / "cut")
    jax.tree.map(np.testing.assert_array_equal, resumed.model, whole.model)
    assert resumed.summary["test"] == whole.summary["test"]


def test_texts_are_learned_anew_as_well(tmp_path):
    lines = [
        f"{name}\t{word} film {n % 7}" for n in range(100) for name, word in (("pro", "good"), ("con", "bad"))
    ]
    path = tmp_path / "texts.tsv"
    path.write_text("\n".join(lines) + "\n")
    settings = {
        "hidden": 4,
        "embedding": 4,
        "max_epochs": 3,
        "batch_size": 10,
        "validation_updates": 0,
        "wait": 0,
    }
    run = hm.train("sentiment", data=str(path), **settings, refit=True, out=tmp_path / "run")
    sizes = run.summary["data"]["sizes"]
    assert run.summary["best_epoch"] is None  # of three epochs the last is the result
    assert run.summary["updates"] == 3 * ((sizes["train"] + sizes["valid"]) // 10)
    assert set(run.evaluate()) == {"test"}
    assert main(["figures", str(run.path)]) == 0


def test_examples_are_joined_in_order():
    one, two = Split(np.arange(3), np.arange(3)), Split(np.arange(3, 5), np.arange(3, 5))
    np.testing.assert_array_equal(one.joined(two).x, np.arange(5))
    np.testing.assert_array_equal(one.joined(two).y, np.arange(5))
    texts = Texts(np.arange(6, dtype=np.int32), np.array([2, 6]), np.array([0, 1], np.int32))
    joined = texts.taken(np.array([0])).joined(texts.taken(np.array([1])))
    for name in ("words", "ends", "y"):
        np.testing.assert_array_equal(getattr(joined, name), getattr(texts, name))
