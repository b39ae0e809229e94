"""What may be printed of a likelihood whose partition function Z was estimated: a value with its error, or a range.

This is the one place that decides it, for `evaluate`, summaries, model cards and the published results alike. The
standard error cannot be trusted by itself: where a single chain carries all the weight it is small all the same. The
effective sample size and the estimate from the other side can show that: the table in
results/likelihoods.md, which `tests/campaigns/likelihoods.py` writes, says how often the truth was inside.
"""

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

TRUSTED = 0.25  # share of the chains that must carry the weight of an estimate
USUAL = 100  # chains assumed where a record of an earlier version does not hold their number
LEAST = 12  # chains that must carry it in any case, since a quarter of few chains says nothing
MIXED = 1.1  # R-hat of the walk from examples, above which its chains have not forgotten where they began
UNCONFIRMED = 0.5  # share that must carry it where R-hat is above that, since no other side confirms it
SLACK = 0.01  # nats by which the two sides may differ through rounding alone


@runtime_checkable
class Partition(Protocol):
    """What is known of log Z: `harmonium.models.partition.LogPartition`."""

    @property
    def value(self) -> float:
        """Log Z, exact or estimated from below, in nats."""

    @property
    def standard_error(self) -> float:
        """Of the estimate."""

    @property
    def effective_sample_size(self) -> float | None:
        """How many chains of equal weight it is worth; None where it is exact."""

    @property
    def upper(self) -> float | None:
        """An estimate from above, where there is one."""

    @property
    def upper_standard_error(self) -> float:
        """Of that."""

    @property
    def chains(self) -> int:
        """Chains of each estimate."""

    @property
    def temperatures(self) -> int:
        """Densities that they pass through."""

    @property
    def r_hat(self) -> float | None:
        """Of the walk that gave the samples for the estimate from above."""


def converges(log_z: Partition) -> bool:
    """Return whether log Z may be printed as an estimate with an error.

    It may where it is exact; and else where its chains are worth a quarter of their number and at least 12, and the
    estimate from the other side, where there is one, does not contradict it by more than three standard errors of both.
    The other side confirms nothing where the walk that gave its samples does not mix; then half of the chains must be
    worth something, and the error may be larger than is said, which `doubt` tells.
    """
    if log_z.effective_sample_size is None:
        return True
    if not worth_enough(log_z.effective_sample_size, log_z.chains, log_z.r_hat):
        return False
    if log_z.upper is None:
        return True
    error: float = (log_z.standard_error**2 + log_z.upper_standard_error**2) ** 0.5
    return agree(log_z.value, log_z.upper, error)


def worth_enough(effective_sample_size: float, chains: int, r_hat: float | None = None) -> bool:
    """Return whether chains are worth a quarter of their number, and at least 12; half where the walk does not mix.

    Examples
    --------
    >>> worth_enough(25, 100), worth_enough(24, 100), worth_enough(5, 5)
    (True, False, False)
    >>> worth_enough(49, 100, r_hat=1.2), worth_enough(50, 100, r_hat=1.2)
    (False, True)
    """
    share = UNCONFIRMED if r_hat is not None and r_hat > MIXED else TRUSTED
    return effective_sample_size >= max(share * chains, LEAST)


def agree(one: float, other: float, error: float) -> bool:
    """Return whether estimates from two sides differ by at most three standard errors, but for rounding."""
    return abs(one - other) <= 3 * error + SLACK


def of_partition(log_z: Partition) -> dict[str, float]:
    """Return what may be said of log Z itself, under the names of `metrics.table`."""
    if log_z.effective_sample_size is None:
        return {"log_partition": log_z.value}
    known = {"effective_sample_size": log_z.effective_sample_size}
    known |= {"chains": log_z.chains, "temperatures": log_z.temperatures}
    if log_z.r_hat is not None:
        known |= {"walk_r_hat": log_z.r_hat}
    if not converges(log_z):
        return known
    return {"log_partition": log_z.value, "standard_error": log_z.standard_error} | known


def normalised(unnormalised: float, log_z: Partition, name: str = "log_likelihood") -> dict[str, float]:
    """Return what may be said of a mean log-probability.

    Parameters
    ----------
    unnormalised
        The mean of log p(v) + log Z over the examples, in nats.
    log_z
        What is known of log Z.
    name
        What the mean log-probability is called in `metrics.table`.

    Returns
    -------
    dict
        `name` alone where log Z is exact. Where its estimate converges also `at_least` and `at_most`, three standard
        errors about it, and `by_reverse`, by the estimate from the other side. Else no estimate, but the range from the
        one side to the other, `NAME_from` to `NAME_to`; without the other side nothing.
    """
    value = unnormalised - log_z.value
    if log_z.effective_sample_size is None:
        return {name: value}
    if not converges(log_z):
        if log_z.upper is None:
            return {}
        ends = sorted((value, unnormalised - log_z.upper))
        return {f"{name}_from": ends[0], f"{name}_to": ends[1]}
    error = 3 * log_z.standard_error
    said = {name: value, "at_least": value - error, "at_most": value + error}
    return said if log_z.upper is None else said | {"by_reverse": unnormalised - log_z.upper}


