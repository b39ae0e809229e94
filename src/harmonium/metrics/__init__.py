"""What defines a task's score."""

from harmonium.metrics.classification import confusion_counts, is_error, negative_log_likelihood

__all__ = ["confusion_counts", "is_error", "negative_log_likelihood"]
