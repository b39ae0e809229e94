"""Hybrid Monte Carlo against mechanics, closed forms, and BlackJAX."""

import itertools
import re

import blackjax
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from harmonium.errors import ConfigError, DataError
from harmonium.sampling import (
    HMCState,
    StepSize,
    adapt_step_size,
    bulk_effective_sample_size,
    hmc_step,
    leapfrog,
    sample_hmc,
    split_r_hat,
)
from harmonium.sampling.hmc import kinetic_energy

PRECISION = jnp.array([[2.0, 0.6, 0], [0.6, 1, -0.3], [0, -0.3, 0.5]])
MEAN = jnp.array([1.0, -2, 0.5])
COVARIANCE = np.linalg.inv(np.asarray(PRECISION, np.float64))


def gaussian(s):
    return 0.5 * (s - MEAN) @ PRECISION @ (s - MEAN)


def quartic(s):
    return (s["a"] ** 4).sum() / 4 + 0.5 * ((s["b"] - s["a"][0]) ** 2).sum()


TREE = {"a": jnp.array([0.5, -1.0]), "b": jnp.array([[0.2], [0.9]])}
VELOCITY = {"a": jnp.array([1.0, 0.3]), "b": jnp.array([[-0.7], [0.4]])}


def flow(energy, position, velocity, step_size, steps):
    state, velocity = leapfrog(energy, HMCState.init(energy, position), velocity, step_size, steps)
    return state, velocity


def test_one_step_is_the_books_three_lines():
    energy, s, v, size = gaussian, jnp.array([0.3, -1, 2.0]), jnp.array([1.0, 0, -0.5]), 0.2
    half = v - size / 2 * jax.grad(energy)(s)
    to = s + size * half
    state, velocity = flow(energy, s, v, size, 1)
    np.testing.assert_allclose(state.position, to, rtol=1e-6)
    np.testing.assert_allclose(velocity, half - size / 2 * jax.grad(energy)(to), rtol=1e-5)
    assert float(state.energy) == pytest.approx(float(energy(to)))
    np.testing.assert_allclose(state.gradient, jax.grad(energy)(to), rtol=1e-6)


def test_the_energy_error_is_of_the_square_of_the_step():
    with jax.enable_x64(True):
        position, velocity = jax.tree.map(lambda a: jnp.asarray(a, jnp.float64), (TREE, VELOCITY))
        start = quartic(position) + kinetic_energy(velocity)
        errors = []
        for size in (0.1, 0.05, 0.025):
            state, end = flow(quartic, position, velocity, size, int(1 / size))
            errors.append(abs(float(state.energy + kinetic_energy(end) - start)))
    for coarse, fine in itertools.pairwise(errors):
        assert 3.5 < coarse / fine < 4.5


def test_the_flow_runs_back_where_it_came_from():
    state, velocity = flow(quartic, TREE, VELOCITY, 0.05, 40)
    back, reverse = flow(quartic, state.position, jax.tree.map(jnp.negative, velocity), 0.05, 40)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), back.position, TREE)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(-a, b, atol=1e-5), reverse, VELOCITY)


def test_the_flow_keeps_volume():
    with jax.enable_x64(True):

        def step(phase):
            position = {"a": phase[:2], "b": phase[2:4, None]}
            velocity = {"a": phase[4:6], "b": phase[6:, None]}
            state, velocity = flow(quartic, position, velocity, 0.2, 5)
            leaves = jax.tree.leaves((state.position, velocity))
            return jnp.concatenate([leaf.ravel() for leaf in leaves])

        phase = jnp.array([0.5, -1.0, 0.2, 0.9, 1.0, 0.3, -0.7, 0.4])
        assert float(jnp.linalg.det(jax.jacfwd(step)(phase))) == pytest.approx(1, abs=1e-5)


def test_detailed_balance_on_a_line():
    """p(cell) T(cell → cell') is symmetric for chains that start from the target itself."""

    def energy(s):
        return 0.25 * s**4 - s**2

    grid = np.linspace(-4, 4, 4001)
    weights = np.exp(-np.asarray(jax.vmap(energy)(jnp.asarray(grid))))
    starts = jnp.asarray(
        np.random.default_rng(0).choice(grid, 400_000, p=weights / weights.sum()), jnp.float32
    )

    @jax.jit
    def step(s, key):
        return hmc_step(energy, HMCState.init(energy, s), step_size=0.5, leapfrog_steps=3, key=key)[
            0
        ].position

    ends = jax.vmap(step)(starts, jax.random.split(jax.random.key(0), len(starts)))
    cells = np.linspace(-2.5, 2.5, 9)
    counts, _, _ = np.histogram2d(np.asarray(starts), np.asarray(ends), bins=[cells, cells])
    difference = np.abs(counts - counts.T) / np.sqrt(np.maximum(counts + counts.T, 1))
    assert difference.max() < 4.5  # standard deviations, of 28 pairs
    assert (counts + counts.T > 50).sum() > 30
    before, after = (np.histogram(np.asarray(x), cells)[0] for x in (starts, ends))
    assert (np.abs(before - after) / np.sqrt(before + after)).max() < 4.5


