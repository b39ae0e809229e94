"""Models, one file a chapter: parameters and equations, nothing about files, loops or screens.

Beside the models stand the functions by which an RBM learns (`negative_particles`, `contrastive_loss`) and is judged
(`log_partition`, `exact_log_partition`, `pseudo_log_likelihood`).
"""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from harmonium.models.autoencoder import Autoencoder as Autoencoder
    from harmonium.models.class_rbm import ClassRBM as ClassRBM
    from harmonium.models.classes import model_classes as model_classes
    from harmonium.models.contrastive import centred_gradient as centred_gradient
    from harmonium.models.contrastive import contrastive_loss as contrastive_loss
    from harmonium.models.contrastive import exact_pseudo_log_likelihood as exact_pseudo_log_likelihood
    from harmonium.models.contrastive import negative_particles as negative_particles
    from harmonium.models.contrastive import pseudo_log_likelihood as pseudo_log_likelihood
    from harmonium.models.dbn import DBN as DBN
    from harmonium.models.dbn import DirectedLayer as DirectedLayer
    from harmonium.models.language_model import LanguageModel as LanguageModel
    from harmonium.models.layers.convolution import ConvPool as ConvPool
    from harmonium.models.layers.dense import Dense as Dense
    from harmonium.models.layers.lstm import LSTM as LSTM
    from harmonium.models.layers.normalization import BatchNorm as BatchNorm
    from harmonium.models.layers.recurrent import Elman as Elman
    from harmonium.models.lenet import LeNet as LeNet
    from harmonium.models.logistic_regression import Classifier as Classifier
    from harmonium.models.logistic_regression import FeatureClassifier as FeatureClassifier
    from harmonium.models.logistic_regression import LogisticRegression as LogisticRegression
    from harmonium.models.mcrbm import MeanCovarianceRBM as MeanCovarianceRBM
    from harmonium.models.mlp import MLP as MLP
    from harmonium.models.nade import NADE as NADE
    from harmonium.models.partition import LogPartition as LogPartition
    from harmonium.models.partition import exact_log_partition as exact_log_partition
    from harmonium.models.partition import log_partition as log_partition
    from harmonium.models.rbm import RBM as RBM
    from harmonium.models.rbm import GaussianRBM as GaussianRBM
    from harmonium.models.rnn_nade import RNNNADE as RNNNADE
    from harmonium.models.rnn_rbm import RNNRBM as RNNRBM
    from harmonium.models.sentiment import TextClassifier as TextClassifier
    from harmonium.models.tagger import Tagger as Tagger
else:
    __getattr__, __dir__, __all__ = lazy_loader.attach(
        __name__,
        submod_attrs={
            "autoencoder": ["Autoencoder"],
            "class_rbm": ["ClassRBM"],
            "classes": ["model_classes"],
            "contrastive": [
                "centred_gradient",
                "contrastive_loss",
                "exact_pseudo_log_likelihood",
                "negative_particles",
                "pseudo_log_likelihood",
            ],
            "dbn": ["DBN", "DirectedLayer"],
            "language_model": ["LanguageModel"],
            "layers.convolution": ["ConvPool"],
            "layers.dense": ["Dense"],
            "layers.lstm": ["LSTM"],
            "layers.normalization": ["BatchNorm"],
            "layers.recurrent": ["Elman"],
            "lenet": ["LeNet"],
            "logistic_regression": ["Classifier", "FeatureClassifier", "LogisticRegression"],
            "mcrbm": ["MeanCovarianceRBM"],
            "mlp": ["MLP"],
            "nade": ["NADE"],
            "partition": ["LogPartition", "exact_log_partition", "log_partition"],
            "rbm": ["GaussianRBM", "RBM"],
            "rnn_nade": ["RNNNADE"],
            "rnn_rbm": ["RNNRBM"],
            "sentiment": ["TextClassifier"],
            "tagger": ["Tagger"],
        },
    )
