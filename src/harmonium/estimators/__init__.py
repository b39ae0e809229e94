"""scikit-learn's interface over the recipes: estimators that fit arrays in memory, and write no run folder.

They go into pipelines, grid searches and cross-validation, can be cloned and pickled, and train by the objectives of
the recipes on the one engine. Their settings bear the recipes' names; `max_epochs` is the number of passes over X.
"""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from harmonium.estimators.autoencoders import ContractiveAutoencoder as ContractiveAutoencoder
    from harmonium.estimators.autoencoders import DenoisingAutoencoder as DenoisingAutoencoder
    from harmonium.estimators.lenet import LeNetClassifier as LeNetClassifier
    from harmonium.estimators.logistic_regression import LogisticRegression as LogisticRegression
    from harmonium.estimators.machines import BernoulliRBM as BernoulliRBM
    from harmonium.estimators.machines import GaussianRBM as GaussianRBM
    from harmonium.estimators.mlp import MLPClassifier as MLPClassifier
    from harmonium.estimators.stacks import DBNClassifier as DBNClassifier
    from harmonium.estimators.stacks import (
        StackedDenoisingAutoencoderClassifier as StackedDenoisingAutoencoderClassifier,
    )
else:
    __getattr__, __dir__, __all__ = lazy_loader.attach(
        __name__,
        submod_attrs={
            "autoencoders": ["ContractiveAutoencoder", "DenoisingAutoencoder"],
            "lenet": ["LeNetClassifier"],
            "logistic_regression": ["LogisticRegression"],
            "machines": ["BernoulliRBM", "GaussianRBM"],
            "mlp": ["MLPClassifier"],
            "stacks": ["DBNClassifier", "StackedDenoisingAutoencoderClassifier"],
        },
    )