def with_error(unnormalised: float, log_z: Partition, name: str) -> dict[str, float]:
    """Return what `normalised` does of a likelihood that is not the main one: the value, and log Z's standard error."""
    said = {
        key: value for key, value in normalised(unnormalised, log_z, name).items() if key.startswith(name)
    }
    if name in said and log_z.standard_error:
        said[f"{name}_error"] = log_z.standard_error
    return said


def bounded(unnormalised: float, log_z: Partition, name: str = "log_likelihood_bound") -> dict[str, float]:
    """Return what may be said of a lower bound, which takes the higher end of what log Z may be.

    Where log Z does not converge there is no bound, but the range from the one side to the other.
    """
    if not converges(log_z):
        return normalised(unnormalised, log_z, name)
    highest = log_z.value + 3 * log_z.standard_error
    return {name: unnormalised - max(highest, highest if log_z.upper is None else log_z.upper)}


def presentable(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return what may be shown of likelihoods that an earlier version kept, which gave estimates of few chains too.

    Examples
    --------
    >>> kept = {"log_likelihood": -108.9, "at_most": -106.0, "by_reverse": -109.2, "effective_sample_size": 1.0}
    >>> presentable(kept)
    {'effective_sample_size': 1.0, 'log_likelihood_from': -109.2, 'log_likelihood_to': -108.9}
    """
    size, chains = found.get("effective_sample_size"), int(found.get("chains") or USUAL)
    if size is None or worth_enough(size, chains, found.get("walk_r_hat")) or doubtful(found):
        return dict(found)
    estimates = {"log_likelihood", "log_likelihood_bound", "at_least", "at_most", "by_reverse"}
    estimates |= {"standard_error", "log_partition"}
    kept = {name: value for name, value in found.items() if name not in estimates}
    if {"log_likelihood", "by_reverse"} <= found.keys():
        low, high = sorted((found["log_likelihood"], found["by_reverse"]))
        kept |= {"log_likelihood_from": low, "log_likelihood_to": high}
    return kept


def doubtful(found: Mapping[str, Any]) -> bool:
    """Return whether these likelihoods of a set are a range and no estimate."""
    return any(name.endswith("_from") for name in found)


def doubt(scores: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Return what is to be said, without its subject, of likelihoods by set that are not to be trusted; None of others.

    They are a range where they do not converge. Where the walk to the other side does not mix, an estimate's error is
    larger than its standard errors say: see the machines of MNIST in results/likelihoods.md.
    """
    for found in scores.values():
        if doubtful(found):
            return _advice(found)
        if "log_partition" in found and found.get("walk_r_hat", 1) > MIXED:
            return (
                "has an estimate whose error may be several times what three standard errors allow, and more often too "
                f"good than not: the walk that gave the samples for the other side does not mix (R-hat "
                f"{found['walk_r_hat']:.2f}); try --temperatures {10 * int(found.get('temperatures') or 10_000)}, "
                "which lets it take ten times the steps, or --tempered"
            )
    return None


def _advice(found: Mapping[str, Any]) -> str:
    chains = int(found.get("chains") or USUAL)
    if chains < LEAST:
        return (
            f"has no estimate, only the range from the one side to the other: {chains} chains are too few to tell "
            f"whether it converges, which takes {LEAST} or more; try --log-likelihood, whose --chains are more"
        )
    of_steps = "worst_effective_sample_size" in found
    size = found["worst_effective_sample_size" if of_steps else "effective_sample_size"]
    if worth_enough(size, chains, found.get("walk_r_hat")):
        why = "the estimates from the two sides differ by more than their errors allow"
    else:
        why = f"the {chains} chains are worth {size:.1f}" + (" at the worst steps" if of_steps else "")
    if of_steps:
        more = f"--chains {4 * chains}"
    else:
        more = (
            f"--temperatures {10 * int(found.get('temperatures') or 10_000)}, or --seconds for a ladder that adapts, "
            f"or --tempered for modes that are apart"
        )
    said = f"does not converge: {why}, so that there is no estimate, only the range from the one side to the other"
    said += f"; try {more}"
    if found.get("walk_r_hat", 1) > MIXED:
        said += (
            f". The low end is worth nothing as a bound: the chains that it starts from do not mix (R-hat "
            f"{found['walk_r_hat']:.2f})"
        )
    return said
