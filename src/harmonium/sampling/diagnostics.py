"""Whether chains have mixed, by ArviZ (Vehtari et al. 2021)."""

from typing import Any

import numpy as np


def split_r_hat(draws: np.ndarray) -> np.ndarray:
    """Rank-normalised split R-hat of each value: near 1 (below 1.01) where all chains tell the same.

    `draws` is (draws, chains, …).
    """
    return _by_value("rhat", draws)


def bulk_effective_sample_size(draws: np.ndarray) -> np.ndarray:
    """How many independent draws would fix each value's mean as well. `draws` is (draws, chains, …)."""
    return _by_value("ess", draws)


def _by_value(name: str, draws: np.ndarray) -> np.ndarray:
    from arviz_stats.base import array_stats

    function: Any = getattr(array_stats, name)
    return np.asarray(function(np.asarray(draws), chain_axis=1, draw_axis=0))
