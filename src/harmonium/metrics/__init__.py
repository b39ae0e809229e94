"""Scores: how they are computed, and in `metrics.table` how each is named, shown, and which way is better."""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from harmonium.metrics.classification import confusion_counts as confusion_counts
    from harmonium.metrics.classification import is_error as is_error
    from harmonium.metrics.classification import negative_log_likelihood as negative_log_likelihood
    from harmonium.metrics.energies import score_matching as score_matching
    from harmonium.metrics.frames import expected_counts as expected_counts
    from harmonium.metrics.frames import frame_accuracy as frame_accuracy
    from harmonium.metrics.phrases import ConllScore as ConllScore
    from harmonium.metrics.phrases import PhraseScore as PhraseScore
    from harmonium.metrics.phrases import conlleval as conlleval
    from harmonium.metrics.reconstruction import cross_entropy as cross_entropy
    from harmonium.metrics.reconstruction import squared_error as squared_error
    from harmonium.metrics.table import METRICS as METRICS
    from harmonium.metrics.table import Metric as Metric
    from harmonium.metrics.table import metric as metric
else:
    __getattr__, __dir__, __all__ = lazy_loader.attach(
        __name__,
        submod_attrs={
            "classification": ["confusion_counts", "is_error", "negative_log_likelihood"],
            "frames": ["expected_counts", "frame_accuracy"],
            "phrases": ["ConllScore", "PhraseScore", "conlleval"],
            "reconstruction": ["cross_entropy", "squared_error"],
            "energies": ["score_matching"],
            "table": ["METRICS", "Metric", "metric"],
        },
    )
