"""One file a chapter: parameters and equations, nothing about files, loops or screens."""

from harmonium.models.autoencoder import Autoencoder
from harmonium.models.classifier import Classifier, FeatureClassifier
from harmonium.models.dbn import DBN
from harmonium.models.layers import LSTM, ConvPool, Dense, Elman
from harmonium.models.lenet import LeNet
from harmonium.models.logistic_regression import LogisticRegression
from harmonium.models.mcrbm import MeanCovarianceRBM
from harmonium.models.mlp import MLP
from harmonium.models.rbm import RBM, GaussianRBM
from harmonium.models.sentiment import TextClassifier
from harmonium.models.tagger import Tagger

__all__ = [
    "DBN",
    "LSTM",
    "MLP",
    "RBM",
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
