"""The deep belief network against the enumeration of every state of a small one."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np

from harmonium.models import DBN, RBM
from harmonium.models.partition import exact_log_partition


def machine(visible, hidden, seed):
    w, b, c = jax.random.split(jax.random.key(seed), 3)
    return RBM(
        jax.random.normal(w, (visible, hidden)),
        jax.random.normal(b, (visible,)),
        jax.random.normal(c, (hidden,)),
    )


def states(units):
    return jnp.array(list(itertools.product([0.0, 1], repeat=units)))


def conditional(p_on, bits):
    """Probability of each row of bits, (given, bits)."""
    p = np.asarray(p_on, np.float64)[:, None]
    return np.where(np.asarray(bits)[None] == 1, p, 1 - p).prod(-1)


LOWER, TOP = machine(4, 3, 0), machine(3, 5, 1)
NETWORK = DBN((LOWER, TOP))
X, H = states(4), states(3)
LOG_Z = exact_log_partition(TOP).value
P_H = np.exp(-np.asarray(TOP.free_energy(H), np.float64) - LOG_Z)
X_GIVEN_H = conditional(LOWER.visible_mean(LOWER.visible_field(H)), X)  # (h, x)
P_X = P_H @ X_GIVEN_H


def test_the_bound_is_the_expected_one_and_below_the_likelihood():
    """E_q[log p(x, h) - log q(h | x)], by the sum over all h."""
    q = conditional(LOWER.hidden_mean(X), H)  # (x, h)
    expected = (q * (np.log(X_GIVEN_H.T) + np.log(P_H) - np.log(q))).sum(1)
    draws = jax.vmap(lambda key: NETWORK.lower_bound(X, LOG_Z, key=key))(
        jax.random.split(jax.random.key(0), 4000)
    )
    np.testing.assert_allclose(draws.mean(0), expected, atol=5 * float(draws.std(0).max()) / np.sqrt(4000))
    assert (expected < np.log(P_X)).all()


def test_the_bound_is_tight_where_the_upper_machine_mirrors_the_lower():
    """With W² = W¹ᵀ the network is the lower RBM, and the upward pass its exact posterior (Hinton et al. 2006)."""
    mirror = RBM(LOWER.weight.T, LOWER.hidden_bias, LOWER.visible_bias)
    log_z = exact_log_partition(mirror).value
    bound = DBN((LOWER, mirror)).lower_bound(X, log_z, key=jax.random.key(3))
    np.testing.assert_allclose(bound, -LOWER.free_energy(X) - exact_log_partition(LOWER).value, atol=1e-4)


def test_one_layer_has_its_likelihood():
    bound = DBN((LOWER,)).lower_bound(X, 1.5, key=jax.random.key(0))
    np.testing.assert_allclose(bound, -LOWER.free_energy(X) - 1.5, rtol=1e-6)


def test_samples_go_down_as_the_network_says():
    """Exact samples of the top, passed down, have the means of p(x)."""
    chosen = np.random.default_rng(0).choice(8, 40_000, p=P_H / P_H.sum())
    means = NETWORK.downward(H[chosen], key=jax.random.key(0))
    np.testing.assert_allclose(means.mean(0), P_X @ np.asarray(X), atol=0.01)
    three = DBN((machine(6, 4, 7), LOWER, TOP))
    down = three.downward(H[:2], key=jax.random.key(1))
    assert down.shape == (2, 6)


def test_the_upward_pass_samples_each_layer():
    x = jnp.broadcast_to(X[6], (20_000, 4))
    code = NETWORK.upward(x, key=jax.random.key(0))
    np.testing.assert_allclose(code.mean(0), LOWER.hidden_mean(X[6]), atol=4 * 0.5 / np.sqrt(20_000))


def test_importance_weights_estimate_the_likelihood_and_stay_above_the_bound():
    estimate, worth = NETWORK.importance_weighted(X, LOG_Z, draws=4000, key=jax.random.key(5))
    np.testing.assert_allclose(estimate, np.log(P_X), atol=0.1)
    q = conditional(LOWER.hidden_mean(X), H)
    expected = (q * (np.log(X_GIVEN_H.T) + np.log(P_H) - np.log(q))).sum(1)
    assert (np.asarray(estimate) > expected).all()
    # (Σ w)² / Σ w² of many draws tends to n·E[w]² / E[w²].
    share = P_X**2 / ((X_GIVEN_H.T * P_H) ** 2 / q).sum(1)
    np.testing.assert_allclose(worth, 4000 * share, rtol=0.3)
    one, single = NETWORK.importance_weighted(X, LOG_Z, draws=1, key=jax.random.key(6))
    first = NETWORK.lower_bound(X, LOG_Z, key=jax.random.split(jax.random.key(6), 1)[0])
    np.testing.assert_allclose(one, first, rtol=1e-5)
    np.testing.assert_allclose(single, 1, rtol=1e-5)
