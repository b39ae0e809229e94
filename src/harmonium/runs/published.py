"""The runs behind every published number: their settings, seeds, and what the book and others report.

They are listed in published.toml. `harmonium reproduce` runs them, `results/rerun.py` all of them, and
`results/render.py` writes the pages from what they came to.
"""

from __future__ import annotations

import gzip
import json
import statistics
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harmonium.errors import ConfigError
from harmonium.training.records import Record, read_summary

if TYPE_CHECKING:
    from harmonium.recipes.shared.recipe import Recipe

BOOKS = "the book's settings, nothing chosen"


@dataclass(frozen=True, kw_only=True)
class Row:
    """A published row: one recipe with one set of settings, and several seeds."""

    name: str
    chapter: str
    recipe: str
    configuration: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    codes_of: str | None = None  # the row whose codes it learns from
    seeds: int = 3
    score: str  # the test score that stands for it
    minutes: float  # of one seed on one core, roughly
    likelihood: bool = False  # whether `evaluate --log-likelihood` belongs to it
    temperatures: int | None = None  # of that, where the recipe's usual number says too little
    book: str = "none given"
    best: str = ""
    chosen: str = BOOKS
    tried: str = "1"
    notes: str = ""

    def command(self, seed: int) -> str:
        """Return the command line that trains it, where the codes of another row lie in runs/ROW/seed-N."""
        return " ".join(["harmonium", "train", self.recipe, *self.options(seed, Path("runs"))])

    def options(self, seed: int, runs: Path) -> list[str]:
        """Return the options of `harmonium train`, for runs that lie in `runs`."""
        words = ["--config", self.configuration] if self.configuration else []
        for name, value in self.settings.items():
            option = name.replace("_", "-")
            if isinstance(value, bool):
                words.append(f"--{option}" if value else f"--no-{option}")
            else:
                values = value if isinstance(value, list) else (value,)
                words += [f"--{option}", *map(str, values)]
        if self.codes_of:
            words += ["--features", str(runs / self.codes_of / f"seed-{seed}")]
        return [*words, "--seed", str(seed)]

    def evaluation(self) -> list[str]:
        """Return the options of `harmonium evaluate` that estimate its likelihood."""
        more = ["--temperatures", str(self.temperatures)] if self.temperatures else []
        return ["--log-likelihood", *more]

    def made(self, seed: int, runs: Path = Path("runs")) -> Recipe:
        """Return the recipe with the row's settings, where the codes it learns from lie in `runs`."""
        from harmonium.runs.train import configured

        codes = {"features": str(runs / self.codes_of / f"seed-{seed}")} if self.codes_of else {}
        return configured(
            "reproduce", self.recipe, self.configuration, {**self.settings, **codes, "seed": seed}
        )


def row(name: str) -> Row:
    """Return the row of that name. Raises `ConfigError` for an unknown one."""
    import difflib

    if name not in ROWS:
        near = difflib.get_close_matches(name, ROWS, 1)
        hint = f"; did you mean {near[0]!r}?" if near else "."
        raise ConfigError(f"no published row is called {name!r}{hint} List them: harmonium reproduce")
    return ROWS[name]


def folder() -> Path:
    """Return the folder of committed summaries: in the installed package, or in the source tree."""
    package = Path(__file__).parents[1]
    return next((at for at in (package / "results", package.parents[1] / "results") if at.is_dir()), package)


def summaries(name: str) -> dict[int, dict[str, Any]]:
    """Return the committed summaries of a row, by seed."""
    found = {}
    for path in sorted((folder() / name).glob("seed-*.json")):
        summary = read_summary(path)
        found[int(summary["seed"])] = summary
    return dict(sorted(found.items()))


def curve(name: str, seed: int, phase: str = "") -> list[Record]:
    """Return the committed lines of metrics of a row's seed, or of a phase before; empty where none are."""
    path = folder() / name / f"seed-{seed}{f'.{phase}' if phase else ''}.metrics.jsonl.gz"
    if not path.exists():
        return []
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).decode().splitlines()]


def _rows() -> dict[str, Row]:
    found = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())["row"]
    return {one["name"]: Row(**one) for one in found}


ROWS: Mapping[str, Row] = _rows()


def listed() -> list[dict[str, Any]]:
    """Return what there is to reproduce: each row with its command, and its published score over seeds."""
    found = []
    for one in ROWS.values():
        values = [
            of["test"][one.score] for of in summaries(one.name).values() if one.score in (of["test"] or {})
        ]
        found.append(
            {
                "row": one.name,
                "chapter": one.chapter,
                "command": one.command(0),
                "minutes": one.minutes,
                "score": one.score,
                "mean": statistics.fmean(values) if values else None,
                "standard_deviation": statistics.stdev(values) if len(values) > 1 else None,
                "seeds": len(values),
            }
        )
    return found
