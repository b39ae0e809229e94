"""The pages of results from the summaries beside this file: `make results`. No figure in them is typed.

RESULTS.md is the index, results/chapter-N.md a page a chapter.
"""

import gzip
import json
import statistics
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from packaging.version import Version

from harmonium import __version__
from harmonium.metrics.likelihoods import MIXED, UNCONFIRMED, USUAL
from harmonium.metrics.table import metric
from harmonium.recipes.dbn import DRAWS
from harmonium.runs.published import ROWS, Row

HERE = Path(__file__).parent
ROOT = HERE.parent
CHAPTERS = {
    "4": "Logistic regression",
    "5": "Multilayer perceptron",
    "6": "LeNet",
    "7": "Autoencoders",
    "8": "Stacked denoising autoencoders",
    "9": "Restricted Boltzmann machines",
    "10": "Deep belief networks",
    "11": "Hybrid Monte Carlo and the mean-covariance RBM",
    "12": "Slot filling",
    "13": "Sentiment",
    "14": "Music",
}
PICTURES = {
    "7": {"denoising-filters": "filters without corruption and with 30 % masked (section 7.4)"},
    "8": {"pretraining": "validation error of `--config quick` with and without pre-training"},
    "9": {
        "rbm-filters": "filters after 15 epochs (figure 9.1)",
        "rbm-samples": "`rbm`: 20 chains from test digits, 1,000 Gibbs steps between rows (section 9.5)",
        "rbm-samples-annealed": "`rbm-annealed`: the same, of a machine whose rate fell to zero",
    },
    "11": {
        "mcrbm-filters": "the factors of its covariance units, on whitened patches of two photos",
        "mcrbm-samples": "12 chains from test patches, 100 trajectories of hybrid Monte Carlo between rows",
    },
    "12": {
        "slot-filling-neighbours": "the words nearest to some, by cosine (section 12.8.2)",
        "slot-filling-words": "all words on a map of their embeddings, by the type of their commonest slot",
    },
    "14": {
        "music": "two folk tunes that `--config nade` did not learn from, and one that it wrote (section 14.3)"
    },
}
LIKELIHOODS = {"log_likelihood", "log_likelihood_bound", "importance_weighted"}
UNSCORED = {"examples", "pieces", "chains", "temperatures", "nll", "precision", "recall", "accuracy"}
UNSCORED |= {
    "standard_error",
    "log_partition",
    "walk_r_hat",
    "effective_draws",
    "worst_effective_sample_size",
}
UNSCORED |= {
    "at_least",
    "at_most",
    "by_reverse",
    "effective_sample_size",
    "pseudo_log_likelihood_error",
    "importance_weighted_error",
    "every_bit",
}
SAME_NUMBERS = {"logistic-regression"}  # recipes whose random numbers are those of 0.1


def summaries(row: Row) -> list[dict[str, Any]]:
    """Return the committed summaries of a row, by seed: those of the newest program alone, since a mean mixes none."""
    found = [json.loads(path.read_text()) for path in (HERE / row.name).glob("seed-*.json")]
    newest = max((of["versions"]["harmonium"] for of in found), key=Version, default="")
    return sorted((of for of in found if of["versions"]["harmonium"] == newest), key=lambda of: of["seed"])


def last_record(row: Row, seed: int) -> dict[str, Any]:
    """Return the last line of the committed curves of a seed; empty where they are not committed."""
    path = HERE / row.name / f"seed-{seed}.metrics.jsonl.gz"
    return json.loads(gzip.decompress(path.read_bytes()).splitlines()[-1]) if path.exists() else {}


def number(name: str, value: float, digits: int = 2) -> str:
    """Return a score as it is printed here: two decimals, and % where it is a share."""
    scale, unit = (100, " %") if metric(name).unit == "%" else (1, "")
    return f"{scale * value:.{digits}f}{unit}"


