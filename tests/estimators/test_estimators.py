"""Estimators in scikit-learn's own machinery, and what they learn."""

import pickle
import re
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline

from harmonium import estimators
from harmonium.errors import ConfigError, DivergenceError
from harmonium.models.partition import exact_log_partition

QUICK = {
    "LogisticRegression": {"max_epochs": 10},
    "MLPClassifier": {"hidden": (30,), "max_epochs": 10},
    "LeNetClassifier": {"kernels": (6,), "kernel_sizes": (3,), "hidden": (20,), "max_epochs": 6},
    "StackedDenoisingAutoencoderClassifier": {"hidden": (40, 30), "max_epochs": 10},
    "DBNClassifier": {"hidden": (40, 30), "max_epochs": 10},
    "DenoisingAutoencoder": {"hidden": 24, "max_epochs": 6},
    "ContractiveAutoencoder": {"hidden": 24, "max_epochs": 6},
    "BernoulliRBM": {"hidden": 24, "max_epochs": 6},
    "GaussianRBM": {"hidden": 24, "max_epochs": 6},
}
CLASSIFIERS = [name for name in QUICK if hasattr(getattr(estimators, name), "predict")]
TRANSFORMERS = [name for name in QUICK if name not in CLASSIFIERS]
INCREMENTAL = [name for name in QUICK if hasattr(getattr(estimators, name), "partial_fit")]


def quick(name, **settings):
    return getattr(estimators, name)(random_state=0, **QUICK[name] | settings)


@pytest.fixture(scope="module")
def digits():
    x, y = load_digits(return_X_y=True)
    return x / 16, y


def test_all_are_named():
    assert sorted(estimators.__all__) == sorted(QUICK)
    for name in QUICK:
        assert "Parameters" in getattr(estimators, name).__doc__


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_a_classifier_reads_digits_and_writes_nothing(name, digits):
    x, y = digits
    classifier = quick(name).fit(x[:1000], y[:1000])
    assert classifier.score(x[1000:], y[1000:]) > 0.75
    chances = classifier.predict_proba(x[1000:])
    np.testing.assert_allclose(chances.sum(1), 1)
    np.testing.assert_allclose(np.exp(classifier.predict_log_proba(x[1000:])), chances, atol=1e-12)
    assert not list(Path.cwd().iterdir())
    thawed = pickle.loads(pickle.dumps(classifier))
    np.testing.assert_array_equal(thawed.predict_proba(x[:50]), classifier.predict_proba(x[:50]))


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_a_transformer_codes_and_comes_back_and_knows_digits_from_noise(name, digits):
    x, _ = digits
    model = quick(name).fit(x[:1000])
    codes = model.transform(x[1000:])
    assert codes.shape == (797, 24)
    assert list(model.get_feature_names_out()[:2]) == [f"{name.lower()}0", f"{name.lower()}1"]
    back = model.inverse_transform(codes)
    assert back.shape == x[1000:].shape
    assert np.square(back - x[1000:]).mean() < np.square(x[1000:] - x[:1000].mean(0)).mean()
    shuffled = np.random.default_rng(0).permuted(x[1000:], axis=1)
    assert model.score(x[1000:]) > model.score(shuffled)
    assert pickle.loads(pickle.dumps(model)).score(x[:9]) == model.score(x[:9])


def test_codes_are_the_models(digits):
    x, _ = digits
    model = quick("BernoulliRBM").fit(x)
    expected = model.model_.hidden_mean(jnp.asarray(x, jnp.float32))
    np.testing.assert_allclose(model.transform(x), expected, atol=1e-5)
    assert model.transform(x.astype(np.float32)).dtype == np.float32


def test_the_pseudo_likelihood_is_that_of_the_definition():
    """Σᵢ log p(vᵢ | others), from the energies of v with unit i on and off."""
    x = np.random.default_rng(0).integers(0, 2, (60, 5)).astype(float)
    rbm = estimators.BernoulliRBM(hidden=3, max_epochs=3, initial_weights="book", random_state=0).fit(x)
    model, v = rbm.model_, jnp.asarray(x, jnp.float32)
    total = 0
    for unit in range(5):
        flipped = v.at[:, unit].set(1 - v[:, unit])
        total += jax.nn.log_sigmoid(model.free_energy(flipped) - model.free_energy(v))
    np.testing.assert_allclose(rbm.score_samples(x), total, atol=1e-4)
    likelihood = -rbm.free_energy(x) - exact_log_partition(model).value
    states = (np.arange(32)[:, None] >> np.arange(5)) & 1
    assert np.exp(
        -rbm.free_energy(states.astype(float)) - exact_log_partition(model).value
    ).sum() == pytest.approx(1)
    assert (likelihood < 0).all()


