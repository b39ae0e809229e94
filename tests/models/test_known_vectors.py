"""The gradient of log Z by known vectors, against enumeration and plain loops."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from harmonium.models import RBM, RNNRBM
from harmonium.models.known_vectors import free_energies, is_among, log_partition_surrogate

ALL = jnp.array(list(itertools.product([0.0, 1.0], repeat=6)))
MACHINES = 7


@pytest.fixture(scope="module")
def parameters():
    keys = jax.random.split(jax.random.key(0), 3)
    return tuple(
        jax.random.normal(k, shape)
        for k, shape in zip(keys, [(6, 4), (MACHINES, 6), (MACHINES, 4)], strict=True)
    )


def one_by_one(weight, visible_bias, hidden_bias, known):
    return jnp.stack(
        [RBM(weight, b, c).free_energy(known) for b, c in zip(visible_bias, hidden_bias, strict=True)]
    )


def test_the_free_energies_and_their_gradients_are_the_machines(parameters):
    known, mix = ALL[::5], jax.random.normal(jax.random.key(1), (MACHINES, len(ALL[::5])))
    np.testing.assert_allclose(
        free_energies(*parameters, known), one_by_one(*parameters, known), rtol=1e-5, atol=1e-5
    )
    ours, theirs = (
        jax.grad(lambda *p, f=f: (f(*p, known) * mix).sum(), (0, 1, 2))(*parameters)
        for f in (free_energies, one_by_one)
    )
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_large_log_odds_stay_finite():
    found = free_energies(jnp.full((2, 3), 30.0), jnp.zeros((1, 2)), jnp.full((1, 3), 30.0), jnp.ones((1, 2)))
    assert np.isfinite(found).all()


@pytest.mark.parametrize("every", [1, 5, 63], ids=["all known", "some known", "two known"])
def test_the_gradient_is_that_of_the_enumerated_log_partition(parameters, every):
    known = ALL[::every]

    def exact(*parameters):
        return jax.nn.logsumexp(-one_by_one(*parameters, ALL), axis=-1).sum()

    def estimated(key):
        def surrogate(*p):
            return log_partition_surrogate(RBM(*p), known, 30, key=key)[0].sum()

        return jax.grad(surrogate, (0, 1, 2))(*parameters)

    keys = jax.random.split(jax.random.key(2), 4000)
    rows = jax.jit(lambda: jax.lax.map(estimated, keys, batch_size=500))()
    for row, right in zip(rows, jax.grad(exact, (0, 1, 2))(*parameters), strict=True):
        np.testing.assert_allclose(row.mean(0), right, atol=0.06)
        if every == 1:  # nothing lies outside, and there is no noise
            np.testing.assert_allclose(row, np.broadcast_to(right, row.shape), atol=1e-3)


def test_what_is_known_is_told_from_what_is_not():
    known = ALL[::5]
    found = np.asarray(is_among(ALL, known))
    np.testing.assert_array_equal(found, np.arange(len(ALL)) % 5 == 0)


def test_what_is_watched_is_at_least_the_log_likelihood(parameters):
    model = RNNRBM.init(6, 4, 3, scaled=True, key=jax.random.key(3))
    v = jax.random.bernoulli(jax.random.key(4), 0.4, (8, 2, 6)).astype(jnp.float32)
    known = ALL[::2]
    difference, among = model.known_contrast(v, known, 3, key=jax.random.key(5))
    states = model.previous_states(v)
    for t, n in itertools.product(range(8), range(2)):
        rbm = RBM(model.weight, *model.biases(states[t, n]))
        energy, log_weights = rbm.free_energy(v[t, n]), -rbm.free_energy(known)
        np.testing.assert_allclose(among[t, n], -energy - jax.nn.logsumexp(log_weights), atol=1e-4)
        assert among[t, n] > -energy - jax.nn.logsumexp(-rbm.free_energy(ALL))
    assert difference.shape == (8, 2)


def test_what_is_dropped_and_what_is_drawn_have_keys_of_their_own(monkeypatch):
    from harmonium.models import rnn_rbm

    used = []
    monkeypatch.setattr(
        rnn_rbm,
        "log_partition_surrogate",
        lambda *a, key: (used.extend(jax.random.split(key, 3)), (0.0, 0.0))[1],
    )
    original = RNNRBM.previous_states
    monkeypatch.setattr(
        RNNRBM, "previous_states", lambda self, v, **k: (used.append(k["key"]), original(self, v, **k))[1]
    )
    model, v = RNNRBM.init(6, 4, 3, key=jax.random.key(3)), jnp.zeros((8, 2, 6))
    model.known_contrast(v, ALL, 3, dropout=0.2, note_dropout=0.1, key=jax.random.key(5))
    assert len({np.asarray(jax.random.key_data(k)).tobytes() for k in used}) == 4
