"""`harmonium runs`."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro

from harmonium.cli import parse
from harmonium.errors import CheckpointError, ConfigError


@dataclass(frozen=True)
class Options:
    """List the runs in a folder, the newest last."""

    folder: tyro.conf.Positional[Path] = Path("runs")
    """The folder that holds the runs' folders."""
    json: bool = False
    """Print the summaries as JSON."""


def run(arguments: Sequence[str]) -> int:
    """Print a row a run."""
    options = parse(Options, arguments, "runs")

    from harmonium.cli.reporting import duration, table

    if not options.folder.is_dir():
        raise ConfigError(
            f"there is no folder {options.folder}; train something first: harmonium train lenet"
        )
    paths = [path.parent for path in options.folder.glob("*/config.json")]
    paths.sort(key=lambda path: (path / "config.json").stat().st_mtime)
    if options.json:
        print(json.dumps([{"run": str(path), **_summary(path)} for path in paths]))
        return 0
    if not paths:
        print(f"no runs in {options.folder}; train something: harmonium train lenet")
        return 0
    rows = []
    for path in paths:
        summary = _summary(path)
        rows.append(
            {
                "run": str(path),
                "recipe": summary.get("recipe", "?"),
                "data": (summary.get("data") or {}).get("name", ""),
                "test": _first(summary.get("test")),
                "valid": _first(summary.get("valid")),
                "epochs": str(summary.get("epochs", "")),
                "time": duration(summary["seconds_training"]) if "seconds_training" in summary else "",
                "status": summary["status"],
            }
        )
    table(rows)
    return 0


def _summary(path: Path) -> dict[str, Any]:
    from harmonium.training import RunFolder

    folder = RunFolder(path)
    try:
        return folder.summary() or {"recipe": folder.config().get("recipe"), "status": "unfinished"}
    except CheckpointError as error:
        return {"status": f"damaged: {error}"}


def _first(scores: dict[str, float] | None) -> str:
    """The metric that stands first, which is what a recipe is judged by."""
    from harmonium.cli.reporting import score

    return next((score(name, value) for name, value in (scores or {}).items()), "")
