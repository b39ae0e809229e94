"""Whether several chains have mixed, computed by ArviZ (Vehtari et al. 2021)."""

from typing import Any

import numpy as np


def split_r_hat(draws: np.ndarray) -> np.ndarray:
    """Rank-normalised split R-hat of each value: below 1.01 where all chains agree.

    Parameters
    ----------
    draws
        (draws, chains, …), as `HMCRun.positions` are.

    Returns
    -------
    np.ndarray
        One number for each value, in the shape of one position.

    Examples
    --------
    >>> draws = np.random.default_rng(0).normal(size=(500, 4, 2))
    >>> bool((split_r_hat(draws) < 1.01).all())
    True
    >>> apart = draws + np.arange(4)[:, None]  # every chain around a mean of its own
    >>> bool((split_r_hat(apart) > 1.5).all())
    True
    """
    return _by_value("rhat", draws)


def bulk_effective_sample_size(draws: np.ndarray) -> np.ndarray:
    """How many independent draws would tell each value's mean as precisely.

    Parameters
    ----------
    draws
        (draws, chains, …), as `HMCRun.positions` are.

    Returns
    -------
    np.ndarray
        One number for each value, in the shape of one position.

    Examples
    --------
    Draws that are each repeated ten times are worth about a tenth of their number.

    >>> independent = np.random.default_rng(0).normal(size=(200, 4, 1))
    >>> repeated = np.repeat(independent, 10, axis=0)
    >>> bool(bulk_effective_sample_size(repeated)[0] < 0.15 * repeated[..., 0].size)
    True
    """
    return _by_value("ess", draws)


def _by_value(name: str, draws: np.ndarray) -> np.ndarray:
    from arviz_stats.base import array_stats

    function: Any = getattr(array_stats, name)
    return np.asarray(function(np.asarray(draws), chain_axis=1, draw_axis=0))
