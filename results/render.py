"""RESULTS.md from the summaries beside this file: `make results`. No figure in it is typed."""

import json
import statistics
from itertools import groupby
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
BOOK = {  # recipe, in the order of the chapters: the book's data, and what it gives for them
    "logistic-regression": ("mnist", "7.489 % (section 4.6, of 9,600 examples)"),
    "mlp": ("mnist", "1.65 % (section 5.3)"),
    "lenet": ("mnist", "0.92 % (section 6.9)"),
    "denoising-autoencoder": ("mnist", "filters (section 7.4)"),
    "contractive-autoencoder": ("mnist", "none given"),
    "stacked-denoising-autoencoder": ("mnist", "1.30 % (section 8.3, valid 1.39)"),
    "rbm": ("mnist", "pseudo log likelihood -62.8 (section 9.5, training set)"),
    "dbn": ("mnist", "1.34 % (section 10.4, valid 1.27)"),
    "mcrbm": ("patches", "none given"),
    "slot-filling": ("atis", "F1 94.20 (section 12.8, valid 97.23, on a fold that is lost)"),
    "sentiment": ("imdb", "none given"),
    "rnn-rbm": ("nottingham", "pseudo log likelihood -4.73 (section 14.3, training set)"),
}
PICTURES = {
    "denoising-filters": "denoising-autoencoder: filters without corruption and with 30 % masked (section 7.4)",
    "pretraining": "stacked-denoising-autoencoder --config quick: validation error with and without pre-training",
    "rbm-filters": "rbm: filters after 15 epochs (figure 9.1)",
    "rbm-samples": "rbm: 20 chains from test digits, 1,000 Gibbs steps between rows (section 9.5)",
    "mcrbm-filters": "mcrbm: the factors of its covariance units, on whitened patches of two photos",
    "mcrbm-samples": "mcrbm: 12 chains from test patches, 100 trajectories of hybrid Monte Carlo between rows",
    "slot-filling-neighbours": "slot-filling: the words nearest to some, by cosine (section 12.8.2)",
    "slot-filling-words": "slot-filling: all words on a map of their embeddings, by the type of their commonest slot",
    "music": "rnn-rbm --config nade: two folk tunes that it did not learn from, and one that it wrote (section 14.3)",
}
COLUMNS = "recipe|data|settings|book|test|valid|best epoch|time|updates/s|memory|seed|device|summary"


def rows() -> list[dict[str, Any]]:
    """The committed summaries, in the order of the book's chapters."""
    found = [json.loads(path.read_text()) | {"file": path.name} for path in sorted(HERE.glob("*.json"))]
    return sorted(found, key=place)


def place(summary: dict[str, Any]) -> tuple[Any, ...]:
    """By chapter, then by data, the book's first, then by settings, the recipe's own first, then by seed."""
    chapter = list(BOOK).index(summary["recipe"])
    name = summary["data"]["name"]
    others = name != BOOK[summary["recipe"]][0]
    settings = json.dumps(summary.get("settings") or {})
    return chapter, others, name, settings != "{}", settings, summary["seed"]


def line(summary: dict[str, Any]) -> str:
    """One row of the table."""
    recipe, data, settings = summary["recipe"], summary["data"]["name"], summary.get("settings", {})
    cells = [
        recipe,
        data,
        ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in settings.items()) or "defaults",
        BOOK[recipe][1] if data == BOOK[recipe][0] and not settings else "",
        scores(summary["test"]) + likelihood(summary, "test"),
        scores(summary["valid"]) + likelihood(summary, "valid"),
        f"{summary['best_epoch']} of {summary['epochs']}" + ended(summary),
        time(summary),
        f"{summary['updates_per_second']:,.0f}",
        f"{summary['peak_memory_bytes'] / 1e6:,.0f} MB",
        str(summary["seed"]),
        summary["device"],
        f"[{summary['file']}](results/{summary['file']})",
    ]
    return "| " + " | ".join(cells) + " |"


def means(summaries: list[dict[str, Any]]) -> str:
    """A row of mean and standard deviation over several seeds of the same settings."""
    cells = [""] * len(COLUMNS.split("|"))
    cells[:3] = line(summaries[0]).removeprefix("| ").split(" | ")[:3]
    for place, split in ((4, "test"), (5, "valid")):
        metric = "error_rate" if "error_rate" in summaries[0][split] else "f1"
        found = [100 * of[split][metric] for of in summaries]
        name, unit = ("F1 ", "") if metric == "f1" else ("", "%")
        cells[place] = f"**{name}{statistics.mean(found):.2f}{unit}** ± {statistics.stdev(found):.2f}"
    cells[10] = f"mean of {len(summaries)}"
    return "| " + " | ".join(cells) + " |"


def table() -> list[str]:
    """A row each, and after several seeds of the same settings a row of their mean."""
    lines = []
    for _, group in groupby(rows(), key=lambda of: (of["recipe"], of["data"]["name"], of.get("settings"))):
        seeds = list(group)
        lines += [line(summary) for summary in seeds]
        if len(seeds) > 1:
            lines.append(means(seeds))
    return lines


