"""What estimators make of X: its scale, its shape, bytes, and values that are missing."""

import numpy as np
import pandas as pd
import pytest

import harmonium as hm
from harmonium import estimators

RNG = np.random.default_rng(0)
X = RNG.random((120, 16))
Y = (X[:, 0] > X[:, 1]).astype(int)
CODED = (X * 255).astype(np.uint8)
PICTURES = RNG.random((40, 8, 8, 3))
OF_PICTURES = np.arange(40) % 2
SMALL = {
    "BernoulliRBM": {"hidden": 4},
    "DenoisingAutoencoder": {"hidden": 4},
    "ContractiveAutoencoder": {"hidden": 4},
    "DBNClassifier": {"hidden": (4,), "pretraining_epochs": 1},
    "StackedDenoisingAutoencoderClassifier": {"hidden": (4,), "pretraining_epochs": 1},
    "LeNetClassifier": {"kernels": (2,), "kernel_sizes": (1,), "hidden": (4,)},
}
FREE = {"LogisticRegression": {}, "MLPClassifier": {"hidden": (4,)}, "GaussianRBM": {"hidden": 4}}


def small(name, **settings):
    known = {**SMALL, **FREE}[name]
    return getattr(estimators, name)(**known, max_epochs=1, random_state=0).set_params(**settings)


def asked(model):
    """Every method that takes X."""
    names = ("transform", "score_samples", "free_energy", "predict", "predict_proba", "decision_function")
    return [getattr(model, name) for name in names if hasattr(model, name)]


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize(
    "far", [X * 255, X[:1] * 255, X * 9, X * 2 - 40, RNG.normal(0, 1, X.shape)], ids=range(5)
)
def test_numbers_on_another_scale_than_that_of_fit_are_refused(name, far):
    model = small(name).fit(X, Y)
    for ask in asked(model):
        with pytest.raises(
            ValueError, match=r"learned from numbers in \[0, 1\]: scale X as the training set"
        ):
            ask(far)
    for ask in asked(model):
        ask(far.clip(0, 1))


@pytest.mark.parametrize("name", SMALL)
def test_a_little_beyond_the_ends_is_moved_to_them(name):
    model = small(name).fit(X, Y)
    beyond = X * 1.3 - 0.1
    beyond[7, 3] = 50
    for ask in asked(model):
        np.testing.assert_array_equal(ask(beyond), ask(beyond.clip(0, 1)))
        np.testing.assert_array_equal(ask(np.full((1, 16), 1.4)), ask(np.ones((1, 16))))


@pytest.mark.parametrize("name", SMALL)
def test_learning_goes_on_with_numbers_of_one_scale(name):
    again = small(name, warm_start=True).fit(X, Y)
    with pytest.raises(ValueError, match=r"learned from numbers in \[0, 1\]"):
        again.fit(X * 300, Y)
    assert again.fit(X * 1.2, Y).examples(X * 1.2).max() == 1
    if hasattr(again, "partial_fit"):
        with pytest.raises(ValueError, match=r"learned from numbers in \[0, 1\]"):
            again.partial_fit(X * 3, Y)
        again.partial_fit(X * 1.2, Y)


@pytest.mark.parametrize("name", FREE)
def test_models_of_any_numbers_take_them(name):
    model = small(name).fit(X, Y)
    for ask in asked(model):
        ask(X * 255)


@pytest.mark.parametrize("name", ["DBNClassifier", "StackedDenoisingAutoencoderClassifier", "BernoulliRBM"])
def test_what_is_not_to_be_scaled_must_lie_in_the_interval(name):
    with pytest.raises(ValueError, match=rf"{name} takes \[0, 1\]; leave scale=True, or scale X"):
        small(name, scale=False).fit(X * 9, Y)


@pytest.mark.parametrize("name", [*SMALL, *FREE])
def test_a_table_of_bytes_holds_intensities(name):
    of_array, of_table = small(name).fit(CODED, Y), small(name).fit(pd.DataFrame(CODED), Y)
    assert of_table.preparation_ == of_array.preparation_
    assert of_table.preparation_.scales == (255.0,)
    for one, other in zip(asked(of_array), asked(of_table), strict=True):
        np.testing.assert_array_equal(one(CODED), other(pd.DataFrame(CODED)))
    with pytest.raises(ValueError, match=r"learned from bytes \(uint8\): give values from 0 to 255"):
        of_table.examples(pd.DataFrame(CODED.astype(float) * 257))
    if name in SMALL:
        with pytest.raises(ValueError, match=r"learned from numbers in \[0, 1\]: give X / 255"):
            small(name).fit(pd.DataFrame(X), Y).examples(pd.DataFrame(CODED))


@pytest.mark.parametrize("name", [*SMALL, *FREE])
def test_masked_values_are_missing(name):
    hidden = np.ma.masked_array(X, X > 0.9)
    with pytest.raises(ValueError, match=r"X: \d+ values are masked, and so missing; fill them in"):
        small(name).fit(hidden, Y)
    if name in ("LogisticRegression", "DBNClassifier"):
        with pytest.raises(ValueError, match=r"y: \d+ values are masked, and so missing"):
            small(name).fit(X, np.ma.masked_array(Y, Y > 0))
    model = small(name).fit(np.ma.masked_array(X), Y)
    for ask in asked(model):
        with pytest.raises(ValueError, match=r"X: \d+ values are masked"):
            ask(hidden)
        ask(hidden.filled(0.5))


FORMS = {
    "channels first": np.moveaxis(PICTURES, -1, 1),
    "opaque": np.concatenate([PICTURES, np.ones((40, 8, 8, 1))], -1),
    "opaque, first": np.moveaxis(np.concatenate([PICTURES, np.ones((40, 8, 8, 1))], -1), -1, 1),
}