def scores(found: list[Mapping[str, float]], recipe: str = "") -> dict[str, str]:
    """Return what may be printed of a held-out set's scores over seeds: mean ± standard deviation, or a range.

    A likelihood that does not converge with some seed is a range over all seeds, without mean or emphasis. Without a
    `recipe` the scores are those of the training set.
    """
    said: dict[str, str] = {}
    names = dict.fromkeys(name for of in found for name in of)
    unsettled = [name.removesuffix("_from") for name in names if name.endswith("_from")]
    for base in unsettled:
        low = min(of.get(f"{base}_from", of.get(base, float("inf"))) for of in found)
        high = max(of.get(f"{base}_to", of.get(base, float("-inf"))) for of in found)
        said[base] = f"does not converge; range {number(base, low)} to {number(base, high)}" + doubts(found)
    for name in names:
        base = name.removesuffix("_from").removesuffix("_to")
        if name in UNSCORED or base in unsettled or not all(name in of for of in found):
            continue
        values = [of[name] for of in found]
        said[name] = number(name, statistics.fmean(values))
        if len(values) > 1:
            said[name] += f" ± {number(name, statistics.stdev(values)).removesuffix(' %')}"
        if (recipe, name) == ("rbm", "pseudo_log_likelihood"):
            said[name] += by_bits(found)
        if name == "log_likelihood" and all("at_least" in of for of in found):
            said[name] += interval(found)
        if name == "importance_weighted":
            said[name] += within_errors(found)
    return said


def doubts(found: list[Mapping[str, float]]) -> str:
    """Return what makes an estimate no estimate: how few chains it is worth, and chains that do not mix."""
    parts = []
    if sizes := [of["effective_sample_size"] for of in found if "effective_sample_size" in of]:
        chains = {int(of["chains"]) for of in found if "chains" in of}
        of = f" of {max(chains)}" if chains else ""
        parts.append(f"chains worth {min(sizes):.0f}{of}")
    if walks := [of["walk_r_hat"] for of in found if of.get("walk_r_hat", 1) > MIXED]:
        parts.append(
            f"the low end bounds nothing, since chains from examples do not mix, R-hat {max(walks):.2f}"
        )
    return f" ({'; '.join(parts)})" if parts else ""


def by_bits(found: list[Mapping[str, float]]) -> str:
    """Return whether a pseudo-likelihood counts every bit, or its standard error."""
    if all("every_bit" in of for of in found):
        return ", all bits counted"
    errors = [of["pseudo_log_likelihood_error"] for of in found if "pseudo_log_likelihood_error" in of]
    error = f"of {max(errors):.2f}" if errors else "that was not recorded"
    return f" (by one bit an example, with a standard error {error})"


def interval(found: list[Mapping[str, float]]) -> str:
    """Return three standard errors about the estimates, and the other side; of music both sides with theirs."""
    low, high = min(of["at_least"] for of in found), max(of["at_most"] for of in found)
    digits = 2 if high - low >= 0.02 else 3
    of_steps = any("worst_effective_sample_size" in of for of in found)
    what = (
        "the lower and the higher side, each with three standard errors"
        if of_steps
        else "three standard errors of log Z"
    )
    said = f"{what}: {low:.{digits}f} to {high:.{digits}f}"
    if all("by_reverse" in of for of in found):
        said += f"; by the reverse {statistics.fmean(of['by_reverse'] for of in found):.2f}"
        if (walk := max(of.get("walk_r_hat", 1) for of in found)) > MIXED:
            said += f", whose walk does not mix, R-hat {walk:.2f}, so that {unmixed()}"
    steps = [of["worst_effective_sample_size"] for of in found if "worst_effective_sample_size" in of]
    worth = min(steps or [of["effective_sample_size"] for of in found])
    return f" ({said}; chains worth at least {worth:.0f}{' at 99 of 100 steps' if steps else ''})"


def unmixed() -> str:
    """Return how often three standard errors held the truth where the walk does not mix."""
    lines = [json.loads(line)["annealed"] for line in (HERE / "likelihoods.jsonl").read_text().splitlines()]
    found = [
        of
        for of in lines
        if (of["r_hat"] or 1) > MIXED and of["effective_sample_size"] >= UNCONFIRMED * USUAL
    ]
    held, worst = sum(of["covered"] for of in found), max(abs(of["error"]) for of in found)
    of = f"{held} of {len(found)} such machines, off by {worst:.1f} at most"
    return f"the error may be larger: they held the truth of {of}"