def mean_error(draws, expected):
    """In standard errors by the effective sample size."""
    size = bulk_effective_sample_size(draws)
    return np.abs(draws.mean((0, 1)) - expected) / (draws.std((0, 1)) / np.sqrt(size))


def test_moments_of_a_correlated_gaussian():
    start = jax.random.normal(jax.random.key(1), (4, 3))
    run = sample_hmc(gaussian, start, draws=4000, warm_up=500, largest_step_size=0.7, key=jax.random.key(0))
    draws = np.asarray(run.positions, np.float64)
    assert (mean_error(draws, np.asarray(MEAN)) < 4).all()
    products = (draws - np.asarray(MEAN))[..., :, None] * (draws - np.asarray(MEAN))[..., None, :]
    assert (mean_error(products, COVARIANCE) < 4.5).all()
    assert split_r_hat(draws).max() < 1.01
    assert 0.8 < run.info.acceptance.mean() < 0.99
    assert not run.info.divergent.any()


def test_moments_of_a_mixture():
    def energy(s):
        near, far = ((s[0] - m) ** 2 / 2 for m in (-1.5, 2.0))
        return -jnp.logaddexp(jnp.log(0.3) - near, jnp.log(0.7) - far)

    start = jnp.linspace(-2, 2, 8)[:, None]
    run = sample_hmc(
        energy,
        start,
        draws=8000,
        warm_up=500,
        leapfrog_steps=10,
        largest_step_size=0.5,
        key=jax.random.key(0),
    )
    draws = np.asarray(run.positions, np.float64)
    assert (mean_error(draws, 0.3 * -1.5 + 0.7 * 2) < 4).all()
    assert (mean_error(draws**2, 1 + 0.3 * 1.5**2 + 0.7 * 4) < 4).all()


def test_positions_may_be_any_tree():
    many = jax.tree.map(lambda a: jnp.stack([a, a + 1]), TREE)
    run = sample_hmc(quartic, many, draws=50, warm_up=20, key=jax.random.key(0))
    assert run.positions["b"].shape == (50, 2, 2, 1)
    assert run.info.accepted.shape == (50, 2)


def test_blackjax_accepts_as_often_and_finds_the_same():
    size, steps, draws, chains = 0.7, 4, 6000, 4
    start = jax.random.normal(jax.random.key(3), (chains, 3)) + MEAN
    kernel = blackjax.hmc(lambda s: -gaussian(s), size, jnp.ones(3), steps)

    def theirs(state, key):
        state, info = jax.vmap(kernel.step)(jax.random.split(key, chains), state)
        return state, (state.position, info.acceptance_rate)

    keys = jax.random.split(jax.random.key(4), draws)
    _, (positions, acceptance) = jax.lax.scan(theirs, jax.vmap(kernel.init)(start), keys)

    def ours(states, key):
        one = jax.vmap(lambda s, k: hmc_step(gaussian, s, step_size=size, leapfrog_steps=steps, key=k))
        states, info = one(states, jax.random.split(key, chains))
        return states, (states.position, info.acceptance)

    init = jax.vmap(lambda s: HMCState.init(gaussian, s))(start)
    _, (mine, accepted) = jax.lax.scan(ours, init, keys)
    assert float(accepted.mean()) == pytest.approx(float(acceptance.mean()), abs=0.02)
    spread = np.asarray(mine).std((0, 1))
    np.testing.assert_allclose(spread, np.asarray(positions).std((0, 1)), rtol=0.06)
    np.testing.assert_allclose(spread, np.sqrt(np.diag(COVARIANCE)), rtol=0.06)


def test_a_steep_energy_is_divergent_and_never_nan():
    def steep(s):
        return 1e12 * s[0] ** 4 + 0.5 * s[1] ** 2

    start = jnp.array([[1.0, 0.0], [0.0, 1.0]])
    run = sample_hmc(steep, start, draws=20, warm_up=0, step_size=0.2, key=jax.random.key(0))
    assert run.info.divergent[:, 0].all()
    assert not run.info.accepted[:, 0].any()
    assert (run.info.acceptance[:, 0] == 0).all()
    assert np.isfinite(run.positions).all()
    np.testing.assert_array_equal(run.positions[:, 0], np.broadcast_to([1.0, 0.0], (20, 2)))


def test_the_step_size_follows_the_books_rule_within_its_bounds():
    up = adapt_step_size(StepSize(jnp.float32(0.1), jnp.float32(0.95)), jnp.float32(0.5))
    assert float(up.value) == pytest.approx(0.1 * 1.02)
    assert float(up.acceptance) == pytest.approx(0.9 * 0.95 + 0.1 * 0.5)
    down = adapt_step_size(StepSize(jnp.float32(0.1), jnp.float32(0.9)), jnp.float32(1.0))
    assert float(down.value) == pytest.approx(0.1 * 0.98)
    assert float(adapt_step_size(StepSize(jnp.float32(0.25), jnp.float32(1)), jnp.float32(1)).value) == 0.25
    assert float(
        adapt_step_size(StepSize(jnp.float32(0.001), jnp.float32(0)), jnp.float32(1)).value
    ) == pytest.approx(0.001)


