"""A folder of pickles that together are one set, as CIFAR's batches: each a dict of examples and their labels."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from harmonium.data.arrays import NAMES, load_arrays, role
from harmonium.data.assembly import Demand
from harmonium.data.dataset import Dataset
from harmonium.data.pickled import read_pickle
from harmonium.data.scaling import squared
from harmonium.data.split_names import SPLITS
from harmonium.data.understood import Reading
from harmonium.errors import DataError
from harmonium.files import opened_regular

PROTOCOLS = (2, 3, 4, 5)  # of a pickle that says by its first bytes that it is one


def is_pickle(path: Path) -> bool:
    """Whether a file begins as pickles do."""
    with opened_regular(path) as file:
        head = file.read(2)
    return len(head) == 2 and head[0] == 0x80 and head[1] in PROTOCOLS


def load_batches(files: Sequence[Path], path: Path, demand: Demand) -> Dataset:
    """Join pickles of one folder; files called test or valid, as test_batch, are those splits.

    Raises `DataError` for pickles that hold no examples, and what `read_pickle` and `load_arrays` refuse.
    """
    parts: dict[str, list[Any]] = {}
    labelled: str | None = None
    names: dict[str, Any] = {}
    for file in files:
        content = read_pickle(file)
        if not isinstance(content, dict):
            raise DataError(f"{file}: holds no dict of examples and labels; move it away")
        given = {
            key.decode() if isinstance(key, bytes) else str(key): value for key, value in content.items()
        }
        held = {role(name): name for name in given}
        if ("x", None) not in held:
            names |= {name: value for name, value in given.items() if name.endswith(NAMES)}
            continue
        words = re.split(r"[\W_]+", file.stem.lower())
        part = next((SPLITS[word] for word in words if word in SPLITS), "train")
        parts.setdefault(f"x_{part}", []).append(squared(np.asarray(given[held["x", None]])))
        if ("y", None) in held:
            labelled = held["y", None]
            parts.setdefault(f"y_{part}", []).append(np.asarray(given[labelled]))
    arrays = {name: np.concatenate(pieces) for name, pieces in parts.items()}
    if not arrays:
        raise DataError(f"{path}: holds pickles, but none with examples under data or x")
    # CIFAR-100 names fine classes and coarse ones.
    kind = (labelled or "").partition("_")[0]
    called = next((name for name in names if name.startswith(kind)), next(iter(names), None))
    if called is not None and labelled is not None:
        arrays["classes"] = np.asarray(names[called])
    note = f"the examples of {len(files) - bool(names)} pickles were joined"
    return load_arrays(arrays, Reading(str(path)).noting(note), demand)
