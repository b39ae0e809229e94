"""The parts of `--config best`: batch normalisation through a run, examples moved uphill, distorted pictures."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import harmonium as hm
from harmonium.data import Distortion, distorted, intensities
from harmonium.errors import ConfigError
from harmonium.models import LogisticRegression
from harmonium.models.layers import Dense, first_statistics, statistics, with_statistics
from harmonium.recipes.lenet import LeNetRecipe
from harmonium.recipes.mlp import MLPRecipe
from harmonium.recipes.shared.classification import penalized
from harmonium.recipes.shared.max_norm import within
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


def test_smoothed_labels_are_optaxs():
    model, x, y = logistic_regression()
    loss, (metrics, _) = penalized(0, 0, label_smoothing=0.2)(model, (x, y), None, jax.random.key(1))
    labels = optax.smooth_labels(jax.nn.one_hot(y, 3), 0.2)
    expected = optax.softmax_cross_entropy(model.batch(x), labels).mean()
    np.testing.assert_allclose(loss, expected, rtol=1e-5)
    plain = penalized(0, 0)(model, (x, y), None, jax.random.key(1))[0]
    np.testing.assert_allclose(metrics["nll"], plain, rtol=1e-6)  # what is watched is not smoothed


def test_noise_on_the_inputs_has_the_deviation_asked_for():
    model, x, y = logistic_regression()
    seen = []

    class Watching(LogisticRegression):
        def batch(self, x):
            seen.append(x)
            return super().batch(x)

    watching = Watching(model.weight, model.bias)
    for n in range(200):
        penalized(0, 0, input_noise=0.3)(watching, (x, y), None, jax.random.key(n))
    noise = np.stack(seen) - np.asarray(x)
    assert noise.std() == pytest.approx(0.3, rel=0.03)
    assert abs(noise.mean()) < 0.01
    assert len({one.tobytes() for one in noise}) == 200
    drops = jax.random.split(jax.random.key(0), len(x))  # of the examples' dropout, which are fold_ins too
    for key in drops:
        assert not np.allclose(noise[0], 0.3 * jax.random.normal(key, x.shape), atol=1e-4)


@pytest.mark.parametrize("recipe", ["mlp", "lenet", "logistic-regression"])
def test_max_norm_holds_the_weights_into_each_unit(recipe, tmp_path):
    settings = {"data": "digits", "max_epochs": 2, "learning_rate": 0.3, "batch_size": 50}
    own = {"lenet": {"kernels": (4,), "kernel_sizes": (3,), "hidden": (12,)}, "mlp": {"hidden": (12,)}}
    free, held = (
        hm.train(recipe, **settings | own.get(recipe, {}), max_norm=longest, out=tmp_path / f"{longest}")
        for longest in (0.0, 0.5)
    )

    def lengths(run):
        return np.concatenate(
            [np.linalg.norm(np.reshape(w, (len(w), -1)), axis=1) for w in run.model.weights()]
        )

    assert lengths(held).max() == pytest.approx(0.5, abs=1e-5)
    assert lengths(free).max() > 0.6


def test_a_short_weight_is_left_alone_and_a_long_one_keeps_its_direction():
    model = LogisticRegression(jnp.array([[3.0, 4.0], [0.3, 0.4], [0.0, 0.0]]), jnp.array([9.0, 0.0, 0.0]))
    held = within(1.0)(model)
    np.testing.assert_allclose(held.weight, [[0.6, 0.8], [0.3, 0.4], [0.0, 0.0]], rtol=1e-6)
    np.testing.assert_array_equal(held.bias, model.bias)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"schedule": "cosine"}, "--schedule cosine must go with --anneal"),
        ({"label_smoothing": 1.0}, "--label-smoothing"),
        ({"input_noise": -1.0}, "--input-noise"),
        ({"max_norm": -1.0}, "--max-norm"),
        ({"weight_decay": -1.0}, "--weight-decay"),
    ],
)
def test_what_makes_no_sense_is_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        MLPRecipe(**settings)


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
