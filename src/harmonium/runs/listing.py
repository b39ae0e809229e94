"""The runs that lie in a folder: found, sorted, and removed."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harmonium.errors import CheckpointError, ConfigError, in_one_line
from harmonium.files import explained
from harmonium.metrics.table import metric

DEEPEST = 3  # folders of folders of runs
TRIAL = re.compile(r"trial-\d{3,}")  # the name of a run of a search
SORTS = ("date", "run", "recipe", "data", "valid", "test", "epochs", "time")


@dataclass(frozen=True)
class Found:
    """A run in a list. What a damaged one does not say is empty."""

    path: Path
    begun: float
    """Seconds since 1970."""
    recipe: str = "?"
    status: str = "unfinished"
    data: str = ""
    valid: tuple[str, float] | None = None
    """The score that the recipe is judged by, which stands first: its name and value."""
    test: tuple[str, float] | None = None
    """None for a trial of a search too: trials are told apart by their validation."""
    epochs: int | None = None
    seconds: float | None = None
    note: str = ""
    summary: dict[str, Any] | None = None
    complaint: str = ""
    """What is damaged."""


def listed(
    folder: Path, *, recipe: str | None = None, status: str | None = None, data: str | None = None
) -> list[Found]:
    """Return the runs in a folder, those of seeds and searches too, of a recipe, a status or a data set, oldest first.

    Raises `ConfigError` where there is no folder. A run that cannot be read has the status "damaged".
    """
    if not folder.is_dir():
        raise ConfigError(f"there is no folder {folder}; train something first: harmonium train lenet")
    wanted = {"recipe": recipe, "status": status, "data": data}
    found = [_found(path) for path in _paths(folder, unreadable_too=True)]
    kept = [
        run
        for run in found
        if all(of is None or of in (getattr(run, name), Path(run.data).name) for name, of in wanted.items())
    ]
    return sorted(kept, key=lambda run: run.begun)


def in_order(runs: Sequence[Found], by: str) -> list[Found]:
    """Return runs sorted by one of `SORTS`; by a score the best of each metric first, and last those without one."""

    def place(run: Found) -> tuple[Any, ...]:
        if by in ("valid", "test"):
            score = run.valid if by == "valid" else run.test
            if score is None:
                return (1, "", 0.0)
            name, number = score
            return (0, name, -number if metric(name).better == "highest" else number)
        value: Any = {"date": run.begun, "run": str(run.path), "time": run.seconds}.get(
            by, getattr(run, by, None)
        )
        return (value is None, value if value is not None else 0)

    return sorted(runs, key=place)


def remove(paths: Sequence[Path]) -> None:
    """Remove runs, or folders of runs, as those of seeds and searches.

    Raises `ConfigError` for one that another process writes in.
    """
    from harmonium.training import RunFolder

    for path in paths:
        for run in _paths(path):
            with RunFolder(run).locked():
                pass
        with explained(path):
            shutil.rmtree(path)


def removable(path: Path) -> tuple[int, int]:
    """Return how many runs a folder holds, and their bytes.

    Raises `CheckpointError` where it is no folder of runs alone, so that nothing else is removed.
    """
    runs = [] if path.is_symlink() else list(_paths(path))
    if not runs:
        raise CheckpointError(f"{path} holds no run, and is not removed; list your runs with: harmonium runs")
    inside = [entry for entry in path.iterdir() if entry.name[0] != "."]
    if runs != [path] and any(not any(run.is_relative_to(entry) for run in runs) for entry in inside):
        others = next(entry for entry in inside if not any(run.is_relative_to(entry) for run in runs))
        if others.name not in ("search.png", "search.json"):
            raise CheckpointError(f"{path} holds {others.name} beside runs, and is not removed")
    files = [file for file in path.rglob("*") if file.is_file() and not file.is_symlink()]
    return len(runs), sum(file.stat().st_size for file in files)


def _paths(folder: Path, depth: int = DEEPEST, *, unreadable_too: bool = False) -> Iterator[Path]:
    """Go through the run folders in a folder, itself included, but not through the phases inside a run."""
    try:
        begun = (folder / "config.json").is_file()
        entries = [] if begun or not depth or not folder.is_dir() else sorted(folder.iterdir())
    except OSError:
        if not unreadable_too:
            raise
        begun, entries = True, []
    if begun:
        yield folder
    for entry in entries:
        if entry.name[0] != "." and not entry.is_symlink():
            yield from _paths(entry, depth - 1, unreadable_too=unreadable_too)


def _found(path: Path) -> Found:
    from harmonium.training import RunFolder

    folder, begun, said = RunFolder(path), 0.0, ""
    try:
        begun = (path / "config.json").stat().st_mtime
        said = folder.note()
        summary, config = folder.summary(), folder.config()
        if summary is None:
            return Found(
                path, begun, str(config.get("recipe", "?")), data=str(config.get("data", "")), note=said
            )
        return Found(
            path,
            begun,
            str(summary["recipe"]),
            str(summary["status"]),
            str(summary["data"]["name"]),
            _first(summary["valid"]),
            None if is_trial(path) else _first(summary["test"]),
            int(summary["epochs"]),
            float(summary["seconds_training"]),
            said,
            summary,
        )
    except CheckpointError as error:
        return Found(path, begun, status="damaged", note=said, complaint=str(error))
    except OSError as error:
        return Found(path, begun, status="damaged", complaint=f"{path} cannot be read ({in_one_line(error)})")
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        complaint = f"{path / 'summary.json'} says nothing sensible of {error}"
        return Found(path, begun, status="damaged", note=said, complaint=complaint)


def is_trial(run: Path) -> bool:
    """Return whether a run is one of those that a search chooses from."""
    return TRIAL.fullmatch(run.name) is not None


def _first(scores: dict[str, float] | None) -> tuple[str, float] | None:
    return next(((str(name), float(value)) for name, value in (scores or {}).items()), None)


def as_json(run: Found) -> str:
    """Return a run's summary as a line of JSON, with its path and its note."""
    said = {"run": str(run.path), "recipe": run.recipe, "status": run.status, **(run.summary or {})}
    return json.dumps(said | ({"note": run.note} if run.note else {}))
