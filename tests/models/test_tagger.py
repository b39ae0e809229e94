"""The network of chapter 12 against the book's examples, plain loops and autodiff."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harmonium.models import Elman, Tagger
from harmonium.models.layers import reverse_sequences
from harmonium.models.layers.recurrent import elman_states
from harmonium.models.tagger import PADDING, context_windows


def test_context_windows_are_the_books():
    """Section 12.5.2; its last row of size 7 lacks an index that the others have."""
    x = jnp.arange(5)
    assert context_windows(x, 3).tolist() == [[-1, 0, 1], [0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, -1]]
    assert context_windows(x, 7).tolist() == [
        [-1, -1, -1, 0, 1, 2, 3],
        [-1, -1, 0, 1, 2, 3, 4],
        [-1, 0, 1, 2, 3, 4, -1],
        [0, 1, 2, 3, 4, -1, -1],
        [1, 2, 3, 4, -1, -1, -1],
    ]
    assert context_windows(x, 1).tolist() == [[0], [1], [2], [3], [4]]
    assert context_windows(jnp.stack([x, x]), 7).shape == (2, 5, 7)


def draw(*shape, seed=0):
    return jax.random.normal(jax.random.key(seed), shape)


def plain_states(z, initial, weight):
    h, states = initial, []
    for step in z:
        h = jax.nn.sigmoid(step + h @ weight)
        states.append(h)
    return jnp.stack(states)


@pytest.mark.parametrize("batch", [(), (1,), (3,)])
def test_the_backward_pass_is_that_of_autodiff(batch):
    arguments = draw(5, *batch, 4), draw(*batch, 4, seed=1), draw(4, 4, seed=2)
    weights = draw(5, *batch, 4, seed=3)

    def loss(states):
        return lambda *a: (weights * states(*a)).sum()

    np.testing.assert_allclose(elman_states(*arguments), plain_states(*arguments), rtol=1e-5)
    ours = jax.grad(loss(elman_states), (0, 1, 2))(*arguments)
    expected = jax.grad(loss(plain_states), (0, 1, 2))(*arguments)
    for mine, theirs in zip(ours, expected, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-6)


def test_a_layer_projects_its_inputs():
    layer = Elman.init(3, 4, key=jax.random.key(0))
    x = draw(6, 2, 3)
    expected = plain_states(x @ layer.input_weight, jnp.zeros((2, 4)), layer.recurrent_weight)
    np.testing.assert_allclose(layer(x), expected, rtol=1e-5)
    shifted = Elman(layer.input_weight, layer.recurrent_weight, jnp.ones(4), jnp.full(4, 0.5))
    expected = plain_states(x @ layer.input_weight + 0.5, jnp.ones((2, 4)), layer.recurrent_weight)
    np.testing.assert_allclose(shifted(x), expected, rtol=1e-5)
    assert Elman.init(3, 4, bias=False, key=jax.random.key(0)).bias is None


def test_sequences_are_reversed_within_their_lengths():
    x = jnp.arange(8.0).reshape(4, 2, 1)
    found = reverse_sequences(x, jnp.array([3, 1]))
    assert found[..., 0].T.tolist() == [[4, 2, 0, 6], [1, 3, 5, 7]]
    assert reverse_sequences(x[:, 0], jnp.array(4))[:, 0].tolist() == [6, 4, 2, 0]


def tagger(bidirectional=False, bias=True, cell="elman"):
    return Tagger.init(
        9,
        4,
        dimension=3,
        hidden=5,
        window=3,
        cell=cell,
        bidirectional=bidirectional,
        bias=bias,
        key=jax.random.key(1),
    )


def test_logits_are_those_of_the_equations():
    model = tagger()
    words = jnp.array([4, 2, 7])
    h, expected = jnp.zeros(5), []
    for window in ([9, 4, 2], [4, 2, 7], [2, 7, 9]):  # row 9 is that of padding
        x = jnp.concatenate([model.embedding[w] for w in window])
        h = jax.nn.sigmoid(x @ model.forward.input_weight + h @ model.forward.recurrent_weight)
        expected.append(h @ model.weight)
    np.testing.assert_allclose(model(words), jnp.stack(expected), rtol=1e-5)


@pytest.mark.parametrize(("bias", "cell"), [(True, "elman"), (False, "elman"), (True, "lstm")])
@given(st.lists(st.lists(st.integers(0, 8), min_size=1, max_size=6), min_size=1, max_size=3), st.booleans())
@settings(max_examples=20)
def test_padding_never_changes_a_label(bias, cell, sentences, bidirectional):
    model = tagger(bidirectional, bias, cell)
    padded = np.full((len(sentences), 9), PADDING, np.int32)
    for row, sentence in zip(padded, sentences, strict=True):
        row[: len(sentence)] = sentence
    together = model(jnp.asarray(padded))
    for logits, sentence in zip(together, sentences, strict=True):
        np.testing.assert_allclose(logits[: len(sentence)], model(jnp.array(sentence)), rtol=1e-4, atol=1e-6)


def test_only_two_directions_see_the_words_to_come():
    one, both = (
        tagger(bidirectional)(jnp.array([[1, 2, 3, 4, 5], [1, 2, 3, 4, 8]]))
        for bidirectional in (False, True)
    )
    np.testing.assert_array_equal(one[0, : 4 - 1], one[1, : 4 - 1])  # the window shows the next word
    assert (one[0, 3] != one[1, 3]).any()
    assert (both[0, 0] != both[1, 0]).any()


def test_embeddings_are_put_on_the_unit_sphere():
    model = tagger()
    after = model.with_unit_embeddings()
    np.testing.assert_allclose(jnp.linalg.norm(after.embedding, axis=1), jnp.ones(10), rtol=1e-6)
    cosines = (after.embedding * model.embedding).sum(1) / jnp.linalg.norm(model.embedding, axis=1)
    np.testing.assert_allclose(cosines, jnp.ones(10), rtol=1e-5)
    np.testing.assert_array_equal(after.weight, model.weight)
