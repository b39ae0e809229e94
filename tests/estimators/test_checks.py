"""scikit-learn's own checks of what an estimator must do."""

import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from harmonium import estimators

SMALL = {
    "LogisticRegression": {},
    "MLPClassifier": {"hidden": (20,), "learning_rate": 0.01},
    "DenoisingAutoencoder": {"hidden": 8, "max_epochs": 5},
    "ContractiveAutoencoder": {"hidden": 8, "max_epochs": 5},
    "BernoulliRBM": {"hidden": 8, "max_epochs": 5},
    "GaussianRBM": {"hidden": 8, "max_epochs": 5},
    "StackedDenoisingAutoencoderClassifier": {"hidden": (20,), "learning_rate": 0.01},
    "DBNClassifier": {"hidden": (20,), "learning_rate": 0.01},
}


def small(name):
    return getattr(estimators, name)(**SMALL[name])


@parametrize_with_checks([small(name) for name in SMALL])
def test_scikit_learn_is_content(estimator, check):
    check(estimator)


@pytest.mark.parametrize("name", SMALL)
def test_nothing_is_left_out(name):
    """None of the checks is skipped for what an estimator says of itself."""
    tags = small(name).__sklearn_tags__()
    assert not tags._skip_test
    assert not tags.no_validation
    assert not tags.non_deterministic


class OnSmallPictures(estimators.LeNetClassifier):
    """LeNet on rows of any few numbers, each in a tile of its own of a 16x16 picture: so every check has its say."""

    def _shape_of_rows(self, features):
        return (16, 16)

    def prepared(self, x):
        tiles = np.zeros((len(x), 64), x.dtype)
        tiles[:, : x.shape[1]] = x
        pictures = np.zeros((len(x), 16, 16), x.dtype)
        pictures[:, ::2, ::2] = tiles.reshape(-1, 8, 8)
        return pictures


def on_small_pictures():
    lenet = {"kernels": (8,), "kernel_sizes": (1,), "hidden": (20,), "learning_rate": 0.01, "max_epochs": 20}
    return OnSmallPictures(**lenet)


@parametrize_with_checks([on_small_pictures()])
def test_lenet_on_pictures_made_of_rows_passes_all(estimator, check):
    check(estimator)


@parametrize_with_checks(
    [estimators.LeNetClassifier(kernels=(2,), kernel_sizes=(1,), hidden=(4,), max_epochs=1)],
    expected_failed_checks=lambda estimator: dict(estimator.not_for_pictures),
    xfail_strict=True,
)
def test_lenet_passes_all_that_make_sense_for_pictures(estimator, check):
    check(estimator)
