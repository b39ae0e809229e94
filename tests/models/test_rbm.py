"""The RBM against the enumeration of every state of small machines."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from harmonium.errors import ConfigError
from harmonium.models import RBM, GaussianRBM
from harmonium.models.annealing_path import annealing_schedule, base_rate_bias
from harmonium.models.contrastive import (
    Offsets,
    centred_gradient,
    contrastive_loss,
    exact_pseudo_log_likelihood,
    negative_particles,
    pseudo_log_likelihood,
    sparsity_penalty,
)
from harmonium.models.partition import (
    annealed_log_partition,
    exact_log_partition,
    is_enumerable,
)
from harmonium.sampling import run_chain


def machine(visible=6, hidden=4, scale=1.0, seed=0):
    w, b, c = jax.random.split(jax.random.key(seed), 3)
    return RBM(
        scale * jax.random.normal(w, (visible, hidden)),
        jax.random.normal(b, (visible,)),
        jax.random.normal(c, (hidden,)),
    )


def states(units):
    return jnp.array(list(itertools.product([0.0, 1], repeat=units)))


def joint(rbm):
    """p(v, h) of every state by the definition, in double precision: (2^visible, 2^hidden)."""
    weight, b, c = (np.asarray(a, np.float64) for a in (rbm.weight, rbm.visible_bias, rbm.hidden_bias))
    v, h = (np.asarray(states(n), np.float64) for n in weight.shape)
    weights = np.exp((v @ b)[:, None] + (h @ c)[None] + v @ weight @ h.T)
    return weights / weights.sum(), np.log(weights.sum())


RBM64 = machine()
V, H = states(6), states(4)
P, LOG_Z = joint(RBM64)


def test_the_energy_is_its_equation():
    energy = jax.vmap(lambda v: RBM64.energy(jnp.broadcast_to(v, (16, 6)), H))(V)
    np.testing.assert_allclose(np.exp(-energy - LOG_Z), P, rtol=1e-4)


def test_free_energies_sum_the_other_layer_out():
    np.testing.assert_allclose(np.exp(-RBM64.free_energy(V) - LOG_Z), P.sum(1), rtol=1e-4)
    np.testing.assert_allclose(np.exp(-RBM64.free_energy_of_hidden(H) - LOG_Z), P.sum(0), rtol=1e-4)


def test_the_conditionals_are_those_of_the_joint():
    hidden_on = (P @ np.asarray(H)) / P.sum(1, keepdims=True)
    np.testing.assert_allclose(RBM64.hidden_mean(V), hidden_on, rtol=1e-4)
    visible_on = (P.T @ np.asarray(V)) / P.sum(0)[:, None]
    np.testing.assert_allclose(RBM64.visible_mean(RBM64.visible_field(H)), visible_on, rtol=1e-4)


def test_samples_follow_the_conditionals():
    keys = jax.random.split(jax.random.key(1))
    v = jnp.broadcast_to(V[37], (20_000, 6))
    h = RBM64.sample_hidden(v, key=keys[0])
    assert set(np.unique(h)) <= {0, 1}
    np.testing.assert_allclose(h.mean(0), RBM64.hidden_mean(V[37]), atol=4 * 0.5 / np.sqrt(20_000))
    drawn = RBM64.sample_visible(jnp.broadcast_to(H[5], (20_000, 4)), key=keys[1])
    np.testing.assert_allclose(
        drawn.mean(0), jax.nn.sigmoid(RBM64.visible_field(H[5])), atol=4 * 0.5 / np.sqrt(20_000)
    )


def frequencies(v):
    numbers = (np.asarray(v) @ 2 ** np.arange(v.shape[1])[::-1]).astype(int)
    return np.bincount(numbers, minlength=2 ** v.shape[1]) / len(numbers)


@pytest.mark.parametrize("from_hidden", [False, True])
def test_gibbs_sampling_reaches_the_machines_distribution(from_hidden):
    chains = 40_000
    if from_hidden:
        _, v = negative_particles(RBM64, jnp.zeros((chains, 4)), 60, key=jax.random.key(0))
    else:
        keys = jax.random.split(jax.random.key(0), 60)
        v = run_chain(lambda v, key: RBM64.gibbs_vhv(v, key=key), jnp.zeros((chains, 6)), keys)
    expected = P.sum(1)
    # Total variation of this many exact samples from 64 states is about 0.5·Σ √(2 p (1-p) / π n).
    noise = 0.5 * np.sqrt(2 * expected * (1 - expected) / np.pi / chains).sum()
    assert 0.5 * np.abs(frequencies(v) - expected).sum() < 2 * noise


def test_the_layer_of_an_rbm_is_its_encoder():
    np.testing.assert_allclose(jax.vmap(RBM64.layer())(V), RBM64.hidden_mean(V), rtol=1e-6)
    np.testing.assert_allclose(RBM64.encode(V[9].reshape(2, 3)), RBM64.hidden_mean(V[9]), rtol=1e-6)


def likelihood_gradient(rbm, v):
    """By autodiff of the exact log Z."""

    def nll(rbm):
        return rbm.free_energy(v).mean() + jax.nn.logsumexp(-rbm.free_energy(states(rbm.weight.shape[0])))

    return jax.grad(nll)(rbm)


@pytest.mark.parametrize("kind", ["binary", "gaussian"])
def test_the_contrastive_gradient_is_that_of_the_free_energies(kind):
    rbm = machine(6, 4, seed=5) if kind == "binary" else gaussian(6, 4, seed=5)
    draw = jax.random.bernoulli if kind == "binary" else jax.random.normal
    v, particles = (draw(jax.random.key(n), shape=(n, 6)).astype(float) for n in (7, 12))

    def by_free_energy(rbm):
        return rbm.free_energy(v).mean() - rbm.free_energy(particles).mean()

    expected, found = jax.grad(by_free_energy)(rbm), jax.grad(contrastive_loss)(rbm, v, particles)
    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_contrastive_divergence_approaches_the_likelihoods_gradient():
    data = jnp.tile(V[jnp.array([3, 17, 42, 60])], (5000, 1))
    exact = likelihood_gradient(RBM64, data)
    errors = []
    for steps in (1, 5, 40):
        start = RBM64.sample_hidden(data, key=jax.random.key(1))
        _, particles = negative_particles(RBM64, start, steps, key=jax.random.key(2))
        estimate = jax.grad(contrastive_loss)(RBM64, data, particles)
        difference = jax.tree.map(lambda a, b: float(jnp.abs(a - b).max()), estimate, exact)
        errors.append(max(jax.tree.leaves(difference)))
    assert errors[0] > 2 * errors[1] > 0
    assert errors[2] < 4 * 0.5 / np.sqrt(len(data))


def test_the_chains_end_is_constant_to_the_gradient():
    v = V[:8]

    def through(rbm):
        h, particles = negative_particles(
            rbm, rbm.sample_hidden(v, key=jax.random.key(0)), 3, key=jax.random.key(1)
        )
        return (
            particles.sum()
            + h.sum()
            + negative_particles(rbm, h, 1, mean_field=True, key=jax.random.key(2))[0].sum()
        )

    assert not any(leaf.any() for leaf in jax.tree.leaves(jax.grad(through)(RBM64)))


def test_persistent_chains_recover_the_data():
    """Learning by PCD ends with KL(data ‖ machine) below 0.01."""
    counts = jnp.array([25, 5, 5, 15, 5, 15, 10, 20])  # far from any product of independent bits
    data, shares = jnp.repeat(states(3), counts, axis=0), counts / 100
    chains, updates = 1000, 4000

    def step(carried, number):
        rbm, h = carried
        h, particles = negative_particles(rbm, h, 2, key=jax.random.fold_in(jax.random.key(5), number))
        gradient = jax.grad(contrastive_loss)(rbm, data, particles)
        rate = 0.5 * (1 - number / updates)
        return (jax.tree.map(lambda p, g: p - rate * g, rbm, gradient), h), None

    def divergence(rbm):
        log_p = -rbm.free_energy(states(3)) - exact_log_partition(rbm).value
        return float((shares * (jnp.log(shares) - log_p)).sum())

    start = machine(3, 8, scale=0.1, seed=3)
    learn = jax.jit(lambda s: jax.lax.scan(step, s, jnp.arange(updates))[0])
    rbm, _ = learn((start, jnp.zeros((chains, 8))))
    assert divergence(start) > 0.1
    assert divergence(rbm) < 0.01


def test_the_pseudo_likelihood_is_the_conditional_of_each_bit():
    p_v = P.sum(1)
    for bit in range(6):
        found = pseudo_log_likelihood(RBM64, V, jnp.int32(bit))
        flipped = np.arange(64) ^ (1 << (5 - bit))
        np.testing.assert_allclose(found, 6 * np.log(p_v / (p_v + p_v[flipped])), rtol=1e-3, atol=1e-4)
    each = jnp.arange(64) % 6
    np.testing.assert_allclose(
        pseudo_log_likelihood(RBM64, V, each)[13], pseudo_log_likelihood(RBM64, V[13], each[13]), rtol=1e-5
    )
    np.testing.assert_array_equal(
        pseudo_log_likelihood(RBM64, 0.2 + 0.6 * V, each), pseudo_log_likelihood(RBM64, V, each)
    )


def test_the_exact_pseudo_likelihood_sums_over_every_bit():
    p_v = P.sum(1)
    flipped = [np.arange(64) ^ (1 << (5 - bit)) for bit in range(6)]
    expected = sum(np.log(p_v / (p_v + p_v[other])) for other in flipped)
    np.testing.assert_allclose(exact_pseudo_log_likelihood(RBM64, V), expected, rtol=1e-3)


def test_nothing_is_infinite_for_extreme_weights():
    rbm = RBM(jnp.full((6, 4), 1e4), jnp.full(6, -1e5), jnp.zeros(4))
    assert jnp.isfinite(rbm.free_energy(V)).all()
    assert jnp.isfinite(pseudo_log_likelihood(rbm, V, jnp.int32(2))).all()
    assert all(
        jnp.isfinite(g).all() for g in jax.tree.leaves(jax.grad(lambda m: m.free_energy(V).sum())(rbm))
    )


@pytest.mark.parametrize(("visible", "hidden"), [(6, 4), (4, 6), (13, 3), (3, 13)])
def test_exact_log_z_is_the_sum_over_all_states(visible, hidden):
    rbm = machine(visible, hidden, seed=visible)
    assert exact_log_partition(rbm).value == pytest.approx(joint(rbm)[1], abs=1e-4)
    assert is_enumerable(rbm)
    assert not is_enumerable(machine(21, 21))


@pytest.mark.parametrize("seed", range(20))
def test_annealing_contains_the_exact_log_z(seed):
    scale = 0.3 + 0.1 * (seed % 8)
    rbm = machine(12, 9, scale=scale, seed=100 + seed)
    exact = joint(rbm)[1]
    data = jax.random.bernoulli(jax.random.key(seed), 0.4, (50, 12)).astype(float)
    p = joint(rbm)[0].sum(1)
    drawn = np.random.default_rng(seed).choice(len(p), 500, p=p)
    found = annealed_log_partition(
        rbm,
        base_rate_bias(data, rbm),
        chains=500,
        temperatures=300,
        samples=states(12)[drawn],
        key=jax.random.key(seed),
    )
    assert abs(found.value - exact) < 3 * found.standard_error + 1e-3
    assert abs(found.upper - exact) < 3 * found.upper_standard_error + 1e-3
    assert found.standard_error < 0.1
    assert 50 < found.effective_sample_size <= 500


def test_annealing_finds_every_mode():
    """A machine trained on four far patterns, which a Gibbs chain does not leave."""
    patterns = jnp.repeat(jnp.eye(4), 3, axis=1)
    chains, updates = 400, 3000

    def step(carried, number):
        rbm, h = carried
        h, particles = negative_particles(rbm, h, 5, key=jax.random.fold_in(jax.random.key(5), number))
        gradient = jax.grad(contrastive_loss)(rbm, patterns, particles)
        return (jax.tree.map(lambda p, g: p - 0.2 * g, rbm, gradient), h), None

    start = (machine(12, 8, scale=0.1, seed=3), jnp.zeros((chains, 8)))
    (rbm, _), _ = jax.jit(lambda s: jax.lax.scan(step, s, jnp.arange(updates)))(start)
    exact = joint(rbm)[1]
    assert np.exp(-rbm.free_energy(patterns) - exact).sum() > 0.8  # the modes hold the mass
    stay = jnp.repeat(patterns, 50, axis=0)
    moved = run_chain(lambda v, key: rbm.gibbs_vhv(v, key=key), stay, jax.random.split(jax.random.key(1), 20))
    assert (jnp.abs(moved - stay).sum(1) <= 3).mean() > 0.8  # and keep a chain
    found = annealed_log_partition(
        rbm, base_rate_bias(patterns, rbm), chains=1000, temperatures=2000, key=jax.random.key(0)
    )
    assert abs(found.value - exact) < 3 * found.standard_error + 1e-3
    assert found.standard_error < 0.2


def test_the_schedule_goes_from_0_to_1():
    for temperatures in (2, 10, 14_500):
        betas = np.asarray(annealing_schedule(temperatures))
        assert betas[0] == 0
        assert betas[-1] == 1
        assert (np.diff(betas) > 0).all()
        assert abs(len(betas) - temperatures) <= 2


def gaussian(visible=3, hidden=4, seed=0):
    keys = jax.random.split(jax.random.key(seed), 4)
    return GaussianRBM(
        0.7 * jax.random.normal(keys[0], (visible, hidden)),
        jax.random.normal(keys[1], (visible,)),
        jax.random.normal(keys[2], (hidden,)),
        0.5 * jax.random.normal(keys[3], (visible,)),
    )


def test_gaussian_units_against_the_mixture_that_they_are():
    """p(v) = Σ_h p(h) N(v; b + W·h, σ²), and p(h | v) by Bayes."""
    rbm = gaussian()
    weight, b, c = (np.asarray(a, np.float64) for a in (rbm.weight, rbm.visible_bias, rbm.hidden_bias))
    variance = np.exp(np.asarray(rbm.log_variance, np.float64))
    h = np.asarray(H, np.float64)
    centers = b + h @ weight.T
    log_share = h @ c + ((centers**2 - b**2) / (2 * variance)).sum(1)
    v = np.asarray(jax.random.normal(jax.random.key(3), (10, 3)), np.float64)
    normal = -0.5 * ((v[:, None] - centers) ** 2 / variance + np.log(2 * np.pi * variance)).sum(-1)
    log_joint = log_share + normal  # up to log Σ exp(log_share)
    log_p = np.logaddexp.reduce(log_joint, 1) - np.logaddexp.reduce(log_share)
    log_z = exact_log_partition(rbm).value
    np.testing.assert_allclose(
        -rbm.free_energy(jnp.asarray(v, jnp.float32)) - log_z, log_p, rtol=1e-4, atol=1e-4
    )
    posterior = np.exp(log_joint - np.logaddexp.reduce(log_joint, 1)[:, None]) @ h
    np.testing.assert_allclose(rbm.hidden_mean(jnp.asarray(v, jnp.float32)), posterior, rtol=1e-4)
    drawn = rbm.sample_visible(jnp.broadcast_to(H[9], (40_000, 4)), key=jax.random.key(0))
    np.testing.assert_allclose(drawn.mean(0), centers[9], atol=4 * np.sqrt(variance.max() / 40_000))
    np.testing.assert_allclose(drawn.var(0), variance, rtol=0.05)
    assert np.isfinite(rbm.draw_visible(jnp.zeros(3), jnp.array([0.0, 0.5, 1 - 2**-24]))).all()


def test_annealing_works_for_gaussian_units():
    rbm = gaussian(5, 6, seed=4)
    found = annealed_log_partition(rbm, jnp.zeros(5), chains=2000, temperatures=500, key=jax.random.key(1))
    assert abs(found.value - exact_log_partition(rbm).value) < 3 * found.standard_error + 1e-3
    assert found.standard_error < 0.1


def test_a_gaussian_rbm_learns_means_and_variances():
    """With no hidden unit of use, the maximum likelihood is the data's own mean and variance."""
    x = jnp.array([2.0, -1]) + jnp.array([0.5, 1.5]) * jax.random.normal(jax.random.key(0), (4000, 2))
    rbm = GaussianRBM(jnp.zeros((2, 1)), jnp.zeros(2), jnp.zeros(1), jnp.zeros(2))

    def step(rbm, key):
        particles = rbm.draw_visible(
            jnp.broadcast_to(rbm.visible_bias, (4000, 2)), jax.random.uniform(key, (4000, 2))
        )
        gradient = jax.grad(contrastive_loss)(rbm, x, jax.lax.stop_gradient(particles))
        return jax.tree.map(lambda p, g: p - 0.05 * g, rbm, gradient), None

    rbm, _ = jax.lax.scan(step, rbm, jax.random.split(jax.random.key(1), 800))
    np.testing.assert_allclose(rbm.visible_bias, x.mean(0), atol=0.05)
    np.testing.assert_allclose(jnp.exp(rbm.log_variance / 2), x.std(0), rtol=0.05)


