"""What defines a task's score."""

from harmonium.metrics.classification import confusion_counts, is_error, negative_log_likelihood
from harmonium.metrics.conlleval import ConllScore, conlleval
from harmonium.metrics.frames import expected_counts, frame_accuracy
from harmonium.metrics.reconstruction import cross_entropy, squared_error

__all__ = [
    "ConllScore",
    "confusion_counts",
    "conlleval",
    "cross_entropy",
    "expected_counts",
    "frame_accuracy",
    "is_error",
    "negative_log_likelihood",
    "squared_error",
]
