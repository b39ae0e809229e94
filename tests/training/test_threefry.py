"""Numbers drawn in one pass are JAX's own."""

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harmonium.training import random_key

DRAWS = {
    "uniform": lambda key, shape: jax.random.uniform(key, shape),
    "normal": lambda key, shape: jax.random.normal(key, shape),
    "bernoulli": lambda key, shape: jax.random.bernoulli(key, 0.3, shape),
    "bytes": lambda key, shape: jax.random.bits(key, shape, "uint8"),
    "permutation": lambda key, shape: jax.random.permutation(key, 1 + sum(shape)),
    "split": lambda key, shape: jax.random.uniform(jax.random.split(key, 3)[2], shape),
    "folded": lambda key, shape: jax.random.uniform(jax.random.fold_in(key, 7), shape),
    "many keys": lambda key, shape: jax.vmap(lambda k: jax.random.uniform(k, shape))(
        jax.random.split(key, 2)
    ),
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
@pytest.mark.parametrize("shape", [(), (0,), (1,), (3, 5), (2, 3, 129)], ids=str)
def test_every_draw_is_jaxs_own(draw, shape):
    expected = draw(jax.random.key(11), shape)
    np.testing.assert_array_equal(draw(random_key(11), shape), expected)
    np.testing.assert_array_equal(jax.jit(draw, static_argnums=1)(random_key(11), shape), expected)


@given(st.integers(0, 2**31 - 1))
def test_so_it_is_under_any_seed(seed):
    expected = jax.random.uniform(jax.random.key(seed), (9,))
    np.testing.assert_array_equal(jax.random.uniform(random_key(seed), (9,)), expected)
