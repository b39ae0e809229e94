"""One file a chapter: parameters and equations, nothing about files, loops or screens."""

from harmonium.models.classifier import Classifier
from harmonium.models.layers import ConvPool, Dense
from harmonium.models.lenet import LeNet
from harmonium.models.logistic_regression import LogisticRegression
from harmonium.models.mlp import MLP

__all__ = ["MLP", "Classifier", "ConvPool", "Dense", "LeNet", "LogisticRegression"]
