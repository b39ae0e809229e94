"""The charts of the book, each drawn from committed curves, summaries and measurements by a function in `CHARTS`."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from harmonium.training import Patience

ROOT = Path(__file__).parents[1]
BLUE, ORANGE, GREEN, SOFT = "#2f6fb0", "#d9822b", "#3f8f5f", "#8a99a8"


def curves(row: str, seed: int = 0, phase: str = "") -> list[dict[str, Any]]:
    """The lines of a published run's curves, or of one of its phases', one an epoch."""
    packed = (ROOT / "results" / row / f"seed-{seed}{phase}.metrics.jsonl.gz").read_bytes()
    return [json.loads(line) for line in gzip.decompress(packed).splitlines()]


def values(lines: list[dict[str, Any]], split: str, metric: str) -> np.ndarray:
    """One score of all epochs."""
    return np.array([line[split][metric] for line in lines])


def values_of(lines: list[dict[str, Any]], field: str) -> np.ndarray:
    """A field of all epochs."""
    return np.array([line[field] for line in lines])


def measured(benchmark: str, cores: int = 2) -> Any:
    """What a benchmark measured."""
    return json.loads((ROOT / "benchmarks" / f"{benchmark}.json").read_text())[str(cores)]


def summaries(row: str) -> list[dict[str, Any]]:
    """The summaries of a row's seeds, of the newest program alone."""
    found = [json.loads(path.read_text()) for path in sorted((ROOT / "results" / row).glob("seed-*.json"))]
    newest = max(one["versions"]["harmonium"] for one in found)
    return [one for one in found if one["versions"]["harmonium"] == newest]


def panels(count: int, height: float = 3.0) -> tuple[Figure, list[Axes]]:
    """A figure with some axes side by side, without lines above and to the right."""
    figure = Figure(figsize=(3.9 * count if count > 1 else 6.4, height), layout="constrained")
    axes = list(np.ravel(figure.subplots(1, count)))
    for one in axes:
        one.spines[["top", "right"]].set_visible(False)
    return figure, axes


def patience() -> Figure:
    lines = curves("logistic-regression")
    error, updates = values(lines, "valid", "error_rate"), values_of(lines, "update")
    rule, ends, kept = Patience(5000), [], []
    for update, score in zip(updates, error, strict=True):
        kept.append(rule.is_best(update - 1, {"error_rate": score}))
        ends.append(rule.last_update())
    figure, (left, right) = panels(2)
    epochs = np.arange(1, len(lines) + 1)
    left.plot(epochs, 100 * error, color=SOFT, lw=1)
    left.plot(epochs[kept], 100 * error[kept], ".", color=ORANGE, ms=5, label="the best so far: kept")
    left.set(xlabel="epoch", ylabel="validation error (%)", ylim=(7.2, 11.5))
    left.legend(frameon=False)
    right.step(updates, ends, where="post", color=BLUE, label="patience")
    right.plot([0, 6500], [0, 6500], color=SOFT, ls="--", lw=1, label="updates made")
    right.set(xlabel="updates made", ylabel="updates", xlim=(0, 6500), ylim=(0, 6800))
    right.legend(frameon=False)
    return figure


def overfitting() -> Figure:
    lines = curves("class-rbm")
    figure, (left, right) = panels(2)
    epochs = values_of(lines, "epoch")
    for axes, metric, scale, label in (
        (left, "nll", 1, "NLL (nats)"),
        (right, "error_rate", 100, "error (%)"),
    ):
        for split, colour, name in (("train", BLUE, "training set"), ("valid", ORANGE, "validation set")):
            axes.plot(epochs, scale * values(lines, split, metric), color=colour, lw=1.2, label=name)
        axes.set(xlabel="epoch", ylabel=label, yscale="log" if metric == "nll" else "linear")
    right.set_ylim(0, 10)
    left.legend(frameon=False)
    return figure


