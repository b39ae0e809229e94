"""Scores of Boltzmann machines on held-out examples, and their partition functions, estimated as the user asks."""

from collections.abc import Callable

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from harmonium import metrics
from harmonium.metrics import likelihoods
from harmonium.models import RBM, GaussianRBM, partition
from harmonium.models.contrastive import exact_pseudo_log_likelihood, pseudo_log_likelihood
from harmonium.models.partition import LogPartition
from harmonium.models.tempered_partition import tempered_log_partition
from harmonium.recipes.shared.options import Annealing
from harmonium.training import mean_scores


def monitors(
    v: Float[Array, "examples visible"], known: Float[Array, "examples visible"]
) -> Callable[[RBM], dict[str, float]]:
    """Return a function from a machine to its monitors on examples `v`.

    `free_energy_gap` is the mean free energy of `v` minus that of as many training examples, `known`. The
    pseudo-likelihood looks at one bit of each example, and the standard error beside it is that of this choice.
    """
    examples = (v, jnp.arange(len(v)))

    def scores(model: RBM) -> dict[str, float]:
        found = mean_scores(_of_each, model, examples)
        gap = found.pop("free_energy") - mean_scores(free_energy, model, known)["free_energy"]
        if "pseudo_log_likelihood" in found:
            squared = found.pop("pseudo_log_likelihood_squared")
            found["pseudo_log_likelihood_error"] = standard_error(
                found["pseudo_log_likelihood"], squared, len(v)
            )
        return found | {"free_energy_gap": gap}

    return scores


def _of_each(model: RBM, numbered: tuple[Array, Array]) -> dict[str, Array]:
    """Return the monitors of many examples; the number of each decides the bit of its pseudo-likelihood."""
    v, numbers = numbered
    energies = free_energy(model, v)
    if isinstance(model, GaussianRBM):
        return energies | {"squared_error": metrics.squared_error(model.reconstruct(v), v)}
    logits = model.visible_field(model.hidden_mean(v))
    of_a_bit = pseudo_log_likelihood(model, v, numbers % v.shape[1])
    return energies | {
        "pseudo_log_likelihood": of_a_bit,
        "pseudo_log_likelihood_squared": of_a_bit**2,
        "reconstruction_cross_entropy": metrics.cross_entropy(logits, v),
    }


def of_every_bit(model: RBM, v: Float[Array, "examples visible"]) -> dict[str, float]:
    """Return the mean pseudo-likelihood of examples, summed over all bits."""
    return mean_scores(
        lambda model, v: {"pseudo_log_likelihood": exact_pseudo_log_likelihood(model, v)}, model, v
    )


def log_likelihood(model: RBM, v: Float[Array, "examples visible"], log_z: LogPartition) -> dict[str, float]:
    """Return what may be said of the mean log-probability of examples, in nats."""
    energy = mean_scores(free_energy, model, v)["free_energy"]
    said = likelihoods.normalised(-energy, log_z) | likelihoods.of_partition(log_z)
    return {"examples": len(v)} | said


def log_partition(rbm: RBM, examples: Array, how: Annealing, key: PRNGKeyArray) -> LogPartition:
    """Return log Z exactly where a layer is small, and else what annealing or tempering finds."""
    assert how.temperatures is not None  # as the recipes of machines have them
    if how.tempered:
        return tempered_log_partition(
            rbm, examples, chains=how.chains, temperatures=how.temperatures, sweeps=how.sweeps, key=key
        )
    return partition.log_partition(
        rbm, examples, chains=how.chains, temperatures=how.temperatures, seconds=how.seconds, key=key
    )


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
