"""Music in files of arrays, as collections of chorales come: piano-rolls, or the pitches of each step."""

import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from harmonium.data.midi import LOWEST, MOST_STEPS, NOTES
from harmonium.data.npz import read_npy, read_npz
from harmonium.data.pickled import read_pickle, unpickled
from harmonium.data.split_names import split_called
from harmonium.data.text import read_text
from harmonium.errors import DataError, HarmoniumError, in_one_line
from harmonium.files import read_regular
from harmonium.memory import available

PICKLES = (".pkl", ".pickle", ".pkl.gz", ".pickle.gz")
SUFFIXES = (*PICKLES, ".npz", ".npy", ".json")
LOOKED_INTO = 2**25  # bytes of a pickle or of JSON, to see what it holds
ALL = 128  # MIDI numbers
WIDTHS = (NOTES, ALL)  # of a roll
VOICES = 16  # most columns of pitches
FORM = (
    f"give rolls (steps, {NOTES}) or (steps, {ALL}), or for each step the MIDI numbers of its notes; in a dict by "
    "train, valid and test, or without splits"
)


def read_roll_files(path: Path) -> tuple[dict[str | None, list[np.ndarray]], list[str]]:
    """The pieces of a file, (steps, 88) uint8 each, by split, or by None where it names none; and what was guessed.

    Known are piano-rolls with the notes on either axis, of zeros and ones or of velocities, and the MIDI numbers of
    each step, in as many columns as there are voices or in lists of any length; 0, -1 and NaN are rests.

    Parameters
    ----------
    path
        A .npz or .npy file, a pickle, or JSON.

    Raises
    ------
    DataError
        Naming the file and the piece, for anything else.

    """
    try:
        return _read(_content(path), path)
    except (TypeError, ValueError, RecursionError) as error:
        raise DataError(f"{path}: holds no music ({in_one_line(error)}); {FORM}") from error


def _read(content: Any, path: Path) -> tuple[dict[str | None, list[np.ndarray]], list[str]]:
    pieces = {part: list(map(_array, _pieces(found))) for part, found in _splits(content).items()}
    alone = [(part, piece) for part, found in pieces.items() for piece in found]
    if not alone:
        raise DataError(f"{path}: holds no pieces; {FORM}")
    where = [f"{path}, {part + ' ' if part else ''}piece {n}" for n, (part, _) in enumerate(alone, 1)]
    rolls, notes = _as_rolls([piece for _, piece in alone], where)
    after = iter(rolls)
    return {part: [next(after) for _ in found] for part, found in pieces.items()}, notes


def holds_pieces(path: Path) -> bool:
    """Whether a pickle, an .npz file or JSON holds music in splits of its own, and nothing else."""
    try:
        if path.suffix.lower() == ".npz":
            with zipfile.ZipFile(path) as members:
                if not _named(name.removesuffix(".npy") for name in members.namelist()):
                    return False
        elif path.stat().st_size > LOOKED_INTO:
            return False
        content = _content(path)
        return isinstance(content, Mapping) and _named(content) and bool(_read(content, path))
    except (HarmoniumError, OSError, ValueError, TypeError, RecursionError, zipfile.BadZipFile):
        return False


def _named(names: Iterable[Any]) -> bool:
    """Whether all names are those of splits, one of them train."""
    splits = {split_called(str(name)) for name in names}
    return "train" in splits and None not in splits


def _content(path: Path) -> Any:
    name = path.name.lower()
    if name.endswith(PICKLES):
        return read_pickle(path)
    if name.endswith(".json"):
        return json.loads(read_text(path))
    return read_npy(path) if name.endswith(".npy") else _npz(path)