@pytest.mark.parametrize("form", FORMS)
def test_lenet_reads_pictures_as_training_does(form):
    plain = small("LeNetClassifier").fit(PICTURES, OF_PICTURES)
    model = small("LeNetClassifier").fit(FORMS[form], OF_PICTURES)
    assert model.image_shape_ == hm.data.load((FORMS[form], OF_PICTURES)).shape == (8, 8, 3)
    np.testing.assert_array_equal(model.predict_proba(FORMS[form]), plain.predict_proba(PICTURES))
    np.testing.assert_array_equal(model.predict_proba(PICTURES), plain.predict_proba(FORMS[form]))


def test_lenet_reads_pictures_of_one_channel():
    grey = PICTURES[..., 0]
    plain = small("LeNetClassifier").fit(grey, OF_PICTURES)
    for form in (grey[:, None], grey[..., None]):
        model = small("LeNetClassifier").fit(form, OF_PICTURES)
        assert model.image_shape_ == (8, 8)
        np.testing.assert_array_equal(model.predict_proba(form), plain.predict_proba(grey))
    rows = small("LeNetClassifier", image_shape=(8, 8, 1)).fit(grey.reshape(40, -1), OF_PICTURES)
    np.testing.assert_array_equal(rows.predict_proba(grey), plain.predict_proba(grey))


@pytest.mark.parametrize("shape", [(40, 8, 8, 5), (40, 2, 8, 8), (40, 3, 8, 8, 1)])
def test_lenet_refuses_what_is_no_picture(shape):
    with pytest.raises(ValueError, match=r"give pictures \(examples, height, width\) or, in colour"):
        small("LeNetClassifier").fit(RNG.random(shape), OF_PICTURES)


def test_lenet_refuses_rows_with_the_channels_first():
    rows = np.moveaxis(PICTURES, -1, 1).reshape(40, -1)
    with pytest.raises(ValueError, match=r"image_shape \(3, 8, 8\) must be .*in colour \(height, width, 3\)"):
        small("LeNetClassifier", image_shape=(3, 8, 8)).fit(rows, OF_PICTURES)


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("MLPClassifier", {"hidden": (9,)}),
        ("MLPClassifier", {"activation": "relu"}),
        ("DBNClassifier", {"hidden": (4, 4)}),
        ("LeNetClassifier", {"kernels": (3,)}),
        ("BernoulliRBM", {"hidden": 9}),
        ("DenoisingAutoencoder", {"hidden": 9}),
    ],
)
def test_a_model_that_learns_on_keeps_its_layers_or_says_that_it_cannot(name, changed):
    model = small(name, warm_start=True).fit(X, Y)
    same = {"hidden": 4} if changed == {"hidden": (9,)} else {}
    model.set_params(**same).fit(X, Y).set_params(**changed)
    (setting,) = changed
    with pytest.raises(ValueError, match=f"{setting} is .*, and the model that is to learn on was made with"):
        model.fit(X, Y)
    if hasattr(model, "partial_fit"):
        with pytest.raises(
            ValueError, match=rf"{setting} is .*set it back, or call fit with warm_start=False"
        ):
            model.partial_fit(X, Y)
    model.set_params(warm_start=False).fit(X, Y).set_params(warm_start=True).fit(X, Y)


@pytest.mark.parametrize("name", ["BernoulliRBM", "GaussianRBM", "DenoisingAutoencoder"])
def test_codes_are_those_of_the_model_whatever_is_set_since(name):
    model = small(name).set_output(transform="pandas").fit(X)
    model.set_params(hidden=7)
    assert model.transform(X).shape == (120, 4)
    assert len(model.get_feature_names_out()) == 4
    assert model.inverse_transform(model.transform(X)).shape == X.shape


@pytest.mark.parametrize("name", ["BernoulliRBM", "GaussianRBM"])
def test_samples_are_the_same_with_a_number_and_others_without(name):
    drawn = [small(name).fit(X).sample(3, steps=5) for _ in range(2)]
    np.testing.assert_array_equal(*drawn)
    model = small(name).fit(X)
    np.testing.assert_array_equal(model.sample(3, steps=5), model.sample(3, steps=5))
    model.set_params(random_state=None)
    assert (model.sample(3, steps=5) != model.sample(3, steps=5)).any()
    model.set_params(random_state=np.random.RandomState(0))
    assert (model.sample(3, steps=5) != model.sample(3, steps=5)).any()


def test_early_stopping_holds_out_what_there_is_of_a_small_set():
    classes = np.arange(12) % 6
    assert small("MLPClassifier", early_stopping=True).fit(X[:12], classes).n_epochs_ == 1
    assert small("MLPClassifier", early_stopping=True).fit(X[:4], classes[:4] % 2).n_epochs_ == 1
    assert small("MLPClassifier", early_stopping=True, validation_fraction=0.001).fit(X, Y).n_epochs_ == 1
    for settings, rows in (({}, 1), ({"validation_fraction": 0.999}, 120)):
        with pytest.raises(
            ValueError, match=r"early_stopping holds out .* leaves none to learn from: validation_f"
        ):
            small("MLPClassifier", early_stopping=True, **settings).fit(X[:rows], Y[:rows])


@pytest.mark.parametrize("nothing", [None, np.nan, 1])
@pytest.mark.parametrize("form", [list, pd.Series, lambda y: np.array(y, object)])
def test_labels_of_several_types_are_refused(nothing, form):
    with pytest.raises(ValueError, match="y holds labels of several types"):
        small("LogisticRegression").fit(X, form(["a", nothing, "b", "b"] * 30))
    assert small("LogisticRegression").fit(X, form(["a", "b"] * 60)).classes_.tolist() == ["a", "b"]
