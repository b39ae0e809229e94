"""The no-U-turn sampler and jittered hybrid Monte Carlo against known truth, a recursive oracle, and BlackJAX."""

import itertools

import blackjax
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from harmonium.errors import ConfigError, DataError
from harmonium.sampling import (
    DualAveraging,
    HMCState,
    bulk_effective_sample_size,
    hmc_step,
    leapfrog,
    nuts_step,
    problems,
    sample_hmc,
    sample_jittered_hmc,
    sample_nuts,
    split_r_hat,
)
from harmonium.sampling.adaptation import Variances, windows
from harmonium.sampling.nuts import _open_stretches
from harmonium.sampling.targets import (
    banana,
    eight_schools,
    funnel,
    ill_conditioned_gaussian,
    logistic_regression,
)

SAMPLERS = {"nuts": sample_nuts, "jittered": sample_jittered_hmc}


def quartic(s):
    return 0.25 * s[0] ** 4 - s[0] ** 2


def errors(draws, expected):
    """Distance of a mean from the truth, in standard errors by the effective sample size."""
    size = bulk_effective_sample_size(draws)
    return np.abs(draws.mean((0, 1)) - expected) / (draws.std((0, 1)) / np.sqrt(size))


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize(
    "target",
    [
        ill_conditioned_gaussian(),
        funnel(centred=False),
        banana(),
        eight_schools(),
        logistic_regression(100_000),
    ],
    ids=lambda target: target.name,
)
def test_means_and_variances_are_the_truth(target, sampler):
    run = SAMPLERS[sampler](
        target.energy,
        target.starts(4, jax.random.key(1)),
        draws=1500,
        warm_up=600,
        **({"trajectory": 4.0} if sampler == "jittered" and target.name == "banana" else {}),
        target=0.9,
        key=jax.random.key(0),
    )
    found = target.quantities(np.asarray(run.positions, np.float64))
    assert split_r_hat(found).max() < 1.02
    assert errors(found, target.mean).max() < 4
    assert errors((found - target.mean) ** 2, target.variance).max() < 4.5
    assert run.positions.shape == (1500, 4, target.values)
    assert run.warm_up.positions.shape == (600, 4, target.values)
    assert 0.75 < float(run.info.acceptance.mean()) < 0.98


def test_the_truth_about_eight_schools_is_the_books():
    """Gelman et al. (2013) and every package's example: μ about 4.4, τ about 3.6, school A about 6.2."""
    target = eight_schools()
    assert target.mean[0] == pytest.approx(4.4, abs=0.1)
    assert target.mean[2] == pytest.approx(6.2, abs=0.2)


def test_a_funnel_is_not_praised():
    """No sampler of one step size reaches the neck of the centred form; both say so."""
    target = funnel()
    run = sample_nuts(
        target.energy, target.starts(4, jax.random.key(1)), draws=500, warm_up=500, key=jax.random.key(0)
    )
    said = " ".join(problems(run))
    assert "diverged" in said or "R-hat" in said


@pytest.mark.parametrize("kind", ["nuts", "jittered"])
def test_detailed_balance_on_a_line(kind):
    """p(cell) T(cell → cell') is symmetric for chains that start from the target itself."""
    grid = np.linspace(-4, 4, 4001)
    weights = np.exp(-np.asarray(jax.vmap(quartic)(jnp.asarray(grid)[:, None])))
    starts = jnp.asarray(
        np.random.default_rng(0).choice(grid, 200_000, p=weights / weights.sum()), jnp.float32
    )[:, None]

    @jax.jit
    def step(s, key):
        state = HMCState.init(quartic, s)
        if kind == "nuts":
            return nuts_step(quartic, state, step_size=0.4, key=key)[0].position
        length, key = jax.random.split(key)
        steps = jax.random.randint(length, (), 1, 9)
        return hmc_step(quartic, state, step_size=0.4, leapfrog_steps=steps, key=key)[0].position

    ends = jax.vmap(step)(starts, jax.random.split(jax.random.key(0), len(starts)))
    cells = np.linspace(-2.5, 2.5, 9)
    counts, _, _ = np.histogram2d(np.asarray(starts)[:, 0], np.asarray(ends)[:, 0], bins=[cells, cells])
    assert (counts + counts.T > 50).sum() > 30
    before, after = (np.histogram(np.asarray(x), cells)[0] for x in (starts, ends))
    assert (np.abs(before - after) / np.sqrt(before + after)).max() < 4.5  # the target stays
    difference = np.abs(counts - counts.T) / np.sqrt(np.maximum(counts + counts.T, 1))
    assert difference.max() < 4.5  # standard deviations, of 28 pairs


