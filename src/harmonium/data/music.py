"""Polyphonic music as piano-rolls in three splits, from MIDI files."""

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from harmonium.data.assembly import duplicates
from harmonium.data.layout import placed
from harmonium.data.midi import HEARD, LOWEST, Grid, read_counted
from harmonium.data.musical_keys import in_common_key
from harmonium.data.named_in_tables import with_splits
from harmonium.data.options import SplitOptions
from harmonium.data.other_music import instead
from harmonium.data.sharing import ToScore, shared_out
from harmonium.data.three_splits import ThreeSplits
from harmonium.data.understood import Reading
from harmonium.data.waiting import waiting
from harmonium.data.walk import walk
from harmonium.errors import DataError
from harmonium.terminal import printable

SUFFIXES = frozenset({".mid", ".midi", ".kar", ".rmi"})
NAMED = 5  # names that are shown of the files that were skipped
OFF_THE_PIANO = "would leave the piano in C"


@dataclass(frozen=True, eq=False)
class Rolls:
    """Pieces of music, each a piano-roll (steps, 88) uint8 of zeros and ones, and what each is called."""

    rolls: tuple[np.ndarray, ...]
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.rolls)

    def taken(self, index: np.ndarray) -> "Rolls":
        """The pieces of these numbers, in that order."""
        return Rolls(tuple(self.rolls[i] for i in index), tuple(self.names[i] for i in index))

    def in_common_key(self) -> "Rolls":
        """Each piece moved to C major or C minor, whichever key a key finder takes it for (section 14.4)."""
        return Rolls(tuple(map(in_common_key, self.rolls)), self.names)

    def within(self, low: int, high: int) -> "Rolls":
        """Each piece with the MIDI notes from `low` to `high` - 1 alone, (steps, high - low)."""
        return Rolls(tuple(roll[:, low - LOWEST : high - LOWEST] for roll in self.rolls), self.names)


@dataclass(frozen=True, eq=False, repr=False)
class Music(ThreeSplits[Rolls]):
    """Pieces of music in three splits, looked at on one grid; it has no classes."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one step."""
        rolls = self.train.rolls + self.valid.rolls + self.test.rolls
        return (rolls[0].shape[1],)

    @property
    def kind(self) -> str:
        """Pieces, with their length in all."""
        return f"pieces of music, {sum(len(roll) for split in self.splits.values() for roll in split.rolls):,} steps"

    def class_counts(self) -> dict[str, dict[str, int]]:
        """Of which music has none."""
        return {}

    def prints(self, part: str) -> list[bytes]:
        """The sounding notes of each piece."""
        return prints(self.splits[part])

    def _content(self) -> Iterator[bytes]:
        for split in self.splits.values():
            for roll in split.rolls:
                yield f"{roll.shape}".encode()
                yield np.packbits(roll).tobytes()

    def in_common_key(self) -> "Music":
        """Every piece moved to C."""
        train, valid, test = kept = [split.in_common_key() for split in self.splits.values()]
        moved = (
            "each piece is moved to C major or C minor, from the key that its notes fit best (--common-key)"
        )
        reading = self.reading.noting(moved, *silenced(self.splits.values(), kept, OFF_THE_PIANO))
        return replace(self, train=train, valid=valid, test=test, reading=reading)

    def within(self, low: int, high: int) -> "Music":
        """Every piece with the MIDI notes from `low` to `high` - 1 alone; how many are left out is noted.

        Raises `DataError` where a split keeps none.
        """
        train, valid, test = kept = [split.within(low, high) for split in self.splits.values()]
        if not all(map(sounding, kept)):
            raise DataError(
                f"{self.name} has no note from {low} to {high - 1} in one of its splits; widen --pitches"
            )
        outside = f"lies outside the notes {low} to {high - 1}"
        reading = self.reading.noting(*silenced(self.splits.values(), kept, outside))
        return replace(self, train=train, valid=valid, test=test, reading=reading)


def prints(pieces: Rolls) -> list[bytes]:
    """The sounding notes of each piece."""
    return [np.packbits(roll).tobytes() for roll in pieces.rolls]


def sounding(pieces: Rolls) -> int:
    """How many notes sound at the steps of all pieces."""
    return sum(int(roll.sum()) for roll in pieces.rolls)


def silenced(before: Iterable[Rolls], after: Iterable[Rolls], reason: str) -> list[str]:
    """Say which share of what sounded a change has left out, and why, if any."""
    was, rest = (sum(map(sounding, pieces)) for pieces in (before, after))
    return [f"{1 - rest / was:.2%} of what sounds {reason}, and is left out"] if rest < was else []


