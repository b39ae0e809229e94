"""Word vectors from the company that words keep, to begin a network's embeddings with (Levy & Goldberg 2014)."""

import numpy as np
import scipy.sparse
from sklearn.utils.extmath import randomized_svd

SMOOTHING = 0.75  # the power of contexts' frequencies, so that rare ones do not stand out (Levy, Goldberg & Dagan 2015)


def word_vectors(
    words: np.ndarray, ends: np.ndarray, vocabulary: int, dimension: int, *, window: int = 5, seed: int = 0
) -> np.ndarray:
    """A vector of length one for each word, (vocabulary, dimension), float32; of zeros for a word without company.

    `words` are those of all texts, one text after the other, as numbers below `vocabulary`, and `ends` says where each
    text's words end. The vectors are rows of U·√Σ, of the largest singular values of `positive_pmi`. Where it has fewer
    than `dimension`, zeros fill the vectors up.
    """
    pmi = positive_pmi(words, ends, vocabulary, window)
    left, values, _ = randomized_svd(pmi, min(dimension, vocabulary), random_state=seed)
    vectors = np.zeros((vocabulary, dimension), np.float32)
    vectors[:, : len(values)] = left * np.sqrt(values)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def positive_pmi(words: np.ndarray, ends: np.ndarray, vocabulary: int, window: int) -> scipy.sparse.csr_array:
    """Positive pointwise mutual information of words and contexts, max(0, log p(w, c) / (p(w) p(c))), in nats.

    A context is a word at most `window` places away in the same text; nearer ones count more, as in word2vec.
    """
    text = np.repeat(np.arange(len(ends)), np.diff(ends, prepend=0))
    counts = scipy.sparse.csr_array((vocabulary, vocabulary))
    for distance in range(1, window + 1):
        near = text[distance:] == text[:-distance]
        pairs = (words[:-distance][near], words[distance:][near])
        weight = np.full(len(pairs[0]), (window + 1 - distance) / window)
        counts += scipy.sparse.coo_array((weight, pairs), (vocabulary, vocabulary)).tocsr()
    pmi = (counts + counts.T).tocoo()
    frequency = pmi.sum(0)
    contexts = frequency**SMOOTHING / (frequency**SMOOTHING).sum()
    pmi.data = np.maximum(0, np.log(pmi.data / (frequency[pmi.row] * contexts[pmi.col])))
    positive = pmi.tocsr()
    positive.eliminate_zeros()
    return positive