def recursive_turns(velocities):
    """Whether a stretch of 2ᵏ leaves, or one of its halves, turns, by the definition."""
    if len(velocities) == 1:
        return False
    half = len(velocities) // 2
    total = velocities.sum(0) - 0.5 * (velocities[0] + velocities[-1])
    own = velocities[0] @ total <= 0 or velocities[-1] @ total <= 0
    return own or recursive_turns(velocities[:half]) or recursive_turns(velocities[half:])


def test_the_trajectory_is_the_one_that_recursion_builds():
    """Its length, for many starts, steps and seeds: the halves are built one by one and judged whole."""
    target = banana()

    @jax.jit
    def step(position, velocity, size):
        state, velocity = leapfrog(target.energy, HMCState.init(target.energy, position), velocity, size, 1)
        return state.position, velocity

    @jax.jit
    def nuts(position, size, key):
        start = HMCState.init(target.energy, position)
        return nuts_step(target.energy, start, step_size=size, deepest=6, key=key)[1]

    lengths = set()
    for seed in range(25):
        key = jax.random.key(seed)
        position = jnp.array([0.3, 0.5]) + 0.5 * jax.random.normal(jax.random.fold_in(key, 9), (2,))
        size = 0.05 + 0.3 * (seed % 5) / 4
        info = nuts(position, size, key)
        drawing, heading, turning = jax.random.split(key, 3)
        velocity = jax.random.normal(drawing, (2,))
        forward = bool(jax.random.bernoulli(heading))
        first = last = (position, velocity)
        inside = np.asarray(velocity)[None]
        total, depth, ended = 0, 0, False
        while not ended and depth < 6:
            at = last if forward else first
            new = []
            for n in range(2**depth):
                at = step(*at, size if forward else -size)
                new.append(np.asarray(at[1]))
                coins = jax.random.uniform(jax.random.fold_in(turning, total), (3,))
                total += 1
                stretch = np.array(new)
                # A turn is seen as soon as a stretch that has it is full.
                ended = any(
                    (n + 1) % 2**k == 0 and recursive_turns(stretch[-(2**k) :]) for k in range(1, depth + 1)
                )
                if ended:
                    break
            if ended:
                break
            first, last = (first, at) if forward else (at, last)
            inside = np.concatenate([inside, new] if forward else [new[::-1], inside])
            rho = inside.sum(0) - 0.5 * (inside[0] + inside[-1])
            ended = bool(inside[0] @ rho <= 0 or inside[-1] @ rho <= 0)
            forward, depth = bool(coins[2] < 0.5), depth + 1
        assert not bool(info.divergent)
        assert int(info.leapfrogs) == total, seed
        lengths.add(total)
    assert len(lengths) > 5


def test_the_open_stretches_are_those_that_end_at_a_leaf():
    for leaf in range(1, 64, 2):
        lowest, highest = (int(slot) for slot in _open_stretches(jnp.int32(leaf), 10))
        ending = [k for k in range(1, 7) if (leaf + 1) % 2**k == 0]
        starts = [leaf + 1 - 2**k for k in ending]
        assert sorted(bin(start >> 1).count("1") for start in starts) == list(range(lowest, highest + 1))


