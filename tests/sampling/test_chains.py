"""Chains, annealing and tempering on targets whose every state is known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from harmonium.sampling import (
    annealed_importance_sampling,
    finer_ladder,
    run_chain,
    tempered_transition,
    trace_chain,
)
from harmonium.sampling.ais import summarise_weights

ENERGY = jnp.array([0.0, 9, 9, 9, 0.5])  # two wells, 0 and 4, with a wall between


def log_density(x, beta):
    return -beta * ENERGY[x]


def metropolis(x, beta, key):
    """A step to a neighbour, or not."""
    turn, accept = jax.random.split(key)
    to = x + 2 * jax.random.bernoulli(turn, shape=x.shape) - 1
    inside = (to >= 0) & (to < 5)
    to = jnp.clip(to, 0, 4)
    gain = log_density(to, beta) - log_density(x, beta)
    return jnp.where(inside & (jnp.log(jax.random.uniform(accept, x.shape)) < gain), to, x)


def shares(x):
    return np.bincount(np.asarray(x).ravel(), minlength=5) / np.size(x)


TARGET = np.exp(-np.asarray(ENERGY)) / np.exp(-np.asarray(ENERGY)).sum()


def test_run_and_trace_count_their_steps():
    assert run_chain(lambda s, one: s + one, jnp.int32(0), jnp.arange(5)) == 10
    states = trace_chain(lambda s, key: s + 1, jnp.int32(0), 3, 4, key=jax.random.key(0))
    np.testing.assert_array_equal(states, [4, 8, 12])


def test_the_rows_of_a_trace_differ_by_their_randomness():
    states = trace_chain(lambda s, key: jax.random.uniform(key), jnp.float32(0), 5, 2, key=jax.random.key(0))
    assert len(set(np.asarray(states).tolist())) == 5


def test_tempering_crosses_a_wall_that_plain_chains_do_not():
    betas, chains = jnp.array([0.0, 0.15, 0.3, 0.6, 1.0]), 2000
    start = jnp.zeros(chains, int)  # all in the left well
    keys = jax.random.split(jax.random.key(0), 300)
    plain = run_chain(lambda x, key: metropolis(x, 1.0, key), start, keys)
    assert shares(plain)[4] < 0.05
    step = tempered_transition(log_density, metropolis, betas)
    ladder = jax.jit(lambda s: run_chain(step, s, keys))(jnp.broadcast_to(start, (5, chains)))
    for beta, x in zip(betas, ladder, strict=True):
        expected = np.exp(-float(beta) * np.asarray(ENERGY))
        expected /= expected.sum()
        np.testing.assert_allclose(shares(x), expected, atol=5 * np.sqrt(0.25 / chains))


def test_annealing_estimates_a_known_ratio_from_both_sides():
    betas, chains = jnp.linspace(0, 1, 200), 4000
    ratio = np.log(np.exp(-np.asarray(ENERGY)).sum() / 5)
    start = jax.random.randint(jax.random.key(0), (chains,), 0, 5)
    up = annealed_importance_sampling(log_density, metropolis, start, betas, key=jax.random.key(1))
    assert abs(up.log_ratio - ratio) < 3 * up.standard_error
    samples = jnp.asarray(np.random.default_rng(0).choice(5, chains, p=TARGET))
    down = annealed_importance_sampling(log_density, metropolis, samples, betas[::-1], key=jax.random.key(2))
    assert abs(-down.log_ratio - ratio) < 3 * down.standard_error
    assert 0 < up.standard_error < 0.05


def test_one_jump_is_plain_importance_sampling():
    start = jnp.arange(5)
    found = annealed_importance_sampling(
        log_density, metropolis, start, jnp.array([0.0, 1.0]), key=jax.random.key(0)
    )
    np.testing.assert_allclose(found.log_weights, -ENERGY, atol=1e-6)


def test_equal_weights_are_worth_all_of_them_and_one_heavy_weight_one():
    same = summarise_weights(jnp.full(50, 1000.0))
    assert same.log_ratio == pytest.approx(1000.0)
    assert same.standard_error == 0
    assert same.effective_sample_size == pytest.approx(50)
    heavy = summarise_weights(jnp.zeros(50).at[3].set(100.0))
    assert heavy.effective_sample_size == pytest.approx(1)
    assert heavy.log_ratio == pytest.approx(100 - np.log(50))


def test_the_standard_error_is_that_of_repeated_estimates():
    log_weights = 0.5 * jax.random.normal(jax.random.key(0), (2000, 100))
    found = jax.vmap(summarise_weights)(log_weights)
    assert float(found.standard_error.mean()) == pytest.approx(float(found.log_ratio.std()), rel=0.1)


def test_annealing_in_parts_is_annealing_at_once():
    betas, start = jnp.linspace(0, 1, 21), jnp.arange(5)
    whole = annealed_importance_sampling(log_density, metropolis, start, betas, key=jax.random.key(3))
    state, weights = start, 0.0
    for first in (0, 8, 16):
        part = annealed_importance_sampling(
            log_density, metropolis, state, betas[first : first + 9], first=first, key=jax.random.key(3)
        )
        state, weights = part.state, weights + part.log_weights
    np.testing.assert_array_equal(state, whole.state)
    np.testing.assert_allclose(weights, whole.log_weights, atol=1e-5)
    assert whole.variances.shape == (20,)


def test_a_finer_ladder_lowers_the_variance_of_the_weights():
    """A density whose scale changes most near β = 1: exact draws at each β, so that only the ladder matters."""

    def log_density(x, beta):
        return -0.5 * x**2 * (1 + 1000 * beta**8)

    def transition(x, beta, key):
        return jax.random.normal(key, x.shape) / jnp.sqrt(1 + 1000 * beta**8)

    start = jax.random.normal(jax.random.key(0), (4000,))
    even = jnp.linspace(0, 1, 31)
    first = annealed_importance_sampling(log_density, transition, start, even, key=jax.random.key(1))
    placed = finer_ladder(np.asarray(even), np.asarray(first.variances), 30)
    assert placed[0] == 0
    assert placed[-1] == 1
    assert (np.diff(placed) > 0).all()
    again = annealed_importance_sampling(
        log_density, transition, start, jnp.asarray(placed, jnp.float32), key=jax.random.key(2)
    )
    assert again.effective_sample_size > 1.3 * first.effective_sample_size
    assert abs(again.log_ratio + 0.5 * np.log(1001)) < 4 * again.standard_error
