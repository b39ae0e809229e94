"""Up-down against the updates of Hinton, Osindero & Teh's appendix B by hand, and against enumeration."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from harmonium.errors import ConfigError
from harmonium.models import DBN, RBM, DirectedLayer
from harmonium.models.partition import exact_log_partition
from harmonium.models.up_down import Passes, generation_cost, passes, recognition_cost, up_down_loss


def machine(visible, hidden, seed):
    w, b, c = jax.random.split(jax.random.key(seed), 3)
    return RBM(
        jax.random.normal(w, (visible, hidden)),
        jax.random.normal(b, (visible,)),
        jax.random.normal(c, (hidden,)),
    )


def directed(visible, hidden, seed):
    one = machine(visible, hidden, seed)
    return DirectedLayer(
        jax.random.normal(jax.random.key(seed + 100), one.weight.shape),
        one.weight,
        one.visible_bias,
        one.hidden_bias,
    )


def states(units):
    return jnp.array(list(itertools.product([0.0, 1], repeat=units)))


def sigmoid(z):
    return 1 / (1 + np.exp(-np.asarray(z, np.float64)))


NETWORK = DBN((directed(5, 4, 0), directed(4, 3, 1), machine(3, 2, 2)))
X = jax.random.uniform(jax.random.key(9), (7, 5))
STATES = passes(NETWORK, X, 2, key=jax.random.key(3))


def test_its_gradient_is_the_update_of_the_paper():
    """Wake: Δw = ⟨above·(below - p)⟩; sleep: Δr = ⟨below·(above - q)⟩; top: ⟨v h⟩ of data less that of particles."""
    gradient = jax.grad(up_down_loss)(NETWORK, STATES)
    for number, layer in enumerate(NETWORK.rbms[:-1]):
        below, above = (np.asarray(STATES.wake[number + up], np.float64) for up in (0, 1))
        missed = below - sigmoid(above @ layer.weight.T + layer.visible_bias)
        np.testing.assert_allclose(-gradient.rbms[number].weight, missed.T @ above / len(X), atol=1e-6)
        np.testing.assert_allclose(-gradient.rbms[number].visible_bias, missed.mean(0), atol=1e-6)
        below, above = (np.asarray(STATES.sleep[number + up], np.float64) for up in (0, 1))
        missed = above - sigmoid(below @ layer.recognition + layer.hidden_bias)
        np.testing.assert_allclose(-gradient.rbms[number].recognition, below.T @ missed / len(X), atol=1e-6)
        np.testing.assert_allclose(-gradient.rbms[number].hidden_bias, missed.mean(0), atol=1e-6)
    top, data, dreams = NETWORK.top, np.asarray(STATES.wake[-1]), np.asarray(STATES.sleep[-1])
    of_data, of_dreams = (sigmoid(v @ top.weight + top.hidden_bias) for v in (data, dreams))
    np.testing.assert_allclose(
        -gradient.rbms[-1].weight, (data.T @ of_data - dreams.T @ of_dreams) / len(X), atol=1e-6
    )
    np.testing.assert_allclose(-gradient.rbms[-1].hidden_bias, of_data.mean(0) - of_dreams.mean(0), atol=1e-6)


def test_both_passes_go_as_the_network_says():
    """Frequencies of 40,000 draws: up by q, and down by p from where the top RBM stays if it begins in balance."""
    lower, top = directed(4, 3, 5), machine(3, 2, 6)
    x = jnp.broadcast_to(jnp.array([1.0, 0, 1, 1]), (40_000, 4))
    found = passes(DBN((lower, top)), x, 60, key=jax.random.key(0))
    np.testing.assert_allclose(found.wake[1].mean(0), sigmoid(lower.hidden_logits(x[0])), atol=0.015)
    assert (found.wake[0] == x).all()
    h = states(3)
    p = np.exp(-np.asarray(top.free_energy(h), np.float64) - exact_log_partition(top).value)
    np.testing.assert_allclose(found.sleep[1].mean(0), p @ np.asarray(h), atol=0.015)
    of_h = sigmoid(lower.visible_field(h))
    np.testing.assert_allclose(found.sleep[0].mean(0), p @ of_h, atol=0.015)
    assert set(np.unique(found.sleep[1])) == {0.0, 1.0}


def test_the_wake_phase_follows_the_gradient_of_the_bound():
    """E_q ∂ log p(x, h) by the sum over all h of both layers, against the mean over draws."""
    network, x = DBN((directed(3, 2, 7), directed(2, 2, 8), machine(2, 2, 4))), jnp.array([1.0, 0.0, 1.0])

    def exact(network):
        total = 0.0
        for h1, h2 in itertools.product(states(2), states(2)):
            one = Passes((x[None], h1[None], h2[None]), (x[None], h1[None], h2[None]))
            q = jax.lax.stop_gradient(jnp.exp(-recognition_cost(network, one)[0]))
            total += q * generation_cost(network, one)[0]
        return total

    expected = jax.grad(exact)(network).rbms[0].weight
    many = jnp.broadcast_to(x, (40_000, 3))
    drawn = passes(network, many, 1, key=jax.random.key(1))
    found = jax.grad(lambda n: generation_cost(n, drawn).mean())(network).rbms[0].weight
    np.testing.assert_allclose(found, expected, atol=0.01)


def test_untied_it_is_the_same_network_at_first():
    tied = DBN((machine(5, 4, 0), machine(4, 3, 1), machine(3, 2, 2)))
    untied, x = tied.untied(), jnp.round(X)
    for method, arguments in (("lower_bound", (x, 1.5)), ("upward", (x,)), ("downward", (states(3),))):
        ours, theirs = (getattr(n, method)(*arguments, key=jax.random.key(2)) for n in (untied, tied))
        np.testing.assert_array_equal(ours, theirs)
    assert untied.untied().rbms[0] is untied.rbms[0]
    for one, other in zip(untied.rbms, tied.rbms, strict=True):
        x = X[0, : len(one.weight)]
        np.testing.assert_array_equal(one.layer()(x), other.encode(x))


def test_up_down_raises_the_likelihood_of_a_small_network():
    """Mean log p(x), by the sum over all states, of data that greedy training cannot fit alone."""
    data = jnp.array([[1.0, 1, 0, 0], [0, 0, 1, 1], [1, 1, 1, 1], [0, 0, 0, 0]])

    def log_likelihood(network):
        lower, top = network.rbms
        h = states(3)
        log_p_h = -top.free_energy(h) - exact_log_partition(top).value
        log_x_given_h = jax.nn.log_sigmoid(
            jnp.where(data[:, None] == 1, 1, -1) * lower.visible_field(h)[None]
        ).sum(-1)
        return float(jax.nn.logsumexp(log_p_h + log_x_given_h, axis=1).mean())

    network = DBN((directed(4, 3, 3), machine(3, 3, 4)))
    before = log_likelihood(network)

    @jax.jit
    def learned(network, key):
        def step(network, key):
            found = passes(network, jnp.tile(data, (25, 1)), 3, key=key)
            gradient = jax.grad(up_down_loss)(network, found)
            return jax.tree.map(lambda w, g: w - 0.1 * g, network, gradient), None

        return jax.lax.scan(step, network, jax.random.split(key, 2000))[0]

    after = log_likelihood(learned(network, jax.random.key(0)))
    assert before < -4
    assert -1.9 < after <= -np.log(4) + 1e-3  # the best there is


def test_a_network_needs_an_rbm_on_top():
    with pytest.raises(TypeError, match="must be an RBM"):
        DBN((machine(5, 4, 0), directed(4, 3, 1)))
    with pytest.raises(ConfigError):
        DBN((directed(5, 4, 0), machine(3, 2, 1)))
