"""Layers against slow definitions, autodiff and the book's printed example."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harmonium.errors import ConfigError
from harmonium.models.layers import ACTIVATIONS, ConvPool, Dense, convolution, convolve, max_pool


def images(seed, channels=2, height=7, width=6, batch=3):
    return jax.random.normal(jax.random.key(seed), (channels, height, width, batch))


def slow_convolution(x, kernels):
    maps, _, rows, columns = kernels.shape
    _, height, width, batch = x.shape
    out = np.zeros((maps, height - rows + 1, width - columns + 1, batch))
    for m in range(maps):
        for i in range(out.shape[1]):
            for j in range(out.shape[2]):
                for n in range(batch):
                    out[m, i, j, n] = (kernels[m] * x[:, i : i + rows, j : j + columns, n]).sum()
    return out


@pytest.mark.parametrize("form", [convolve, convolution._convolve_patches, convolution._convolve_natively])
def test_convolution_is_the_sum_over_the_window(form):
    x, kernels = images(0), jax.random.normal(jax.random.key(1), (4, 2, 3, 2))
    np.testing.assert_allclose(form(x, kernels), slow_convolution(x, kernels), atol=1e-5)


def test_the_two_forms_of_convolution_have_the_same_gradient():
    x, kernels = images(0), jax.random.normal(jax.random.key(1), (4, 2, 3, 2))
    wanted = jax.random.normal(jax.random.key(2), (4, 5, 5, 3))

    def gradients(form):
        return jax.grad(lambda x, k: (wanted * form(x, k)).sum(), argnums=(0, 1))(x, kernels)

    patches, native = gradients(convolution._convolve_patches), gradients(convolution._convolve_natively)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-4), patches, native)


def pool_one(image, size=(2, 2), **kwargs):
    return np.asarray(max_pool(jnp.asarray(image, jnp.float32)[None, ..., None], size, **kwargs))[0, ..., 0]


def test_max_pooling_prints_what_the_book_prints():
    """Section 6.6: numpy.random.RandomState(1).rand(3, 2, 5, 5), pooled by 2x2."""
    values = np.random.RandomState(1).rand(3, 2, 5, 5)
    ignored = [[0.72032449, 0.39676747], [0.6852195, 0.87811744]]
    np.testing.assert_allclose(pool_one(values[0, 0]), ignored, atol=1e-7)
    kept = [
        [0.67883553, 0.58930554, 0.69975836],
        [0.66379465, 0.94459476, 0.58655504],
        [0.90340192, 0.80739129, 0.39767684],
    ]
    np.testing.assert_allclose(pool_one(values[1, 0], ignore_border=False), kept, atol=1e-7)


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 4), st.integers(1, 4), st.booleans())
def test_max_pooling_is_the_largest_of_each_tile(height, width, rows, columns, ignore_border):
    image = np.random.default_rng(height * 10 + width).normal(size=(height, width)).astype(np.float32)
    down, across = height // rows, width // columns
    if not ignore_border:
        down, across = -(-height // rows), -(-width // columns)
    expected = np.array(
        [
            [image[i * rows : (i + 1) * rows, j * columns : (j + 1) * columns].max() for j in range(across)]
            for i in range(down)
        ]
    ).reshape(down, across)
    np.testing.assert_array_equal(pool_one(image, (rows, columns), ignore_border=ignore_border), expected)


@pytest.mark.parametrize("ignore_border", [True, False])
def test_the_gradient_of_max_pooling_is_that_of_a_maximum(ignore_border):
    x = jnp.round(images(3, height=7, width=5) * 2)  # rounded, so that tiles have ties
    wanted = jax.random.normal(jax.random.key(4), max_pool(x, (2, 3), ignore_border).shape)

    def plain(x):
        if not ignore_border:
            x = jnp.pad(x, ((0, 0), (0, 1), (0, 1), (0, 0)), constant_values=-jnp.inf)
        down, across = x.shape[1] // 2, x.shape[2] // 3
        x = x[:, : down * 2, : across * 3]
        return x.reshape(2, down, 2, across, 3, 3).max((2, 4))

    ours = jax.grad(lambda x: (wanted * max_pool(x, (2, 3), ignore_border)).sum())(x)
    theirs = jax.grad(lambda x: (wanted * plain(x)).sum())(x)
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize(("name", "factor"), [("tanh", 1), ("sigmoid", 4)])
def test_weights_fill_the_books_interval(name, factor):
    layer = Dense.init(300, 200, name, key=jax.random.key(0))
    bound = factor * (6 / 500) ** 0.5
    assert layer.weight.shape == (200, 300)
    assert bound * 0.999 < jnp.abs(layer.weight).max() <= bound
    assert abs(layer.weight.std() / (bound / 3**0.5) - 1) < 0.01  # of a uniform distribution
    assert not layer.bias.any()


def test_a_convolutions_interval_counts_the_receptive_field():
    layer = ConvPool.init(20, 50, (5, 5), (2, 2), key=jax.random.key(0))
    bound = (6 / (20 * 25 + 50 * 25 / 4)) ** 0.5
    assert layer.weight.shape == (50, 20, 5, 5)
    assert bound * 0.999 < jnp.abs(layer.weight).max() <= bound


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_a_dense_layer_is_its_equation(name):
    layer = Dense.init(4, 3, name, key=jax.random.key(1))
    layer = Dense(layer.weight, jnp.arange(3.0), name)
    x = jnp.array([0.5, -1.0, 2.0, 0.1])
    a = np.asarray(layer.weight) @ np.asarray(x) + np.arange(3)
    functions = {
        "tanh": np.tanh,
        "sigmoid": lambda a: 1 / (1 + np.exp(-a)),
        "relu": lambda a: np.maximum(a, 0),
        "softplus": lambda a: np.log1p(np.exp(a)),
        "linear": lambda a: a,
    }
    np.testing.assert_allclose(layer(x), functions[name](a), rtol=1e-5)


def test_an_unknown_activation_is_named():
    with pytest.raises(ConfigError, match=r"'swish'.*tanh"):
        Dense.init(2, 2, "swish", key=jax.random.key(0))
