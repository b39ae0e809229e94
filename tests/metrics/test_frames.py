import jax.numpy as jnp
import pytest

from harmonium.metrics import expected_counts, frame_accuracy


def test_counts_by_hand():
    # Foretold: notes 0 and 1; sounding: notes 1 and 2. One right, one wrong, one missed.
    counts = expected_counts(jnp.array([1.0, 1.0, 0.0, 0.0]), jnp.array([0.0, 1.0, 1.0, 0.0]))
    assert counts.tolist() == [1, 1, 1]
    assert float(frame_accuracy(counts[None])) == pytest.approx(1 / 3)


def test_probabilities_count_in_part():
    counts = expected_counts(jnp.array([0.25, 0.5]), jnp.array([1.0, 0.0]))
    assert counts.tolist() == [0.25, 0.5, 0.75]


def test_steps_are_summed_before_they_are_divided():
    p, v = jnp.array([[1.0, 1.0], [0.0, 0.0]]), jnp.array([[1.0, 1.0], [1.0, 0.0]])
    assert float(frame_accuracy(expected_counts(p, v))) == pytest.approx(2 / 3)


def test_silence_foretold_is_right():
    assert float(frame_accuracy(expected_counts(jnp.zeros((2, 3)), jnp.zeros((2, 3))))) == 1
