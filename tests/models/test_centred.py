"""The centred gradient against autodiff, enumeration and the symmetries it is made for."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from harmonium.models import RBM
from harmonium.models.contrastive import (
    FOLLOWING,
    Offsets,
    centred_gradient,
    contrastive_loss,
    negative_particles,
    tempered_particles,
)
from harmonium.models.partition import exact_log_partition, summed_log_partition


def machine(visible=5, hidden=3, seed=0):
    w, b, c = jax.random.split(jax.random.key(seed), 3)
    return RBM(
        jax.random.normal(w, (visible, hidden)),
        jax.random.normal(b, (visible,)),
        jax.random.normal(c, (hidden,)),
    )


def states(units):
    return jnp.array(list(itertools.product([0.0, 1], repeat=units)))


RBM53 = machine()
DATA = states(5)[jnp.array([1, 3, 7, 7, 11, 30])]
OFFSETS = Offsets(jnp.array([0.1, 0.4, 0.8, 0.9, 0.3]), jnp.array([0.7, 0.2, 0.5]))


def nll(rbm, shares=None):
    """Exact, of DATA, or of all states with these shares."""
    if shares is None:
        return rbm.free_energy(DATA).mean() + summed_log_partition(rbm)
    return (shares * rbm.free_energy(states(5))).sum() + summed_log_partition(rbm)


def assert_close(found, expected, atol=1e-5):
    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(a, b, atol=atol)


def test_without_offsets_it_is_the_gradient():
    gradient = jax.grad(nll)(RBM53)
    assert_close(centred_gradient(gradient, Offsets(jnp.zeros(5), jnp.zeros(3))), gradient, atol=0)


def test_it_is_a_step_of_the_centred_machines_own_parameters():
    """Gradient descent of (W, b', c') by autodiff, brought back by b = b' - W·λ and c = c' - Wᵀ·μ."""
    mu, lam = OFFSETS

    def plain(centred):
        return RBM(
            centred.weight,
            centred.visible_bias - centred.weight @ lam,
            centred.hidden_bias - mu @ centred.weight,
        )

    start = RBM(RBM53.weight, RBM53.visible_bias + RBM53.weight @ lam, RBM53.hidden_bias + mu @ RBM53.weight)
    assert_close(plain(start), RBM53)
    gradient = jax.grad(lambda centred: nll(plain(centred)))(start)
    after = plain(jax.tree.map(lambda p, g: p - 0.1 * g, start, gradient))
    step = centred_gradient(jax.grad(nll)(RBM53), OFFSETS)
    assert_close(jax.tree.map(lambda p, g: p - 0.1 * g, RBM53, step), after)


def test_its_statistics_are_those_of_centred_units():
    """∇W' = ⟨(v - μ)(h - λ)⟩ of the particles minus that of the examples."""
    particles = states(5)[jnp.array([0, 9, 21, 30])]
    mu, lam = OFFSETS

    def statistics(v):
        return (v - mu).T @ (RBM53.hidden_mean(v) - lam) / len(v)

    step = centred_gradient(jax.grad(contrastive_loss)(RBM53, DATA, particles), OFFSETS)
    np.testing.assert_allclose(step.weight, statistics(particles) - statistics(DATA), atol=1e-6)


def test_it_vanishes_where_the_gradient_does_and_nowhere_else():
    shares = jnp.exp(-RBM53.free_energy(states(5)) - exact_log_partition(RBM53).value)  # its own distribution
    gradient = jax.grad(nll)(RBM53, shares)
    assert max(float(jnp.abs(leaf).max()) for leaf in jax.tree.leaves(gradient)) < 1e-5
    for leaf in jax.tree.leaves(centred_gradient(gradient, OFFSETS)):
        np.testing.assert_allclose(leaf, 0, atol=1e-5)
    flat, unravel = ravel_pytree(RBM53)
    linear = jax.jacobian(lambda g: ravel_pytree(centred_gradient(unravel(g), OFFSETS))[0])(flat)
    np.testing.assert_allclose(np.linalg.det(linear), 1, rtol=1e-4)  # so no other gradient goes to zero
    np.testing.assert_allclose(linear, linear.T, atol=1e-6)
    assert np.linalg.eigvalsh(linear).min() > 0  # and a step along it always lowers what the gradient lowers


