"""Whatever a model may be made of can be saved and loaded."""

import ast
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from harmonium import models
from harmonium.models.annealing_path import AnnealingPath
from harmonium.models.classes import ModelClasses
from harmonium.models.logistic_regression import FeatureClassifier
from harmonium.training import load_model, save_model

KEY = jax.random.key(0)
RBM = models.RBM.init(4, 3, key=KEY)
LOGISTIC = models.LogisticRegression.init(3, 2)
ONE_OF_EACH = [
    LOGISTIC,
    RBM,
    AnnealingPath(RBM, jnp.ones(4)),
    FeatureClassifier(RBM, LOGISTIC),
    models.Autoencoder.init(4, 3, tied=False, key=KEY),
    models.ConvPool.init(1, 2, (3, 3), key=KEY),
    models.DBN((RBM, models.RBM.init(3, 2, key=KEY))),
    models.Dense.init(4, 3, "sigmoid", key=KEY),
    models.Elman.init(4, 3, bias=False, key=KEY),
    models.GaussianRBM.init(4, 3, key=KEY),
    models.LSTM.init(4, 3, key=KEY),
    models.LanguageModel.init(
        models.TextClassifier.init(5, 2, dimension=2, hidden=3, bidirectional=True, key=KEY),
        jnp.full(5, 0.2),
        key=KEY,
    ),
    models.LeNet.init((9, 9), (2,), (3,), 4, kernel_size=3, key=KEY),
    models.MLP.init(5, (4, 3), 2, key=KEY),
    models.MeanCovarianceRBM.init(4, factors=3, covariance=3, mean=2, key=KEY),
    models.NADE(jnp.ones((4, 3)), jnp.ones((4, 3)), jnp.zeros(4), jnp.zeros(3)),
    models.RNNNADE.init(4, 3, 2, key=KEY),
    models.RNNRBM.init(4, 3, 2, learned_start=True, key=KEY),
    models.Tagger.init(5, 3, dimension=2, hidden=3, window=3, cell="lstm", key=KEY),
    models.TextClassifier.init(5, 2, dimension=2, hidden=3, bidirectional=True, key=KEY),
]


@pytest.mark.parametrize("model", ONE_OF_EACH, ids=lambda model: type(model).__name__)
def test_saving_and_loading_is_the_identity(model, tmp_path):
    save_model(tmp_path / "m", model)
    again = load_model(tmp_path / "m", models.model_classes())
    assert jax.tree.structure(again) == jax.tree.structure(model)
    jax.tree.map(np.testing.assert_array_equal, again, model)


def test_no_class_of_the_package_is_missing():
    """Against the source: a class whose bases lead to `eqx.Module`, unless it has abstract methods."""
    bases, abstract = {}, set()
    for path in Path(models.__file__).parent.rglob("*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef):
                assert node.name not in bases, "two classes of one name could not be told apart in a file"
                bases[node.name] = [ast.unparse(base) for base in node.bases]
                if "@abstractmethod" in ast.unparse(node):
                    abstract.add(node.name)

    def is_model(name):
        return name == "eqx.Module" or any(map(is_model, bases.get(name, ())))

    assert set(filter(is_model, bases)) - abstract == set(models.model_classes())


def test_classes_on_demand_are_all_classes():
    lazy, known = ModelClasses(), models.model_classes()
    assert dict(lazy) == known
    assert len(lazy) == len(known)
    for name in ("Classifier", "model_classes", "nonsense"):
        with pytest.raises(KeyError):
            _ = lazy[name]
