"""A run that learned from arrays holds them for all that is asked of it in the same process."""

import warnings

import numpy as np
import pandas as pd
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


def test_numbers_far_from_zero_keep_their_digits():
    rows = np.random.default_rng(0).random((300, 4)) + 1e9
    classes = (rows[:, 0] > rows[:, 1]).astype(int)
    settings = {"batch_size": 20, "max_epochs": 20, "report": Silent()}
    run = hm.train("logistic-regression", data=(rows, classes), out="run", **settings)
    assert (run.predict(rows) == classes.astype(str)).mean() > 0.9
    table = pd.DataFrame(rows, columns=list("abcd"))
    np.testing.assert_array_equal(run.probabilities(table), run.probabilities(rows))
    whole = np.rint((rows - 1e9) * 1000).astype(np.int64) + 10**12
    run = hm.train("logistic-regression", data=(whole, classes), out="whole", **settings)
    assert (run.predict(whole) == classes.astype(str)).mean() > 0.9


def test_a_run_knows_the_columns_of_a_table_with_labels_apart():
    rows = np.random.default_rng(0).random((300, 4))
    table, classes = pd.DataFrame(rows, columns=list("abcd")), (rows[:, 0] > rows[:, 1]).astype(int)
    settings = {"batch_size": 20, "max_epochs": 20, "report": Silent()}
    run = hm.train("logistic-regression", data=(table, classes), out="run", **settings)
    mixed = table[list("dcba")]
    np.testing.assert_array_equal(run.probabilities(mixed), run.probabilities(table))
    assert run.evaluate((mixed, classes)) == run.evaluate((table, classes)) == run.evaluate()
    whole = hm.train("logistic-regression", data=table.assign(target=classes), out="whole", **settings)
    np.testing.assert_array_equal(run.probabilities(table), whole.probabilities(table))
    assert whole.evaluate((mixed, classes)) == whole.evaluate()
    assert hm.resume("run", data=(mixed, classes), max_epochs=21, report=Silent()).summary["epochs"] == 21


def test_rows_far_from_those_between_0_and_1_are_told():
    rows = np.random.default_rng(0).random((120, 4))
    run = hm.train("mlp", data=(rows, y), hidden=(4,), out="run", **SMALL)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run.predict(rows[:5] * 1.4)
    with pytest.warns(UserWarning, match="5 of 5 rows are unlike those that the run learned from"):
        run.predict(rows[:5] * 1000)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int64, np.float64])
def test_intensities_are_no_pictures_between_minus_one_and_one(dtype):
    own = np.random.default_rng(0).uniform(-1, 1, x.shape)
    run = hm.train("mlp", data=(own, y), hidden=(4,), out="run", **SMALL)
    bright = 255 if dtype == np.uint8 else 65_535
    with pytest.raises(DataError, match="the run learned from numbers that are no intensities"):
        run.predict((x * bright).astype(dtype))


def test_masked_values_are_missing():
    run = hm.train("mlp", data=(x, y), hidden=(4,), out="run", **SMALL)
    masked = np.ma.masked_array(x, x > 0.5)
    for ask in (run.predict, run.probabilities, run.encode):
        with pytest.raises(DataError, match="values are masked, and so missing; fill them in"):
            ask(masked)
    np.testing.assert_array_equal(run.predict(masked.filled(1)), run.predict(x))


@pytest.mark.parametrize(
    "pictures",
    [
        np.moveaxis(np.random.default_rng(0).random((60, 8, 8, 3)), -1, 1),
        np.concatenate([np.random.default_rng(0).random((60, 8, 8, 3)), np.ones((60, 8, 8, 1))], -1),
    ],
    ids=["channels first", "opaque"],
)
def test_new_pictures_may_lie_as_those_of_the_run_did(pictures):
    run = hm.train("mlp", data=(pictures, y[:60]), hidden=(4,), out="run", **SMALL)
    assert run.shape == (8, 8, 3)
    assert len(run.predict(pictures)) == 60


def test_other_arrays_are_refused_without_being_repeated():
    hm.train("mlp", data=(x, y), hidden=(4,), out="run", **SMALL)
    for verb in (
        lambda data: hm.resume("run", data=data, max_epochs=3),
        lambda data: hm.draw("run", data=data),
    ):
        with pytest.raises(
            DataError, match=r"^the given data are not those that run learned from: "
        ) as caught:
            verb((1 - x, y))
        assert len(str(caught.value)) < 300
    assert hm.Run("run").evaluate((1 - x, y))["test"]["examples"] == 120
