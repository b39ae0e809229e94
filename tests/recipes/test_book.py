"""The book's own numbers, on its own data."""

import pytest

import harmonium as hm
from harmonium.data import CATALOGUE

pytestmark = pytest.mark.skipif(CATALOGUE["mnist"].location() is None, reason="MNIST is not on this machine")


def test_logistic_regression_is_the_books_to_the_last_error(tmp_path):
    """74 epochs; 720 and 719 errors among the 9,600 examples that fill whole batches (section 4.6)."""
    run = hm.train("logistic-regression", out=tmp_path / "run")
    summary = run.summary
    assert (summary["epochs"], summary["best_epoch"]) == (74, 73)
    assert round(summary["valid"]["error_rate"] * 9600) == 720
    assert round(summary["test"]["error_rate"] * 9600) == 719


def test_the_first_epoch_of_lenet_reads_digits(tmp_path):
    """8.5 % of the test set are misread after it, by the book's settings; more epochs are the published rows'."""
    run = hm.train("lenet", max_epochs=1, out=tmp_path / "run")
    assert run.summary["test"]["error_rate"] == pytest.approx(0.085, abs=0.01)
