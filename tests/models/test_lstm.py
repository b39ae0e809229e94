import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harmonium.models import LSTM, TextClassifier

INPUTS, HIDDEN = 3, 5


@pytest.fixture
def layer():
    layer = LSTM.init(INPUTS, HIDDEN, key=jax.random.key(0))
    return eqx.tree_at(lambda m: m.bias, layer, jax.random.normal(jax.random.key(1), (4 * HIDDEN,)))


def by_equinox(layer, x):
    """The states by Equinox's cell, whose gates stand in the order i, f, g, o."""
    i, f, o, g = (slice(k * HIDDEN, (k + 1) * HIDDEN) for k in range(4))
    cell = eqx.nn.LSTMCell(INPUTS, HIDDEN, key=jax.random.key(0))

    def arranged(a):
        return jnp.concatenate([a[..., part] for part in (i, f, g, o)], axis=-1)

    cell = eqx.tree_at(
        lambda c: (c.weight_ih, c.weight_hh, c.bias),
        cell,
        (arranged(layer.input_weight).T, arranged(layer.recurrent_weight).T, arranged(layer.bias)),
    )
    state, states = (jnp.zeros(HIDDEN), jnp.zeros(HIDDEN)), []
    for one in x:
        state = cell(one, state)
        states.append(state[0])
    return jnp.stack(states)


@pytest.mark.parametrize("steps", [1, 2, 7])
def test_the_states_are_those_of_equinox(layer, steps):
    x = jax.random.normal(jax.random.key(2), (steps, INPUTS))

    np.testing.assert_allclose(layer(x), by_equinox(layer, x), atol=1e-6)


def test_the_gradient_is_that_of_autodiff(layer):
    x = jax.random.normal(jax.random.key(2), (6, INPUTS))
    direction = jax.random.normal(jax.random.key(3), (6, HIDDEN))

    def value(states, layer, x):
        return (states(layer, x) * direction).sum()

    ours = jax.grad(lambda both: value(lambda m, x: m(x), *both))((layer, x))
    expected = jax.grad(lambda both: value(by_equinox, *both))((layer, x))

    for a, b in zip(jax.tree.leaves(ours), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_a_batch_is_its_examples(layer):
    x = jax.random.normal(jax.random.key(2), (6, 4, INPUTS))

    def loss(layer, x):
        return jnp.square(layer(x)).sum()

    np.testing.assert_allclose(layer(x), jax.vmap(layer, 1, 1)(x), atol=1e-6)
    together = jax.grad(loss)(layer, x)
    apart = jax.tree.map(lambda *g: sum(g), *(jax.grad(loss)(layer, x[:, k]) for k in range(4)))
    for a, b in zip(jax.tree.leaves(together), jax.tree.leaves(apart), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_each_gate_begins_orthogonal():
    weight = LSTM.init(INPUTS, HIDDEN, key=jax.random.key(0)).recurrent_weight

    for gate in jnp.split(weight, 4, axis=1):
        np.testing.assert_allclose(gate @ gate.T, np.eye(HIDDEN), atol=1e-5)


@pytest.fixture(params=[False, True], ids=["forward", "bidirectional"])
def classifier(request):
    model = TextClassifier.init(
        9, 3, dimension=INPUTS, hidden=HIDDEN, bidirectional=request.param, key=jax.random.key(0)
    )
    keys = jax.random.split(jax.random.key(1), 2)
    return eqx.tree_at(
        lambda m: (m.embedding, m.weight),
        model,
        (jax.random.normal(keys[0], model.embedding.shape), jax.random.normal(keys[1], model.weight.shape)),
    )


@settings(max_examples=20, deadline=None)
@given(words=st.lists(st.integers(0, 8), min_size=1, max_size=8), padding=st.integers(0, 5))
def test_padding_changes_nothing(words, padding):
    for bidirectional in (False, True):
        model = TextClassifier.init(
            9, 2, dimension=2, hidden=3, bidirectional=bidirectional, key=jax.random.key(0)
        )
        padded = jnp.array([words + [-1] * padding])

        np.testing.assert_allclose(model(padded)[0], model(jnp.array(words)), atol=1e-6)


def test_the_code_is_the_mean_of_the_states(classifier):
    words = jnp.array([4, 0, 7, 7])
    x = classifier.embedding[words]

    expected = classifier.forward(x).mean(0)
    if classifier.backward is not None:
        expected = jnp.concatenate([expected, classifier.backward(x[::-1]).mean(0)])

    np.testing.assert_allclose(classifier.pooled_state(words), expected, atol=1e-6)
    np.testing.assert_allclose(classifier(words), expected @ classifier.weight + classifier.bias, atol=1e-6)


def test_no_gradient_comes_from_padding(classifier):
    words = jnp.array([[4, 0, -1, -1], [1, 2, 3, 8]])

    gradient = jax.grad(lambda m: jnp.square(m(words)).sum())(classifier)

    assert (gradient.embedding[-1] == 0).all()
    assert (jnp.abs(gradient.embedding[jnp.array([4, 0, 1, 2, 3, 8])]).sum(1) > 0).all()


def test_dropout_keeps_the_mean_and_depends_on_the_key(classifier):
    words = jnp.array([4, 0, 7, 7])
    drawn = jax.vmap(lambda key: classifier(words, dropout=0.5, key=key))(
        jax.random.split(jax.random.key(0), 4000)
    )

    np.testing.assert_allclose(drawn.mean(0), classifier(words), atol=0.05)
    assert (drawn.std(0) > 0).all()


def test_the_largest_value_of_each_state_is_taken_of_true_words_alone():
    model = TextClassifier.init(
        9, 2, dimension=2, hidden=3, bidirectional=True, pooling="max", key=jax.random.key(0)
    )
    words = jnp.array([4, 0, 7, 7])
    x = model.embedding[words]
    expected = jnp.concatenate([model.forward(x).max(0), model.backward(x[::-1]).max(0)])
    np.testing.assert_allclose(model.pooled_state(words), expected, atol=1e-6)
    padded = jnp.concatenate([words, jnp.array([-1, -1])])
    np.testing.assert_allclose(model(padded[None])[0], model(words), atol=1e-6)


def test_a_shift_is_another_embedding(classifier):
    words, shift = jnp.array([4, 0, 7]), jax.random.normal(jax.random.key(2), (3, INPUTS))
    moved = eqx.tree_at(lambda m: m.embedding, classifier, classifier.embedding.at[words].add(shift))
    np.testing.assert_allclose(classifier(words, shift=shift), moved(words), atol=1e-6)
