"""Scores of Boltzmann machines that take more than one look at an example, and their partition functions."""

from jaxtyping import Array, Float, PRNGKeyArray

from harmonium.models import RBM, partition
from harmonium.models.contrastive import exact_pseudo_log_likelihood
from harmonium.models.partition import LogPartition
from harmonium.models.tempered_partition import tempered_log_partition
from harmonium.recipes.shared.options import Annealing


def log_partition(rbm: RBM, examples: Array, how: Annealing, key: PRNGKeyArray) -> LogPartition:
    """Return log Z exactly where a layer is small, and else what annealing or tempering finds."""
    if how.tempered:
        return tempered_log_partition(
            rbm, examples, chains=how.chains, temperatures=how.temperatures, sweeps=how.sweeps, key=key
        )
    return partition.log_partition(
        rbm, examples, chains=how.chains, temperatures=how.temperatures, seconds=how.seconds, key=key
    )


def exact_scores(model: RBM, v: Float[Array, "batch visible"]) -> dict[str, Float[Array, " batch"]]:
    """Return the pseudo-likelihood of each example, summed over all bits."""
    return {"pseudo_log_likelihood": exact_pseudo_log_likelihood(model, v)}


def free_energy(model: RBM, v: Float[Array, "batch visible"]) -> dict[str, Float[Array, " batch"]]:
    """Return F(v) of each example."""
    return {"free_energy": model.free_energy(v)}


def standard_error(mean: float, mean_of_squares: float, count: int) -> float:
    """Return the standard error of the mean of `count` numbers.

    Examples
    --------
    >>> standard_error(2.0, 8.0, 100)
    0.2
    """
    return float((max(mean_of_squares - mean**2, 0.0) / count) ** 0.5)