def seeds() -> Figure:
    rows = [
        ("mlp", "mlp"),
        ("mlp-best", "mlp\n--config best"),
        ("lenet", "lenet"),
        ("lenet-plain", "lenet\n--config plain"),
        ("lenet-best", "lenet\n--config best"),
    ]
    figure, (axes,) = panels(1)
    for place, (row, _) in enumerate(rows):
        errors = np.array([one["test"]["error_rate"] for one in summaries(row)])
        mean = errors.mean()
        spread = 100 * np.sqrt(mean * (1 - mean) / 10_000)
        axes.errorbar(place, 100 * mean, spread, color=SOFT, capsize=6, lw=1.2)
        axes.plot(np.full(len(errors), place), 100 * errors, "o", color=BLUE, ms=5, alpha=0.8)
    axes.set(
        xticks=range(len(rows)), ylabel="test error on MNIST (%)", ylim=(0, 2), xlim=(-0.5, len(rows) - 0.5)
    )
    axes.set_xticklabels([name for _, name in rows], size=9)
    return figure


def two_sets() -> Figure:
    figure, (axes,) = panels(1)
    for row, name, colour in (
        ("logistic-regression", "mnist", BLUE),
        ("logistic-regression-fashion", "fashion-mnist", ORANGE),
    ):
        lines = curves(row)
        epochs = values_of(lines, "epoch")
        axes.plot(epochs, 100 * values(lines, "valid", "error_rate"), color=colour, label=name)
        axes.plot(epochs, 100 * values(lines, "train", "error_rate"), color=colour, lw=1, ls=":")
    axes.set(xlabel="epoch", ylabel="error (%)", ylim=(0, 30))
    axes.legend(frameon=False)
    return figure