def test_blackjax_makes_trajectories_as_long_and_finds_the_same():
    target = banana()
    size, draws, chains = 0.3, 1500, 4
    start = target.starts(chains, jax.random.key(3))
    kernel = blackjax.nuts(lambda s: -target.energy(s), size, jnp.ones(2))

    def theirs(state, key):
        state, info = jax.vmap(kernel.step)(jax.random.split(key, chains), state)
        return state, (state.position, info.num_integration_steps, info.acceptance_rate)

    def ours(states, key):
        one = jax.vmap(lambda s, k: nuts_step(target.energy, s, step_size=size, key=k))
        states, info = one(states, jax.random.split(key, chains))
        return states, (states.position, info.leapfrogs, info.acceptance)

    keys = jax.random.split(jax.random.key(4), draws)
    _, their = jax.lax.scan(theirs, jax.vmap(kernel.init)(start), keys)
    init = jax.vmap(lambda s: HMCState.init(target.energy, s))(start)
    _, mine = jax.lax.scan(ours, init, keys)
    for number in (1, 2):
        assert float(mine[number].mean()) == pytest.approx(float(their[number].mean()), rel=0.05)
    mine, their = (np.asarray(found[0], np.float64) for found in (mine, their))
    assert errors(mine, target.mean).max() < 4
    ratio = bulk_effective_sample_size(mine) / bulk_effective_sample_size(their)
    assert (ratio > 0.7).all()
    assert (ratio < 1.4).all()


def test_a_step_of_each_value_is_the_flow_in_scaled_values():
    """Particles of mass 1 / scale²: the same trajectory as that of s / scale with one step (Neal 2011, 4.1)."""
    scale = jnp.array([0.1, 3.0])
    state, velocity = HMCState.init(banana().energy, jnp.array([0.4, 0.8])), jnp.array([1.0, -0.5])
    end, at = leapfrog(banana().energy, state, velocity, 0.2 * scale, 7)

    def scaled(z):
        return banana().energy(z * scale)

    other, there = leapfrog(scaled, HMCState.init(scaled, state.position / scale), velocity, 0.2, 7)
    np.testing.assert_allclose(end.position, other.position * scale, rtol=1e-4)
    np.testing.assert_allclose(at, there, rtol=1e-3, atol=1e-5)


def test_positions_may_be_any_tree():
    def energy(s):
        return 0.5 * ((s["a"] - 1) ** 2).sum() + 0.5 * ((s["b"] / 10) ** 2).sum()

    start = {"a": jnp.zeros((4, 2)), "b": jnp.ones((4, 1, 3))}
    run = sample_nuts(energy, start, draws=300, warm_up=200, key=jax.random.key(0))
    assert run.positions["a"].shape == (300, 4, 2)
    assert run.positions["b"].shape == (300, 4, 1, 3)
    assert run.scale["b"].shape == (1, 3)
    assert 5 < float(run.scale["b"].mean()) < 20
    state, _ = nuts_step(
        energy,
        HMCState.init(energy, {"a": jnp.zeros(2), "b": jnp.ones((1, 3))}),
        step_size=0.5,
        key=jax.random.key(0),
    )
    assert state.position["b"].shape == (1, 3)


def test_the_scale_and_the_step_are_found_from_all_chains():
    target = ill_conditioned_gaussian()
    run = sample_nuts(
        target.energy, target.starts(8, jax.random.key(2)), draws=10, warm_up=600, key=jax.random.key(0)
    )
    np.testing.assert_allclose(run.scale, np.sqrt(target.variance), rtol=0.25)
    assert 0.2 < float(run.step_size) < 1.5
    assert run.warm_up.step_size.shape == (600,)
    assert float(run.warm_up.step_size[0]) == 1