def load_midi(
    path: Path,
    name: str,
    seed: int,
    grid: Grid,
    options: SplitOptions | None = None,
    kept: Mapping[str, Sequence[str]] | None = None,
) -> Music:
    """A folder of MIDI files, at any depth, in folders for the splits or else cut into splits.

    Missing splits take their share of train. Files that cannot be read are skipped, counted and named.

    Parameters
    ----------
    path
        The folder.
    name
        What the data set is called.
    seed
        Decides splits that are not given.
    grid
        At which instants the files are looked at.
    options
        The shares.
    kept
        Names of pieces by split, as a run kept them.

    Raises
    ------
    DataError
        Naming the folder, where nothing is left.

    """
    walked = walk(path, SUFFIXES, "MIDI files")
    if not walked.files:
        raise DataError(f"{path}: holds no MIDI file (.mid or .midi){instead(path)}")
    scored = isinstance(kept, ToScore)
    files, skipped, notes = placed(walked, what="MIDI files", classes=False, scored=scored)
    rolls, errors, heard = _read({file.name: file.path for file in files}, grid)
    if not rolls:
        raise DataError(f"{path}: none of its {len(files)} MIDI files can be read; {errors[0]}")
    if errors:
        skipped["cannot be read as MIDI"] += len(errors)
        notes.append(f"not read: {'; '.join(map(str, errors[:NAMED]))}")
    notes += [f"a step is {grid} (--period, --unit)", *_left_out(heard)]
    there, by_table = with_splits([file for file in files if file.name in rolls], path, SUFFIXES)
    notes += by_table
    places, more = shared_out(
        [file.name for file in there],
        None,
        [file.split for file in there],
        seed=seed,
        options=options or SplitOptions(),
        where=str(path),
        kept=kept,
    )
    more += duplicates([np.packbits(rolls[file.name]).tobytes() for file in there], places)
    train, valid, test = (
        Rolls(tuple(rolls[there[i].name] for i in those), tuple(there[i].own_name for i in those))
        for those in places.values()
    )
    return Music(
        name,
        train,
        valid,
        test,
        names={part: tuple(there[i].name for i in those) for part, those in places.items()},
        reading=Reading(str(path), dict(walked.skipped + skipped), (*notes, *more)),
    )


def read_pieces(path: str | os.PathLike[str], grid: Grid) -> Rolls:
    """One MIDI file, or all in a folder, at any depth, called by their paths in it.

    Files that cannot be read are skipped and named on the screen, and notes that no roll holds are counted there.
    Raises `DataError`, naming the file or folder, where none can be read.
    """
    path = Path(path)
    return read_folder(path, grid) if path.is_dir() else read_file(path, grid)


def read_file(path: Path, grid: Grid) -> Rolls:
    """One MIDI file, as `read_pieces` reads it."""
    roll, heard = read_counted(path, grid)
    _say_left_out(path, heard)
    return Rolls((roll,), (path.name,))


def read_folder(path: Path, grid: Grid) -> Rolls:
    """All MIDI files in a folder, as `read_pieces` reads them."""
    files = midi_files(path)
    if not files:
        raise DataError(f"{path}: holds no MIDI file (.mid or .midi){instead(path)}")
    rolls, errors, heard = _read({str(file.relative_to(path)): file for file in files}, grid)
    if not rolls:
        raise DataError(f"{path}: none of its {len(files)} MIDI files can be read; {errors[0]}")
    if errors:
        _say(_skipped(path, errors, len(files)))
    _say_left_out(path, heard)
    return Rolls(tuple(rolls.values()), tuple(rolls))


def midi_files(path: str | os.PathLike[str]) -> list[Path]:
    """A MIDI file itself, or those in a folder, at any depth, in order of their names."""
    path = Path(path)
    if path.is_file():
        return [path] if path.suffix.lower() in SUFFIXES else []
    return list(walk(path, SUFFIXES, "MIDI files").files) if path.is_dir() else []


def _read(
    files: Mapping[str, Path], grid: Grid
) -> tuple[dict[str, np.ndarray], list[DataError], Counter[str]]:
    """The rolls of files by their names, what was wrong with the others, and what became of all notes."""
    rolls: dict[str, np.ndarray] = {}
    errors: list[DataError] = []
    heard: Counter[str] = Counter()
    for name in waiting(list(files), "reading MIDI files"):
        try:
            rolls[name], notes = read_counted(files[name], grid)
            heard += notes
        except DataError as error:
            errors.append(error)
    return rolls, errors, heard


def _left_out(heard: Counter[str]) -> list[str]:
    """Say how many notes no roll holds, and why."""
    return [
        f"{count:,} of {heard.total():,} notes are left out: {reason}"
        for reason, count in heard.most_common()
        if reason != HEARD and count
    ]


def _say_left_out(path: Path, heard: Counter[str]) -> None:
    for note in _left_out(heard):
        _say(printable(f"{path}: {note}"))


@cache
def _say(text: str) -> None:
    """Print a line on the screen, but only once: a folder is read for training, and again for its pictures."""
    print(text, file=sys.stderr)


def _skipped(path: Path, errors: Sequence[DataError], files: int) -> str:
    lines = [
        f"{printable(str(path))}: skipped {len(errors)} of {files} MIDI files:",
        *(printable(str(error)) for error in errors[:NAMED]),
    ]
    more = [f"and {len(errors) - NAMED} more"] if len(errors) > NAMED else []
    return "\n  ".join(lines + more)
