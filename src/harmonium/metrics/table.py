"""How each metric is named, shown and explained, and which way is better.

Progress lines, learning curves, tables, the choice of the best model and `harmonium explain` read this one table.
It imports nothing heavy.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Metric:
    """A number that training, evaluation or a table of likelihoods reports.

    Examples
    --------
    >>> metric("error_rate").shown(0.0165)
    '1.65%'
    >>> metric("nll").axis
    'negative log-likelihood (nats)'
    """

    name: str
    """The key in metrics.jsonl, summary.json and the tables of scores."""
    title: str
    """What a reader calls it: "error", "negative log-likelihood"."""
    unit: str = ""
    """The unit: "%", "nats", "nats a step", "count" for whole numbers, or "" for a number without one."""
    better: Literal["lowest", "highest"] | None = None
    """Which values are better, or None where neither way is."""
    explanation: str = ""
    """Two or three sentences: what it is, how it is computed, what good values are."""
    short: str = ""
    """The name in a line of progress, where it is shorter than the title."""
    error_of: str = ""
    """The metric whose standard error this is, and beside which it is shown."""

    @property
    def label(self) -> str:
        """The name in a line of progress or at the head of a column."""
        return self.short or self.title

    @property
    def scale(self) -> int:
        """What a value is multiplied by to be shown: 100 for a share shown in per cent, else 1."""
        return 100 if self.unit == "%" else 1

    @property
    def axis(self) -> str:
        """The label of a curve's axis: the title, with the unit."""
        return f"{self.title} ({self.unit})" if self.unit not in ("", "count") else self.title

    def shown(self, value: float) -> str:
        """A value as text: "1.65%" for a share, "10,000" for a count, "0.3538" for anything else."""
        if self.unit == "%":
            return f"{value:.2%}"
        return f"{value:,.0f}" if self.unit == "count" else f"{value:.4f}"