def within_errors(found: list[Mapping[str, float]]) -> str:
    """Return three standard errors of log Z about an importance-weighted likelihood, and the draws it is worth."""
    error = 3 * max(of.get("standard_error", 0) for of in found)
    if not error:
        return ""
    low, high = (pick(of["importance_weighted"] for of in found) for pick in (min, max))
    worth = min(of["effective_draws"] for of in found)
    said = f"three standard errors of log Z: {low - error:.2f} to {high + error:.2f}"
    return f" ({said}; draws worth {worth:.0f} of {DRAWS})"


def of_bits(row: Row) -> str:
    """Return which bits the likelihoods of a row of machines are of: two kinds of data, which do not compare."""
    found = summaries(row)
    if row.recipe not in ("rbm", "dbn") or not found:
        return ""
    settings = found[0]["settings"]
    drawn = settings.get("binarize") == "sampled" or settings.get("pretraining") == "likelihood"
    return "of bits drawn by intensity" if drawn else "of rounded pixels"


def label(name: str) -> str:
    """Return the name of a score, with its unit."""
    return metric(name).title + ("" if metric(name).unit in ("%", "count", "") else f", {metric(name).unit}")


def program(found: list[dict[str, Any]]) -> str:
    """Return what program made the numbers, and whether today's draws the same random ones."""
    said = []
    for version in dict.fromkeys(of["versions"]["harmonium"] for of in found):
        commits = dict.fromkeys(of["commit"][:10] for of in found if of.get("commit"))
        at = f" at {', '.join(commits)}" if commits and version == __version__ else ""
        old = version == "0.1.0" and not {of["recipe"] for of in found} <= SAME_NUMBERS
        said.append(
            f"{version}{at}"
            + (", whose random numbers are others than today's; to be run again" if old else "")
        )
    return "; ".join(said)


def section(row: Row) -> list[str]:
    """Return what a chapter's page says of a row."""
    found = summaries(row)
    lines = [
        f"## {row.name}",
        "",
        f"`{row.command(0)}`" + (f", and seeds to {row.seeds - 1}" if row.seeds > 1 else ""),
    ]
    if row.likelihood:
        lines[-1] += f", then `harmonium evaluate RUN {' '.join(row.evaluation())}`"
    lines += ["", f"- **The book**: {row.book}."]
    lines += [f"- **Others**: {row.best}."] if row.best else []
    lines += [f"- **Chosen**: {row.chosen}; tried: {row.tried}."]
    lines += [f"- {row.notes}"] if row.notes else []
    if not found:
        return [*lines, "- Not yet run to its end with today's program.", ""]
    seeds = ", ".join(str(of["seed"]) for of in found)
    due = f" of {row.seeds} due" if len(found) < row.seeds else ""
    lines += [f"- **Seeds**: {seeds} ({len(found)}{due}). **Program**: {program(found)}.", ""]
    columns = {split: scores([of[split] for of in found], row.recipe) for split in ("test", "valid")}
    lines += ["| score | test | valid |", "| --- | --- | --- |"]
    for name in dict.fromkeys([*columns["test"], *columns["valid"]]):
        cells = (columns[split].get(name, "") for split in ("test", "valid"))
        data = f", {of_bits(row)}" if of_bits(row) and name in LIKELIHOODS else ""
        lines.append(f"| {label(name)}{data} | {' | '.join(cells)} |")
    training = [last_record(row, of["seed"]).get("train", {}) for of in found]
    for name, said in scores(training).items():
        lines.append(f"| {label(name)}, training set in its last epoch | {said} | |")
    lines += ledgers(found)
    head = [
        "seed",
        f"{label(row.score)}, test",
        "valid",
        "best epoch",
        "seconds",
        "updates a second",
        "memory",
    ]
    head += ["device", "load of the machine"]
    lines += ["", f"| {' | '.join(head)} |", "|" + " --- |" * len(head)]
    return [*lines, *(line(of, row.score) for of in found), ""]


def ledgers(found: list[dict[str, Any]]) -> list[str]:
    """Return the table of what each layer of a stack gains over the RBM below it, by seed; nothing for others."""

    def sides(entry: Mapping[str, float], name: str) -> str:
        if f"{name}_at_least" not in entry:
            return ""
        return " to ".join(f"{entry[f'{name}_{end}']:.1f}" for end in ("at_least", "at_most"))

    rows = [
        f"| {of['seed']} | {entry['layer']:.0f} | {' | '.join(sides(entry, it) for it in ('input', 'below', 'gain'))} |"
        for of in found
        for entry in of.get("layers", {"test": []})["test"]
    ]
    if not rows:
        return []
    head = "| seed | layer | log p of its input by its RBM, nats, test | by the RBM below | gain |"
    return ["", head, "| --- | --- | --- | --- | --- |", *rows]


