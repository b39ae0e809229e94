import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harmonium.models import LSTM, LanguageModel, TextClassifier

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


@pytest.fixture(params=[False, True], ids=["forward", "bidirectional"])
def language(request):
    texts = TextClassifier.init(
        7, 2, dimension=3, hidden=4, bidirectional=request.param, key=jax.random.key(0)
    )
    model = LanguageModel.init(texts, jnp.full(7, 1 / 7), key=jax.random.key(1))
    leaves, structure = jax.tree.flatten(model)
    keys = jax.random.split(jax.random.key(2), len(leaves))
    drawn = [0.7 * jax.random.normal(k, leaf.shape) for k, leaf in zip(keys, leaves, strict=True)]
    return jax.tree.unflatten(structure, drawn)


def softmax_nll(model, text):
    """-log P of each predicted word of a text, word by word, over the whole vocabulary."""
    found, e = [], model.texts.embedding
    sides = [(model.texts.forward, model.forward_weight, text)]
    if model.backward_weight is not None:
        sides.append((model.texts.backward, model.backward_weight, text[::-1]))
    for layer, weight, words in sides:
        h = layer(e[jnp.array(words)])
        logits = [e[:-1] @ (one @ weight) + model.bias for one in h[:-1]]
        found += [-jax.nn.log_softmax(z)[word] for z, word in zip(logits, words[1:], strict=True)]
    return found


def test_a_language_model_is_a_softmax_over_all_words_where_each_is_drawn_once(language):
    texts = [[4, 0, 3, 3], [1, 6], [5]]
    padded = jnp.array([text + [-1] * (5 - len(text)) for text in texts])
    expected = jnp.array([one for text in texts for one in softmax_nll(language, text)])
    found = language.next_word_nll(padded, jnp.arange(7), jnp.zeros(7))
    np.testing.assert_allclose(found, expected.mean(), rtol=1e-5)
    np.testing.assert_allclose(language.next_word_nll(jnp.array([[5]]), jnp.arange(7), jnp.zeros(7)), 0)


def test_words_drawn_stand_for_the_whole_vocabulary(language):
    text, p, count = [4, 0, 3, 3, 2], jnp.arange(1.0, 8) / 28, 400_000
    drawn = jax.random.choice(jax.random.key(3), 7, (count,), p=p)
    found = language.next_word_nll(jnp.array([text]), drawn, jnp.log(count * p))
    expected = jnp.array(softmax_nll(language, text)).mean()
    np.testing.assert_allclose(found, expected, rtol=0.01)
    twice = language.next_word_nll(jnp.array([text]), drawn, jnp.log(2 * count * p))
    assert twice < found - 0.1  # so that the division counts


def test_a_vocabulary_of_one_drawn_word_has_slopes(language):
    gradient = jax.grad(lambda m: m.next_word_nll(jnp.array([[3, 3, 3]]), jnp.array([3]), jnp.zeros(7)))(
        language
    )
    assert all(jnp.isfinite(leaf).all() for leaf in jax.tree.leaves(gradient))
