"""What each layer of a deep belief network adds to its likelihood, layer by layer."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import jax
from jaxtyping import Array, Float, PRNGKeyArray

from harmonium.models.partition import LogPartition
from harmonium.models.rbm import RBM


class Entry(NamedTuple):
    """A layer's line in the ledger, not normalised: subtract from each term log Z of the RBM that it belongs to."""

    own: Float[Array, " examples"]  # -F(x) of the layer's input x by its own RBM
    below: Float[Array, " examples"] | None  # -F(h) of the same input as hidden units of the RBM below it


def entries(rbms: Sequence[RBM], x: Float[Array, "examples visible"], *, key: PRNGKeyArray) -> list[Entry]:
    """Draw each layer's input given x, as `DBN.lower_bound` does with the same key, and score it by two machines.

    Every machine's log p(x) is log p(x | h) + log p(h) - log q(h | x), whatever h is drawn. A machine put above it
    has another log p(h). So the bound on the stack's likelihood is the first machine's log p(x) plus what each further
    one gains over the one below it: log p(h) by the upper one minus log p(h) by the lower one. A layer that gains
    nothing should be left out.
    """
    found = []
    for number, rbm in enumerate(rbms):
        below = None if number == 0 else -rbms[number - 1].free_energy_of_hidden(x)
        found.append(Entry(-rbm.free_energy(x), below))
        x = rbm.sample_hidden(x, key=jax.random.fold_in(key, number))
    return found


def ledger(written: Sequence[Entry], log_partitions: Sequence[LogPartition]) -> list[dict[str, float]]:
    """The mean of each layer's line, in nats, from both sides of every log Z.

    Returns
    -------
    list of dict
        For each layer `layer`, counted from 1; `input_at_most` and `input_at_least`, the log-probability of its input
        by its RBM; and from the second on `below_at_most` and `below_at_least`, that by the RBM below, and
        `gain_at_most` and `gain_at_least`, the difference.
    """

    def sides(unnormalised: Array, log_z: LogPartition) -> tuple[float, float]:
        mean = float(unnormalised.mean())
        ends = (mean - log_z.value, mean - (log_z.value if log_z.upper is None else log_z.upper))
        return min(ends), max(ends)

    lines = []
    for number, entry in enumerate(written):
        low, high = sides(entry.own, log_partitions[number])
        line = {"layer": float(number + 1), "input_at_least": low, "input_at_most": high}
        if entry.below is not None:
            below_low, below_high = sides(entry.below, log_partitions[number - 1])
            line |= {"below_at_least": below_low, "below_at_most": below_high}
            line |= {"gain_at_least": low - below_high, "gain_at_most": high - below_low}
        lines.append(line)
    return lines


def losses(lines: Sequence[Mapping[str, float]]) -> list[str]:
    """Name the layers that do not gain, in sentences."""
    said = []
    for line in lines:
        if line.get("gain_at_least", 0.0) >= 0:
            continue
        sure = line["gain_at_most"] <= 0
        said.append(
            f"layer {line['layer']:.0f} {'loses' if sure else 'may lose'} "
            f"{-line['gain_at_most'] if sure else -line['gain_at_least']:.1f} nats: its RBM gives its input less "
            "probability than the RBM below does, so that the lower bound falls; the likelihood itself may not"
        )
    return said
