"""What defines a task's score."""

from harmonium.metrics.classification import confusion_counts, is_error, negative_log_likelihood
from harmonium.metrics.reconstruction import cross_entropy, squared_error

__all__ = ["confusion_counts", "cross_entropy", "is_error", "negative_log_likelihood", "squared_error"]
