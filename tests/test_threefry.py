"""Numbers drawn in one pass are JAX's own."""

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harmonium import threefry
from harmonium.threefry import written_out
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
    "keys of keys": lambda key, shape: jax.vmap(jax.vmap(lambda k: jax.random.normal(k, shape)))(
        jax.random.split(key, (2, 3))
    ),
    "within a gradient": lambda key, shape: jax.vmap(
        lambda k: jax.grad(lambda x: (x * jax.random.normal(k, shape)).sum())(np.ones(shape, np.float32))
    )(jax.random.split(key, 2)),
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


@given(st.integers(0, 2**31 - 1), st.integers(0, 2**32 - 1))
def test_keys_made_of_a_key_are_jaxs_own(seed, number):
    ours, jaxs = random_key(seed), jax.random.key(seed)
    for make in (
        lambda key: jax.random.fold_in(key, number),
        lambda key: jax.random.fold_in(key, np.uint32(number)),
        lambda key: jax.random.split(key, (2, 3)),
        lambda key: jax.vmap(jax.random.split)(jax.random.split(key, 4)),
        lambda key: jax.vmap(lambda n: jax.random.fold_in(key, n))(np.arange(3)),
    ):
        made, expected = make(ours), make(jaxs)
        assert made.shape == expected.shape
        np.testing.assert_array_equal(jax.random.key_data(made), jax.random.key_data(expected))


def test_keys_made_between_programs_are_made_by_one_program_each():
    """Operation by operation a key takes 10 ms, which every epoch and every small fit would wait for."""
    for make in (threefry.fold_in, threefry.split):
        make.clear_cache()
    key = random_key(5)
    for number in range(3):
        jax.random.split(jax.random.fold_in(key, number))
    assert threefry.fold_in._cache_size() == threefry.split._cache_size() == 1


def test_any_key_of_threefry_is_written_out_and_others_stay():
    key = written_out(jax.random.key(3))
    assert jax.random.key_impl(key) == jax.random.key_impl(random_key(3))
    np.testing.assert_array_equal(jax.random.key_data(key), jax.random.key_data(random_key(3)))
    for other in (jax.random.PRNGKey(3), jax.random.key(3, impl="rbg"), random_key(3)):
        assert written_out(other) is other
