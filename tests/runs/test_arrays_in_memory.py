"""A run that learned from arrays holds them for all that is asked of it in the same process."""

import numpy as np
import pytest

import harmonium as hm
from harmonium.errors import DataError
from harmonium.training import Silent

x = (np.random.default_rng(0).random((120, 16)) > 0.5).astype(float).reshape(-1, 4, 4)
y = x[:, 0, 0].astype(int)
SMALL = {"max_epochs": 2, "batch_size": 10, "report": Silent()}


def test_a_classifier_is_drawn_scored_and_continued():
    run = hm.train("mlp", data=(x, y), hidden=(4,), out="run", **SMALL)
    assert run.figure("filters").size[0] > 100
    scores = run.evaluate()
    assert scores["test"]["error_rate"] == run.summary["test"]["error_rate"]
    assert hm.evaluate(run) == scores
    more = hm.resume(run, max_epochs=3, report=Silent())
    assert len(more.history) == 3
    assert hm.draw([more])
    with pytest.raises(DataError, match="learned from arrays, which no file holds; give them again as data="):
        hm.Run("run").evaluate()


def test_a_machine_dreams_and_is_weighed():
    run = hm.train("rbm", data=x, hidden=3, out="run", **SMALL)
    assert all(path.exists() for path in run.sample(chains=2, rows=1, steps=2))
    assert np.isfinite(run.evaluate(log_likelihood=True)["test"]["log_likelihood"])


def test_seeds_hold_them_too():
    runs = hm.train_seeds("mlp", 2, data=(x, y), hidden=(4,), out="runs", **SMALL)
    tested = [run.evaluate()["test"]["examples"] for run in runs]
    assert tested == [run.summary["data"]["sizes"]["test"] for run in runs]
