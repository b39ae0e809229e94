"""The autoencoder, its corruption and its penalties against NumPy, closed forms and autodiff."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from harmonium import metrics
from harmonium.errors import ConfigError
from harmonium.models import Autoencoder, Dense
from harmonium.models.corruption import corrupt

X = jax.random.uniform(jax.random.key(0), (5, 3, 4))


def autoencoder(visible=12, hidden=7, seed=1, **settings):
    model = Autoencoder.init(visible, hidden, key=jax.random.key(seed), **settings)
    noise = jax.random.normal(jax.random.key(seed + 1), (hidden,))
    encoder = Dense(model.encoder.weight, noise, model.encoder.activation)
    bias = jax.random.normal(jax.random.key(seed + 2), (visible,))
    return Autoencoder(encoder, bias, model.decoder_weight, model.reconstruction)


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize(("name", "function"), [("sigmoid", sigmoid), ("linear", lambda a: a)])
def test_an_autoencoder_is_its_equations(tied, name, function):
    model = autoencoder(tied=tied, reconstruction=name)
    weight, bias = np.asarray(model.encoder.weight), np.asarray(model.encoder.bias)
    back = weight.T if tied else np.asarray(model.decoder_weight)
    assert tied or not np.allclose(back, weight.T)
    x = np.asarray(X).reshape(5, 12)
    y = sigmoid(x @ weight.T + bias)
    z = function(y @ back.T + np.asarray(model.visible_bias))
    np.testing.assert_allclose(jax.vmap(model.encode)(X), y, rtol=1e-5)
    np.testing.assert_allclose(jax.vmap(model.reconstruct)(X), z.reshape(5, 3, 4), rtol=1e-5, atol=1e-6)


def test_weights_start_in_the_books_interval():
    model = Autoencoder.init(784, 500, key=jax.random.key(0))
    bound = 4 * np.sqrt(6 / (784 + 500))
    assert 0.999 * bound < np.abs(model.encoder.weight).max() <= bound
    assert not model.encoder.bias.any()
    assert not model.visible_bias.any()
    assert model.decoder_weight is None


def test_cross_entropy_is_the_books_sum_and_finite_where_the_books_is_not():
    logits, x = jax.random.normal(jax.random.key(3), (2, 5, 12))
    x = jax.nn.sigmoid(x)
    z = sigmoid(np.asarray(logits, np.float64))
    naive = -(x * np.log(z) + (1 - x) * np.log(1 - z)).sum(1)
    np.testing.assert_allclose(metrics.cross_entropy(logits, x), naive, rtol=1e-5)
    np.testing.assert_allclose(metrics.cross_entropy(jnp.array([[1e4, -1e4]]), jnp.array([[0.0, 1]])), 2e4)
    np.testing.assert_allclose(metrics.squared_error(logits, x), ((np.asarray(logits) - x) ** 2).sum(1), 1e-5)


def test_the_gradient_of_tied_weights_has_its_closed_form():
    """∂L/∂W = y·(z - x)ᵀ + (W·(z - x) ∘ y ∘ (1 - y))·x̃ᵀ, for the cross-entropy and sigmoid units."""
    model = autoencoder()
    x, shown = X[0].ravel(), X[1].ravel()
    weight = np.asarray(model.encoder.weight)
    gradient = jax.grad(lambda m: metrics.cross_entropy(m.decode(m.encode(shown)), x))(model)
    y = sigmoid(weight @ shown + np.asarray(model.encoder.bias))
    error = sigmoid(weight.T @ y + np.asarray(model.visible_bias)) - x
    back = (weight @ error) * y * (1 - y)
    np.testing.assert_allclose(
        gradient.encoder.weight, np.outer(y, error) + np.outer(back, shown), rtol=1e-4, atol=1e-5
    )
    np.testing.assert_allclose(gradient.encoder.bias, back, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(gradient.visible_bias, error, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "softplus", "linear"])
@pytest.mark.parametrize("seed", range(5))
def test_the_contraction_is_the_jacobians_norm_and_so_is_its_gradient(name, seed):
    layer = Dense.init(9, 6, name, key=jax.random.key(seed))
    layer = Dense(layer.weight, jax.random.normal(jax.random.key(seed + 50), (6,)), name)
    model = Autoencoder(layer, jnp.zeros(9))
    x = jax.random.normal(jax.random.key(seed + 99), (9,))

    def direct(model, x):
        return jnp.square(jax.jacfwd(model.encode)(x)).sum()

    np.testing.assert_allclose(model.contraction(x), direct(model, x), rtol=1e-5)
    closed, by_autodiff = (jax.grad(f, (0, 1))(model, x) for f in (Autoencoder.contraction, direct))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5), closed, by_autodiff)
    assert np.abs(closed[0].encoder.weight).max() > 0.1


def sizes(jaxpr):
    for equation in jaxpr.eqns:
        yield from (v.aval.size for v in equation.outvars)
        for inner in equation.params.values():
            yield from sizes(getattr(inner, "jaxpr", inner)) if hasattr(inner, "jaxpr") else ()


def test_the_contraction_forms_no_jacobian():
    model, x = Autoencoder.init(40, 30, key=jax.random.key(0)), jnp.ones((20, 40))

    def mean(model):
        return jax.vmap(model.contraction)(x).mean()

    largest = max(sizes(jax.make_jaxpr(jax.value_and_grad(mean))(model).jaxpr))
    assert 40 * 30 <= largest < 20 * 40 * 30


def test_masking_keeps_or_zeroes_each_value():
    x = jax.random.uniform(jax.random.key(0), (100, 200), minval=0.1)
    for level in (0.1, 0.3, 0.9):
        corrupted = corrupt(x, level, key=jax.random.key(1))
        kept = np.asarray(corrupted != 0)
        np.testing.assert_array_equal(corrupted, np.where(kept, x, 0))
        assert abs(1 - kept.mean() - level) < 4 * np.sqrt(level * (1 - level) / x.size)
        rows = kept.mean(1)  # independent values: the share of a row scatters like a binomial's
        assert 0.8 < rows.std() / np.sqrt(level * (1 - level) / 200) < 1.2
    assert (corrupt(x, 0.3, key=jax.random.key(1)) != corrupt(x, 0.3, key=jax.random.key(2))).any()


def test_salt_and_pepper_are_black_and_white():
    x = jnp.full((100, 200), 0.5)
    corrupted = np.asarray(corrupt(x, 0.4, "salt-and-pepper", key=jax.random.key(1)))
    for value, share in ((0, 0.2), (1, 0.2), (0.5, 0.6)):
        assert abs((corrupted == value).mean() - share) < 4 * np.sqrt(share * (1 - share) / x.size)


def test_gaussian_noise_has_its_moments():
    x = jax.random.uniform(jax.random.key(0), (200, 500))
    noise = np.asarray(corrupt(x, 0.25, "gaussian", key=jax.random.key(1)) - x)
    assert abs(noise.mean()) < 4 * 0.25 / np.sqrt(noise.size)
    assert abs(noise.std() / 0.25 - 1) < 4 / np.sqrt(2 * noise.size)


@pytest.mark.parametrize("kind", ["masking", "salt-and-pepper", "gaussian"])
def test_no_corruption_is_the_identity(kind):
    assert corrupt(X, 0.0, kind, key=jax.random.key(0)) is X


@pytest.mark.parametrize("level", [-0.1, 1.0, float("nan")])
def test_a_level_outside_its_range_is_refused(level):
    with pytest.raises(ConfigError, match=r"corruption level .* must be in \[0, 1\)"):
        corrupt(X, level, key=jax.random.key(0))


def test_an_unknown_corruption_is_refused():
    with pytest.raises(ConfigError, match="unknown corruption 'blur'"):
        corrupt(X, 0.1, "blur", key=jax.random.key(0))
