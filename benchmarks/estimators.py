"""Estimators beside scikit-learn's own on the same work: the time of a fit, and the score on held-out examples.

Both fit the same rows with the same sizes, batches and passes; each draws its own random numbers. The first fit of ours
compiles, and is timed for itself; a second one of the same shapes does not. The RBMs' score is the accuracy of the same
logistic regression on their codes, since their own scores are defined differently.

The perceptrons differ in their first weights: scikit-learn draws those of its output layer too, and ours start there at
zero, as the book's do. After few updates ours is behind for that reason alone. After 40 of them, on 400 of MNIST's
digits, scikit-learn's reads 77.0 % of 2,000 test digits and ours 71.7 %; from our first weights scikit-learn's reads
71.5 %, and from scikit-learn's ours reads 77.0 % (means of five seeds; their standard deviations are 0.4 to 0.7).
"""

import argparse
import time
import warnings
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from rich.console import Console
from rich.markdown import Markdown
from sklearn import neural_network
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from benchmarks.measuring import images, keep, machine_report, seconds, spread
from benchmarks.rendering import HERE, Report, render
from harmonium import data, estimators

Rows = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def rows(dataset: data.Dataset, examples: int) -> Rows:
    """So many train and test examples as rows in [0, 1], with their labels."""

    def of(split: data.Split) -> tuple[np.ndarray, np.ndarray]:
        x = np.asarray(data.intensities(split.x[:examples]), np.float32)
        return x.reshape(len(x), -1), split.y[:examples]

    return *of(dataset.train), *of(dataset.test)


def perceptrons(seed: int) -> tuple[Any, Any]:
    """Ours and theirs: 200 ReLU units, Adam at 0.001, batch 200, 20 passes, no penalty."""
    ours = estimators.MLPClassifier(
        hidden=(200,),
        activation="relu",
        learning_rate=0.001,
        batch_size=200,
        max_epochs=20,
        random_state=seed,
    )
    theirs = neural_network.MLPClassifier(
        (200,),
        alpha=0,
        learning_rate_init=0.001,
        batch_size=200,
        max_iter=20,
        n_iter_no_change=20,
        random_state=seed,
    )
    return ours, theirs


def machines(seed: int) -> tuple[Any, Any]:
    """Ours and theirs: 256 hidden units by PCD-1, rate 0.05, batch and chains 20, 5 passes."""
    ours = estimators.BernoulliRBM(
        hidden=256, learning_rate=0.05, batch_size=20, chains=20, max_epochs=5, random_state=seed
    )
    theirs = neural_network.BernoulliRBM(256, learning_rate=0.05, batch_size=20, n_iter=5, random_state=seed)
    return ours, theirs


def score(model: Any, x: np.ndarray, y: np.ndarray, x_test: np.ndarray, y_test: np.ndarray) -> float:
    """The accuracy on held-out examples, of a classifier or of logistic regression on codes."""
    if hasattr(model, "predict"):
        return float(model.score(x_test, y_test))
    probe = LogisticRegression(max_iter=300).fit(model.transform(x), y)
    return float(probe.score(model.transform(x_test), y_test))


def compared(title: str, make: Callable[[int], tuple[Any, Any]], given: Rows, rounds: int) -> dict[str, str]:
    """Fit both in turn, and return a row of the table."""
    x, y, x_test, y_test = given
    started = time.perf_counter()
    make(0)[0].fit(x, y)
    first = time.perf_counter() - started
    times: dict[str, list[float]] = {"ours": [], "theirs": []}
    scores: dict[str, list[float]] = {"ours": [], "theirs": []}
    for seed in range(rounds):
        for who, model in zip(times, make(seed), strict=True):
            times[who].append(seconds(lambda model=model: model.fit(x, y)))  # type: ignore[misc]
            scores[who].append(score(model, x, y, x_test, y_test))
    ours, theirs = spread(times["ours"]), spread(times["theirs"])
    ratio = spread([b / a for a, b in zip(times["ours"], times["theirs"], strict=True)])
    return {
        "work": title,
        "Harmonium": f"{ours['median']:.2f} s",
        "its first fit": f"{first:.2f} s",
        "scikit-learn": f"{theirs['median']:.2f} s",
        "ratio": f"{ratio['median']:.2f} x ({ratio['min']:.2f} to {ratio['max']:.2f})",
        "held-out accuracy": f"{np.mean(scores['ours']):.2%}",
        "scikit-learn's": f"{np.mean(scores['theirs']):.2%}",
    }


WORKLOADS = {
    "mlp": ("MLP 784-200-10, batch 200, 20 passes", perceptrons),
    "rbm": ("RBM 784x256 PCD-1, batch 20, 5 passes", machines),
}


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.estimators", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="fits of each, with as many seeds")
    parser.add_argument("--examples", type=int, default=10_000, help="rows to fit, and to score on")
    parser.add_argument("--workloads", nargs="+", choices=WORKLOADS, default=list(WORKLOADS))
    parser.add_argument("--although-busy", action="store_true", help="with other work; nothing is kept")
    parser.add_argument("--render", action="store_true", help="only render RESULTS.md from the JSON files")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    if not options.render:
        jax.config.update("jax_platforms", "cpu")  # type: ignore[no-untyped-call]
        warnings.filterwarnings("ignore", category=ConvergenceWarning)  # the passes are as many as ours
        dataset = images()
        given = rows(dataset, options.examples)
        report: Report = machine_report(options.rounds, options.although_busy) | {
            "data": f"{dataset.name}, {len(given[0]):,} rows",
            "pictures": {},
        }
        report["rows"] = [compared(*WORKLOADS[name], given, options.rounds) for name in options.workloads]
        if options.although_busy:
            print("\n".join(f"{name}: {value}" for row in report["rows"] for name, value in row.items()))
            return
        keep("estimators", report)
    page = render()
    (HERE / "RESULTS.md").write_text(page)
    Console().print(Markdown(page))


if __name__ == "__main__":
    main()
