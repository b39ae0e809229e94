from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from harmonium.models import MLP
from harmonium.models.layers.dense import HELD
from harmonium.models.layers.normalization import with_statistics


@pytest.mark.parametrize("examples", [1, 2, 20, 60])
@pytest.mark.parametrize("hidden", [[7, 5], [1024, 513]])
def test_a_batch_and_its_gradients_are_those_of_its_examples(examples, hidden):
    assert 5 * 7 < HELD < 1024 * 513
    model = MLP.init(12, hidden, 3, key=jax.random.key(0))
    weights = jax.random.normal(jax.random.key(1), model.output.weight.shape)
    model = eqx.tree_at(lambda m: m.output.weight, model, weights)
    x = jax.random.normal(jax.random.key(2), (examples, 3, 4))

    def loss(logits, given):
        found = logits(*given)
        return jnp.sin(found).sum(), found  # the sum cancels: its rounding is no share of it

    together = jax.grad(partial(loss, lambda m, x: m.batch(x)), has_aux=True)((model, x))
    alone = jax.grad(partial(loss, lambda m, x: jax.vmap(m)(x)), has_aux=True)((model, x))
    for ours, plain in zip(jax.tree.leaves(together), jax.tree.leaves(alone), strict=True):
        np.testing.assert_allclose(ours, plain, rtol=0, atol=1e-5 * float(jnp.abs(plain).max()))


def test_a_few_examples_are_scored_by_the_moving_statistics():
    model = MLP.init(12, [7, 5], 3, batch_norm=True, key=jax.random.key(0))
    _, moved = model.on_batch(jax.random.normal(jax.random.key(1), (50, 12)))
    model = with_statistics(model, moved)
    x = jax.random.normal(jax.random.key(2), (20, 12))
    np.testing.assert_allclose(model.batch(x), jax.vmap(model)(x), rtol=1e-5, atol=1e-6)
