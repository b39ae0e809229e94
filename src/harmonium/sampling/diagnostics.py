"""Whether several chains have mixed, computed by ArviZ (Vehtari et al. 2021)."""

from typing import Any

import numpy as np

from harmonium.arguments import shown
from harmonium.errors import ConfigError, DataError


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


def problems(run: Any) -> list[str]:
    """What is wrong with the draws of a sampler, in sentences; nothing where they can be trusted.

    Parameters
    ----------
    run
        What `sample_hmc`, `sample_jittered_hmc` or `sample_nuts` returned.

    Examples
    --------
    Wells too far apart for any chain to cross:

    >>> import jax, jax.numpy as jnp
    >>> from harmonium.sampling import sample_nuts
    >>> energy = lambda s: -jnp.logaddexp(-((s[0] - 20) ** 2), -((s[0] + 20) ** 2))
    >>> starts = jnp.array([[20.0], [-20.0], [20.0], [-20.0]])
    >>> run = sample_nuts(energy, starts, draws=200, warm_up=100, key=jax.random.key(0))
    >>> problems(run)[0][:41]
    'the chains disagree: R-hat of a value is '
    """
    import jax

    if not hasattr(run, "positions") or not hasattr(run, "info"):
        raise ConfigError(
            f"problems: run is {shown(run)}, but must be what sample_hmc or sample_nuts returned"
        )
    leaves = [np.asarray(leaf) for leaf in jax.tree.leaves(run.positions)]
    draws = np.concatenate([leaf.reshape(*leaf.shape[:2], -1) for leaf in leaves], -1)
    count, chains, _ = draws.shape
    lost = ~np.isfinite(draws).all((0, 2))
    if lost.any():
        return [
            f"draws of chain {chain} are not finite; start it elsewhere, or make steps smaller"
            for chain in np.flatnonzero(lost)
        ]
    still = (draws[1:] == draws[:-1]).all(-1).mean(0) > 0.95 if count > 1 else np.zeros(chains, bool)
    found = [
        f"chain {chain} is stuck: fewer than one draw in twenty moves it; start it elsewhere, or make steps smaller"
        for chain in np.flatnonzero(still)
    ]
    divergent = int(np.sum(run.info.divergent))
    if divergent:
        found.append(
            f"{divergent:,} of {count * chains:,} trajectories diverged, so that a narrow part of the target may be "
            "missing: raise the target of the acceptance, or write the energy in other values"
        )
    cut = float(np.mean(getattr(run.info, "cut", 0)))
    if cut > 0.01:
        found.append(f"{cut:.0%} of the trajectories are as long as they may be; allow longer ones")
    if chains == 1:
        found.append("a single chain cannot show what it has missed: start four or more, far from each other")
    if count < 4:
        found.append(f"{count} draws a chain are too few to be judged; make more draws")
    if count < 4 or still.any():
        return found
    fixed = (draws == draws[0]).all((0, 1))
    if fixed.any():
        found.append("a value never changes from draw to draw; leave it out of the positions")
        draws = draws[..., ~fixed]
    r_hat, size = split_r_hat(draws), bulk_effective_sample_size(draws)
    if r_hat.max() > 1.01:
        found.append(
            f"the chains disagree: R-hat of a value is {r_hat.max():.3f}, above 1.01; make more draws, or start nearer"
        )
    if size.min() < 100 * chains:
        found.append(
            f"the draws of a value are worth only {size.min():.0f} independent ones, below 100 a chain; make more draws"
        )
    return found


def _by_value(name: str, draws: np.ndarray) -> np.ndarray:
    from arviz_stats.base import array_stats

    if np.ndim(draws) < 2:
        raise DataError(f"draws have the shape {np.shape(draws)}, but must be (draws, chains, …)")
    function: Any = getattr(array_stats, name)
    return np.asarray(function(np.asarray(draws), chain_axis=1, draw_axis=0))


def described(run: Any) -> str:
    """Return a sampler's run in a line, as <HMCRun: 500 draws of 4 chains, acceptance 0.91>."""
    try:
        draws, chains = run.info.acceptance.shape
        rate = float(run.info.acceptance.mean())
    except (AttributeError, TypeError, ValueError):  # shapes or tracers in place of arrays
        return f"{type(run).__name__}{tuple(run)!r}"
    return f"<{type(run).__name__}: {draws:,} draws of {chains:,} chains, acceptance {rate:.2f}>"
