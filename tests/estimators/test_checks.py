"""scikit-learn's own checks of what an estimator must do."""

from sklearn.utils.estimator_checks import parametrize_with_checks

from harmonium import estimators

SMALL = {
    "LogisticRegression": {},
    "MLPClassifier": {"hidden": (20,), "learning_rate": 0.01},
    "DenoisingAutoencoder": {"hidden": 8, "max_epochs": 5},
    "ContractiveAutoencoder": {"hidden": 8, "max_epochs": 5},
    "BernoulliRBM": {"hidden": 8, "max_epochs": 5},
    "GaussianRBM": {"hidden": 8, "max_epochs": 5},
    "StackedDenoisingAutoencoderClassifier": {"hidden": (20, 20), "learning_rate": 0.01},
    "DBNClassifier": {"hidden": (20, 20), "learning_rate": 0.01},
}


def small(name):
    return getattr(estimators, name)(**SMALL[name])


@parametrize_with_checks([small(name) for name in SMALL])
def test_scikit_learn_is_content(estimator, check):
    check(estimator)