def test_samples_of_a_machine_have_the_datas_means(digits):
    x, _ = digits
    rbm = quick("BernoulliRBM", max_epochs=20).fit(x)
    found = rbm.sample(300, steps=200)
    assert set(np.unique(found)) == {0, 1}
    assert np.abs(found.mean(0) - x.mean(0)).mean() < 0.1


@pytest.mark.parametrize("name", QUICK)
def test_an_estimator_is_cloned_with_all_its_settings(name, digits):
    model = quick(name)
    assert clone(model).get_params() == model.get_params()
    with pytest.raises(NotFittedError):
        (model.predict if name in CLASSIFIERS else model.transform)(digits[0])


def test_a_pipeline_is_searched(digits):
    x, y = digits
    machine = quick("BernoulliRBM", max_epochs=40, learning_rate=0.2)
    pipe = make_pipeline(machine, quick("LogisticRegression"))
    grid = {"bernoullirbm__hidden": [2, 24], "logisticregression__learning_rate": np.array([0.03, 0.1])}
    search = GridSearchCV(pipe, grid, cv=2).fit(x[:600], y[:600])
    assert search.best_params_["bernoullirbm__hidden"] == 24
    assert search.score(x[1000:], y[1000:]) > 0.7


def test_cross_validation(digits):
    x, y = digits
    scores = cross_val_score(quick("MLPClassifier"), x[:600], y[:600], cv=3)
    assert scores.shape == (3,)
    assert scores.min() > 0.75


def test_columns_have_names_and_sparse_rows_are_rows(digits):
    x, _ = digits
    frame = pd.DataFrame(x, columns=[f"pixel{n}" for n in range(64)])
    model = quick("DenoisingAutoencoder").set_output(transform="pandas").fit(frame)
    assert list(model.feature_names_in_[:2]) == ["pixel0", "pixel1"]
    codes = model.transform(frame)
    assert list(codes.columns[:2]) == ["denoisingautoencoder0", "denoisingautoencoder1"]
    plain = quick("DenoisingAutoencoder").fit(scipy.sparse.csr_array(x))
    np.testing.assert_array_equal(codes.to_numpy(), plain.transform(scipy.sparse.csc_array(x)))


def test_input_outside_the_unit_interval_is_scaled_unless_told_otherwise(digits):
    x, _ = digits
    by_column = 1000 * x - 300
    model = quick("BernoulliRBM").fit(by_column)
    prepared = model.prepared(by_column)
    assert (prepared.min(), prepared.max()) == (0, 1)
    varies = x.max(0) > x.min(0)
    assert (prepared.max(0)[varies] == 1).all()
    np.testing.assert_allclose(model.restored(prepared)[:, varies], by_column[:, varies])
    with pytest.raises(ValueError, match=r"X holds values -300 to 700, and BernoulliRBM takes \[0, 1\]"):
        quick("BernoulliRBM", scale=False).fit(by_column)
    standard = quick("GaussianRBM").fit(by_column).prepared(by_column)
    np.testing.assert_allclose(standard[:, varies].std(0), 1)


def test_bytes_are_intensities(digits):
    x, y = digits
    coded = (x * 255).astype(np.uint8)
    of_bytes = quick("MLPClassifier").fit(coded, y)
    of_floats = quick("MLPClassifier").fit(coded / 255, y)
    np.testing.assert_allclose(of_bytes.predict_proba(coded), of_floats.predict_proba(coded / 255), atol=1e-5)


@pytest.mark.parametrize("name", QUICK)
def test_bytes_after_numbers_up_to_1_and_those_after_bytes_are_refused(name, digits):
    x, y = digits
    coded = (x * 255).astype(np.uint8)
    of_bytes, of_floats = quick(name, max_epochs=1).fit(coded, y), quick(name, max_epochs=1).fit(x, y)
    apply = "predict" if name in CLASSIFIERS else "transform"
    with pytest.raises(ValueError, match=rf"X holds values up to 1, and {name} learned from bytes \(uint8\)"):
        getattr(of_bytes, apply)(x)
    getattr(of_bytes, apply)(coded.astype(float))
    getattr(of_bytes, apply)(x[:9])  # too few to tell
    if name == "GaussianRBM":  # whose columns are standardised
        return
    with pytest.raises(ValueError, match=r"learned from numbers in \[0, 1\]: give X / 255"):
        getattr(of_floats, apply)(coded)


@pytest.mark.parametrize("name", INCREMENTAL)
def test_learning_goes_on_with_more_examples(name, digits):
    x, y = digits
    model = quick(name)
    if name in CLASSIFIERS:
        for _ in range(6):
            model.partial_fit(x[:1000], y[:1000], classes=range(10))
        assert model.score(x[1000:], y[1000:]) > 0.6
        return
    model.partial_fit(x[:1000])
    first = model.score(x[1000:])
    for _ in range(5):
        model.partial_fit(x[:1000])
    assert model.score(x[1000:]) > first


