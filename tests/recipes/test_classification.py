"""What all recipes of classifiers share."""

import jax
import numpy as np

from harmonium.data import intensities
from harmonium.models import LogisticRegression
from harmonium.recipes.shared import classified


def test_probabilities_of_many_examples_are_those_of_their_parts(monkeypatch):
    x = np.random.default_rng(0).integers(0, 256, (8, 4, 3), np.uint8)
    model = LogisticRegression(jax.random.normal(jax.random.key(0), (3, 12)), jax.numpy.zeros(3))
    monkeypatch.setattr(classified, "PART", 3)
    expected = jax.nn.softmax(model.batch(jax.numpy.asarray(intensities(x))))
    np.testing.assert_allclose(classified.probabilities(model, x), expected, atol=1e-6)
    assert classified.probabilities(model, x[:0]).shape == (0, 3)