def test_learning_ends_where_plain_learning_ends():
    """By the exact gradient of the likelihood of a distribution that one hidden unit can hold."""
    shares = jnp.array([0.05, 0.35, 0.45, 0.15])
    v = states(2)

    def loss(rbm):
        return (shares * rbm.free_energy(v)).sum() + summed_log_partition(rbm)

    def learn(offsets):
        def step(rbm, _):
            gradient = centred_gradient(jax.grad(loss)(rbm), offsets)
            return jax.tree.map(lambda p, g: p - 0.5 * g, rbm, gradient), None

        start = RBM(jnp.array([[0.3], [-0.4]]), jnp.zeros(2), jnp.zeros(1))
        return jax.lax.scan(step, start, length=3000)[0]

    entropy = float(-(shares * jnp.log(shares)).sum())
    for offsets in (
        Offsets(jnp.zeros(2), jnp.zeros(1)),
        Offsets(jnp.array([0.6, 0.5]), jnp.array([0.5])),
    ):
        assert float(loss(learn(offsets))) == pytest.approx(entropy, abs=1e-4)


def test_it_does_not_mind_which_value_is_called_one():
    """Flip a visible unit in the machine, the data and the offsets: learning goes the same way (their section 2)."""

    def flipped(rbm):
        sign = jnp.array([1.0, -1, 1, 1, -1])
        off = (1 - sign) / 2
        return RBM(rbm.weight * sign[:, None], rbm.visible_bias * sign, rbm.hidden_bias + off @ rbm.weight)

    def flipped_units(v):
        return v.at[..., jnp.array([1, 4])].set(1 - v[..., jnp.array([1, 4])])

    def after(rbm, data, offsets):
        gradient = jax.grad(lambda m: m.free_energy(data).mean() + summed_log_partition(m))(rbm)
        return jax.tree.map(lambda p, g: p - 0.2 * g, rbm, centred_gradient(gradient, offsets))

    other = OFFSETS._replace(visible=flipped_units(OFFSETS.visible))
    assert_close(after(flipped(RBM53), flipped_units(DATA), other), flipped(after(RBM53, DATA, OFFSETS)))
    zero = Offsets(jnp.zeros(5), jnp.zeros(3))
    plain = after(flipped(RBM53), flipped_units(DATA), zero), flipped(after(RBM53, DATA, zero))
    assert float(jnp.abs(plain[0].weight - plain[1].weight).max()) > 0.01  # the plain gradient minds


def test_offsets_start_at_the_examples_mean_and_follow_the_units():
    start = Offsets.init(DATA, 3)
    np.testing.assert_allclose(start.visible, DATA.mean(0))
    np.testing.assert_array_equal(start.hidden, 0.5)
    moved = start.following(RBM53, jnp.ones((2, 5)))
    np.testing.assert_allclose(moved.visible, start.visible + FOLLOWING * (1 - start.visible))
    h = RBM53.hidden_mean(jnp.ones(5))
    np.testing.assert_allclose(moved.hidden, 0.5 + FOLLOWING * (h - 0.5), rtol=1e-6)


def test_tempered_chains_pass_from_mode_to_mode():
    """All units on and all off are equally likely, and between them lies a wall; plain chains never cross it."""
    rbm = RBM(jnp.full((6, 4), 4.0), jnp.full(6, -8.0), jnp.full(4, -12.0))
    v = states(6)
    p = jnp.exp(-rbm.free_energy(v) - exact_log_partition(rbm).value)
    assert 0.45 < float(p[v.sum(1) > 3].sum()) < 0.55
    ladder = jnp.zeros((10, 500, 6))
    run = jax.jit(lambda x: tempered_particles(rbm, x, jnp.zeros(6), 400, key=jax.random.key(0)))
    found = run(ladder)[-1]
    assert 0.4 < float((found.sum(1) > 3).mean()) < 0.6
    _, plain = negative_particles(rbm, jnp.zeros((500, 4)), 400, key=jax.random.key(0))
    assert float((plain.sum(1) > 3).mean()) < 0.05


def test_no_gradient_flows_through_tempered_chains():
    def through(rbm):
        return tempered_particles(rbm, jnp.zeros((3, 4, 5)), jnp.zeros(5), 2, key=jax.random.key(0)).sum()

    assert not any(leaf.any() for leaf in jax.tree.leaves(jax.grad(through)(RBM53)))