def time(summary: dict[str, Any]) -> str:
    """Seconds of training, and before it of pre-training where that was noted."""
    before = summary.get("seconds_pretraining")
    return (f"{before:,.0f} + " if before else "") + f"{summary['seconds_training']:,.0f} s"


def ended(summary: dict[str, Any]) -> str:
    """How the run ended, where that was not by its own rules."""
    return "" if summary["status"] == "finished" else f", {summary['status']}"


def scores(of: dict[str, float]) -> str:
    """The error rate where there is one, or F1 in percent, else every metric by its name."""
    if "error_rate" in of:
        return f"{of['error_rate']:.2%}"
    if "f1" in of:
        return f"F1 {100 * of['f1']:.2f}"
    return ", ".join(f"{metric.replace('_', ' ')} {value:.2f}" for metric, value in of.items())


def likelihood(summary: dict[str, Any], split: str) -> str:
    """The estimated log-likelihood with the interval of three standard errors of log Z, where there is one."""
    found = summary.get("log_likelihood", {}).get(split)
    if found is None:
        return ""
    if "log_likelihood_bound" in found:
        error, worth = 3 * found["standard_error"], found.get("effective_sample_size", 0)
        return f", log likelihood at least {found['log_likelihood_bound']:.1f} ± {error:.1f}, {worth:.0f} chains' worth"
    if "frame_accuracy" in found:
        bounds = f" ({found['at_least']:.2f} to {found['at_most']:.2f})" if "at_least" in found else ""
        accuracy = (
            f"frame accuracy {found['frame_accuracy']:.1%}, expected {found['expected_frame_accuracy']:.1%}"
        )
        return f", **log likelihood {found['log_likelihood']:.2f}** a step{bounds}, {accuracy}"
    interval = f"{found['at_least']:.1f} to {found['at_most']:.1f}"
    worth = (
        f", {found['effective_sample_size']:.0f} chains' worth" if "effective_sample_size" in found else ""
    )
    reverse = f", {found['by_reverse']:.1f} by the reverse" if "by_reverse" in found else ""
    return f", **log likelihood {found['log_likelihood']:.1f}** ({interval}{reverse}{worth})"


def improvements() -> list[str]:
    """What each improvement of section 14.4 does alone, from the summaries in music/: the plain run first."""
    found = [json.loads(path.read_text()) for path in sorted((HERE / "music").glob("*.json"))]
    lines = []
    for summary in sorted(found, key=lambda of: len(of["settings"])):
        changed = {name: value for name, value in summary["settings"].items() if name != "max_epochs"}
        scores = summary["log_likelihood"]["test"]
        cells = [
            ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in changed.items()) or "none",
            f"{scores['log_likelihood']:.2f}",
            f"{scores['frame_accuracy']:.1%}",
            f"{summary['test'].get('pseudo_log_likelihood', float('nan')):.2f}".replace("nan", "none"),
            time(summary),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    if not lines:
        return []
    return [
        "## The improvements of section 14.4",
        "",
        f"The RNN-RBM on Nottingham's MIDI files for {found[0]['epochs']} epochs, seed {found[0]['seed']}, with the",
        "book's settings and one change at a time; the scores are those of the test set, in nats a step. So early in",
        "training whatever makes larger steps looks best: this orders speeds of learning, not final models.",
        "",
        "| changed | log-likelihood | frame accuracy | monitor | time |",
        "| --- | --- | --- | --- | --- |",
        *lines,
        "",
    ]


def page() -> str:
    """The whole page."""
    columns = COLUMNS.split("|")
    return "\n".join(
        [
            "# Results",
            "",
            "Written by `make results` from the run summaries in `results/`. Percentages are errors among the",
            "examples scored; logistic regression scores whole batches while it trains, as the book does (9,600 of",
            "10,000). Costs are sums over an example's values, in nats. Where a setting names a run, that run is in",
            "this table too. Log-likelihoods are by annealed importance sampling: nats an example, with three standard",
            "errors of log Z, the estimate by the reverse way, and how many independent chains the estimate is worth.",
            "A time that is a sum begins with that of pre-training.",
            "The quick stacks, sentiment on whole reviews and slot filling without a running mean (`average`) but with",
            "other settings than the book's were chosen among several tries whose test scores were seen, so those",
            "rows flatter; the others do not. Seeds 1 and 2 of sentiment on whole reviews were run once each, after",
            "the choice. Times of runs that shared a core are too long. Two runs of the same settings and seed, by",
            "programs of different dates, add numbers in another order.",
            "",
            "| " + " | ".join(columns) + " |",
            "|" + " --- |" * len(columns),
            *table(),
            "",
            *improvements(),
            *[f"![{what}](book/figures/{file}.png)\n\n*{what}*\n" for file, what in PICTURES.items()],
        ]
    )


if __name__ == "__main__":
    (HERE.parent / "RESULTS.md").write_text(page())
