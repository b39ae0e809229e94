"""The linear chain against all labellings of short sentences, one by one."""

from itertools import pairwise, product

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from harmonium.models import Tagger
from harmonium.models.linear_chain import best_labels, log_partition, marginals, score

LABELS, TIME = 3, 4
LENGTHS = (4, 1, 2, 3)


def chain(scale=1.0, seed=0):
    a, b = jax.random.split(jax.random.key(seed))
    logits = scale * jax.random.normal(a, (len(LENGTHS), TIME, LABELS))
    true = jnp.arange(TIME) < jnp.array(LENGTHS)[:, None]
    return logits, scale * jax.random.normal(b, (LABELS, LABELS)), true


def enumerated(logits, transitions, length):
    """Every labelling of a sentence's words, and its score, in double precision."""
    logits, transitions = np.asarray(logits, np.float64), np.asarray(transitions, np.float64)
    every = list(product(range(LABELS), repeat=length))
    scores = [
        sum(logits[t, y[t]] for t in range(length)) + sum(transitions[p] for p in pairwise(y)) for y in every
    ]
    return every, np.array(scores)


@pytest.mark.parametrize("scale", [1.0, 30.0])
def test_log_z_scores_marginals_and_the_best_are_those_of_enumeration(scale):
    logits, transitions, true = chain(scale)
    log_z = log_partition(logits, transitions, true)
    chances = marginals(logits, transitions, true)
    best = best_labels(logits, transitions, true)
    for row, length in enumerate(LENGTHS):
        every, scores = enumerated(logits[row], transitions, length)
        expected = np.logaddexp.reduce(scores)
        np.testing.assert_allclose(log_z[row], expected, rtol=1e-5)
        for labels, value in zip(every, scores, strict=True):
            padded = jnp.array(labels + (1,) * (TIME - length))
            found = score(padded, logits[row], transitions, true[row])
            np.testing.assert_allclose(found, value, rtol=1e-4, atol=1e-4)
        probabilities = np.exp(scores - expected)
        of_words = np.zeros((TIME, LABELS))
        for labels, p in zip(every, probabilities, strict=True):
            of_words[np.arange(length), list(labels)] += p
        np.testing.assert_allclose(chances[row], of_words, atol=2e-5)
        assert tuple(best[row, :length].tolist()) == every[scores.argmax()]
        assert set(best[row, length - 1 :].tolist()) == {int(best[row, length - 1])}


def test_padding_changes_nothing_and_has_no_gradient():
    logits, transitions, true = chain()
    other = jnp.where(true[..., None], logits, 99.0)
    for of in (log_partition, marginals, best_labels):
        np.testing.assert_array_equal(of(logits, transitions, true), of(other, transitions, true))
    alone = [
        log_partition(logits[row, :length], transitions, true[row, :length])
        for row, length in enumerate(LENGTHS)
    ]
    np.testing.assert_allclose(log_partition(logits, transitions, true), jnp.stack(alone), rtol=1e-6)


def test_a_forbidden_transition_is_never_taken_and_all_stays_finite():
    logits, transitions, true = chain()
    forbidden = transitions.at[0, 1].set(-1e4)
    best = np.asarray(best_labels(logits.at[..., :2].add(9.0), forbidden, true))
    assert not ((best[:, :-1] == 0) & (best[:, 1:] == 1) & np.asarray(true[:, 1:])).any()
    of = jax.grad(lambda s, a: log_partition(s, a, true).sum(), (0, 1))(100 * logits, forbidden)
    assert all(np.isfinite(part).all() for part in of)


def test_without_transitions_words_are_independent():
    logits, _, true = chain()
    none = jnp.zeros((LABELS, LABELS))
    expected = jnp.where(true[..., None], jax.nn.softmax(logits), 0)
    np.testing.assert_allclose(marginals(logits, none, true), expected, atol=1e-6)


def test_a_tagger_with_a_chain_gives_what_the_chain_gives_for_its_logits():
    model = Tagger.init(9, LABELS, dimension=3, hidden=4, window=3, chain=True, key=jax.random.key(0))
    words = jnp.array([[1, 2, 3, 4], [5, 6, -1, -1]])
    labels = jnp.array([[0, 1, 2, 0], [2, 2, 0, 0]])
    np.testing.assert_array_equal(model.transitions, jnp.zeros((LABELS, LABELS)))
    model = eqx.tree_at(lambda m: m.transitions, model, chain()[1])
    found = model.negative_log_likelihood(model(words), labels, words)
    for row, length in enumerate((4, 2)):
        every, scores = enumerated(model(words)[row], model.transitions, length)
        given = scores[every.index(tuple(labels[row, :length].tolist()))]
        np.testing.assert_allclose(found[row], np.logaddexp.reduce(scores) - given, rtol=1e-5)
    best, chances = model.likeliest(words)
    np.testing.assert_array_equal(best, best_labels(model(words), model.transitions, words >= 0))
    np.testing.assert_array_equal(chances, marginals(model(words), model.transitions, words >= 0))