def test_dual_averaging_is_hoffman_and_gelmans():
    size, logs, acceptances = DualAveraging.init(0.5), [], [0.3, 0.95, 0.7, 0.85]
    shortfalls = [0.8 - a for a in acceptances]
    for t, acceptance in enumerate(acceptances, 1):
        size = size.after(jnp.float32(acceptance), target=0.8)
        mean = sum(
            s / (k + 10) * np.prod([1 - 1 / (j + 10) for j in range(k + 1, t + 1)])
            for k, s in enumerate(shortfalls[:t], 1)
        )
        logs.append(np.log(5.0) - np.sqrt(t) / 0.05 * mean)
        assert float(size.log_value) == pytest.approx(logs[-1], rel=1e-4)
    average = 0.0
    for t, log in enumerate(logs, 1):
        average = t**-0.75 * log + (1 - t**-0.75) * average
    assert float(size.log_average) == pytest.approx(average, rel=1e-4)


def test_variances_are_those_of_all_states():
    x = np.random.default_rng(0).normal(5, [0.1, 3], size=(6, 4, 2))
    found = Variances.init(2)
    for batch in jnp.asarray(x, jnp.float32):
        found = found.taking_in(batch)
    flat = x.reshape(-1, 2)
    np.testing.assert_allclose(found.mean, flat.mean(0), rtol=1e-5)
    expected = (24 * flat.var(0, ddof=1) + 5e-3) / 29
    np.testing.assert_allclose(found.scale() ** 2, expected, rtol=1e-3)


@pytest.mark.parametrize("steps", [0, 1, 19, 20, 50, 150, 1000, 3000])
def test_windows_fill_the_warm_up(steps):
    inside, ends = windows(steps)
    assert inside.shape == ends.shape == (steps,)
    if steps >= 20:
        assert ends.any()
        where = ends.nonzero()[0]
        assert inside[where].all()
        assert where[-1] == inside.nonzero()[0][-1]
        assert not inside[0]
        assert not inside[-1]
        gaps = np.diff(where)
        assert all(later >= earlier for earlier, later in itertools.pairwise(gaps))


def test_a_start_without_energy_is_refused_by_its_chain():
    def energy(s):
        return -jnp.log(s[0]) + s[0]

    starts = jnp.array([[1.0], [-1.0], [2.0], [-3.0]])
    with pytest.raises(DataError, match=r"not finite where chain 1, 3 start: the energy is nan"):
        sample_nuts(energy, starts, draws=2, warm_up=0, key=jax.random.key(0))


def test_a_stuck_chain_is_reported():
    def energy(s):
        return jnp.where(s[0] > 50, 1e9 * (s[0] - 60) ** 2, 0.5 * s[0] ** 2)

    starts = jnp.array([[0.0], [1.0], [-1.0], [60.0 + 1e-3]])
    run = sample_jittered_hmc(energy, starts, draws=100, warm_up=0, key=jax.random.key(0))
    assert problems(run)[0].startswith("chain 3 is stuck")


def test_nothing_is_wrong_with_a_good_run():
    target = funnel(centred=False)
    run = sample_nuts(
        target.energy, target.starts(4, jax.random.key(1)), draws=1000, warm_up=500, key=jax.random.key(0)
    )
    assert problems(run) == []


def test_what_is_cut_off_is_reported():
    run = sample_nuts(
        lambda s: 0.5 * (s**2).sum(),
        jnp.zeros((4, 2)),
        draws=200,
        warm_up=200,
        deepest=1,
        key=jax.random.key(0),
    )
    assert "as long as they may be" in " ".join(problems(run))


