"""Files of arrays, alone or with one for each split: npz, npy, MATLAB, IDX under any name, and pickles."""

import re
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from harmonium.data.arrays import SUFFIXES as ARRAYS
from harmonium.data.arrays import X, Y, load_arrays, role
from harmonium.data.assembly import Demand
from harmonium.data.dataset import Dataset
from harmonium.data.idx import DTYPES, opened, read_idx
from harmonium.data.images import SUFFIXES as PICTURES
from harmonium.data.layout import VERSION
from harmonium.data.matlab import read_arrays
from harmonium.data.npz import read_npy, read_npz
from harmonium.data.pickled import read_pickle
from harmonium.data.pickled_batches import is_pickle, load_batches
from harmonium.data.scaling import squared
from harmonium.data.split_names import SPLITS
from harmonium.data.table_files import load_folder_of_tables
from harmonium.data.tables import SUFFIXES as TABLES
from harmonium.data.understood import Reading
from harmonium.data.walk import passed_over, walk
from harmonium.errors import DataError
from harmonium.memory import check_fits

PARTS = {**SPLITS, "t10k": "test"}


def load_pickle(path: Path, demand: Demand) -> Dataset:
    """Read the arrays of a pickle: (x, y) pairs for three splits as the book's, one pair, or a dict of names.

    Raises `DataError`, naming the file, for anything else, and where it asks for code to be run.
    """
    content = read_pickle(path)
    given: Mapping[str, Any]
    if isinstance(content, dict):
        given = {
            name.decode() if isinstance(name, bytes) else str(name): value for name, value in content.items()
        }
    elif _sequence(content, 3) and all(_sequence(pair, 2) for pair in content):
        given = {
            f"{kind}_{part}": value
            for part, pair in zip(("train", "valid", "test"), content, strict=True)
            for kind, value in zip("xy", pair, strict=True)
        }
    elif _sequence(content, 2):
        given = {"x": content[0], "y": content[1]}
        if all(_sequence(pair, 2) for pair in content):
            given = dict(
                zip(("x_train", "y_train", "x_test", "y_test"), (*content[0], *content[1]), strict=True)
            )
    elif isinstance(content, np.ndarray):
        given = {"x": content}
    else:
        raise DataError(
            f"{path}: must hold (images, labels) pairs for train, valid and test, one pair, or a dict of arrays"
        )
    given = {name: value for name, value in given.items() if role(name) is not None}
    if not given:
        raise DataError(f"{path}: must hold (images, labels) pairs, or a dict of arrays called x and y")
    for name, value in given.items():
        kind, part = role(name) or ("", None)
        if not isinstance(value, np.ndarray) and not (kind != "x" and isinstance(value, list)):
            raise DataError(f"{path} ({part or name}): its images and labels must be NumPy arrays")
    return load_arrays(
        {name: squared(np.asarray(value)) for name, value in given.items()}, Reading(str(path)), demand
    )


def load_mat(path: Path, demand: Demand) -> Dataset:
    """Read the arrays of a MATLAB file; see `load_arrays`.

    Examples may be on the first axis or on the last, as MATLAB has them. Raises `DataError` where no arrays are called
    x and y, or as others call them.
    """
    return load_arrays(_mat(path), Reading(str(path)), demand)


