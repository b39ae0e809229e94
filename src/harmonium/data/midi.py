"""MIDI files as piano-rolls, and back: which of a piano's 88 notes sound at each of a row of instants."""

import math
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from harmonium.data.midi_chunks import Chunks, opened, with_all_ended
from harmonium.errors import ConfigError, DataError, in_one_line
from harmonium.files import explained, read_regular, write_atomically

LOWEST, NOTES = 21, 88  # MIDI numbers 21 to 108, A0 to C8: column 0 of a roll is note 21
LARGEST = 2**24  # bytes of a MIDI file; a symphony takes less than one of these sixteen millions
MOST_STEPS = 100_000  # of a roll: eight hours at 0.3 s
SLACK = 1e-3  # of a step, by which a note may begin or end late and still count at an instant
TICKS = 480  # ticks a beat, in files that we write
MICROSECONDS = 500_000  # a beat, in files without a tempo

# What becomes of the notes of a file.
HEARD = "heard"
DRUMS = "drums"
OPEN = "the file does not say when they end"
OUTSIDE = f"outside the piano's {LOWEST} to {LOWEST + NOTES - 1}, as MIDI numbers"
BETWEEN = "between two steps (a shorter --period hears them)"


@dataclass(frozen=True)
class Grid:
    """The instants 0, 1, 2, … times `period` at which music is looked at."""

    period: float = 0.3
    unit: Literal["seconds", "beats"] = "seconds"

    def __post_init__(self) -> None:
        if not 1e-3 <= self.period <= 8:
            raise ConfigError(
                f"a sampling period of {self.period:g} {self.unit} has no meaning; give 0.001 to 8"
            )

    @property
    def seconds(self) -> float:
        """A step's length when it is played; beats go at 120 a minute, as in a file that names no tempo."""
        return self.period if self.unit == "seconds" else self.period * MICROSECONDS / 1e6

    def __str__(self) -> str:
        return f"{self.period:g} {self.unit}"


def read_midi(path: str | os.PathLike[str], grid: Grid) -> np.ndarray:
    """The piano-roll of a MIDI file, (steps, 88) uint8: 1 where a note has begun and not ended at an instant of `grid`.

    Drums, notes outside 21 to 108, notes that never end, and those that lie between two instants are left out.
    Raises `DataError`, naming the file, if it is no MIDI file, is damaged, has no tempo that can be played, lasts
    longer than 100,000 steps, or leaves no note.
    """
    return read_counted(Path(path), grid)[0]


def read_counted(path: Path, grid: Grid) -> tuple[np.ndarray, Counter[str]]:
    """The roll that `read_midi` returns, and how many notes of the file are heard or left out, by the reason."""
    content = read_regular(path, LARGEST, "no piece of music takes that many")
    return as_roll(bytes(content), grid, str(path))


def as_roll(content: bytes, grid: Grid, where: str) -> tuple[np.ndarray, Counter[str]]:
    """The piano-roll of a MIDI file's content, and what became of its notes; see `read_counted`."""
    chunks = opened(content, where)
    if chunks.ticks_a_second and grid.unit == "beats":
        raise DataError(
            f"{where}: its clock counts film frames, and no beats; export it with ticks a beat, or train on --unit "
            "seconds"
        )
    try:
        score = _score(chunks.content)
        unended = _without_end(chunks, score)
    except Exception as error:  # a damaged file can make the reader raise nearly anything
        reason = in_one_line(error).removeprefix("MiniMidi: ").split(": iostream")[0]
        raise DataError(f"{where}: is damaged, so that it cannot be read as MIDI ({reason})") from error
    if score.ticks_per_quarter < 1:
        raise DataError(f"{where}: its header says 0 ticks a beat; export the piece anew")
    notes = Counter({DRUMS: sum(len(track.notes) for track in score.tracks if track.is_drum)})
    parts = [track.notes.numpy() for track in score.tracks if not track.is_drum and len(track.notes)]
    notes[OPEN] = unended
    if not parts:
        what = f"says of none of its {unended:,} notes when it ends" if unended else "holds no notes"
        raise DataError(f"{where}: {what} (drums do not count); there is nothing to learn from")
    start, duration, pitch = (
        np.concatenate([part[k] for part in parts]).astype(np.int64) for k in ("time", "duration", "pitch")
    )
    column = pitch - LOWEST
    playable = (column >= 0) & (column < NOTES)
    if not playable.any():
        raise DataError(
            f"{where}: all of its {len(pitch)} notes lie outside {LOWEST} to {LOWEST + NOTES - 1}; transpose it"
        )
    start, end, column = start[playable], (start + duration)[playable], column[playable]
    first, last = (
        np.ceil(_in_steps(ticks, score, grid, where, chunks.ticks_a_second) - SLACK) for ticks in (start, end)
    )
    if last.max() > MOST_STEPS:
        raise DataError(
            f"{where}: lasts {last.max():,.0f} steps of {grid}, more than {MOST_STEPS:,}; cut it, "
            "or give a longer period"
        )
    changes = np.zeros((int(last.max()) + 1, NOTES), np.int32)
    np.add.at(changes, (first.astype(int), column), 1)
    np.add.at(changes, (last.astype(int), column), -1)
    roll = (np.cumsum(changes[:-1], 0) > 0).astype(np.uint8)
    if not roll.any():
        raise DataError(f"{where}: no note sounds at any multiple of {grid}; give a shorter period")
    notes[OUTSIDE] += int((~playable).sum())
    notes[BETWEEN] += int((first == last).sum())
    notes[HEARD] += int((first < last).sum())
    return roll, +notes


