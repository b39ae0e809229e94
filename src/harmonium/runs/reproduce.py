"""Running a published row again, and comparing what comes of it with what is published."""

from __future__ import annotations

import math
import statistics
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from harmonium.metrics.table import metric
from harmonium.runs.evaluate import evaluate
from harmonium.runs.published import Row, curve, row, summaries
from harmonium.runs.run import Run
from harmonium.runs.train import resume, start
from harmonium.training import Reporter, RunFolder, Silent
from harmonium.training.records import Record

ALIKE = 1e-4  # by how much, of 1 or of itself, a number may differ that is called the same


class _EnoughError(Exception):
    """An epoch has been seen."""


class _OneEpoch(Silent):
    def validated(self, record: Record, is_best: bool) -> None:
        raise _EnoughError


@dataclass(frozen=True)
class Compared:
    """A score of a run beside the published one."""

    split: str
    name: str
    found: float
    published: float  # of the same seed, else the mean over seeds
    spread: float | None  # the published standard deviation over seeds, where there are several
    same_seed: bool

    @property
    def repeats(self) -> bool:
        """Whether it is the published number of the same seed."""
        return self.same_seed and alike(self.found, self.published)


def alike(one: float, other: float) -> bool:
    """Return whether two numbers are the same but for the order in which a machine adds.

    Examples
    --------
    >>> alike(0.0749, 0.07490001), alike(-62.80, -62.81)
    (True, False)
    """
    return abs(one - other) <= ALIKE * max(1.0, abs(other))


def reproduce(
    name: str, seed: int = 0, *, runs: Path = Path("runs"), report: Reporter | None = None
) -> tuple[Run, list[Compared]]:
    """Train a published row with one seed in RUNS/ROW/seed-N, and compare its scores with the published ones.

    A run that lies there finished is compared as it is, and an unfinished one goes on. Where the row learns from the
    codes of another, that one is trained first.

    Returns
    -------
    The run, and its scores of valid and test beside the published ones. Raises `ConfigError` for an unknown row, and
    what `train` raises.
    """
    one = row(name)
    if one.codes_of:
        reproduce(one.codes_of, seed, runs=runs, report=report)
    path = runs / name / f"seed-{seed}"
    run = Run(_trained(one, seed, path, runs, report).path)
    found = {split: dict(run.summary[split] or {}) for split in ("valid", "test")}
    if one.likelihood:
        for split, scores in evaluate(path, log_likelihood=True, temperatures=one.temperatures).items():
            found[split] |= scores
    return run, compared(one, seed, found)


def _trained(one: Row, seed: int, path: Path, runs: Path, report: Reporter | None) -> RunFolder:
    if not (path / "config.json").exists():
        return start(one.made(seed, runs), path, report)
    folder = RunFolder.open(path)
    if not folder.finished():
        resume(path, report=report)
    return folder


def compared(one: Row, seed: int, found: dict[str, dict[str, float]]) -> list[Compared]:
    """Return a run's scores beside those published of its row."""
    published, lines = summaries(one.name), []
    for split, scores in found.items():
        for name, value in scores.items():
            over = {s: of[split][name] for s, of in published.items() if name in (of[split] or {})}
            if over and metric(name).better is not None:
                spread = statistics.stdev(over.values()) if len(over) > 1 else None
                expected = over.get(seed, statistics.fmean(over.values()))
                lines.append(Compared(split, name, value, expected, spread, seed in over))
    return lines


def first_epoch(one: Row, seed: int) -> tuple[str, Record]:
    """Return the first validation of a row by today's program, and the phase that it is of, "" for the whole network.

    The rest of the training is not made, so that schedules are those of the whole.
    """
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "run"
        with suppress(_EnoughError):
            start(one.made(seed), path, _OneEpoch())
        folder = RunFolder.open(path)
        phases = folder.phase_names()
        source = folder.phase(phases[0], {}) if phases else folder
        return (phases[0] if phases else ""), source.records()[0]


def still_stands(one: Row, seed: int = 0) -> bool | None:
    """Return whether today's program repeats the first epoch that is published; None where none is.

    Rows that learn from the codes of another run need its model, and have none here.
    """
    if one.codes_of or not (curve(one.name, seed)):
        return None
    phase, found = first_epoch(one, seed)
    return _same(found, curve(one.name, seed, phase)[0])


def validations_alike(run: Run, name: str, seed: int) -> tuple[int, int]:
    """Return how many validations of a run are a row's published ones, up to the first that differs, and of how many.

    A stack's phases count one after the other. (0, 0) where no curve is published.
    """
    folder = RunFolder.open(run.path)
    sources = {phase: folder.phase(phase, {}) for phase in folder.phase_names()} | {"": folder}
    found = [record for source in sources.values() for record in source.records()]
    known = [record for phase in sources for record in curve(name, seed, phase)]
    same = takewhile(lambda pair: _same(*pair), zip(found, known, strict=False))
    return sum(1 for _ in same), len(known)


def _same(found: Record, known: Record) -> bool:
    return all(
        alike(found.get(split, {}).get(name, math.inf), value)
        for split in ("train", "valid")
        for name, value in known.get(split, {}).items()
    )
