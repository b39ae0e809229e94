"""The RNN-RBM and the RNN-NADE against enumeration, autodiff and plain loops."""

import dataclasses
import itertools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from harmonium.models import NADE, RBM, RNNNADE, RNNRBM
from harmonium.models.layers.recurrent import elman_states
from harmonium.models.next_step import likely_vectors, predict_next_steps

VISIBLE, HIDDEN, RECURRENT, TIME = 5, 4, 3, 6
KINDS = [RNNRBM, RNNNADE]


def made(kind, seed=0, scale=1.0):
    """A model none of whose parameters is near zero."""
    model = kind.init(VISIBLE, HIDDEN, RECURRENT, learned_start=True, key=jax.random.key(0))
    keys = jax.random.split(jax.random.key(seed), len(jax.tree.leaves(model)))
    leaves = [
        scale * jax.random.normal(k, a.shape) for k, a in zip(keys, jax.tree.leaves(model), strict=True)
    ]
    return jax.tree.unflatten(jax.tree.structure(model), leaves)


def notes(*shape, seed=1, rate=0.4):
    return jax.random.bernoulli(jax.random.key(seed), rate, (*shape, VISIBLE)).astype(jnp.float32)


def all_states(units=VISIBLE):
    return jnp.array(list(itertools.product([0.0, 1.0], repeat=units)))


def by_hand(model, v):
    """u(t-1), bv(t) and bh(t) of each step, by the equations one after the other."""
    u, rows = np.asarray(model.initial), []
    p = {f.name: np.asarray(getattr(model, f.name)) for f in dataclasses.fields(model)}
    for frame in np.asarray(v):
        rows.append(
            (
                u,
                p["visible_bias"] + u @ p["recurrent_to_visible"],
                p["hidden_bias"] + u @ p["recurrent_to_hidden"],
            )
        )
        u = np.tanh(p["recurrent_bias"] + u @ p["recurrent_weight"] + frame @ p["visible_to_recurrent"])
    return [np.stack(column) for column in zip(*rows, strict=True)]


def log_z(rbm):
    return jax.nn.logsumexp(-jax.vmap(rbm.free_energy)(all_states()))


