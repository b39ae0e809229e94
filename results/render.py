"""RESULTS.md from the summaries beside this file: `make results`. No figure in it is typed."""

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
BOOK = {  # recipe, in the order of the chapters: what the book gives for MNIST
    "logistic-regression": "7.489 % (section 4.6, of 9,600 examples)",
    "mlp": "1.65 % (section 5.3)",
    "lenet": "0.92 % (section 6.9)",
    "denoising-autoencoder": "filters (section 7.4)",
    "contractive-autoencoder": "none given",
}
COLUMNS = "recipe|data|settings|book|test|valid|best epoch|time|updates/s|memory|seed|device|summary"


def rows() -> list[dict[str, Any]]:
    """The committed summaries, in the order of the book's chapters."""
    found = [json.loads(path.read_text()) | {"file": path.name} for path in sorted(HERE.glob("*.json"))]
    return sorted(found, key=place)


def place(summary: dict[str, Any]) -> tuple[Any, ...]:
    """MNIST first, then by chapter, the book's settings first, then by seed."""
    chapter = list(BOOK).index(summary["recipe"])
    return summary["data"]["name"] != "mnist", chapter, bool(summary.get("settings")), summary["seed"]


def line(summary: dict[str, Any]) -> str:
    """One row of the table."""
    recipe, data, settings = summary["recipe"], summary["data"]["name"], summary.get("settings", {})
    cells = [
        recipe,
        data,
        ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in settings.items()) or "the book's",
        BOOK[recipe] if data == "mnist" and not settings else "",
        scores(summary["test"]),
        scores(summary["valid"]),
        f"{summary['best_epoch']} of {summary['epochs']}",
        f"{summary['seconds_training']:,.0f} s",
        f"{summary['updates_per_second']:,.0f}",
        f"{summary['peak_memory_bytes'] / 1e6:,.0f} MB",
        str(summary["seed"]),
        summary["device"],
        f"[{summary['file']}](results/{summary['file']})",
    ]
    return "| " + " | ".join(cells) + " |"


def scores(of: dict[str, float]) -> str:
    """The error rate where there is one, else every metric by its name."""
    if "error_rate" in of:
        return f"{of['error_rate']:.2%}"
    return ", ".join(f"{metric.replace('_', ' ')} {value:.2f}" for metric, value in of.items())


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
            "this table too.",
            "",
            "| " + " | ".join(columns) + " |",
            "|" + " --- |" * len(columns),
            *[line(summary) for summary in rows()],
            "",
        ]
    )


if __name__ == "__main__":
    (HERE.parent / "RESULTS.md").write_text(page())
