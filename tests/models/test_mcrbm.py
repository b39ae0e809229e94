import itertools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from harmonium.models import MeanCovarianceRBM


@pytest.fixture
def machine():
    model = MeanCovarianceRBM.init(4, factors=5, covariance=3, mean=2, key=jax.random.key(0))
    keys = jax.random.split(jax.random.key(1), 3)
    return eqx.tree_at(
        lambda m: (m.pooling, m.factors, m.visible_bias),
        model,
        (
            -jax.random.uniform(keys[0], (5, 3)),
            jax.random.normal(keys[1], (4, 5)),
            jax.random.normal(keys[2], (4,)),
        ),
    )


def states(units):
    return [jnp.array(bits, jnp.float32) for bits in itertools.product((0, 1), repeat=units)]


@pytest.mark.parametrize("seed", range(5))
def test_free_energy_sums_the_hidden_units_out(machine, seed):
    v = 2 * jax.random.normal(jax.random.key(seed), (4,))

    energies = jnp.array([machine.energy(v, h, m) for h in states(3) for m in states(2)])

    np.testing.assert_allclose(machine.free_energy(v), -jax.nn.logsumexp(-energies), rtol=1e-5)


def test_energy_is_the_sum_in_its_docstring(machine):
    v, h, m = jnp.array([1.0, -2.0, 0.5, 3.0]), jnp.array([1.0, 0.0, 1.0]), jnp.array([0.0, 1.0])
    scaled = np.asarray(v) / np.sqrt(0.5 + np.mean(np.square(v)))

    expected = 0.5 * np.square(v).sum() - v @ machine.visible_bias - m @ machine.mean_bias
    expected += -h @ machine.covariance_bias - v @ machine.weight @ m
    for k in range(3):
        for f in range(5):
            pooled = machine.pooling[f, k] * (machine.factors[:, f] @ scaled) ** 2
            expected -= 0.5 * h[k] * pooled

    np.testing.assert_allclose(machine.energy(v, h, m), expected, rtol=1e-5)


def test_the_code_is_each_units_probability_of_being_on(machine):
    v = jnp.array([1.0, -2.0, 0.5, 3.0])
    hidden = [jnp.concatenate([h, m]) for h in states(3) for m in states(2)]
    energies = jnp.array([machine.energy(v, h, m) for h in states(3) for m in states(2)])

    expected = jax.nn.softmax(-energies) @ jnp.stack(hidden)

    np.testing.assert_allclose(machine.encode(v.reshape(2, 2)), expected, rtol=1e-4, atol=1e-6)


def test_normalising_bounds_the_pooling_and_evens_the_factors(machine):
    odd = eqx.tree_at(lambda m: m.pooling, machine, machine.pooling.at[0, 0].set(3.0))

    normal = odd.normalised()

    assert (normal.pooling <= 0).all()
    np.testing.assert_allclose(normal.pooling.sum(0), -1, rtol=1e-5)
    lengths = np.linalg.norm(normal.factors, axis=0)
    np.testing.assert_allclose(lengths, np.linalg.norm(machine.factors, axis=0).mean(), rtol=1e-5)


def test_normalising_twice_is_normalising_once(machine):
    once = machine.normalised()

    for a, b in zip(jax.tree.leaves(once), jax.tree.leaves(once.normalised()), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5)


def test_free_energy_grows_in_every_direction_so_that_the_density_can_be_normalised(machine):
    directions = jax.random.normal(jax.random.key(2), (50, 4))
    directions /= jnp.linalg.norm(directions, axis=1, keepdims=True)

    near, far = (jax.vmap(machine.normalised().free_energy)(r * directions) for r in (30.0, 60.0))

    assert (far > near + 500).all()


@pytest.mark.parametrize(("factors", "covariance"), [(6, 3), (3, 6), (4, 4)])
def test_every_factor_is_pooled_and_every_unit_pools(factors, covariance):
    model = MeanCovarianceRBM.init(4, factors=factors, covariance=covariance, mean=1, key=jax.random.key(0))

    assert (model.pooling < 0).any(0).all()
    assert (model.pooling < 0).any(1).all()


def test_no_finite_input_makes_the_gradient_infinite(machine):
    for v in (jnp.zeros(4), jnp.full(4, 1e6), jnp.full(4, -1e-30)):
        energy, gradient = jax.value_and_grad(machine.free_energy)(v)
        assert jnp.isfinite(energy)
        assert jnp.isfinite(gradient).all()
