"""The parts of `--config best`: batch normalisation through a run, examples moved uphill, distorted pictures."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import harmonium as hm
from harmonium.data import Distortion, distorted, intensities
from harmonium.errors import ConfigError
from harmonium.models import LogisticRegression
from harmonium.models.layers import Dense, first_statistics, statistics, with_statistics
from harmonium.recipes.lenet import LeNetRecipe
from harmonium.recipes.mlp import MLPRecipe
from harmonium.recipes.shared.classification import penalized
from harmonium.training import RunFolder, Streams, TrainingState, gradient_update

SMALL = {"data": "digits", "max_epochs": 3, "shuffle": True, "batch_size": 100, "activation": "relu"}
FAST = {"optimizer": "adam", "learning_rate": 0.003, "batch_norm": True}


def logistic_regression():
    keys = jax.random.split(jax.random.key(0))
    x, y = jax.random.uniform(keys[0], (8, 5)), jnp.arange(8) % 3
    return LogisticRegression(jax.random.normal(keys[1], (3, 5)), jnp.zeros(3)), x, y


def test_an_example_is_moved_along_the_normalised_gradient_of_its_loss():
    """That of logistic regression is Wᵀ(p - y)."""
    model, x, y = logistic_regression()
    slope = (jax.nn.softmax(model.batch(x)) - jax.nn.one_hot(y, 3)) @ model.weight
    moved = x + 0.3 * slope / jnp.linalg.norm(slope, axis=1, keepdims=True)
    key = jax.random.key(1)
    plain = [penalized(0, 0)(model, (each, y), None, key)[0] for each in (x, moved)]
    loss, (metrics, _) = penalized(0, 0, adversarial=0.3)(model, (x, y), None, key)
    np.testing.assert_allclose(loss, (plain[0] + plain[1]) / 2, rtol=1e-5)
    np.testing.assert_allclose(metrics["nll"], plain[0], rtol=1e-6)
    assert plain[1] > plain[0]


def test_the_gradient_takes_moved_examples_as_they_are():
    model, x, y = logistic_regression()
    slope = (jax.nn.softmax(model.batch(x)) - jax.nn.one_hot(y, 3)) @ model.weight
    moved = x + 0.3 * slope / jnp.linalg.norm(slope, axis=1, keepdims=True)
    key = jax.random.key(1)

    def gradient(objective, x):
        return jax.grad(lambda m: objective(m, (x, y), None, key)[0])(model).weight

    expected = (gradient(penalized(0, 0), x) + gradient(penalized(0, 0), moved)) / 2
    np.testing.assert_allclose(gradient(penalized(0, 0, adversarial=0.3), x), expected, atol=1e-6)


def test_an_update_learns_from_distorted_bytes():
    how, key = Distortion(rotation=20), jax.random.key(2)
    x = jax.random.randint(jax.random.key(3), (4, 8, 8), 0, 256).astype(jnp.uint8)
    y, model = jnp.arange(4), LogisticRegression(jax.random.normal(key, (4, 64)), jnp.zeros(4))
    found = penalized(0, 0, distortion=how)(model, (x, y), None, key)[0]
    seen = distorted(intensities(x), how, jax.random.fold_in(key, 0))
    np.testing.assert_allclose(found, penalized(0, 0)(model, (seen, y), None, key)[0], rtol=1e-5)


@pytest.mark.parametrize("recipe", [MLPRecipe(**SMALL, **FAST), LeNetRecipe(**SMALL, **FAST, kernels=(4,))])
def test_after_an_update_the_model_holds_the_statistics_that_it_measured(recipe):
    digits = recipe.load("digits")

    def model():
        return recipe.model(digits, Streams(0).initial_weights)

    first, optimizer = first_statistics(model), recipe.make_optimizer(1000)
    state = TrainingState.init(
        model(), optimizer, key=Streams(0).updates, rate=recipe.first_rate, carry=first
    )
    x, y = jnp.asarray(digits.train.x[:100]), jnp.asarray(digits.train.y[:100])
    expected = model().on_batch(intensities(x))[1]
    after, _ = gradient_update(recipe.objective(), optimizer, measured=with_statistics)(state, (x, y))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), statistics(after.model), expected)
    jax.tree.map(np.testing.assert_array_equal, statistics(after.model), after.carry)


@pytest.mark.parametrize("average", [0.0, 0.9])
def test_a_normalised_run_resumes_bit_for_bit_and_saves_a_plain_network(tmp_path, average):
    recipe = MLPRecipe(
        **SMALL | {"batch_size": 20}, **FAST, hidden=(100, 50), adversarial=0.5, average=average
    )
    whole = hm.train(
        "mlp", **{k: v for k, v in recipe.config().items() if k != "recipe"}, out=tmp_path / "whole"
    )
    assert whole.summary["valid"]["error_rate"] < 0.15
    assert all(type(layer) is Dense for layer in whole.model.hidden)

    from harmonium.training import fit

    folder = RunFolder.new(tmp_path / "cut", dataclasses.replace(recipe).config())
    training = recipe.phases(folder)[0].training()
    fit(**vars(dataclasses.replace(training, max_epochs=1)))
    resumed = fit(**vars(recipe.phases(folder)[0].training()))
    jax.tree.map(np.testing.assert_array_equal, resumed.model, whole.model)
    folder.release()


def test_dropout_beside_batch_normalisation_is_refused():
    with pytest.raises(ConfigError, match="--dropout"):
        MLPRecipe(dropout=0.5, batch_norm=True)