def test_passes_in_parts_are_passes_in_one(digits):
    """The optimiser goes on too, so that two passes without shuffling in between are two epochs."""
    x, y = digits
    parts = quick("MLPClassifier", batch_size=1797)
    for _ in range(2):
        parts.partial_fit(x, y, classes=range(10))
    whole = quick("MLPClassifier", batch_size=1797, max_epochs=2).fit(x, y)
    np.testing.assert_allclose(parts.predict_proba(x), whole.predict_proba(x), atol=1e-5)


def test_a_pickled_estimator_goes_on_learning(digits):
    x, y = digits
    model = quick("LogisticRegression").partial_fit(x, y, classes=range(10))
    thawed = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(
        thawed.partial_fit(x, y).predict_proba(x), model.partial_fit(x, y).predict_proba(x)
    )


@pytest.mark.parametrize("name", ["MLPClassifier", "BernoulliRBM", "DBNClassifier"])
def test_a_warm_start_goes_on_from_the_weights(name, digits):
    x, y = digits
    model = quick(name, warm_start=True, max_epochs=3).fit(x[:1000], y[:1000])
    first = model.score(x[1000:], y[1000:])
    for _ in range(3):
        model.fit(x[:1000], y[:1000])
    assert model.score(x[1000:], y[1000:]) > first


def test_early_stopping_keeps_the_best_on_what_it_holds_out(digits):
    x, y = digits
    model = quick("MLPClassifier", early_stopping=True, patience=2, max_epochs=200, learning_rate=0.03)
    assert model.fit(x, y).n_epochs_ < 200
    assert model.score(x, y) > 0.9


def test_classes_are_whatever_labels_are(digits):
    x, y = digits
    names = np.array(["even", "odd"])[y % 2]
    model = quick("LogisticRegression").fit(x, names)
    assert set(model.predict(x)) == {"even", "odd"}
    assert model.decision_function(x).shape == (len(x),)


@pytest.mark.parametrize(
    ("settings", "gist"),
    [
        ({"learning_rate": -1.0}, r"MLPClassifier: learning_rate -1.0 must be positive"),
        (
            {"hidden": "many"},
            r"MLPClassifier: hidden is 'many', but must be a list or tuple of whole numbers",
        ),
        ({"batch_size": 0}, "batch_size 0 must be at least 1"),
        ({"optimizer": "magic"}, "optimizer is 'magic', but must be one of 'sgd', 'momentum'"),
        ({"early_stopping": True, "validation_fraction": 2}, "validation_fraction 2 must be between"),
        ({"early_stopping": True, "patience": 0}, "patience 0 must be"),
    ],
)
def test_a_setting_without_meaning_is_named(settings, gist, digits):
    with pytest.raises(ConfigError, match=gist) as caught:
        quick("MLPClassifier", **settings).fit(*digits)
    assert isinstance(caught.value, ValueError)
    assert not re.search("--[a-z]", str(caught.value))


def test_a_class_that_was_not_announced_is_named(digits):
    x, y = digits
    model = quick("LogisticRegression")
    with pytest.raises(ValueError, match="classes must be given at the first call"):
        model.partial_fit(x, y)
    with pytest.raises(ValueError, match="y holds the class 9"):
        model.partial_fit(x, y, classes=range(9))


def test_divergence_is_an_error(digits):
    x, _ = digits
    with pytest.raises(DivergenceError, match="GaussianRBM diverged"):
        quick("GaussianRBM", learning_rate=1e20).fit(x)


def test_pictures_come_as_pictures_or_rows(digits):
    x, y = digits
    pictures = quick("LeNetClassifier").fit(x.reshape(-1, 8, 8), y)
    rows = quick("LeNetClassifier").fit(x, y)
    np.testing.assert_array_equal(pictures.predict_proba(x), rows.predict_proba(x.reshape(-1, 8, 8)))
    wide = quick("LeNetClassifier", image_shape=(4, 16), max_epochs=1).fit(x, y)
    assert wide.model_.convolutions[0].weight.shape == (6, 1, 3, 3)
    assert wide.image_shape_ == (4, 16)
    with pytest.raises(ValueError, match="X has rows of 63 numbers, which is no square picture"):
        quick("LeNetClassifier").fit(x[:, 1:], y)
    with pytest.raises(ValueError, match=r"is expecting \(8, 8\)"):
        rows.predict(np.zeros((2, 9, 9)))


def test_one_program_serves_fits_that_differ_in_rate_seed_and_epochs(digits):
    from harmonium.training.batches import program_of

    x, y = digits
    quick("MLPClassifier").fit(x, y)
    before = program_of.cache_info().misses
    for settings in ({"learning_rate": 0.1}, {"max_epochs": 2}, {"random_state": 7}):
        quick("MLPClassifier").set_params(**settings).fit(x, y)
    assert program_of.cache_info().misses == before