def line(summary: dict[str, Any], score: str) -> str:
    """Return what a table says of one seed."""
    said = {s: scores([summary[s]], summary["recipe"]).get(score, "not scored") for s in ("test", "valid")}
    before = summary.get("seconds_pretraining")
    chosen = f"{summary['best_epoch']} of" if summary["best_epoch"] else "the last of"
    epochs = f"{chosen} {summary['epochs']}" if summary["epochs"] else "none after pre-training"
    load = summary.get("load")
    busy = "not recorded, so that the time may be too long" if load is None else f"{load:.1f}"
    cells = [
        str(summary["seed"]),
        said["test"],
        said["valid"],
        epochs,
        (f"{before:,.0f} + " if before else "") + f"{summary['seconds_training']:,.0f}",
        f"{summary['updates_per_second']:,.0f}" if summary["updates_per_second"] else "",
        f"{summary['peak_memory_bytes'] / 1e6:,.0f} MB",
        summary["device"],
        busy + (": shared, so that the time is too long" if summary.get("shared") else ""),
    ]
    return f"| {' | '.join(cells)} |"


def chapter(number: str, rows: list[Row]) -> str:
    """Return the page of a chapter."""
    lines = [
        f"# Chapter {number}: {CHAPTERS[number]}",
        "",
        "Written by `make results` from the summaries in this folder; [how to read it](../RESULTS.md).",
        "",
    ]
    for row in rows:
        lines += section(row)
    if number == "9":
        lines += changes() + chains()
    if number == "13":
        lines += baselines()
    for file, what in PICTURES.get(number, {}).items():
        lines += [f"![{what}](../book/figures/{file}.png)", "", f"*{what}*", ""]
    return "\n".join(lines)


def changes() -> list[str]:
    """Return the section of what each change alone brings to an RBM's likelihood."""
    found = json.loads((HERE / "changes.json").read_text())
    devices = sorted({of["device"] for of in found.values() if of})
    lines = [
        "## What each change brings",
        "",
        "`python results/changes.py --runs FOLDER`: a machine of 500 units that learns by PCD-1 at rate 0.1 for 30",
        "epochs from bits drawn by intensity, and each change to it alone. Seed 0; scores of the validation set;",
        f"seconds of training, others at work beside it, on {'; '.join(devices)}.",
        "",
        "| change | log-likelihood, nats, valid | seconds |",
        "| --- | --- | --- |",
    ]
    for name, of in found.items():
        if of is None:
            lines.append(f"| {name} | not yet measured | |")
        else:
            said = scores([of["valid"]], "rbm")["log_likelihood"]
            lines.append(f"| {name} | {said} | {of['seconds']:,.0f} |")
    return [*lines, ""]


def chains() -> list[str]:
    """Return the section of which digits the chains of the machines of chapter 9 come to show."""
    found = json.loads((HERE / "chains.json").read_text())
    lines = [
        "## What chains come to show",
        "",
        f"`python results/chains.py --runs FOLDER {' '.join(found['rows'])}`: a hundred chains that begin at test",
        "digits, read by the ready-made LeNet. Where the mean free energy of the chains ends below that of the digits,",
        "as bits drawn by their intensities, the machine thinks more of the chains than of digits.",
        "",
        f"| row, seed 0 | Gibbs steps | {' | '.join(map(str, range(10)))} | free energy of chains above digits, nats |",
        f"| --- | --- | {' | '.join(['---'] * 10)} | --- |",
    ]
    for name, of in found["rows"].items():
        last = len(of["looks"]) - 1
        for look in (0, 1, last):
            above = f"{of['free_energy_of_chains_above_digits']:.2f}" if look == last else ""
            cells = [name, f"{look * found['every']:,}", *map(str, of["looks"][look]), above]
            lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]