def _mat(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = read_arrays(path, lambda name: role(name) is not None)
    if not any(
        (role(name) or ("", ""))[0] == "y" for name in found
    ):  # else the labels tell which axis counts
        found = {name: np.moveaxis(x, -1, 0) if _last_counts(x) else x for name, x in found.items()}
    return found


def _last_counts(x: np.ndarray) -> bool:
    """Tell whether the last axis counts examples: whether the axes before it are those of square pictures."""
    sides = x.shape[:-1]
    return len(sides) in (2, 3) and sides[0] == sides[1] != x.shape[-1] and sides[2:] in ((), (1,), (3,))


def is_idx(path: Path) -> bool:
    """Whether a file, raw or gzipped, begins as IDX files do."""
    try:
        with opened(path) as file:
            magic = file.read(4)
    except (OSError, EOFError, zlib.error):
        return False
    return len(magic) == 4 and magic[:2] == b"\0\0" and magic[2] in DTYPES and 1 <= magic[3] <= 4


def called_like_idx(path: Path) -> bool:
    """Whether a file may be one of IDX by its name: train-images-idx3-ubyte, images.idx, t10k-labels.gz."""
    named = re.search(r"idx|ubyte|images?|labels?", path.name.lower())
    return bool(named) and path.suffix.lower() not in (*PICTURES, *TABLES, *ARRAYS)


def load_idx(path: Path, demand: Demand) -> Dataset:
    """Read one IDX file of images, and the file of labels beside it whose name corresponds, if there is one."""
    beside = [
        path.with_name(re.sub("images?", word, path.name).replace("idx3", "idx1"))
        for word in ("labels", "label")
    ]
    labels = next((file for file in beside if file != path and file.is_file()), None)
    arrays = {"x": _idx(path)} | ({"y": _idx(labels)} if labels else {})
    return load_arrays(arrays, Reading(str(path)), demand)


def load_files_of_splits(path: Path, demand: Demand) -> Dataset | None:
    """Read a folder of tables such as train.csv, of arrays such as x_test.npy, or of IDX files or pickles.

    Returns None where the folder has no such files. Raises `DataError` where no file belongs to the training set.
    """
    files = sorted(file for file in path.iterdir() if file.is_file() and not passed_over(file.name))
    arrays = [file for file in files if file.suffix.lower() in (*ARRAYS, ".mat")]
    idx = [file for file in files if called_like_idx(file) and is_idx(file)]
    if idx:
        return load_arrays(_idx_arrays(idx, path), Reading(str(path)), demand)
    if arrays and walk(path, PICTURES, "pictures").files:
        arrays = []  # of what is known about those
    if (of_classes := _arrays_of_classes(arrays)) is not None:
        given, said = of_classes
        return load_arrays(given, Reading(str(path)).noting(said), demand)
    if arrays:
        return load_arrays(_arrays(arrays, path), Reading(str(path)), demand)
    if (tables := load_folder_of_tables(path, demand)) is not None:
        return tables
    pictures = any(file.suffix.lower() in PICTURES for file in files)
    pickles = [file for file in files if file.suffix.lower() not in PICTURES and is_pickle(file)]
    return load_batches(pickles, path, demand) if pickles and not pictures else None


def _arrays(files: list[Path], path: Path) -> dict[str, Any]:
    """The arrays of all files, each by a name that says what it holds and of which split.

    Raises `DataError` where no name says it, and where those of two files say the same.
    """
    found: dict[str, Any] = {}
    homes: dict[tuple[str, str | None] | None, Path] = {}
    for file in files:
        inside = _inside(file)
        for name in inside:
            what = role(name)
            if what is not None and homes.setdefault(what, file) != file:
                kind, part = {"x": "examples", "y": "labels"}.get(what[0], what[0]), what[1] or "all splits"
                raise DataError(
                    f"{path}: {homes[what].name} and {file.name} both hold the {kind} of {part}; join them, keep one, "
                    "or name them by what they hold, as x_train.npy and y_train.npy"
                )
        found |= inside
    if not any(role(name) for name in found):
        raise DataError(f"{path}: holds arrays, but none called as a split's, as x_train.npy and y_train.npy")
    return found


def _arrays_of_classes(files: Sequence[Path]) -> tuple[dict[str, Any], str] | None:
    """The examples and labels of arrays of one class each, as Quick, Draw!'s cat.npy beside dog.npy; None of others."""
    words = [[word for word in re.split(r"[\W_]+", file.stem) if word] for file in files]
    common = set.intersection(*map(set, words)) if words else set()
    labels = [" ".join(word for word in those if word not in common) for those in words]
    known = {*SPLITS, *X, *Y}
    if (
        len(files) < 2
        or any(file.suffix.lower() != ".npy" or role(file.stem) for file in files)
        or any(not label or label.isdigit() or VERSION.fullmatch(label.lower()) for label in labels)
        or any(word.lower() in known for those in words for word in those)
        or len(set(labels)) < len(labels)
    ):
        return None
    arrays = [read_npy(file) for file in files]
    if any(
        x.ndim < 2
        or x.dtype.kind not in "iu"
        or x.shape[1:] != arrays[0].shape[1:]
        or x.dtype != arrays[0].dtype
        for x in arrays
    ):
        return None
    check_fits(2 * sum(x.nbytes for x in arrays), files[0].parent)
    y = np.repeat(np.array(labels), list(map(len, arrays)))
    named = ", ".join(f"{label} of {file.name}" for label, file in list(zip(labels, files, strict=True))[:4])
    return {"x": np.concatenate(arrays), "y": y}, f"each array holds a class: {named}" + (
        f" and {len(files) - 4:,} more" if len(files) > 4 else ""
    )


def _inside(file: Path) -> dict[str, Any]:
    """The arrays of one file; one that is alone in it is called by what the file's name says, as kmnist-test-labels."""
    words = re.split(r"[\W_]+", file.stem.lower())
    splits = {SPLITS[word] for word in words if word in SPLITS}
    part = splits.pop() if len(splits) == 1 else None
    kinds = ["x" if word in X else "y" for word in words if word in (*X, *Y)]
    called = "_".join([kinds[-1], *([part] if part else [])]) if kinds else None
    if file.suffix.lower() == ".npy":
        return {file.stem if role(file.stem) or called is None else called: read_npy(file)}
    if called is not None and file.suffix.lower() == ".npz":
        alone = read_npz(file, lambda name: True)
        if len(alone) == 1 and (role(next(iter(alone))) or ("x", None)) == ("x", None):
            return {called: next(iter(alone.values()))}
    read = _mat if file.suffix.lower() == ".mat" else _npz
    return {
        f"{name}_{part}" if part and role(name) in (("x", None), ("y", None)) else name: array
        for name, array in read(file).items()
    }


def _npz(path: Path) -> dict[str, Any]:
    return read_npz(path, lambda name: role(name) is not None)


def _idx_arrays(files: list[Path], path: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for file in files:
        array = _idx(file)
        words = re.split(r"[\W_]+", file.name.lower())
        part = next((PARTS[word] for word in words if word in PARTS), "train")
        name = f"{'y' if array.ndim == 1 else 'x'}_{part}"
        if name in found:
            raise DataError(
                f"{path}: two IDX files hold the {'labels' if array.ndim == 1 else 'images'} of {part}"
            )
        found[name] = array
    return found


def _idx(path: Path) -> np.ndarray:
    with opened(path) as file:
        axes = file.read(4)[3]
    return read_idx(path, axes=axes)


def _sequence(value: Any, length: int) -> bool:
    return isinstance(value, tuple | list) and len(value) == length
