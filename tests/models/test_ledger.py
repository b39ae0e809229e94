"""The ledger of a deep belief network against the enumeration of every state of a small one."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np

from harmonium.models import DBN, RBM
from harmonium.models.ledger import entries, ledger, losses
from harmonium.models.partition import LogPartition, exact_log_partition


def machine(visible, hidden, seed):
    w, b, c = jax.random.split(jax.random.key(seed), 3)
    return RBM(
        jax.random.normal(w, (visible, hidden)),
        jax.random.normal(b, (visible,)),
        jax.random.normal(c, (hidden,)),
    )


def states(units):
    return jnp.array(list(itertools.product([0.0, 1], repeat=units)))


def joint(rbm):
    """p(v, h) of every state by the definition: (2^visible, 2^hidden)."""
    weight, b, c = (np.asarray(a, np.float64) for a in (rbm.weight, rbm.visible_bias, rbm.hidden_bias))
    v, h = (np.asarray(states(n), np.float64) for n in weight.shape)
    weights = np.exp((v @ b)[:, None] + (h @ c)[None] + v @ weight @ h.T)
    return weights / weights.sum()


RBMS = (machine(5, 4, 0), machine(4, 3, 1), machine(3, 4, 2))
LOG_Z = [exact_log_partition(rbm) for rbm in RBMS]
X = states(5)


def test_the_lines_add_up_to_the_bound_draw_by_draw():
    key = jax.random.key(3)
    found = entries(RBMS, X, key=key)
    total = found[0].own - LOG_Z[0].value
    for number in (1, 2):
        own, below = found[number]
        total += (own - LOG_Z[number].value) - (below - LOG_Z[number - 1].value)
    np.testing.assert_allclose(total, DBN(RBMS).lower_bound(X, LOG_Z[2].value, key=key), atol=1e-4)


def test_each_line_is_its_expectation_over_the_upward_pass():
    first, second, _ = (joint(rbm) for rbm in RBMS)
    given = first / first.sum(1, keepdims=True)  # q(h | x)
    above = second / second.sum(1, keepdims=True)
    third = joint(RBMS[2])
    expected = [
        (np.log(first.sum(1)).mean(), None),
        ((given @ np.log(second.sum(1))).mean(), (given @ np.log(first.sum(0))).mean()),
        (
            (given @ above @ np.log(third.sum(1))).mean(),
            (given @ above @ np.log(second.sum(0))).mean(),
        ),
    ]
    many = jnp.tile(X, (4000, 1))
    lines = ledger(entries(RBMS, many, key=jax.random.key(0)), LOG_Z)
    for line, (own, below) in zip(lines, expected, strict=True):
        assert abs(line["input_at_least"] - own) < 0.02
        assert line["input_at_least"] == line["input_at_most"]
        if below is not None:
            assert abs(line["below_at_most"] - below) < 0.02
            assert abs(line["gain_at_least"] - (own - below)) < 0.03


def test_a_layer_that_loses_is_named():
    """The machine below mirrored gains nothing and loses nothing; one of other weights loses."""
    lower = RBMS[0]
    mirror = RBM(lower.weight.T, lower.hidden_bias, lower.visible_bias)
    lines = ledger(
        entries((lower, mirror), X, key=jax.random.key(0)), [LOG_Z[0], exact_log_partition(mirror)]
    )
    assert abs(lines[1]["gain_at_most"]) < 1e-4
    wrong = RBM(3 * mirror.weight, -mirror.visible_bias, mirror.hidden_bias)
    lines = ledger(entries((lower, wrong), X, key=jax.random.key(0)), [LOG_Z[0], exact_log_partition(wrong)])
    assert lines[1]["gain_at_most"] < -1
    assert losses(lines)[0].startswith(f"layer 2 loses {-lines[1]['gain_at_most']:.1f} nats")


def test_both_sides_of_every_log_z_widen_the_gain():
    key = jax.random.key(0)
    about = [LogPartition(z.value - 0.5, upper=z.value + 0.25) for z in LOG_Z]
    exact, wide = (ledger(entries(RBMS, X, key=key), z) for z in (LOG_Z, about))
    for one, other in zip(exact, wide, strict=True):
        np.testing.assert_allclose(other["input_at_most"], one["input_at_most"] + 0.5, atol=1e-4)
        np.testing.assert_allclose(other["input_at_least"], one["input_at_least"] - 0.25, atol=1e-4)
    np.testing.assert_allclose(wide[1]["gain_at_most"], exact[1]["gain_at_most"] + 0.75, atol=1e-4)
    np.testing.assert_allclose(wide[1]["gain_at_least"], exact[1]["gain_at_least"] - 0.75, atol=1e-4)
    assert losses([{"layer": 2.0, "gain_at_least": -1.0, "gain_at_most": 2.0}])[0].startswith(
        "layer 2 may lose 1.0"
    )
    assert losses(exact[:1]) == []
