"""The scores in files that may come from anywhere."""

from typing import Any


def scores_of(summary: dict[str, Any], split: str) -> dict[str, float]:
    """Return the scores of a set in a summary that may come from anywhere: its numbers, and nothing else."""
    found = summary.get(split)
    return {
        str(name): value
        for name, value in (found.items() if isinstance(found, dict) else ())
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
