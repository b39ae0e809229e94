"""Music from files that hold piano-rolls in place of notes, whose steps say of no clock how long they are."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from harmonium.data.assembly import duplicates
from harmonium.data.matlab import read_rolls
from harmonium.data.midi import Grid
from harmonium.data.music import Music, Rolls, prints
from harmonium.data.options import SplitOptions
from harmonium.data.roll_files import SUFFIXES, read_roll_files
from harmonium.data.sharing import shared_out
from harmonium.data.understood import Reading

EIGHTHS, QUARTERS = Grid(0.5, "beats"), Grid(1.0, "beats")
IN_C = {  # the rolls of the paper, all in C, and how each was sampled
    "nottingham-rolls": EIGHTHS,
    "piano-midi-rolls": EIGHTHS,
    "jsb-chorales-rolls": QUARTERS,
    "musedata-rolls": EIGHTHS,
}


def sampled_on(name_or_path: str, grid: Grid) -> Grid:
    """The grid of a data set: `grid` for MIDI files; that of the paper's rolls; for others that which the user gives.

    Where none is given, which is that of the settings' own default, rolls are taken to be of eighths, as the paper's.
    """
    if name_or_path in IN_C:
        return IN_C[name_or_path]
    return EIGHTHS if holds_rolls(name_or_path) and grid == Grid() else grid


def holds_rolls(name_or_path: str) -> bool:
    """Whether a file, by its name, holds rolls in place of notes."""
    unpacked = name_or_path.lower().removesuffix(".gz").removesuffix(".bz2")
    return unpacked.endswith((".mat", *SUFFIXES))


def load_matlab(path: Path, name: str) -> Music:
    """Rolls that lie in a .mat file as in the paper's. Raises `DataError`, naming the file, for anything else."""
    train, valid, test = (
        Rolls(tuple(rolls), tuple(f"{part} {n}" for n in range(1, len(rolls) + 1)))
        for part, rolls in read_rolls(path).items()
    )
    return Music(name, train, valid, test)


def load_roll_file(
    path: Path,
    name: str,
    seed: int,
    grid: Grid,
    options: SplitOptions,
    kept: Mapping[str, Sequence[str]] | None = None,
) -> Music:
    """Rolls of a .mat file, or those and pitches of other files of arrays, and what was guessed of them.

    The arguments are those of `load_midi`. Raises `DataError`, naming the file, for what is no music.
    """
    step = f"a step is taken to be {sampled_on(name, grid)} (--period, --unit), since rolls do not say"
    if path.suffix.lower() == ".mat":
        return replace(load_matlab(path, name), reading=Reading(str(path), notes=(step,)))
    splits, notes = read_roll_files(path)
    rolls = [roll for found in splits.values() for roll in found]
    parts = [part for part, found in splits.items() for _ in found]
    names = [
        f"{part} {n}" if part else str(n) for part, found in splits.items() for n in range(1, len(found) + 1)
    ]
    places, more = shared_out(names, None, parts, seed=seed, options=options, where=str(path), kept=kept)
    together = Rolls(tuple(rolls), tuple(names))
    more += duplicates(prints(together), places)
    train, valid, test = (together.taken(np.asarray(those)) for those in places.values())
    return Music(
        name,
        train,
        valid,
        test,
        names={part: tuple(names[i] for i in those) for part, those in places.items()},
        reading=Reading(str(path), notes=(step, *notes, *more)),
    )
