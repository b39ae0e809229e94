"""What needs no network, on the reviews of chapter 13: `python results/baselines.py`, some minutes.

Words and pairs of neighbours by logistic regression on tf-idf, and the same counts with Naive Bayes features in a
linear support vector machine (NBSVM; Wang and Manning 2012), from scikit-learn. The penalty is chosen on the validation
reviews; then the model learns from train and valid together, and the test reviews are scored once. The figures go
into baselines.json, of which `make results` makes a table.
"""

import json
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from harmonium import data

FILE = Path(__file__).parent / "baselines.json"


def counts(reviews: data.Reviews) -> dict[str, dict[str, sparse.csr_matrix]]:
    """Return how often each word stands in each text, by split; and each word and pair of two training texts."""

    def words(split: str) -> list[list[int]]:
        texts = reviews.splits[split]
        return [part.tolist() for part in np.split(texts.words, texts.ends[:-1])]

    listed = {split: words(split) for split in ("train", "valid", "test")}
    with_pairs = CountVectorizer(analyzer=lambda of: [*zip(of, strict=True), *pairwise(of)], min_df=2)
    alone = CountVectorizer(analyzer=lambda of: of)
    return {
        name: {"train": counter.fit_transform(listed["train"])}
        | {split: counter.transform(listed[split]) for split in ("valid", "test")}
        for name, counter in (("words", alone), ("pairs", with_pairs))
    }


class TfIdf:
    """Logistic regression on tf-idf, each text of length one."""

    may_be = (0.1, 1.0, 10.0, 100.0)  # C, the weight of the errors against the penalty

    def __init__(self, weight: float):
        self.scaled = TfidfTransformer(sublinear_tf=True)
        self.classifier = LogisticRegression(C=weight, max_iter=1000)

    def fit(self, x: sparse.csr_matrix, y: np.ndarray) -> "TfIdf":
        """Learn from counts."""
        self.classifier.fit(self.scaled.fit_transform(x), y)
        return self

    def errors(self, x: sparse.csr_matrix, y: np.ndarray) -> float:
        """The share of texts that are put into the wrong class."""
        return float((self.classifier.predict(self.scaled.transform(x)) != y).mean())


class NBSVM:
    """A support vector machine on which words are there, each scaled by r, how much it speaks for praise.

    r = log p / |p| - log q / |q|, where p and q count, from 1, the texts of either class that have the word. Its
    weights w are then drawn to their mean size: β·w + (1 - β)·mean |w| for each word, with β = 1/4.
    """

    may_be = (0.001, 0.01, 0.1, 1.0)

    def __init__(self, weight: float):
        self.classifier = LinearSVC(C=weight)

    def fit(self, x: sparse.csr_matrix, y: np.ndarray) -> "NBSVM":
        """Learn from counts."""
        there = (x > 0).astype(np.float64)
        p, q = (1 + np.asarray(there[y == label].sum(0)).ravel() for label in (1, 0))
        self.ratio = np.log(p / p.sum()) - np.log(q / q.sum())
        self.classifier.fit(there.multiply(self.ratio).tocsr(), y)
        w = self.classifier.coef_[0]
        self.weight = self.ratio * (0.25 * w + 0.75 * np.abs(w).mean())
        return self

    def errors(self, x: sparse.csr_matrix, y: np.ndarray) -> float:
        """The share of texts that are put into the wrong class."""
        found = (x > 0).astype(np.float64) @ self.weight + self.classifier.intercept_[0] > 0
        return float((found != y).mean())


ROWS: dict[str, tuple[Any, str]] = {
    "tf-idf of words, logistic regression": (TfIdf, "words"),
    "tf-idf of words and pairs, logistic regression": (TfIdf, "pairs"),
    "NBSVM on words": (NBSVM, "words"),
    "NBSVM on words and pairs": (NBSVM, "pairs"),
}


def main() -> None:
    """Choose, learn, score, and write the file."""
    reviews = data.load_reviews("imdb", seed=0)
    y = {split: reviews.splits[split].y for split in ("train", "valid", "test")}
    both = np.concatenate([y["train"], y["valid"]])
    found, matrices = [], counts(reviews)
    for name, (model, features) in ROWS.items():
        started, x = time.perf_counter(), matrices[features]
        tried = {c: model(c).fit(x["train"], y["train"]).errors(x["valid"], y["valid"]) for c in model.may_be}
        best = min(tried, key=lambda c: tried[c])
        last = model(best).fit(sparse.vstack([x["train"], x["valid"]]).tocsr(), both)
        found.append(
            {
                "name": name,
                "features": x["train"].shape[1],
                "tried": [{"C": c, "valid": error} for c, error in tried.items()],
                "C": best,
                "valid": tried[best],
                "test": last.errors(x["test"], y["test"]),
                "seconds": round(time.perf_counter() - started, 1),
            }
        )
        print(found[-1], flush=True)
    written = {"data": "imdb, seed 0", "scikit-learn": sklearn.__version__, "rows": found}
    FILE.write_text(json.dumps(written, indent=2) + "\n")


if __name__ == "__main__":
    main()
