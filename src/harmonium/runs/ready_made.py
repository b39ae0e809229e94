"""What there is to know of the ready-made models."""

from __future__ import annotations

from typing import Any

from harmonium.data import CATALOGUE
from harmonium.pretrained import FOLDER, names
from harmonium.runs.scores import scores_of
from harmonium.training.records import read_summary


def ready_made() -> list[dict[str, Any]]:
    """Return for each ready-made model its name, recipe, data with their terms, test scores and bytes of weights."""
    found = []
    for name in names():
        summary = read_summary(FOLDER / name / "summary.json")
        data = summary["data"]["name"]
        found.append(
            {
                "name": f"pretrained/{name}",
                "recipe": summary["recipe"],
                "data": data,
                "terms": CATALOGUE[data].licence,
                "test": scores_of(summary, "test"),
                "bytes": sum(file.stat().st_size for file in (FOLDER / name).rglob("*.safetensors")),
            }
        )
    return found