def baselines() -> list[str]:
    """Return the section of what needs no network on the reviews of chapter 13."""
    found = json.loads((HERE / "baselines.json").read_text())
    lines = [
        "## Without a network",
        "",
        "`python results/baselines.py`",
        "",
        f"- **Data**: {found['data']}. **Program**: scikit-learn {found['scikit-learn']}.",
        "- **Chosen**: C, on validation; then learned from train and valid together, and tested. The seconds hold all",
        "  of it, on a shared machine.",
        "",
        "| model | error, test | valid, before the last fit | C, of | features | seconds |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row in found["rows"]:
        tried = ", ".join(f"{of['C']:g}" for of in row["tried"])
        cells = [
            row["name"],
            number("error_rate", row["test"]),
            number("error_rate", row["valid"]),
            f"{row['C']:g}, of {tried}",
            f"{row['features']:,}",
            f"{row['seconds']:.0f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]


def headline(row: Row) -> tuple[str, str]:
    """Return the name of the score that stands for a row, and it over the seeds, of the test set."""
    found = summaries(row)
    if not found:
        return "", "not yet run to its end"
    data = f", {of_bits(row)}" if of_bits(row) and row.score in LIKELIHOODS else ""
    return label(row.score) + data, scores([of["test"] for of in found], row.recipe).get(
        row.score, "not scored"
    )


def index() -> str:
    """Return RESULTS.md."""
    lines = [
        "# Results",
        "",
        "Written by `make results` from the summaries of finished runs in [results/](results); nothing here is typed.",
        "Every number is of the model that validation chose, or of the last one where no rule chooses, and is the",
        "mean ± the standard deviation over seeds. Each page has the commands, what was chosen on what, single seeds,",
        "times and memory. The figures of others are marked *as quoted; not checked* where only a secondary source",
        "was at hand.",
        "",
        "Log-likelihoods are nats an example, for music nats a step. Of machines they are exact, or by annealed",
        "importance sampling; of an RNN-RBM each step's log Z is estimated from both sides, by a sum over the chords",
        "of the training set and importance weights of Gibbs chains that begin at them, and the higher side is the",
        "estimate. They are printed as an estimate only where the chains are worth a quarter of their number (half",
        "where the walk that confirms it does not mix) and both sides agree; else the range from the one to the other",
        "is printed, which is no interval.",
        "[How often that holds the truth](results/likelihoods.md) was counted on machines whose log Z is known.",
        "Pixels that are rounded and bits that are drawn by intensity are two kinds of data: no likelihood of the one",
        "compares with one of the other.",
        "",
        "Rows of program 0.1 were drawn by other random numbers than today's and are being run again, by",
        "`python results/rerun.py --runs FOLDER`; their pages say so. Times are wall clock: where the load of the",
        "machine was not recorded or it was shared, the page says that they are too long.",
        "",
        "| chapter | row | score, test | ours | seeds | the book | program |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in ROWS.values():
        name, said = headline(row)
        found = summaries(row)
        page = f"[{row.chapter}](results/chapter-{row.chapter}.md)"
        versions = ", ".join(dict.fromkeys(of["versions"]["harmonium"] for of in found))
        seeds = f"{len(found)} of {row.seeds}"
        lines.append(f"| {page} | {row.name} | {name} | {said} | {seeds} | {row.book} | {versions} |")
    return "\n".join([*lines, ""])


def improvements() -> list[str]:
    """Return what each improvement of section 14.4 does alone, in nats a step, of the test set."""
    lines = [
        "| changed | log-likelihood | frame accuracy | monitor | seeds |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in (row for row in ROWS.values() if row.name.startswith("music-")):
        found = summaries(row)
        said = scores([of["test"] for of in found]) if found else {}
        changed = [f"{k.replace('_', ' ')} {v}" for k, v in row.settings.items() if k != "max_epochs"]
        cells = [
            said.get(name, "none") for name in ("log_likelihood", "frame_accuracy", "pseudo_log_likelihood")
        ]
        lines.append(f"| {', '.join(changed) or 'none'} | {' | '.join(cells)} | {len(found)} |")
    return lines


def pages() -> dict[Path, str]:
    """Return every page, by its file."""
    found = {ROOT / "RESULTS.md": index()}
    for one, rows in groupby(ROWS.values(), key=lambda row: row.chapter):
        found[HERE / f"chapter-{one}.md"] = chapter(one, list(rows))
    return found


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text)