def test_the_step_size_rests_after_burn_in_unless_told_otherwise():
    start = jnp.zeros((2, 3))
    runs = [
        sample_hmc(gaussian, start, draws=n, warm_up=50, keep_adapting=keeps, key=jax.random.key(0))
        for keeps in (False, True)
        for n in (1, 30)
    ]
    rested, kept = [float(r.step_size.value) for r in runs[:2]], [float(r.step_size.value) for r in runs[2:]]
    assert rested[0] == rested[1]
    assert kept[0] != kept[1]


def test_diagnostics_tell_mixed_chains_from_others():
    draws = np.random.default_rng(0).normal(size=(1000, 4, 2))
    assert split_r_hat(draws).shape == (2,)
    assert split_r_hat(draws).max() < 1.01
    assert 3000 < bulk_effective_sample_size(draws).min() < 5000
    assert split_r_hat(draws + np.arange(4)[:, None]).min() > 1.2


def sampled(energy=gaussian, positions=None, **settings):
    positions = jnp.zeros((2, 3)) if positions is None else positions
    return sample_hmc(energy, positions, **({"draws": 2, "warm_up": 2, "key": jax.random.key(0)} | settings))


@pytest.mark.parametrize(
    "positions", [jnp.zeros(3), jnp.zeros(()), {"a": jnp.zeros(2), "b": jnp.zeros(2)}, {}]
)
def test_positions_without_the_axis_of_the_chains_are_refused(positions):
    with pytest.raises(DataError, match=r"no axis for the chains: they must be \(chains, values\)"):
        sampled(lambda s: 0.5 * sum(jnp.square(a).sum() for a in jax.tree.leaves(s)), positions)


def test_a_tree_without_the_axis_of_the_chains_does_not_fit_its_energy():
    with pytest.raises(DataError, match=r"does not take a position of shape \(\), \(1,\)"):
        sampled(quartic, TREE)


def test_positions_of_another_length_than_the_energy_takes_are_refused():
    with pytest.raises(DataError, match=r"does not take a position of shape \(4,\)"):
        sampled(gaussian, jnp.zeros((2, 4)))


def test_trees_of_several_numbers_of_chains_are_refused():
    with pytest.raises(DataError, match="differ in their number of chains"):
        sampled(quartic, {"a": jnp.zeros((2, 2)), "b": jnp.zeros((3, 2, 1))})


def test_whole_numbers_are_refused():
    with pytest.raises(DataError, match="must be floats"):
        sampled(positions=jnp.zeros((2, 3), int))


def test_an_energy_that_is_no_scalar_is_refused():
    with pytest.raises(ConfigError, match=r"must be a scalar, but has shape \(3,\)"):
        sampled(lambda s: s**2)


@pytest.mark.parametrize(("name", "value"), [("draws", 0), ("warm_up", -1), ("leapfrog_steps", 0)])
def test_counts_without_a_meaning_are_refused(name, value):
    with pytest.raises(ConfigError, match=f"{name} is {value}, but must be at least {value + 1}"):
        sampled(**{name: value})


def test_the_name_of_version_0_1_is_taken_for_one_release():
    with pytest.warns(DeprecationWarning, match="steps is now called leapfrog_steps"):
        old = sampled(steps=3)
    assert jnp.array_equal(old.positions, sampled(leapfrog_steps=3).positions)


def test_what_went_before_the_draws_was_called_burn_in():
    with pytest.warns(DeprecationWarning, match="burn_in is now called warm_up") as caught:
        old = sampled(burn_in=3)
    assert caught[0].filename == __file__
    assert jnp.array_equal(old.positions, sampled(warm_up=3).positions)


def test_a_run_is_shown_in_a_line():
    assert re.fullmatch(r"<HMCRun: 2 draws of 2 chains, acceptance [01]\.\d\d>", repr(sampled()))


def test_numpy_positions_are_taken_and_one_leaf_may_be_a_number_a_chain():
    assert sampled(positions=np.zeros((2, 3), np.float32)).positions.shape == (2, 2, 3)
    run = sampled(
        lambda s: (s["a"] ** 2).sum() + s["b"] ** 2, {"a": jnp.zeros((2, 3)), "b": jnp.zeros(2)}, warm_up=0
    )
    assert run.positions["b"].shape == (2, 2)


def test_a_trajectory_of_no_steps_stays_where_it_is():
    state = HMCState.init(quartic, TREE)
    end, velocity = leapfrog(quartic, state, VELOCITY, 0.1, 0)
    assert end is state
    assert velocity is VELOCITY
    with pytest.raises(ConfigError, match="-1 leapfrog steps"):
        leapfrog(quartic, state, VELOCITY, 0.1, -1)
