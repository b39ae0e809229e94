"""Piano-rolls in MATLAB files, as Boulanger-Lewandowski et al. 2012 published theirs."""

import zlib
from pathlib import Path

import numpy as np

from harmonium.data.midi import MOST_STEPS, NOTES
from harmonium.errors import DataError

LARGEST = 2**28  # bytes of a file, and of what it unpacks to
KEYS = {"train": "traindata", "valid": "validdata", "test": "testdata"}


def read_rolls(path: Path) -> dict[str, list[np.ndarray]]:
    """Rolls (steps, 88) uint8 by split, from the cells `traindata`, `validdata` and `testdata` of a .mat file.

    Raises `DataError`, naming the file, the split and the roll, for anything else.
    """
    from scipy.io import loadmat, whosmat

    try:
        if path.stat().st_size > LARGEST:
            raise DataError(f"{path}: holds more than {LARGEST:,} bytes; no set of rolls takes that many")
        found = {name: kind for name, _, kind in whosmat(path)}
        if missing := [key for key in KEYS.values() if found.get(key) != "cell"]:
            raise DataError(f"{path}: needs the cells {', '.join(KEYS.values())}; {missing[0]} is not there")
        content = loadmat(path, variable_names=list(KEYS.values()))
    except DataError:
        raise
    # A damaged file can make the reader raise nearly anything, MemoryError for a size it was promised among it.
    except (Exception, zlib.error, MemoryError) as error:
        raise DataError(f"{path}: is no MATLAB file (version 5 to 7), or is damaged ({error})") from error
    return {
        part: [
            _roll(roll, f"{path} ({key}, roll {number})")
            for number, roll in enumerate(np.asarray(content[key]).ravel(), 1)
        ]
        for part, key in KEYS.items()
    }


def _roll(roll: object, where: str) -> np.ndarray:
    if not isinstance(roll, np.ndarray) or roll.ndim != 2 or roll.shape[1] != NOTES or not len(roll):
        shape = getattr(roll, "shape", type(roll).__name__)
        raise DataError(f"{where}: has shape {shape}; it must be (steps, {NOTES})")
    if len(roll) > MOST_STEPS:
        raise DataError(f"{where}: has {len(roll):,} steps, more than {MOST_STEPS:,}")
    if roll.dtype.kind not in "buif" or not np.isin(roll, (0, 1)).all():
        raise DataError(f"{where}: must hold zeros and ones")
    return roll.astype(np.uint8)