def _npz(path: Path) -> dict[str, Any]:
    """The arrays of an .npz file, of which those of objects are unpickled without running anything."""
    try:
        return dict(read_npz(path, lambda name: True))
    except DataError as error:
        if "Python objects" not in str(error):
            raise
    found = {}
    with zipfile.ZipFile(io.BytesIO(read_regular(path, available() // 4, "give a smaller file"))) as members:
        for info in members.infolist():
            if info.file_size > available() // 4:
                raise DataError(f"{path}: {info.filename} takes too much memory; give a smaller file")
            file = io.BytesIO(members.read(info))
            version = np.lib.format.read_magic(file)
            if version != (1, 0):
                raise ValueError(f"{info.filename} is of version {version}")
            _, _, dtype = np.lib.format.read_array_header_1_0(file)
            where = f"{path} ({info.filename.removesuffix('.npy')})"
            rest = bytearray(file.read())
            file.seek(0)
            found[info.filename.removesuffix(".npy")] = (
                unpickled(rest, where) if dtype.hasobject else np.load(file, allow_pickle=False)
            )
    return found


def _splits(content: Any) -> dict[str | None, Any]:
    if not isinstance(content, Mapping):
        return {None: content}
    named = {key: split_called(str(key)) for key in content}
    found: dict[str | None, Any] = {split: content[key] for key, split in named.items() if split}
    if "train" in found:
        if len(found) < sum(map(bool, named.values())):
            raise ValueError(f"two of {', '.join(map(str, content))} name one split")
        return found
    if len(content) == 1:
        return {None: next(iter(content.values()))}
    raise ValueError(f"its parts are called {', '.join(map(str, list(content)[:6]))}")


def _pieces(found: Any) -> Sequence[Any]:
    """Each piece of a split, which is a list of pieces, an array of them, or one alone."""
    if isinstance(found, np.ndarray) and found.ndim == 2 and found.dtype != object:
        return [found]
    if isinstance(found, (list, tuple, np.ndarray)):
        return list(found)
    raise ValueError(f"a {type(found).__name__} stands where a list of pieces should")


def _array(piece: Any) -> np.ndarray | list[list[float]]:
    """A piece as an array (steps, columns), or as lists of pitches where those differ in length."""
    if isinstance(piece, np.ndarray) and piece.dtype != object:
        rows: Any = piece
    else:
        steps = [list(step) if isinstance(step, (list, tuple, np.ndarray)) else step for step in piece]
        if any(not isinstance(step, list) for step in steps):
            raise ValueError("a piece is no list of steps")
        if len({len(step) for step in steps}) != 1 or not steps[0]:
            return [[float(pitch) for pitch in step] for step in steps]
        rows = np.array(steps, np.float64)
    if rows.ndim != 2 or rows.dtype.kind not in "biuf":
        raise ValueError(f"a piece has shape {rows.shape} of {rows.dtype}")
    return rows


def _as_rolls(pieces: list[Any], where: list[str]) -> tuple[list[np.ndarray], list[str]]:
    """All pieces as rolls of 88 notes, read in one way."""
    arrays = [piece for piece in pieces if isinstance(piece, np.ndarray)]
    notes: list[str] = []
    if len(arrays) == len(pieces) and (axis := _axis_of_notes(arrays)) is not None:
        if axis == 0:
            notes.append("the notes are on the first axis of each roll, and the steps on the second")
        rolls = [_sounding(piece if axis else piece.T, at) for piece, at in zip(arrays, where, strict=True)]
        if max(piece.max(initial=0) for piece in arrays) > 1:
            notes.append("numbers above 1 are velocities: a note sounds where its own is not 0")
    else:
        notes.append("each step holds the MIDI numbers of its notes; 0, -1 and NaN are rests")
        rolls = [_of_pitches(piece, at) for piece, at in zip(pieces, where, strict=True)]
    for roll, at in zip(rolls, where, strict=True):
        if not 1 <= len(roll) <= MOST_STEPS:
            raise DataError(f"{at}: has {len(roll):,} steps; give 1 to {MOST_STEPS:,}")
    there = sum(int(roll.sum()) for roll in rolls)
    cut = [roll[:, LOWEST : LOWEST + NOTES] if roll.shape[1] == ALL else roll for roll in rolls]
    if not (kept := sum(int(roll.sum()) for roll in cut)):
        raise DataError(f"{where[0].split(', ')[0]}: no note sounds in it; {FORM}")
    if kept < there:
        notes.append(f"{1 - kept / there:.2%} of what sounds lies outside the piano, and is left out")
    return cut, notes


def _axis_of_notes(arrays: Sequence[np.ndarray]) -> int | None:
    """Which axis of rolls has the notes; None where they are none, but voices with a pitch at most steps."""
    if all(array.shape[1] in WIDTHS for array in arrays):
        return 1
    if not all(array.shape[0] in WIDTHS for array in arrays):
        return None
    narrow = all(array.shape[1] <= VOICES for array in arrays)
    full = sum(np.count_nonzero(array) for array in arrays) > sum(array.size for array in arrays) / 2
    return None if narrow and full and max(array.max(initial=0) for array in arrays) > 1 else 0


def _sounding(roll: np.ndarray, where: str) -> np.ndarray:
    if (
        not np.isfinite(roll).all()
        or roll.min(initial=0) < 0
        or roll.max(initial=0) >= ALL
        or (roll != np.floor(roll)).any()
    ):
        raise DataError(
            f"{where}: is a roll, but holds other numbers than 0 and 1 or velocities from 0 to {ALL - 1}; write "
            "roll > 0, or above what counts as sounding"
        )
    return (roll > 0).astype(np.uint8)


def _of_pitches(piece: Any, where: str) -> np.ndarray:
    roll = np.zeros((len(piece), ALL), np.uint8)
    if isinstance(piece, np.ndarray) and piece.shape[1] > VOICES:
        raise DataError(f"{where}: has shape {piece.shape}, neither a roll nor voices; {FORM}")
    for step, pitches in enumerate(piece):
        for pitch in _notes(pitches):
            if not (pitch == int(pitch) and pitch < ALL):
                raise DataError(f"{where}, step {step + 1}: {pitch:g} is no MIDI number; {FORM}")
            roll[step, int(pitch)] = 1
    return roll


def _notes(pitches: Any) -> Iterator[float]:
    for pitch in map(float, pitches):
        if np.isfinite(pitch) and pitch > 0:
            yield pitch
        elif np.isinf(pitch):
            raise ValueError("a pitch is infinite")
