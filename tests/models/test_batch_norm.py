"""Batch normalisation against its closed form, finite differences and the layer that it folds into."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from harmonium.models import MLP, LeNet
from harmonium.models.layers import BatchNorm, ConvPool, Dense, statistics, with_statistics
from harmonium.models.layers.normalization import EPSILON, KEPT
from harmonium.training.update import folded


def normalised_dense(activation="relu"):
    """A layer whose gain, bias and moving statistics are no round numbers."""
    keys = jax.random.split(jax.random.key(0), 5)
    layer = BatchNorm.around(Dense.init(6, 4, activation, key=keys[0]))
    values = [jax.random.normal(key, 4) for key in keys[1:]]
    return eqx.tree_at(
        lambda one: (one.layer.bias, one.gain, one.mean, one.variance),
        layer,
        (*values[:3], jnp.square(values[3]) + 0.1),
    )


def test_units_of_a_batch_are_the_papers_algorithm_1():
    layer, x = normalised_dense(), np.random.default_rng(1).normal(size=(6, 9)).astype(np.float32)
    z = np.asarray(layer.weight) @ x
    standard = (z - z.mean(1, keepdims=True)) / np.sqrt(z.var(1, keepdims=True) + EPSILON)
    h, _ = layer.on_batch(jnp.asarray(x))
    expected = np.asarray(layer.gain)[:, None] * standard + np.asarray(layer.bias)[:, None]
    np.testing.assert_allclose(h, np.maximum(expected, 0), atol=1e-5)


def test_maps_are_normalised_over_all_positions_before_they_are_pooled():
    layer = BatchNorm.around(ConvPool.init(2, 3, (3, 3), (2, 2), "tanh", key=jax.random.key(0)))
    layer = eqx.tree_at(lambda one: one.gain, layer, jnp.array([1.0, -2.0, 0.5]))
    x = jax.random.normal(jax.random.key(1), (2, 8, 8, 5))
    z = np.asarray(layer.layer.product(x))
    standard = (z - z.mean((1, 2, 3), keepdims=True)) / np.sqrt(z.var((1, 2, 3), keepdims=True) + EPSILON)
    tiles = (standard * np.array([1, -2, 0.5])[:, None, None, None]).reshape(3, 3, 2, 3, 2, 5)
    h, (mean, variance) = layer.on_batch(x)
    np.testing.assert_allclose(h, np.tanh(tiles.max((2, 4))), atol=1e-5)
    np.testing.assert_allclose(mean, (1 - KEPT) * z.mean((1, 2, 3)), atol=1e-6)
    np.testing.assert_allclose(variance, KEPT + (1 - KEPT) * z.var((1, 2, 3), ddof=1), rtol=1e-5)


def test_moving_statistics_come_to_those_of_what_is_seen():
    layer = normalised_dense()
    x = 3 + 2 * jax.random.normal(jax.random.key(2), (6, 50))
    for _ in range(200):
        _, (mean, variance) = layer.on_batch(x)
        layer = with_statistics(layer, [(mean, variance)])
    z = np.asarray(layer.weight @ x)
    np.testing.assert_allclose(layer.mean, z.mean(1), rtol=1e-4)
    np.testing.assert_allclose(layer.variance, z.var(1, ddof=1), rtol=1e-4)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_a_folded_layer_predicts_the_same(activation):
    layer, x = normalised_dense(activation), jax.random.normal(jax.random.key(3), (6,))
    standard = (layer.weight @ x - layer.mean) / jnp.sqrt(layer.variance + EPSILON)
    expected = Dense(jnp.diag(layer.gain), layer.bias, activation)(standard)
    assert type(layer.folded()) is Dense
    np.testing.assert_allclose(layer.folded()(x), expected, atol=1e-5)
    np.testing.assert_allclose(layer(x), expected, atol=1e-5)


def test_the_gradient_through_a_batchs_statistics_is_that_of_finite_differences():
    layer = normalised_dense("tanh")
    x, wanted = (
        jax.random.normal(jax.random.key(4), (6, 7)),
        jax.random.normal(jax.random.key(5), (4, 7)),
    )

    def loss(weight, gain, bias):
        moved = eqx.tree_at(
            lambda one: (one.layer.weight, one.gain, one.layer.bias), layer, (weight, gain, bias)
        )
        return (wanted * moved.on_batch(x)[0]).sum()

    check_grads(loss, (layer.weight, layer.gain, layer.bias), order=1, modes="rev", rtol=0.02)


def test_weights_scaled_by_any_number_give_the_same_units():
    layer, x = normalised_dense(), jax.random.normal(jax.random.key(6), (6, 9))
    larger = eqx.tree_at(lambda one: one.layer.weight, layer, 10 * layer.weight)
    np.testing.assert_allclose(larger.on_batch(x)[0], layer.on_batch(x)[0], atol=1e-3)


@pytest.mark.parametrize("family", ["mlp", "lenet"])
def test_a_network_folds_into_a_plain_one(family):
    key, x = jax.random.key(7), jax.random.uniform(jax.random.key(8), (300, 12, 12))
    model = (
        MLP.init(144, [20, 10], 3, "relu", batch_norm=True, key=key)
        if family == "mlp"
        else LeNet.init((12, 12), [4, 5], [10], 3, 3, activation="relu", batch_norm=True, key=key)
    )
    output = (lambda m: m.output.weight) if family == "mlp" else (lambda m: m.perceptron.output.weight)
    model = eqx.tree_at(output, model, jax.random.normal(key, output(model).shape))
    for _ in range(100):
        logits, moved = model.on_batch(x)
        model = with_statistics(model, moved)
    assert len(statistics(model)) == (2 if family == "mlp" else 3)
    plain = folded(model)
    assert statistics(plain) == []
    np.testing.assert_allclose(plain.batch(x), model.batch(x), atol=1e-3)
    np.testing.assert_allclose(plain.encode(x[0]), model.encode(x[0]), atol=1e-4)
    # Having seen this batch alone, the moving statistics are its own, but for the variance's bias.
    np.testing.assert_allclose(plain.batch(x), logits, atol=0.05)
