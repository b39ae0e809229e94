"""The classifying RBM against the enumeration of every state of a small one, and as a user runs it."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np

import harmonium as hm
from harmonium.models import ClassRBM


def states(units):
    return np.array(list(itertools.product([0.0, 1], repeat=units)))


def machine(visible=4, hidden=3, classes=3, seed=0):
    keys = jax.random.split(jax.random.key(seed), 4)
    shapes = ((hidden, visible), (hidden, classes), (hidden,), (classes,))
    return ClassRBM(*(jax.random.normal(key, shape) for key, shape in zip(keys, shapes, strict=True)))


def joint(rbm):
    """exp(-E(x, y, h)) of every state by the definition, with b = 0: (x, classes, h)."""
    weight, classes, c, d = (
        np.asarray(a, np.float64) for a in (rbm.weight, rbm.class_weight, rbm.hidden_bias, rbm.class_bias)
    )
    x, h = states(weight.shape[1]), states(len(c))
    energy = -(d[None, :, None] + (h @ c)[None, None] + (x @ weight.T @ h.T)[:, None] + (h @ classes).T[None])
    return np.exp(-energy)


def test_the_conditional_of_the_class_is_the_enumerated_one():
    rbm = machine()
    weights = joint(rbm).sum(2)
    expected = weights / weights.sum(1, keepdims=True)
    np.testing.assert_allclose(rbm.probabilities(jnp.asarray(states(4), jnp.float32)), expected, rtol=1e-4)


def test_a_bias_of_the_pixels_would_change_nothing():
    rbm, b = machine(seed=1), np.array([1.0, -2, 0.5, 3])
    weights = (joint(rbm) * np.exp(states(4) @ b)[:, None, None]).sum(2)
    found = rbm.probabilities(jnp.asarray(states(4), jnp.float32))
    np.testing.assert_allclose(found, weights / weights.sum(1, keepdims=True), rtol=1e-4)


def test_the_code_is_the_mean_of_the_hidden_units_given_the_example():
    rbm = machine(seed=2)
    weights = joint(rbm)
    given = weights.sum(1) / weights.sum((1, 2))[:, None]  # p(h | x)
    found = jax.vmap(rbm.encode)(jnp.asarray(states(4), jnp.float32))
    np.testing.assert_allclose(found, given @ states(3), rtol=1e-4)


def test_it_learns_digits():
    settings = {"hidden": 50, "batch_size": 10, "learning_rate": 0.2, "max_epochs": 60}
    run = hm.train("class-rbm", data="digits", **settings, out="run")
    assert run.summary["test"]["error_rate"] < 0.08
    assert isinstance(hm.load("run"), ClassRBM)