@pytest.mark.parametrize("kind", [machine, gaussian])
def test_sparsity_is_the_cross_entropy_of_mean_activities_and_has_its_gradient(kind):
    rbm, target = kind(), 0.2
    v = jax.random.uniform(jax.random.key(5), (9, len(rbm.weight)))
    each = np.asarray(rbm.hidden_mean(v), np.float64)
    mean = each.mean(0)
    expected = -(target * np.log(mean) + (1 - target) * np.log(1 - mean)).sum()
    value, gradient = jax.value_and_grad(sparsity_penalty)(rbm, v, target)
    np.testing.assert_allclose(value, expected, rtol=1e-5)
    of_logits = (
        (mean - target) / (mean * (1 - mean)) * each * (1 - each) / len(v)
    )  # by the chain rule, by hand
    np.testing.assert_allclose(gradient.hidden_bias, of_logits.sum(0), atol=1e-6)
    variance = np.exp(np.asarray(rbm.log_variance)) if kind is gaussian else np.ones(len(rbm.weight))
    np.testing.assert_allclose(gradient.weight, (np.asarray(v) / variance).T @ of_logits, atol=1e-6)
    assert not np.asarray(gradient.visible_bias).any()


def test_for_one_example_the_gradient_of_sparsity_is_how_far_the_unit_is_from_the_target():
    """As Hinton's guide says it, q - p."""
    rbm, v = machine(), jnp.ones((1, 6))
    gradient = jax.grad(sparsity_penalty)(rbm, v, 0.1)
    np.testing.assert_allclose(gradient.hidden_bias, rbm.hidden_mean(v)[0] - 0.1, atol=1e-6)


