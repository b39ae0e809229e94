"""What defines a task's score."""

from harmonium.metrics.classification import confusion_counts, is_error, negative_log_likelihood
from harmonium.metrics.conlleval import ConllScore, conlleval
from harmonium.metrics.reconstruction import cross_entropy, squared_error

__all__ = [
    "ConllScore",
    "confusion_counts",
    "conlleval",
    "cross_entropy",
    "is_error",
    "negative_log_likelihood",
    "squared_error",
]