# fmt: off
_TABLE = (
    # Classification
    Metric("error_rate", "error", "%", "lowest",
           "The share of examples whose likeliest class is not the true one. Zero is perfect; guessing among ten "
           "equally frequent classes gives 90%."),
    Metric("nll", "negative log-likelihood", "nats", "lowest",
           "The mean of -log P(true class | example). It is low where the model is right and sure of it, and a "
           "confident mistake costs much. Guessing among ten equally frequent classes gives log 10, which is 2.30 "
           "nats.",
           short="nll"),
    # Words
    Metric("word_nll", "negative log-likelihood of a word", "nats", "lowest",
           "The mean of -log P(next word | words before) of a language model, among a few hundred words that each "
           "update draws in place of the whole vocabulary: an estimate that is on average too low. Pre-training of "
           "`sentiment` lowers it.",
           short="word nll"),
    Metric("f1", "F1", "%", "highest",
           "The harmonic mean of precision and recall of labelled phrases, as the CoNLL-2000 script counts them: a "
           "phrase is right where its type and both its ends are. 100% is perfect."),
    Metric("precision", "precision", "%", "highest",
           "The share of the predicted phrases that are true ones, with the same type and the same ends. It is high "
           "where the model labels only what it is sure of, so read it together with recall."),
    Metric("recall", "recall", "%", "highest",
           "The share of the true phrases that the model found, with the same type and the same ends. It is high "
           "where the model labels much, so read it together with precision."),
    # Autoencoders
    Metric("reconstruction_cost", "reconstruction cost", "", "lowest",
           "How far the reconstruction of an example is from the example, summed over its values: the cross-entropy "
           "in nats, or the squared error, as the run's `cost` says. Compare it only between runs with the same cost "
           "and data: a wide code reconstructs well without having learned anything."),
    Metric("denoising_cost", "denoising cost", "", "lowest",
           "How far the reconstruction of a corrupted example is from the example before it was corrupted, summed "
           "over its values. It is what a denoising autoencoder learns to lower, and rises with the level of "
           "corruption."),
    Metric("contraction", "contraction ‖∂y/∂x‖²", "", None,
           "The squared norm of the derivative of the code with respect to the example: how much the code moves when "
           "the example does. A contractive autoencoder lowers it together with the reconstruction cost; alone it "
           "says nothing, since a constant code has none.",
           short="contraction"),
    Metric("squared_error", "squared error", "", "lowest",
           "The squared distance between an example and its reconstruction, summed over the example's values."),
    Metric("cross_entropy", "cross-entropy", "nats a step", "lowest",
           "The mean of -log of the probability that independent units give to each time step, as the recurrent "
           "network alone predicts it. Pre-training of an RNN-RBM's recurrent weights lowers it."),
    Metric("reconstruction_cross_entropy", "reconstruction cross-entropy", "nats", "lowest",
           "The cross-entropy between an example and the mean of the visible units after one step up and down "
           "through the RBM. It falls while an RBM learns, but is not what contrastive divergence lowers, and chains "
           "that do not move lower it too."),
    # Energy models
    Metric("pseudo_log_likelihood", "log pseudo-likelihood", "nats", "highest",
           "The sum over the units of log P(unit | all other units), which needs no partition function and stands in "
           "for the log-likelihood; zero is perfect. While an RBM trains one unit an example is drawn, so that it has "
           "a standard error; `evaluate` sums over all. "
           "In an RNN-RBM it is minus the cross-entropy between a time step and the mean of its visible units at the "
           "end of a Gibbs chain, in nats a step."),
    Metric("known_log_likelihood", "log-likelihood among known chords", "nats a step", "highest",
           "What the log-likelihood of a step of music would be if nothing but the chords of --known-frames could "
           "sound, which is at least the log-likelihood itself. It is the monitor of an RNN-RBM that learns from "
           "them."),
    Metric("pseudo_log_likelihood_error", "standard error of the log pseudo-likelihood", "nats", "lowest",
           "How far the log pseudo-likelihood may be off because one unit an example was drawn and not all were "
           "counted, with the spread of the examples themselves in it. `harmonium evaluate` counts all.",
           error_of="pseudo_log_likelihood"),
    Metric("generation_cost", "generation cost", "nats", "lowest",
           "Minus the log-probability that each layer of a deep belief network gives the one below it, summed from the "
           "pixels up to the top RBM, in an upward pass from an example. The wake phase of up-down lowers it. It "
           "leaves the top RBM out, so that it is no likelihood."),
    Metric("recognition_cost", "recognition cost", "nats", "lowest",
           "Minus the log-probability that the upward pass of a deep belief network gives the states of a downward "
           "pass from its top RBM, summed over the layers. The sleep phase of up-down lowers it: where it is low, "
           "recognition undoes generation."),
    Metric("free_energy_gap", "free energy gap", "nats", None,
           "The mean free energy of held-out examples minus that of as many training examples. Near zero the model "
           "knows both alike; where the gap grows, it overfits."),
    Metric("response_kurtosis", "kurtosis of the responses", "", None,
           "How peaked the responses of a mean-covariance RBM's factors to held-out examples are, averaged over them: "
           "the excess kurtosis, 0 for a Gaussian. Edge detectors respond weakly to most patches and strongly to few, "
           "and have 3 or more; random directions in whitened patches have less."),
    Metric("score_matching", "score matching", "", "lowest",
           "Half the squared gradient of the free energy at an example, less its curvature there, in white "
           "coordinates, as a mean over 200 examples. It needs no partition function, and is lowest on average for the "
           "energy that the examples come from. It may be negative; compare it only between runs on the same data with "
           "the same `variance`."),
    Metric("free_energy_contrast", "free energy contrast", "nats", None,
           "The mean free energy of the examples minus that of the model's own samples, whose gradient the model "
           "learns by. It is about zero where the samples are as likely as the examples, and is no measure of fit."),
    Metric("acceptance", "acceptance", "%", None,
           "The share of the proposals of hybrid Monte Carlo that are accepted. The step size adapts until it is "
           "about 90%; far below, the steps are too large, and at 100% they are smaller than need be."),
    # Likelihoods
    Metric("log_likelihood", "log-likelihood", "nats", "highest",
           "The mean log-probability of an example, or for music of a time step given those before it. It is exact "
           "where a layer is small enough for all its states to be summed, or the density is a NADE, and is else an "
           "estimate that is on average too high: by annealed importance sampling, or for music by a sum over the "
           "notes that the model finds likely. An estimate that does not converge is not given."),
    Metric("log_likelihood_from", "log-likelihood, range from", "nats", "highest",
           "The low end of the range where the estimate of the log-likelihood does not converge: by annealing the "
           "model's samples back to the start, or for music by how often they are among the notes summed over. It is "
           "no bound where the chains that gave these samples do not mix."),
    Metric("log_likelihood_to", "log-likelihood, range to", "nats", "highest",
           "The high end of the range where the estimate of the log-likelihood does not converge: by annealing from "
           "independent units, which misses what few chains find, or for music from the notes summed over, so that the "
           "truth may lie far below. It is never to be quoted alone."),
    Metric("log_likelihood_bound", "lower bound of the log-likelihood", "nats", "highest",
           "The mean over examples of log p(x, h) - log q(h | x), with h drawn by the upward pass q of a deep belief "
           "network: on average at most the log-likelihood. The log partition function of the top RBM stands in it at "
           "its higher end."),
    Metric("log_likelihood_bound_from", "lower bound, range from", "nats", "highest",
           "The lower bound of the log-likelihood with the higher of two estimates of a log partition function that "
           "do not agree."),
    Metric("log_likelihood_bound_to", "lower bound, range to", "nats", "highest",
           "The same with the lower of the two estimates. Since they do not agree it is no bound."),
    Metric("importance_weighted", "importance-weighted log-likelihood", "nats", "highest",
           "The log of the mean weight p(x, h) / q(h | x) over many draws of the hidden layers by the upward pass q of "
           "a deep belief network. It lies between the lower bound and the log-likelihood, on average, but for the "
           "error of the log partition function."),
    Metric("importance_weighted_error", "standard error of log Z, importance-weighted", "nats", "lowest",
           "The standard error that the importance-weighted log-likelihood has from the estimate of the log partition "
           "function; that of the draws comes beside it.",
           error_of="importance_weighted"),
    Metric("importance_weighted_from", "importance-weighted, range from", "nats", "highest",
           "The importance-weighted log-likelihood with the higher of two estimates of a log partition function that "
           "do not agree."),
    Metric("importance_weighted_to", "importance-weighted, range to", "nats", "highest",
           "The same with the lower of the two estimates."),
    Metric("effective_draws", "effective draws", "", "highest",
           "How many equal draws of the hidden layers the importance weights of an example are worth, on average. Near "
           "one, the importance-weighted estimate is little more than the lower bound."),
    Metric("at_least", "at least", "nats", "highest",
           "The lower end of the interval of three standard errors about an estimate that converges; for music of the "
           "estimate from the low side."),
    Metric("at_most", "at most", "nats", "highest",
           "The upper end of the interval of three standard errors about an estimate that converges; for music of the "
           "estimate from the high side."),
    Metric("by_reverse", "by reverse annealing", "nats", "highest",
           "The log-likelihood by annealing the model's samples back to the start, too low on average where the "
           "other estimate is too high; by tempering, that of the chains that began at examples. The estimate stands "
           "only where both agree."),
    Metric("log_partition", "log partition function", "nats", None,
           "Log Z, the log of the sum of exp(-energy) over all states, by which the model's probabilities are "
           "normalised. It is exact for small layers, and else estimated by annealed importance sampling."),
    Metric("standard_error", "standard error", "nats", "lowest",
           "The standard error of the estimate of log Z, by the spread of the chains' weights. More chains and more "
           "temperatures make it smaller."),
    Metric("effective_sample_size", "effective sample size", "", "highest",
           "How many independent chains of equal weight, or independent draws, would be worth as much; for music the "
           "median over the steps. Below a quarter of the chains (half where R-hat of the walk is above 1.1), or below "
           "12, there is no estimate but a range: where few chains bear the weight, the standard error is small and "
           "the error large."),
    Metric("worst_effective_sample_size", "effective sample size of the worst steps", "", "highest",
           "The effective sample size that 99 of 100 steps of the music exceed. Where it is below a quarter of the "
           "chains, or below 12, there is no estimate but a range."),
    Metric("walk_r_hat", "R-hat of the walk from examples", "", "lowest",
           "Whether the chains that give annealing back its samples have forgotten where they began: some at examples, "
           "some at independent units. Above 1.1 they have not, and what annealing back gives bounds nothing."),
    Metric("chains", "chains", "count", None, "Independent chains of an estimate of the partition function."),
    Metric("temperatures", "temperatures", "count", None,
           "Densities between independent units and the model that the chains of an estimate pass through."),
    # Music
    Metric("frame_accuracy", "frame accuracy", "%", "highest",
           "The accuracy of Bay, Ehmann & Downie (2009): notes rightly predicted, over those rightly, those wrongly "
           "predicted and those missed together, each counted over all time steps. A note is predicted where its "
           "probability given the past is above one half."),
    Metric("expected_frame_accuracy", "expected frame accuracy", "%", "highest",
           "The frame accuracy of notes drawn from the model's probabilities instead of the likeliest ones, with "
           "each count replaced by its expectation: Boulanger-Lewandowski et al. (2012) report an expected accuracy."),
    Metric("piece_log_likelihood", "log-likelihood, mean of pieces", "nats a step", "highest",
           "The mean over pieces of each piece's mean log-likelihood a step, in which short pieces count as much as "
           "long ones."),
    Metric("piece_log_likelihood_from", "mean of pieces, range from", "nats a step", "highest",
           "The low side of the mean over pieces, where the estimate does not converge."),
    Metric("piece_log_likelihood_to", "mean of pieces, range to", "nats a step", "highest",
           "The high side of the mean over pieces, where the estimate does not converge; never to be quoted alone."),
    Metric("piece_frame_accuracy", "frame accuracy, mean of pieces", "%", "highest",
           "The mean over pieces of each piece's frame accuracy."),
    Metric("piece_expected_frame_accuracy", "expected frame accuracy, mean of pieces", "%", "highest",
           "The mean over pieces of each piece's expected frame accuracy."),
    # Samplers
    Metric("acceptance_rate", "acceptance", "%", None,
           "The share of the proposals of hybrid Monte Carlo that are accepted; the sampler aims at 90%."),
    Metric("step_size", "step size", "", None,
           "The size of one leapfrog step of hybrid Monte Carlo, which adapts until 90% of the proposals are "
           "accepted."),
    Metric("divergent", "divergent proposals", "count", "lowest",
           "Proposals of hybrid Monte Carlo whose energy is off by more than 1,000 nats. Any at all means that the "
           "step size is too large somewhere."),
    Metric("r_hat", "R-hat", "", "lowest",
           "The spread of all chains together over the spread within each. Below 1.01 the chains agree; above, they "
           "have not mixed yet."),
    # Counts
    Metric("examples", "examples", "count", None, "How many examples, or for music time steps, were scored."),
    Metric("pieces", "pieces", "count", None, "How many pieces of music were scored."),
)
# fmt: on

METRICS: dict[str, Metric] = {}
for _entry in _TABLE:
    METRICS[_entry.name] = _entry


def metric(name: str) -> Metric:
    """The table's entry of this name, or for any other name, such as one of your own objective, a plain one.

    Examples
    --------
    >>> metric("f1").better
    'highest'
    >>> metric("my_own_loss").axis
    'my own loss'
    """
    return METRICS.get(name) or Metric(name, name.replace("_", " "))


def shown(scores: Mapping[str, float], *, units: bool = False) -> dict[str, str]:
    """Scores as text by their labels, or with `units` by their titles, each with its standard error where there is one.

    Examples
    --------
    >>> shown({"pseudo_log_likelihood": -62.0884, "pseudo_log_likelihood_error": 2.1, "free_energy_gap": 0.3772})
    {'log pseudo-likelihood': '-62.0884 ± 2.1000', 'free energy gap': '0.3772'}
    """
    found = {}
    errors = {entry.error_of: name for name in scores if (entry := metric(name)).error_of in scores}
    for name, value in scores.items():
        if name not in errors.values():
            error = f" ± {metric(errors[name]).shown(scores[errors[name]])}" if name in errors else ""
            found[metric(name).axis if units else metric(name).label] = metric(name).shown(value) + error
    return found