def samplers() -> Figure:
    found = measured("samplers")["measured"]
    names = ["Harmonium NUTS", "Harmonium jittered HMC", "BlackJAX NUTS", "BlackJAX HMC"]
    figure = Figure(figsize=(6.8, 3.4), layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    for number, (name, colour) in enumerate(zip(names, (BLUE, GREEN, SOFT, ORANGE), strict=True)):
        axes.plot([], [], "o", color=colour, label=name)  # filled in the legend, whether trusted or not
        for place, target in enumerate(found):
            one = found[target][name]
            y = place + 0.16 * (number - 1.5)
            trusted = one["r_hat"] < 1.01
            fill = colour if trusted else "white"
            axes.plot(one["ess_per_1000_gradients"], y, "o", color=colour, mfc=fill)
    axes.set(xscale="log", xlabel="effective draws for a thousand gradients", yticks=range(len(found)))
    axes.set_yticklabels(found)
    axes.invert_yaxis()
    figure.legend(frameon=False, loc="outside lower center", ncols=4, fontsize=8)
    return figure


def acceptance() -> Figure:
    lines = curves("mcrbm")
    figure, (left, right) = panels(2, 2.6)
    epochs = values_of(lines, "epoch")
    left.plot(epochs, 100 * values(lines, "train", "acceptance"), color=BLUE, marker=".")
    left.axhline(90, color=SOFT, ls="--", lw=1)
    left.set(xlabel="epoch", ylabel="acceptance (%)", ylim=(80, 100))
    right.plot(epochs, values(lines, "train", "free_energy_contrast"), color=ORANGE, marker=".")
    right.axhline(0, color=SOFT, ls="--", lw=1)
    right.set(xlabel="epoch", ylabel="free energy contrast (nats)")
    return figure


def batches() -> Figure:
    found = measured("scaling")["measured"]
    figure, (left, right) = panels(2)
    for axes, what, label in ((left, "batch", "examples in a batch"), (right, "seeds", "seeds together")):
        entries = {
            int(count): entry["Harmonium"] if what == "batch" else entry
            for count, entry in found[what].items()
        }
        scale = 1e6 if what == "batch" else 1e3
        axes.plot(
            list(entries), [scale * seconds / count for count, seconds in entries.items()], "o-", color=BLUE
        )
        axes.set(xscale="log", xlabel=label, ylim=(0, None))
        axes.set_xticks(list(entries), [f"{count:,}" for count in entries])
        axes.minorticks_off()
    left.set(ylabel="microseconds an example", yscale="log", ylim=(5, 200))
    right.set(ylabel="milliseconds a seed and update")
    return figure


def cores() -> Figure:
    work = [
        ("supervised", "lenet", "LeNet, batch 500"),
        ("stacks", "dbn-fine-tuning", "belief network, 3 × 1,000, batch 10"),
        ("sentiment", "lstm", "LSTM, batch 16"),
        ("stacks", "sda-layer-1", "denoising layer, batch 1"),
        ("rbm", "pcd-15", "RBM by PCD-15, batch 20"),
        ("supervised", "mlp", "perceptron, batch 20"),
        ("supervised", "logistic-regression", "logistic regression, batch 600"),
        ("hmc", "3-chains", "hybrid Monte Carlo, 3 chains"),
    ]
    ratios = []
    for benchmark, workload, _ in work:
        one, two = (
            measured(benchmark, count)["workloads"][workload]["seconds"]["ours"]["median"] for count in (1, 2)
        )
        ratios.append(one / two)
    figure = Figure(figsize=(6.8, 3.0), layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    order = np.argsort(ratios)
    axes.barh(
        range(len(work)), np.array(ratios)[order], color=[BLUE if ratios[n] > 1 else ORANGE for n in order]
    )
    axes.set(yticks=range(len(work)), xlabel="times as fast with two cores as with one", xlim=(0, 2))
    axes.set_yticklabels([work[n][2] for n in order], size=9)
    axes.axvline(1, color=SOFT, lw=1)
    axes.axvline(2, color=SOFT, lw=1, ls="--")
    return figure


def of_all_seeds(
    axes: Axes,
    row: str,
    colour: str,
    label: str,
    metric: str = "error_rate",
    *,
    phase: str = "",
    scale: float = 100.0,
) -> None:
    """The validation of each seed of a row, or of one of its phases, against epochs; dotted the training set's."""
    paths = sorted((ROOT / "results" / row).glob(f"seed-?{phase}.metrics.jsonl.gz"))
    for number, path in enumerate(paths):
        lines = curves(row, int(path.name[len("seed-")]), phase)
        epochs, shown = values_of(lines, "epoch"), None if number else label
        axes.plot(epochs, scale * values(lines, "valid", metric), color=colour, label=shown, lw=1.2)
        if metric in lines[0].get("train", {}):
            axes.plot(epochs, scale * values(lines, "train", metric), color=colour, lw=0.8, ls=":")


def in_time(axes: Axes, row: str, colour: str, level: float, *, phase: str = "") -> None:
    """The validation of each seed of a row against minutes, those of pre-training too; a dot at the book's error."""
    for path in sorted((ROOT / "results" / row).glob(f"seed-?{phase}.metrics.jsonl.gz")):
        seed = int(path.name[len("seed-")])
        lines, before = curves(row, seed, phase), 0 if phase else _seconds_before(row, seed)
        minutes, error = (
            (before + values_of(lines, "seconds")) / 60,
            100 * values(lines, "valid", "error_rate"),
        )
        axes.plot(minutes, error, color=colour, lw=1.2)
        if (error <= level).any():
            first = np.argmax(error <= level)
            axes.plot(minutes[first], error[first], "o", color=colour, ms=5)


def _seconds_before(row: str, seed: int) -> float:
    found = next(one for one in summaries(row) if one["seed"] == seed)
    return float(found.get("seconds_pretraining") or 0)


def against_the_book(level: float, highest: float, rows: list[tuple[str, str, str, str]]) -> Figure:
    """Rows, each with a colour, a label and a phase, against epochs and against minutes, on logarithmic scales."""
    figure, (left, right) = panels(2)
    for row, colour, label, phase in rows:
        of_all_seeds(left, row, colour, label, phase=phase)
        in_time(right, row, colour, level, phase=phase)
    left.set(xlabel="epoch", ylabel="error (%)")
    right.set_xlabel("minutes of training")
    for axes in (left, right):
        axes.axhline(level, color=SOFT, ls="--", lw=1, label="the book's test error")
        axes.set(xscale="log", ylim=(0, highest))
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_formatter("")
    right.legend(*left.get_legend_handles_labels(), edgecolor="none", framealpha=0.9, loc="upper right")
    return figure


def best_perceptron() -> Figure:
    rows = [("mlp", SOFT, "the book's settings", ""), ("mlp-best", BLUE, "--config best, three seeds", "")]
    return against_the_book(1.65, 5, rows)


def best_lenets() -> Figure:
    rows = [
        ("lenet", SOFT, "the book's settings", ""),
        ("lenet-plain", BLUE, "--config plain", ""),
        ("lenet-best", ORANGE, "--config best", ".choice"),
    ]
    return against_the_book(0.92, 3, rows)


def codes() -> Figure:
    figure, (axes,) = panels(1)
    of_all_seeds(axes, "logistic-regression", SOFT, "pixels")
    of_all_seeds(axes, "codes-of-denoising-autoencoder", BLUE, "codes of the book's autoencoder")
    of_all_seeds(axes, "codes-best", ORANGE, "codes of --config best, three seeds")
    axes.set(xlabel="epoch", ylabel="error of a linear classifier (%)", xlim=(0, 40), ylim=(0, 12))
    axes.legend(frameon=False)
    return figure


def layer_by_layer() -> Figure:
    figure, (axes,) = panels(1)
    for layer, colour in enumerate((BLUE, GREEN, ORANGE), 1):
        lines = curves("stacked-denoising-autoencoder-best", phase=f".layer-{layer}")
        cost = values(lines, "valid", "denoising_cost")
        axes.plot(values_of(lines, "epoch"), 100 * cost / cost[0], color=colour, label=f"layer {layer}")
    axes.set(xlabel="epoch of pre-training", ylabel="cost, the first epoch's being 100")
    axes.legend(frameon=False)
    return figure


def best_stacks() -> Figure:
    rows = [
        ("stacked-denoising-autoencoder", SOFT, "the book's settings", ""),
        ("stacked-denoising-autoencoder-best", BLUE, "--config best, three seeds", ""),
    ]
    return against_the_book(1.30, 4, rows)


def taggers() -> Figure:
    figure, (axes,) = panels(1)
    of_all_seeds(axes, "slot-filling", SOFT, "the book's program", "f1")
    of_all_seeds(axes, "slot-filling-bidirectional", GREEN, "--config bidirectional", "f1")
    of_all_seeds(axes, "slot-filling-elman", BLUE, "--config elman", "f1", phase=".choice")
    of_all_seeds(axes, "slot-filling-best", ORANGE, "--config best, three seeds", "f1", phase=".choice")
    axes.set(xlabel="epoch", ylabel="F1 in validation (%)", ylim=(88, 100))
    axes.legend(frameon=False, loc="lower right")
    return figure


def melodies() -> Figure:
    figure, (axes,) = panels(1)
    of_all_seeds(axes, "rnn-nade", BLUE, "three seeds", "log_likelihood", scale=1)
    axes.set(xlabel="epoch", ylabel="log-likelihood (nats a step)", ylim=(-4, -1.5))
    axes.legend(frameon=False)
    return figure


CHARTS: dict[str, Callable[[], Figure]] = {
    "patience": patience,
    "overfitting": overfitting,
    "seeds": seeds,
    "two-sets": two_sets,
    "samplers": samplers,
    "acceptance": acceptance,
    "batches": batches,
    "cores": cores,
    "best-perceptron": best_perceptron,
    "best-lenets": best_lenets,
    "codes": codes,
    "layer-by-layer": layer_by_layer,
    "best-stacks": best_stacks,
    "taggers": taggers,
    "melodies": melodies,
}