def _score(content: bytes) -> Any:
    import symusic

    return symusic.Score.from_midi(content)


def _without_end(chunks: Chunks, score: Any) -> int:
    """How many notes begin and never end, which `score` lacks; drums do not count."""
    content = with_all_ended(chunks.content)
    return 0 if content is None else max(0, _melodic(_score(content)) - _melodic(score))


def _melodic(score: Any) -> int:
    return sum(len(track.notes) for track in score.tracks if not track.is_drum)


def _in_steps(
    ticks: np.ndarray, score: Any, grid: Grid, where: str, ticks_a_second: float | None
) -> np.ndarray:
    """Convert times from ticks to multiples of the grid's period."""
    if ticks_a_second:
        return ticks / ticks_a_second / grid.period
    beats = ticks / score.ticks_per_quarter
    if grid.unit == "beats":
        return beats / grid.period
    tempos = score.tempos.numpy()
    at, microseconds = tempos["time"].astype(np.int64), tempos["mspq"].astype(np.int64)
    order = np.argsort(at, kind="stable")
    at, microseconds = at[order], microseconds[order]
    if len(microseconds) and microseconds.min() < 1:
        raise DataError(f"{where}: its tempo at tick {at[microseconds.argmin()]} is 0 µs a beat; mend it")
    at = np.concatenate([[0], at])
    pace = np.concatenate([[MICROSECONDS], microseconds]) / 1e6 / score.ticks_per_quarter  # seconds a tick
    passed = np.concatenate([[0], np.cumsum(np.diff(at) * pace[:-1])])
    segment = np.searchsorted(at, ticks, side="right") - 1
    return (passed[segment] + (ticks - at[segment]) * pace[segment]) / grid.period


def write_midi(roll: np.ndarray, grid: Grid, path: str | os.PathLike[str]) -> None:
    """Write a piano-roll, (steps, 88), as a MIDI file for one piano, which `read_midi` reads as the same roll.

    A note that sounds at consecutive instants of `grid` is held; silence after the last note is not kept. Raises
    `ConfigError` for a period that is no whole number of microseconds, or of ticks (480 a beat).

    Examples
    --------
    >>> import tempfile
    >>> roll = np.zeros((4, 88), np.uint8)
    >>> roll[:2, 39] = roll[2:, 43] = 1  # column 0 is MIDI note 21, so these are 60 and 64: C, then E
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_midi(roll, Grid(0.3), Path(folder, "tune.mid"))
    ...     bool((read_midi(Path(folder, "tune.mid"), Grid(0.3)) == roll).all())
    True
    """
    import symusic

    if grid.unit == "beats":
        ticks, microseconds = TICKS * grid.period, float(MICROSECONDS)
    else:
        ticks, microseconds = TICKS / 2, 2e6 * grid.period
    for exact in (ticks, microseconds):
        if not math.isclose(exact, round(exact), abs_tol=1e-6):
            raise ConfigError(f"a sampling period of {grid} cannot be written as MIDI; round it")
    score: Any = symusic.Score(TICKS)
    score.tempos.append(symusic.Tempo(0, mspq=round(microseconds)))
    track: Any = symusic.Track("harmonium", 0, False)
    edges = np.diff(
        np.pad(roll.astype(np.int8), ((1, 1), (0, 0))), axis=0
    )  # 1 where a note begins, -1 after its end
    for column in range(roll.shape[1]):
        begins, ends = (np.flatnonzero(edges[:, column] == sign) for sign in (1, -1))
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
            length = (end - begin) * round(ticks)
            track.notes.append(symusic.Note(begin * round(ticks), length, column + LOWEST, 80))
    score.tracks.append(track)
    path = Path(path)
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, score.dumps_midi())
