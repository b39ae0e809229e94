"""Integrated gradients against closed forms, and the sum that they must have."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from harmonium.models import MLP, LogisticRegression
from harmonium.models.attribution import log_odds, mean_gradient


def test_log_odds_are_those_of_the_softmax():
    logits = jnp.array([2.0, -1.0, 0.5])
    p = np.exp(logits) / np.exp(logits).sum()
    for label in range(3):
        assert log_odds(logits, label) == pytest.approx(np.log(p[label] / (1 - p[label])), abs=1e-6)


def test_the_mean_gradient_of_a_polynomial_is_its_closed_form():
    def f(x):
        return x[0] ** 3 + x[0] * x[1] + 5 * x[1]

    start, x = jnp.array([1.0, -1.0]), jnp.array([3.0, 2.0])
    # On the path x0 = 1 + 2t and x1 = -1 + 3t; df/dx0 = 3 x0² + x1 and df/dx1 = x0 + 5.
    expected = [3 * (1 + 2 + 4 / 3) + (-1 + 1.5), (1 + 1) + 5]
    np.testing.assert_allclose(mean_gradient(f, x, start=start), expected, rtol=1e-5)


def test_of_two_classes_of_a_linear_model_the_shares_are_weight_times_input():
    weight = jax.random.normal(jax.random.key(0), (2, 6))
    model = LogisticRegression(weight, jnp.array([0.3, -0.2]))
    x = jax.random.normal(jax.random.key(1), (6,))
    shares = x * mean_gradient(lambda x: log_odds(model(x), 1), x)
    np.testing.assert_allclose(shares, x * (weight[1] - weight[0]), rtol=1e-4, atol=1e-6)


def test_the_shares_sum_to_what_the_prediction_gains():
    model = MLP.init(20, (30,), 4, key=jax.random.key(0))
    model = jax.tree.map(lambda a: a + 0.3 * jax.random.normal(jax.random.key(a.size), a.shape), model)
    x, start = jax.random.normal(jax.random.key(1), (2, 20))

    def f(x):
        return log_odds(model(x), 2)

    shares = (x - start) * mean_gradient(f, x, start=start)
    assert shares.sum() == pytest.approx(float(f(x) - f(start)), abs=1e-3)
    assert abs(float(f(x) - f(start))) > 0.5
