"""Classifiers against their equations and closed-form gradients."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from harmonium import metrics
from harmonium.errors import ConfigError, DataError
from harmonium.models import MLP, Dense, LeNet, LogisticRegression

X = jax.random.uniform(jax.random.key(0), (5, 4, 3))
Y = jnp.array([0, 2, 1, 2, 0])


def logistic(seed=1):
    a, b = jax.random.split(jax.random.key(seed))
    return LogisticRegression(jax.random.normal(a, (3, 12)), jax.random.normal(b, (3,)))


def test_logistic_regression_starts_undecided():
    model = LogisticRegression.init(12, 3)
    assert not model.batch(X).any()
    nll = metrics.negative_log_likelihood(model.batch(X), Y)
    np.testing.assert_allclose(nll, np.log(3), rtol=1e-6)


def test_the_gradient_of_logistic_regression_has_its_closed_form():
    """∂ nll / ∂W = mean of (p - onehot(y)) xᵀ."""
    model = logistic()
    gradient = jax.grad(lambda m: metrics.negative_log_likelihood(m.batch(X), Y).mean())(model)
    flat = np.asarray(X).reshape(5, -1)
    logits = flat @ np.asarray(model.weight).T + np.asarray(model.bias)
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    error = (p - np.eye(3)[np.asarray(Y)]) / 5
    np.testing.assert_allclose(gradient.weight, error.T @ flat, atol=1e-6)
    np.testing.assert_allclose(gradient.bias, error.sum(0), atol=1e-6)


def test_the_likelihood_is_finite_for_extreme_logits():
    logits = jnp.array([[1e4, -1e4], [-1e4, 1e4]])
    nll = metrics.negative_log_likelihood(logits, jnp.array([0, 0]))
    np.testing.assert_allclose(nll, [0, 2e4])


def test_errors_and_confusions_count():
    logits = jnp.array([[2.0, 1, 0], [0, 2, 1], [0, 1, 2], [2, 0, 1]])
    y = jnp.array([0, 1, 1, 2])
    np.testing.assert_array_equal(metrics.is_error(logits, y), [0, 0, 1, 1])
    counts = metrics.confusion_counts(np.asarray(logits.argmax(1)), np.asarray(y), 3)
    np.testing.assert_array_equal(counts, [[1, 0, 0], [0, 1, 1], [1, 0, 0]])


@pytest.mark.parametrize("hidden", [(), (7,), (7, 6, 5)])
def test_an_mlp_is_its_equation(hidden):
    model = MLP.init(12, hidden, 3, key=jax.random.key(2))
    assert not model.batch(X).any()  # the output layer starts at zero
    model = MLP(model.hidden, LogisticRegression(jnp.ones((3, (12, *hidden)[-1])), jnp.arange(3.0)))
    h = np.asarray(X).reshape(5, -1)
    for layer in model.hidden:
        h = np.tanh(h @ np.asarray(layer.weight).T + np.asarray(layer.bias))
    np.testing.assert_allclose(model.batch(X), h.sum(1, keepdims=True) + np.arange(3), rtol=1e-4, atol=1e-5)


def test_dropout_of_a_linear_network_is_right_in_the_mean():
    model = MLP.init(12, (7, 6), 3, "linear", key=jax.random.key(2))
    weight = jax.random.normal(jax.random.key(3), (3, 6))
    model = MLP(model.hidden, LogisticRegression(weight, jnp.arange(3.0)))
    keys = jax.random.split(jax.random.key(4), 20_000)
    draws = jax.vmap(lambda key: model(X[0], dropout=0.3, key=key))(keys)
    error = draws.std(0) / len(draws) ** 0.5
    assert (jnp.abs(draws.mean(0) - model(X[0])) < 4 * error).all()
    np.testing.assert_array_equal(model(X[0], dropout=0.3), model(X[0]))  # without a key it scores


def test_dropout_leaves_out_its_share_of_the_inputs_of_each_layer():
    """With weights of one, a layer's output counts the inputs that are kept, each made larger."""
    model = MLP((Dense(jnp.ones((1, 50)), jnp.zeros(1), "linear"),), LogisticRegression.init(1, 2))
    model = eqx.tree_at(lambda m: m.output.weight, model, jnp.ones((2, 1)))
    keys = jax.random.split(jax.random.key(0), 4000)
    draws = jax.vmap(lambda key: model(jnp.ones(50), dropout=0.2, key=key))(keys)[:, 0] * 0.8**2
    assert jnp.mean(draws == 0) == pytest.approx(0.2, abs=0.02)  # the hidden unit itself
    assert draws[draws > 0].mean() == pytest.approx(40, abs=0.3)
    assert draws[draws > 0].var() == pytest.approx(50 * 0.2 * 0.8, rel=0.1)


def test_lenet_has_the_books_shapes():
    model = LeNet.init((28, 28), (20, 50), (500,), 10, key=jax.random.key(0))
    assert [c.weight.shape for c in model.convolutions] == [(20, 1, 5, 5), (50, 20, 5, 5)]
    assert model.perceptron.hidden[0].weight.shape == (500, 800)


@pytest.mark.parametrize("shape", [(9, 8), (9, 8, 3)])
def test_lenet_answers_alike_for_one_image_and_for_many(shape):
    model = LeNet.init(shape, (3, 4), (6,), 5, kernel_size=2, key=jax.random.key(0))
    model = jax.tree.map(lambda a: a + 0.1, model)
    x = jax.random.uniform(jax.random.key(1), (4, *shape))
    np.testing.assert_allclose(jax.vmap(model)(x), model.batch(x), atol=1e-5)
    assert jnp.abs(model.batch(x)).max() > 0.01


def test_lenet_refuses_images_too_small_for_it():
    with pytest.raises(ConfigError, match="8x8 are too small for 2 convolutions"):
        LeNet.init((8, 8), (20, 50), (500,), 10, key=jax.random.key(0))


def test_penalties_apply_to_weights_and_to_no_biases():
    model = LeNet.init((8, 8), (2,), (3,), 4, kernel_size=3, key=jax.random.key(0))
    assert [w.shape for w in model.weights()] == [(2, 1, 3, 3), (3, 2 * 3 * 3), (4, 3)]
    layers = (*model.convolutions, *model.perceptron.hidden, model.perceptron.output)
    assert all(w is layer.weight for w, layer in zip(model.weights(), layers, strict=True))


def test_lenet_names_the_size_of_pictures_that_do_not_fit():
    model = LeNet.init((8, 8), [4], [5], 3, 3, key=jax.random.key(0))
    with pytest.raises(
        DataError, match="x holds pictures of 10x10, whose maps are 64 values where the perceptron"
    ):
        model(jnp.zeros((10, 10)))


def test_lenet_works_in_double_precision():
    with jax.enable_x64(True):
        model = LeNet.init((8, 8), [4], [5], 3, 3, key=jax.random.key(0))
        single = jax.tree.map(lambda a: a.astype(jnp.float32), model)
        assert jax.jit(lambda x: single.batch(x))(np.ones((4, 8, 8))).dtype == jnp.float64
