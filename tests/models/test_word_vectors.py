"""Word vectors against counting pair by pair, and against a dense decomposition."""

import itertools
import math

import numpy as np

from harmonium.models.word_vectors import SMOOTHING, positive_pmi, word_vectors

WORDS = 7  # the last one never occurs
TEXTS = [np.random.default_rng(n).integers(0, WORDS - 1, size) for n, size in enumerate((9, 1, 14, 4))]
FLAT, ENDS = np.concatenate(TEXTS), np.cumsum([len(text) for text in TEXTS])


def counted(window):
    counts = np.zeros((WORDS, WORDS))
    for text in TEXTS:
        for i, j in itertools.permutations(range(len(text)), 2):
            if abs(i - j) <= window:
                counts[text[i], text[j]] += (window + 1 - abs(i - j)) / window
    return counts


def test_mutual_information_is_that_of_the_pairs():
    for window in (1, 3):
        counts = counted(window)
        p_context = counts.sum(0) ** SMOOTHING / (counts.sum(0) ** SMOOTHING).sum()
        found = positive_pmi(FLAT, ENDS, WORDS, window).toarray()
        for w, c in itertools.product(range(WORDS), repeat=2):
            p = counts[w, c] / counts[w].sum() if counts[w, c] else 0.0
            expected = max(0.0, math.log(p / p_context[c])) if p else 0.0
            assert math.isclose(found[w, c], expected, abs_tol=1e-9)
        assert (found > 0).any()


def test_angles_are_those_of_the_leading_singular_vectors():
    left, values, _ = np.linalg.svd(positive_pmi(FLAT, ENDS, WORDS, 2).toarray())
    expected = left[:, :3] * np.sqrt(values[:3])
    expected /= np.maximum(np.linalg.norm(expected, axis=1, keepdims=True), 1e-12)
    found = word_vectors(FLAT, ENDS, WORDS, 3, window=2)
    np.testing.assert_allclose(found[:-1] @ found[:-1].T, expected[:-1] @ expected[:-1].T, atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), [1] * 6 + [0], atol=1e-6)


def test_words_that_keep_the_same_company_are_alike():
    texts = np.array([0, 1, 2, 3, 0, 4, 2, 3] * 20)  # 1 and 4 stand in the same place
    vectors = word_vectors(texts, np.arange(4, len(texts) + 1, 4), 5, 3, window=2)
    assert vectors[1] @ vectors[4] > 0.99
    assert vectors[1] @ vectors[3] < 0.9


def test_more_dimensions_than_words_are_filled_with_zeros():
    vectors = word_vectors(FLAT, ENDS, WORDS, 10)
    assert vectors.shape == (WORDS, 10)
    assert not vectors[:, WORDS:].any()
    np.testing.assert_array_equal(vectors, word_vectors(FLAT, ENDS, WORDS, 10))