def test_a_steep_energy_is_divergent_and_never_nan():
    def steep(s):
        return 1e12 * s[0] ** 4 + 0.5 * s[1] ** 2

    state = HMCState.init(steep, jnp.array([1.0, 0.0]))
    after, info = nuts_step(steep, state, step_size=0.2, key=jax.random.key(0))
    assert bool(info.divergent)
    assert float(info.acceptance) == 0
    np.testing.assert_array_equal(after.position, state.position)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"draws": 0}, "draws is 0"),
        ({"warm_up": -1}, "warm_up is -1"),
        ({"target": 1.0}, "target is 1"),
        ({"deepest": 0}, "deepest is 0"),
    ],
)
def test_settings_without_a_meaning_are_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        sample_nuts(quartic, jnp.zeros((2, 1)), **{"draws": 2, "key": jax.random.key(0)} | settings)
    with pytest.raises(ConfigError, match="trajectory is 0"):
        sample_jittered_hmc(quartic, jnp.zeros((2, 1)), draws=2, trajectory=0.0, key=jax.random.key(0))


def test_a_compiled_call_is_taken():
    run = jax.jit(lambda x: sample_nuts(quartic, x, draws=5, warm_up=5, key=jax.random.key(0)))
    assert run(jnp.zeros((2, 1))).positions.shape == (5, 2, 1)


def test_a_sampler_can_be_part_of_a_larger_compiled_program():
    starts = jnp.zeros((2, 3))  # known while the program is traced, where no value is

    @jax.jit
    def program(key):
        return sample_nuts(lambda s: 0.5 * (s**2).sum(), starts, draws=5, warm_up=20, key=key).positions

    assert program(jax.random.key(0)).shape == (5, 2, 3)
    assert np.isfinite(program(jax.random.key(1))).all()


@pytest.mark.parametrize("x64", [False, True])
@pytest.mark.parametrize("given", ["float16", "float32", "float64"])
@pytest.mark.parametrize("sampler", [sample_hmc, sample_jittered_hmc, sample_nuts])
def test_samplers_work_in_jaxs_own_precision_whatever_they_are_given(sampler, given, x64):
    def energy(s):
        return jnp.float32(0.5) * (s.astype(jnp.float32) ** 2).sum()

    with jax.enable_x64(x64):
        run = sampler(energy, np.ones((4, 2), given), draws=300, warm_up=100, key=jax.random.key(0))
        assert run.positions.dtype == (jnp.float64 if x64 else jnp.float32)
        assert float(run.positions.var()) == pytest.approx(1, abs=0.3)


@pytest.mark.parametrize("sampler", [sample_hmc, sample_jittered_hmc, sample_nuts])
def test_chains_that_start_where_the_energy_is_not_finite_are_named(sampler):
    starts = jnp.array([[1.0], [-1.0], [2.0]])
    with pytest.raises(DataError, match="not finite where chain 1 starts"):
        sampler(lambda s: s[0] - jnp.log(s[0]), starts, draws=5, warm_up=5, key=jax.random.key(0))


@pytest.mark.parametrize(
    "energy", [lambda s: s[0] if s[0] > 0 else -s[0], lambda s: np.sum(np.asarray(s) ** 2)]
)
def test_an_energy_of_pythons_own_numbers_is_told_of_jaxs(energy):
    with pytest.raises(ConfigError, match=r"jax\.numpy in place of numpy and math, and jnp\.where"):
        sample_hmc(energy, jnp.ones((4, 2)), draws=5, warm_up=5, key=jax.random.key(0))


def test_draws_that_cannot_be_judged_are_a_problem():
    def drawn(draws, chains):
        starts = jnp.zeros((chains, 2))
        return sample_nuts(
            lambda s: 0.5 * (s**2).sum(), starts, draws=draws, warm_up=50, key=jax.random.key(0)
        )

    assert problems(drawn(3, 4)) == ["3 draws a chain are too few to be judged; make more draws"]
    assert "a single chain cannot show what it has missed" in " ".join(problems(drawn(2000, 1)))
    run = drawn(2000, 4)
    lost = run._replace(positions=run.positions.at[:, 2].set(jnp.nan))
    assert problems(lost) == ["draws of chain 2 are not finite; start it elsewhere, or make steps smaller"]
    still = run._replace(positions=run.positions.at[..., 1].set(0))
    assert "a value never changes" in " ".join(problems(still))