def test_sparsity_is_finite_where_units_are_always_on_or_off():
    rbm = RBM(jnp.zeros((3, 2)), jnp.zeros(3), jnp.array([300.0, -300.0]))
    value, gradient = jax.value_and_grad(sparsity_penalty)(rbm, jnp.ones((4, 3)), 0.1)
    assert np.isfinite(value)
    np.testing.assert_allclose(gradient.hidden_bias, [0.9, -0.1], atol=1e-6)


def test_what_is_defined_for_binary_units_refuses_real_ones():
    rbm, v = GaussianRBM.init(5, 3, key=jax.random.key(0)), jnp.ones((4, 5))
    plain = Offsets(jnp.zeros(5), jnp.zeros(3))
    for ask in (
        lambda: pseudo_log_likelihood(rbm, v, jnp.int32(0)),
        lambda: jax.jit(pseudo_log_likelihood)(rbm, v, jnp.int32(0)),
        lambda: exact_pseudo_log_likelihood(rbm, v),
        lambda: centred_gradient(jax.grad(contrastive_loss)(rbm, v, 1 - v), plain),
    ):
        with pytest.raises(
            ConfigError, match="a GaussianRBM has real visible units, and this is defined for binary"
        ):
            ask()


def test_no_steps_are_steps_and_fewer_are_refused():
    h = jnp.ones((2, 4))
    with pytest.raises(ConfigError, match="negative_particles: steps is -1, but must not be negative"):
        negative_particles(RBM64, h, -1, key=jax.random.key(0))
    np.testing.assert_array_equal(negative_particles(RBM64, h, 0, key=jax.random.key(0))[0], h)


def test_numbers_are_no_random_keys():
    for draw, units in ((RBM64.gibbs_vhv, V), (RBM64.sample_hidden, V), (RBM64.sample_visible, H)):
        with pytest.raises(ConfigError, match=f"{draw.__name__}: key is 0, but must be a random key"):
            draw(units, key=0)
        assert draw(units, key=jax.random.PRNGKey(0)).shape[0] == len(units)
