"""Score matching against the closed form of a Gaussian, and as a rule that prefers the true energy."""

import jax
import jax.numpy as jnp
import numpy as np

from harmonium.metrics import score_matching

MEAN = np.array([1.0, -2.0, 0.5])
FACTOR = np.array([[1.0, 0.0, 0.0], [0.4, 0.8, 0.0], [-0.3, 0.2, 1.2]])
PRECISION = np.linalg.inv(FACTOR @ FACTOR.T)


def energy(scale, shift):
    p, m = jnp.asarray(scale * PRECISION, jnp.float32), jnp.asarray(MEAN + shift, jnp.float32)
    return lambda v: 0.5 * (v - m) @ p @ (v - m)


def test_it_is_the_closed_form_of_a_gaussian():
    v = np.array([0.3, 0.1, -1.0])
    expected = 0.5 * np.square(PRECISION @ (v - MEAN)).sum() - np.trace(PRECISION)
    np.testing.assert_allclose(score_matching(energy(1, 0), jnp.asarray(v, jnp.float32)), expected, rtol=1e-5)


def test_the_true_energy_has_the_lowest_mean():
    draws = np.random.default_rng(0).normal(size=(20_000, 3)) @ FACTOR.T + MEAN

    def mean(scale, shift):
        of = energy(scale, shift)
        return float(jax.vmap(lambda v: score_matching(of, v))(jnp.asarray(draws, jnp.float32)).mean())

    true = mean(1, 0)
    assert all(mean(*other) > true + 0.01 for other in ((0.7, 0), (1.4, 0), (1, 0.3), (1, -0.3)))
    np.testing.assert_allclose(true, -np.trace(PRECISION) / 2, rtol=0.05)


def test_a_constant_of_the_energy_changes_nothing():
    v = jnp.array([0.3, 0.1, -1.0])
    np.testing.assert_allclose(
        score_matching(lambda v: energy(1, 0)(v) + 7, v), score_matching(energy(1, 0), v), rtol=1e-6
    )
