"""Estimates of log Z against the sum over every state, where annealing is good and where modes lie apart."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from harmonium.errors import ConfigError
from harmonium.metrics.likelihoods import converges
from harmonium.models import RBM, GaussianRBM
from harmonium.models.annealing_path import base_rate_bias
from harmonium.models.partition import (
    adapted_ladder,
    annealed_log_partition,
    exact_log_partition,
    log_partition,
    walked,
)
from harmonium.models.tempered_partition import bridged_log_partition


def random_machine(scale, visible=12, hidden=9, seed=0):
    keys = jax.random.split(jax.random.key(seed), 3)
    return RBM(
        scale * jax.random.normal(keys[0], (visible, hidden)),
        jax.random.normal(keys[1], (visible,)),
        jax.random.normal(keys[2], (hidden,)),
    )


def two_modes(depth, visible=24, radius=4, units=3):
    """Two opposite patterns, with three hidden units each whose logits are `depth` there and 0 four bits away."""
    pattern, slope = np.arange(visible) % 2, depth / radius
    weights = [np.outer(2 * p - 1, np.full(units, slope)) for p in (pattern, 1 - pattern)]
    biases = [np.full(units, -slope * (p.sum() - radius)) for p in (pattern, 1 - pattern)]
    parts = np.concatenate(weights, 1), np.zeros(visible), np.concatenate(biases)
    return RBM(*(jnp.asarray(part, jnp.float32) for part in parts)), jnp.asarray(
        np.tile([pattern, 1 - pattern], (10, 1)), jnp.float32
    )


def test_blocks_of_temperatures_are_one_annealing(monkeypatch):
    rbm = random_machine(1.0)
    options = {"chains": 20, "temperatures": 100, "key": jax.random.key(1)}
    whole = annealed_log_partition(rbm, jnp.zeros(12), **options)
    monkeypatch.setattr("harmonium.models.annealing_path.BLOCK", 30)
    parts = annealed_log_partition(rbm, jnp.zeros(12), **options)
    assert parts.value == pytest.approx(whole.value, abs=1e-4)
    assert parts.effective_sample_size == pytest.approx(whole.effective_sample_size, rel=1e-3)


def test_the_walk_tells_whether_its_start_is_forgotten():
    weak = random_machine(0.3)
    examples = jax.random.bernoulli(jax.random.key(0), 0.5, (50, 12)).astype(float)
    options = {"chains": 50, "longest": 1000, "key": jax.random.key(1)}
    _, mixed = walked(weak, examples, base_rate_bias(examples, weak), **options)
    assert mixed < 1.05
    rbm, modes = two_modes(12)
    samples, apart = walked(rbm, modes, jnp.zeros(24), **options)
    assert apart > 1.5
    assert samples.shape == (50, 24)


def test_a_walk_that_has_not_mixed_goes_on_as_long_as_it_may():
    rbm, modes = two_modes(7)
    found = [
        walked(rbm, modes, jnp.zeros(24), chains=50, longest=longest, key=jax.random.key(1))
        for longest in (1000, 1999, 8000, 10**6)
    ]
    walks = [r_hat for _, r_hat in found]
    assert walks[0] == walks[1] > 1.1
    assert walks[2] == walks[3] < 1.05
    assert (found[2][0] == found[3][0]).all()


def test_tempering_reaches_modes_that_annealing_does_not():
    rbm, modes = two_modes(8)
    exact = exact_log_partition(rbm).value
    annealed = annealed_log_partition(
        rbm,
        jnp.zeros(24),
        chains=100,
        temperatures=500,
        samples=walked(rbm, modes, jnp.zeros(24), chains=100, longest=1000, key=jax.random.key(2))[0],
        key=jax.random.key(0),
    )
    assert not converges(annealed)
    tempered = bridged_log_partition(
        rbm, jnp.zeros(24), modes, temperatures=20, sweeps=4000, key=jax.random.key(1)
    )
    assert converges(tempered)
    assert abs(tempered.value - exact) < 3 * tempered.standard_error + 0.05
    assert abs(tempered.upper - exact) < 3 * tempered.upper_standard_error + 0.05


def test_a_ladder_that_adapts_goes_from_0_to_1_and_helps():
    rbm = random_machine(2.5, seed=3)
    options = {"chains": 100, "key": jax.random.key(5)}
    ladder = adapted_ladder(rbm, jnp.zeros(12), seconds=1.0, **options)
    assert ladder[0] == 0
    assert ladder[-1] == 1
    assert (np.diff(ladder) > 0).all()
    found = annealed_log_partition(rbm, jnp.zeros(12), temperatures=2, ladder=ladder, **options)
    assert found.temperatures == len(ladder)
    assert abs(found.value - exact_log_partition(rbm).value) < 3 * found.standard_error + 1e-3


def test_the_estimate_within_a_budget_has_both_sides(monkeypatch):
    monkeypatch.setattr("harmonium.models.partition.ENUMERABLE", 0)
    rbm = random_machine(1.0)
    examples = jax.random.bernoulli(jax.random.key(0), 0.5, (50, 12)).astype(float)
    found = log_partition(rbm, examples, chains=50, temperatures=10, seconds=0.5, key=jax.random.key(1))
    assert found.temperatures > 10
    assert found.upper is not None
    assert found.r_hat is not None
    assert abs(found.value - exact_log_partition(rbm).value) < 3 * found.standard_error + 1e-2


def test_a_sum_that_would_never_end_is_refused_with_the_remedy():
    with pytest.raises(
        ConfigError, match=r"here there are 26; estimate it by harmonium\.models\.log_partition"
    ):
        exact_log_partition(random_machine(0.1, 40, 26))
    with pytest.raises(
        ConfigError, match="at most 25 units"
    ):  # whose visible states are no numbers to sum over
        exact_log_partition(GaussianRBM.init(3, 30, key=jax.random.key(0)))
