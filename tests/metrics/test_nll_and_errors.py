"""Scores of classifiers, and labels that are none of the classes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from harmonium.errors import DataError
from harmonium.metrics import confusion_counts, is_error, negative_log_likelihood


@pytest.mark.parametrize("score", [negative_log_likelihood, is_error])
@pytest.mark.parametrize(("label", "said"), [(-1, "-1"), (5, "5"), (3, "3")])
def test_labels_that_are_no_class_are_refused(score, label, said):
    logits = jnp.array([[0.0, 1.0, 2.0]] * 2)
    with pytest.raises(DataError, match=f"y holds the label {said}; those of 3 classes are 0 to 2"):
        score(logits, jnp.array([0, label]))
    known = jnp.array([0, 2])
    np.testing.assert_allclose(jax.jit(score)(logits, known), score(logits, known), rtol=1e-6)


def test_no_class_is_counted_as_the_last():
    for predicted, y, name in (([0, -1], [0, 1], "predicted"), ([0, 1], [0, 3], "y")):
        with pytest.raises(DataError, match=f"{name} holds the label"):
            confusion_counts(np.array(predicted), np.array(y), 3)
    assert confusion_counts(np.array([0, 2]), np.array([0, 1]), 3).sum() == 2
