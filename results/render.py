"""RESULTS.md from the summaries beside this file: `make results`. No figure in it is typed."""

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
BOOK = {  # recipe: (test error in %, where the book says so)
    "logistic-regression": (7.489, "section 4.6, of 9,600 examples"),
    "mlp": (1.65, "section 5.3"),
    "lenet": (0.92, "section 6.9"),
}


def rows() -> list[dict[str, Any]]:
    """The committed summaries, in the order of the book's chapters."""
    found = [json.loads(path.read_text()) | {"file": path.name} for path in sorted(HERE.glob("*.json"))]
    order = list(BOOK)
    return sorted(found, key=lambda s: (s["data"]["name"] != "mnist", order.index(s["recipe"])))


def line(summary: dict[str, Any]) -> str:
    """One row of the table."""
    recipe, data = summary["recipe"], summary["data"]["name"]
    book = f"{BOOK[recipe][0]:g} % ({BOOK[recipe][1]})" if data == "mnist" else "none given"
    cells = [
        recipe,
        data,
        book,
        f"{summary['test']['error_rate']:.2%}",
        f"{summary['valid']['error_rate']:.2%}",
        f"{summary['best_epoch']} of {summary['epochs']}",
        f"{summary['seconds_training']:,.0f} s",
        f"{summary['updates_per_second']:,.0f}",
        f"{summary['peak_memory_bytes'] / 1e6:,.0f} MB",
        str(summary["seed"]),
        summary["device"],
        f"[{summary['file']}](results/{summary['file']})",
    ]
    return "| " + " | ".join(cells) + " |"


def page() -> str:
    """The whole page."""
    head = [
        "recipe",
        "data",
        "book",
        "test",
        "valid",
        "best|epoch",
        "time",
        "updates/s",
        "memory",
        "seed",
        "device",
        "summary",
    ]
    columns = [word.replace("|", " ") for word in head]
    return "\n".join(
        [
            "# Results",
            "",
            "Written by `make results` from the run summaries in `results/`; errors are in percent of the examples",
            "scored. Logistic regression scores whole batches while it trains, as the book does (9,600 of 10,000).",
            "",
            "| " + " | ".join(columns) + " |",
            "|" + " --- |" * len(columns),
            *[line(summary) for summary in rows()],
            "",
        ]
    )


if __name__ == "__main__":
    (HERE.parent / "RESULTS.md").write_text(page())
