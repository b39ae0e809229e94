"""One file a chapter: parameters and equations, nothing about files, loops or screens."""

from harmonium.models.autoencoder import Autoencoder
from harmonium.models.classifier import Classifier, FeatureClassifier
from harmonium.models.dbn import DBN
from harmonium.models.layers import LSTM, ConvPool, Dense, Elman
from harmonium.models.lenet import LeNet
from harmonium.models.logistic_regression import LogisticRegression
from harmonium.models.mcrbm import MeanCovarianceRBM
from harmonium.models.mlp import MLP
from harmonium.models.nade import NADE
from harmonium.models.rbm import RBM, GaussianRBM
from harmonium.models.rnn_nade import RNNNADE
from harmonium.models.rnn_rbm import RNNRBM
from harmonium.models.sentiment import TextClassifier
from harmonium.models.tagger import Tagger

__all__ = [
    "DBN",
    "LSTM",
    "MLP",
    "NADE",
    "RBM",
    "RNNNADE",
    "RNNRBM",
    "Autoencoder",
    "Classifier",
    "ConvPool",
    "Dense",
    "Elman",
    "FeatureClassifier",
    "GaussianRBM",
    "LeNet",
    "LogisticRegression",
    "MeanCovarianceRBM",
    "Tagger",
    "TextClassifier",
]