@pytest.mark.parametrize("kind", KINDS)
def test_the_recurrence_and_the_biases_are_the_equations(kind):
    model, v = made(kind), notes(TIME)
    u, visible, hidden = by_hand(model, v)
    np.testing.assert_allclose(model.previous_states(v), u, atol=1e-5)
    for ours, theirs in zip(model.biases(model.previous_states(v)), (visible, hidden), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
    # One step at a time, as in generation, is the same.
    np.testing.assert_allclose(model.next_state(jnp.asarray(u[2]), v[2]), u[3], atol=1e-5)


def test_dropout_takes_states_from_the_biases_but_not_from_the_recurrence():
    model, v = made(RNNRBM), notes(TIME)
    states = np.asarray(model.previous_states(v))
    keys = jax.random.split(jax.random.key(2), 4000)
    dropped = np.asarray(jax.vmap(lambda key: model.previous_states(v, dropout=0.25, key=key))(keys))
    left = dropped != 0
    np.testing.assert_allclose(dropped[left], np.broadcast_to(states / 0.75, dropped.shape)[left], rtol=1e-6)
    assert left.mean() == pytest.approx(0.75, abs=0.01)
    np.testing.assert_array_equal(model.previous_states(v, dropout=0.25), states)  # no key, no noise


def test_notes_that_are_not_heard_are_still_what_is_predicted():
    model, v = made(RNNRBM), notes(TIME)
    deaf = model.previous_states(v, note_dropout=0.99999, key=jax.random.key(2))
    silent = model.previous_states(jnp.zeros_like(v))
    np.testing.assert_allclose(deaf, silent, atol=1e-6)
    assert not np.allclose(model.previous_states(v), silent)
    nade = made(RNNNADE)
    found = nade.log_prob(v, note_dropout=0.99999, key=jax.random.key(2))
    np.testing.assert_allclose(
        found[1:], nade.conditional(nade.previous_states(jnp.zeros_like(v))).log_prob(v)[1:], rtol=1e-5
    )


def test_a_batch_of_sequences_is_each_of_them():
    model, v = made(RNNRBM), notes(TIME, 3)
    together = model.previous_states(v)
    for n in range(3):
        np.testing.assert_allclose(together[:, n], model.previous_states(v[:, n]), atol=1e-6)


def test_without_a_learned_start_the_state_begins_at_zero():
    model = RNNRBM.init(VISIBLE, HIDDEN, RECURRENT, key=jax.random.key(0))
    assert model.initial is None
    assert not np.asarray(model.previous_states(notes(TIME))[0]).any()


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_the_backward_pass_of_the_recurrence_is_autodiffs(activation):
    keys = jax.random.split(jax.random.key(3), 4)
    z, start, weight, mix = (
        jax.random.normal(k, s) for k, s in zip(keys, [(7, 2, 3), (2, 3), (3, 3), (7, 2, 3)], strict=True)
    )
    function = {"sigmoid": jax.nn.sigmoid, "tanh": jnp.tanh}[activation]

    def plain(z, start, weight):
        u, states = start, []
        for row in z:
            u = function(row + u @ weight)
            states.append(u)
        return (jnp.stack(states) * mix).sum()

    def ours(z, start, weight):
        return (elman_states(z, start, weight, activation) * mix).sum()

    for a, b in zip(*(jax.grad(f, (0, 1, 2))(z, start, weight) for f in (ours, plain)), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_an_rbm_with_many_biases_is_as_many_machines():
    model, v = made(RNNRBM), notes(TIME, 2)
    u = model.previous_states(v)
    energies = model.conditional(u).free_energy(v)
    for t, n in itertools.product(range(TIME), range(2)):
        alone = RBM(model.weight, *model.biases(u[t, n]))
        np.testing.assert_allclose(energies[t, n], alone.free_energy(v[t, n]), rtol=1e-5)


def test_the_conditionals_are_exact_against_enumeration():
    model, v = made(RNNRBM), notes(TIME)
    u, visible, hidden = by_hand(model, v)
    found = predict_next_steps(model, jnp.asarray(u), v, chains=2000, key=jax.random.key(0))
    for t in range(TIME):
        rbm = RBM(model.weight, jnp.asarray(visible[t]), jnp.asarray(hidden[t]))
        weights = jax.nn.softmax(-jax.vmap(rbm.free_energy)(all_states()))
        exact = -rbm.free_energy(v[t]) - log_z(rbm)
        np.testing.assert_allclose(found.log_probability[t], exact, rtol=1e-4)
        np.testing.assert_allclose(found.marginals[t], weights @ all_states(), atol=0.05)


def large(steps, scale):
    """A model that `predict_next_steps` cannot enumerate, steps of it, and their exact log-probabilities.

    Of its 24 hidden units only four have weights, by which they are summed over here; the others each add a constant
    to the free energy and to log Z alike.
    """
    model = RNNRBM.init(22, 24, RECURRENT, learned_start=True, key=jax.random.key(0))
    keys = jax.random.split(jax.random.key(4), len(jax.tree.leaves(model)))
    leaves = [
        scale * jax.random.normal(k, a.shape) for k, a in zip(keys, jax.tree.leaves(model), strict=True)
    ]
    model = jax.tree.unflatten(jax.tree.structure(model), leaves)
    model = eqx.tree_at(lambda m: m.weight, model, model.weight.at[:, 4:].set(0))
    v = jax.random.bernoulli(jax.random.key(5), 0.3, (steps, 22)).astype(jnp.float32)
    u = model.previous_states(v)
    exact = []
    for step, state in zip(v, u, strict=True):
        visible, hidden = model.biases(state)
        small = RBM(model.weight[:, :4], visible, hidden[:4])
        log_partition = jax.nn.logsumexp(-jax.vmap(small.free_energy_of_hidden)(all_states(4)))
        exact.append(float(-small.free_energy(step) - log_partition))
    return model, u, v, np.array(exact)


@pytest.mark.parametrize("scale", [0.5, 3.0])
def test_both_sides_enclose_the_exact_conditionals(scale):
    """At the larger scale, with modes that lie far apart."""
    model, u, v, exact = large(60, scale)
    found = predict_next_steps(model, u, v, chains=100, key=jax.random.key(1))
    for side in (found.log_probability, found.at_least):
        assert np.mean(side) == pytest.approx(exact.mean(), abs=0.01)
        np.testing.assert_allclose(side, exact, atol=0.5)
    assert ((found.effective_sample_size > 25) & (found.effective_sample_size <= 100)).all()


def test_what_is_predicted_does_not_depend_on_the_calls_it_takes(monkeypatch):
    model, u, v, _ = large(60, 0.5)
    whole = predict_next_steps(model, u, v, chains=400, key=jax.random.key(1))
    monkeypatch.setattr("harmonium.models.next_step.CALL", 16)  # of which 60 is no multiple
    parts = predict_next_steps(model, u, v, chains=400, key=jax.random.key(1))
    for ours, theirs in zip(parts, whole, strict=True):
        assert ours.shape == theirs.shape
    np.testing.assert_allclose(parts.log_probability, whole.log_probability, atol=0.2)


def test_likely_vectors_hold_the_steps_and_what_the_model_draws():
    model, u, v, _ = large(60, 3.0)
    known = likely_vectors(model, u, v, key=jax.random.key(0))
    rows = {row.tobytes() for row in np.asarray(known)}
    assert len(rows) == len(known)
    assert {row.tobytes() for row in np.asarray(v)} <= rows
    rbm = model.conditional(u[0])
    share = jax.nn.logsumexp(-rbm.free_energy(known)) - jax.nn.logsumexp(-rbm.free_energy(v))
    assert share > 1  # nats by which the model finds these likelier than the random steps


def test_the_gradient_of_long_chains_is_the_likelihoods():
    """CD-k with k → ∞, averaged over many chains, against autodiff of the enumerated log-likelihood."""
    model, v = made(RNNRBM, scale=0.5), notes(TIME)

    def nll(model):
        rbms = [RBM(model.weight, *model.biases(u)) for u in model.previous_states(v)]
        return sum(rbm.free_energy(frame) + log_z(rbm) for rbm, frame in zip(rbms, v, strict=True))

    def estimated(model, key):
        return model.contrast(v, 30, key=key)[0].sum()

    keys = jax.random.split(jax.random.key(2), 4000)
    rows = jax.jit(lambda m: jax.lax.map(lambda k: jax.grad(estimated)(m, k), keys, batch_size=500))(model)
    for exact, row in zip(jax.tree.leaves(jax.grad(nll)(model)), jax.tree.leaves(rows), strict=True):
        error = row.std(0) / np.sqrt(len(keys))
        assert (np.abs(row.mean(0) - exact) < 5 * error + 0.01).all()


def test_a_nade_sums_to_one():
    nade = made(RNNNADE).conditional(jnp.ones(RECURRENT))
    assert float(jnp.exp(nade.log_prob(all_states())).sum()) == pytest.approx(1, abs=1e-5)


def test_a_nade_is_its_conditionals_one_by_one():
    nade, v = made(RNNNADE).conditional(jnp.ones(RECURRENT)), notes()
    a, total = np.asarray(nade.hidden_bias, np.float64), 0.0
    for i in range(VISIBLE):
        p = 1 / (1 + np.exp(-(nade.visible_bias[i] + (1 / (1 + np.exp(-a))) @ nade.output_weight[i])))
        total += np.log(p if v[i] else 1 - p)
        a = a + float(v[i]) * np.asarray(nade.weight[i], np.float64)
    assert float(nade.log_prob(v)) == pytest.approx(total, rel=1e-5)


def test_knowing_the_most_units_changes_nothing():
    model, v = made(RNNNADE), notes(TIME, 2)
    most = int(v.sum(-1).max())
    np.testing.assert_allclose(model.log_prob(v), model.log_prob(v, most=most), rtol=1e-5)
    assert most < VISIBLE


def test_a_nade_draws_from_its_density():
    nade = NADE(
        *(2 * jax.random.normal(jax.random.key(n), s) for n, s in enumerate([(3, 4), (3, 4), (3,), (4,)]))
    )
    v, p = nade.sample(jax.random.uniform(jax.random.key(9), (40_000, 3)))
    states = all_states(3)
    exact = jnp.exp(nade.log_prob(states))
    found = (v[:, None] == states).all(-1).mean(0)
    np.testing.assert_allclose(found, exact, atol=0.01)
    np.testing.assert_allclose(p.mean(0), exact @ states, atol=0.01)


def test_the_likelihood_of_a_nade_sums_to_one_over_sequences():
    model = made(RNNNADE)
    pairs = jnp.array([[a, b] for a in all_states() for b in all_states()])  # (1024, 2, visible)
    total = jax.vmap(lambda v: jnp.exp(model.log_prob(v).sum()))(pairs).sum()
    assert float(total) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_generated_music_follows_the_conditionals(kind):
    """The second frame, given the first, against the enumerated conditional."""
    model = made(kind, scale=0.7)
    first = jnp.zeros(VISIBLE).at[1].set(1)
    u = model.next_state(model.start(), first)
    v = model.generate(jnp.broadcast_to(u, (20_000, RECURRENT)), 1, 60, key=jax.random.key(0))[0]
    density = model.conditional(u)
    if kind is RNNNADE:
        exact = jnp.exp(density.log_prob(all_states()))
    else:
        exact = jax.nn.softmax(-jax.vmap(density.free_energy)(all_states()))
    np.testing.assert_allclose(v.mean(0), exact @ all_states(), atol=0.02)


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_generated_is_the_past_of_what_follows(kind):
    """A certain model repeats: each unit is driven by the recurrent state that its own last value set."""
    model = made(kind)
    v = model.generate(model.start(), 7, 5, key=jax.random.key(3))
    assert v.shape == (7, VISIBLE)
    assert set(np.unique(v)) <= {0.0, 1.0}
    again = model.generate(model.start(), 7, 5, key=jax.random.key(3))
    np.testing.assert_array_equal(v, again)


def test_no_probability_is_minus_infinity():
    """Where the sigmoid is 0 or 1 in float32, logarithms of probabilities were the book's -inf."""
    model = made(RNNNADE, scale=100.0)
    assert np.isfinite(model.log_prob(notes(TIME))).all()
    rbm = made(RNNRBM, scale=100.0)
    loss, _ = rbm.contrast(notes(TIME), 2, key=jax.random.key(0))
    assert np.isfinite(loss).all()
