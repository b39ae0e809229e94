"""Arrays under the names that people give them, in files or in memory, as examples with their splits."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from harmonium.data.assembly import Demand, Examples, assembled
from harmonium.data.dataset import Dataset
from harmonium.data.labels import class_names, shown
from harmonium.data.npz import read_npy, read_npz
from harmonium.data.options import refuse_given
from harmonium.data.preparation import Preparation
from harmonium.data.scaling import as_examples, square_side
from harmonium.data.split_names import SPLITS
from harmonium.data.understood import Reading
from harmonium.errors import DataError
from harmonium.memory import check_fits

X = (
    "x",
    "images",
    "image",
    "imgs",
    "data",
    "dataset",
    "features",
    "inputs",
    "input",
    "pictures",
    "samples",
    "pixels",
    "fea",
    "arr_0",
)
Y = ("y", "labels", "label", "targets", "target", "classes", "class", "fine_labels", "gnd", "arr_1")
NAMES = ("classes", "class_names", "classnames", "target_names", "label_names", "names")
GROUPS = ("group", "groups")
SUFFIXES = frozenset({".npz", ".npy"})


def role(name: str) -> tuple[str, str | None] | None:
    """Tell what an array of this name holds, "x", "y", "classes" or "group", and for which split.

    Examples
    --------
    >>> role("X_train"), role("test_labels"), role("data"), role("notes")
    (('x', 'train'), ('y', 'test'), ('x', None), None)

    """
    words = [word for word in re.split(r"[_\W]+", name.lower()) if word]
    split = None
    if len(words) > 1 and (words[-1] in SPLITS or words[0] in SPLITS):
        split = SPLITS[words.pop() if words[-1] in SPLITS else words.pop(0)]
    elif match := re.fullmatch(r"(x|y)(train|valid|val|test|dev)", name.lower()):
        split, words = SPLITS[match[2]], [match[1]]
    elif match := re.fullmatch(r"(x|y)_?(tr|te)", name.lower()):
        split, words = {"tr": "train", "te": "test"}[match[2]], [match[1]]
    elif match := re.fullmatch(r"(tr|te|train|test|val|dev)(x|y)", name.lower()):
        split, words = {"tr": "train", "te": "test", **SPLITS}[match[1]], [match[2]]
    plain = "_".join(words)
    kind = "x" if plain in X else "y" if plain in Y else "group" if plain in GROUPS else None
    if plain in NAMES and split is None:
        kind = "classes"
    return (kind, split) if kind else None


def load_npz(path: Path, demand: Demand) -> Dataset:
    """Read the arrays of an `.npz` file; see `load_arrays`."""
    known = read_npz(path, lambda name: role(name) is not None)
    if known:
        return load_arrays(known, Reading(str(path)), demand)
    found, note = _by_their_shapes(read_npz(path, lambda name: True), str(path))
    return load_arrays(found, Reading(str(path)).noting(note), demand)


def _by_their_shapes(arrays: Mapping[str, np.ndarray], where: str) -> tuple[dict[str, np.ndarray], str]:
    """Return the only array of examples, and where there is one that of their labels, whatever they are called."""
    shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
    xs = [name for name, array in arrays.items() if array.ndim > 1 and 1 not in array.shape[:2]]
    ys = [
        name
        for name, array in arrays.items()
        if len(xs) == 1 and array.ndim in (1, 2) and array.size == len(array) == len(arrays[xs[0]])
    ]
    if len(xs) != 1 or len(ys) > 1:
        raise DataError(
            f"{where}: needs the arrays x and y, and holds {shapes or 'none'}; save them by those names"
        )
    note = f"the array {xs[0]} holds the examples" + (f", and {ys[0]} their classes" if ys else "")
    return {"x": arrays[xs[0]]} | ({"y": arrays[ys[0]]} if ys else {}), note


def load_npy(path: Path, demand: Demand) -> Dataset:
    """Read the one array of an `.npy` file: examples without labels, or a table where its columns have names."""
    array = read_npy(path)
    if array.dtype.names and array.ndim == 1:
        import pandas as pd

        from harmonium.data.rows import load_table

        return load_table(pd.DataFrame(array), [None] * len(array), Reading(str(path)), demand)
    return load_arrays({"x": array}, Reading(str(path)), demand)


def read_array(path: Path) -> np.ndarray:
    """Read the examples of an `.npy` file, or of an `.npz` file: x, or x of its test set where it has splits."""
    if path.suffix.lower() == ".npy":
        return as_examples(read_npy(path), str(path))[0]
    arrays = {
        role(name): array for name, array in read_npz(path, lambda name: role(name) is not None).items()
    }
    for part in (None, "test", "train"):
        if ("x", part) in arrays:
            return as_examples(arrays["x", part], str(path))[0]
    raise DataError(f"{path}: holds no array called x")


def load_arrays(arrays: Mapping[str, Any], reading: Reading, demand: Demand) -> Dataset:
    """Make a data set of arrays.

    Parameters
    ----------
    arrays
        By name: x and y, or what others call them (images, data, X; labels, targets), alone or for the splits (x_train,
        test_labels, x_valid). classes, if there, names the labels 0, 1, … in order.
    reading
        What was noticed so far; its source begins messages.
    demand
        What is asked for; see `load`.

    Raises
    ------
    DataError
        Where there are no examples, arrays of different lengths, or splits that are not alike.

    """
    where = reading.source
    refuse_given(demand.options, "arrays", "size", "grey", "target", "group")
    found: dict[tuple[str, str | None], np.ndarray] = {}
    for name in sorted(arrays, key=lambda name: _place(name)):
        if (is_what := role(name)) is not None:
            found.setdefault(is_what, full(arrays[name], f"{where}: {name}"))
    given = found.pop(("classes", None), None)
    if given is not None and not any(kind == "y" for kind, _ in found) and given.dtype.kind in "biuf":
        found["y", None], given = given, None
    if (("x", "train") in found) and (("x", None) in found):
        del found["x", None]
    parts = [part for kind, part in found if kind == "x"]
    if None not in parts and "train" not in parts and not (demand.scores and parts):
        if ("y", None) in found:
            raise DataError(f"{where}: holds y but no x; give both")
        raise DataError(
            f"{where}: needs the arrays x and y; it holds {', '.join(arrays) or 'none of those known'}"
        )
    return _assembled(found, parts, names_of_classes(given, where), reading, demand)


def full(array: Any, where: str) -> np.ndarray:
    """Anything that is like an array as one of NumPy, a sparse one of SciPy too, whose zeros must fit into memory.

    Raises `DataError`, beginning with `where`, for lists that are no array, and where a mask hides values.
    """
    refuse_masked(array, where)
    if hasattr(array, "__next__"):
        raise DataError(
            f"{where} is a {type(array).__name__}, which can be read but once; give a list or an array"
        )
    if not hasattr(array, "toarray"):
        try:
            return np.asarray(array)
        except (TypeError, ValueError) as error:
            raise DataError(
                f"{where} is a list whose parts have different lengths; give each example as many numbers"
            ) from error
    check_fits(math.prod(array.shape) * array.dtype.itemsize, where, copies=2)
    return np.asarray(array.toarray())


def refuse_masked(array: Any, where: str) -> None:
    """Raise `DataError`, beginning with `where`, for a masked array, or a list with some, that hides values."""
    parts = array if isinstance(array, list | tuple) else [array]
    for part in parts:
        if np.ma.is_masked(part):  # which `np.asarray` would take for what lies below the mask
            count = int(np.ma.getmaskarray(part).sum())
            raise DataError(
                f"{where}: {count:,} values are masked, and so missing; fill them in, as numpy.ma.filled does, or "
                "remove those examples"
            )


def _assembled(
    found: Mapping[tuple[str, str | None], np.ndarray],
    parts: Iterable[str | None],
    classes: tuple[str, ...] | None,
    reading: Reading,
    demand: Demand,
) -> Dataset:
    where = reading.source
    xs: list[np.ndarray] = []
    labels: list[str] = []
    names: list[str] = []
    homes: list[str | None] = []
    groups: list[str] = []
    parts = list(parts)
    labelled = any(kind == "y" for kind, _ in found)
    ys = [y for (kind, part), y in found.items() if kind == "y" and part in parts]
    first, said = first_number(ys, classes)
    reading = reading.noting(*said)
    for part in parts:
        at = where if len(parts) == 1 else f"{where} ({part or 'train'})"
        x, y = found["x", part], found.get(("y", part))
        of_part = None if y is None else with_names(class_names(y, f"{at}: y"), y, classes, f"{at}: y", first)
        if of_part is not None and x.ndim > 1 and len(x) != len(of_part) == x.shape[-1]:
            x = np.moveaxis(x, -1, 0)
            moved = "examples were moved from the last axis to the first"
            reading = reading if moved in reading.notes else reading.noting(moved)
        x, notes = as_examples(x, f"{at}: x")
        if side := square_side(x):
            x = x.reshape(-1, side, side)
            notes.append(f"rows of {side * side} bytes are pictures of {side}x{side}")
        reading = reading.noting(*notes)
        if y is None and labelled:
            if part in (None, "train"):
                raise DataError(f"{at}: holds x but no y; give both")
            reading = reading.noting(skipped={f"without labels, in {part}": len(x)})
            continue
        if of_part is not None:
            if len(of_part) != len(x):
                raise DataError(
                    f"{at}: {len(x):,} examples but {len(of_part):,} labels; each example needs exactly one label"
                )
            labels += of_part
        if xs and x.shape[1:] != xs[0].shape[1:]:
            raise DataError(
                f"{where}: {part} examples are {x.dtype} {x.shape[1:]}, train examples are {xs[0].dtype} "
                f"{xs[0].shape[1:]}; they must be alike"
            )
        if xs and (x.dtype.kind == "f") != (xs[0].dtype.kind == "f"):
            raise DataError(
                f"{where}: {part} examples are {x.dtype}, train examples are {xs[0].dtype}; they must be alike"
            )
        xs.append(x)
        alone = len(parts) == 1
        homes += [None if alone else part or "train"] * len(x)
        names += [str(n) if alone else f"{part or 'train'} {n}" for n in range(len(x))]
        if ("group", part) in found:
            groups += [str(one) for one in np.ravel(found["group", part]).tolist()]
    if unmatched := [part for kind, part in found if kind == "y" and part not in parts]:
        suffix = f"_{unmatched[0]}" if unmatched[0] else ""
        raise DataError(f"{where}: holds y{suffix} but no x{suffix}; give both")
    x = np.concatenate(xs) if len(xs) > 1 else xs[0]
    examples = Examples(x, labels or None, names, homes, groups if len(groups) == len(x) else None, classes)
    return assembled(examples, reading, Preparation(), demand, where)


def first_number(labels: Iterable[np.ndarray], classes: Sequence[str] | None) -> tuple[int, list[str]]:
    """The number of the first class, and what to say where it is not 0, or no label is.

    It is 1 where the labels of all splits together go from 1 to as many as there are names.
    """
    some = [y for y in labels if y.size]
    if classes is None or not some or any(y.dtype.kind not in "iuf" or y.ndim > 1 < y.shape[1] for y in some):
        return 0, []
    lowest, highest = min(y.min() for y in some), max(y.max() for y in some)
    if lowest >= 1 and highest == len(classes):
        return 1, [f"the labels 1 to {len(classes)} number the classes from 1"]
    doubt = f"the labels number the classes from 0, though none is 0: {lowest:g} is {classes[int(lowest)]}"
    return 0, [doubt] if 1 <= lowest <= highest < len(classes) else []


def with_names(
    names: list[str], y: np.ndarray, classes: tuple[str, ...] | None, where: str, first: int = 0
) -> list[str]:
    """Replace labels, numbers from `first`, by the names that the data give to them."""
    if classes is None:
        return names
    if y.dtype.kind not in "biuf":
        if strange := next((name for name in names if name not in classes), None):
            raise DataError(f"{where} holds the label {shown(strange)!r}, which is none of the classes given")
        return names
    numbers = [int(name) - first for name in names]
    if numbers and not 0 <= min(numbers) <= max(numbers) < len(classes):
        wrong = next(n for n in numbers if not 0 <= n < len(classes))
        raise DataError(
            f"{where} holds the label {wrong + first}, but there are {len(classes)} classes, numbered from {first}; "
            "name all classes, or leave their names out"
        )
    return [classes[number] for number in numbers]


def names_of_classes(names: Any, where: str) -> tuple[str, ...] | None:
    """Return the names of the classes 0, 1, …, from a list or an array of them; None where there are none."""
    if names is None:
        return None
    names = np.asarray(names)
    if names.ndim != 1 or names.dtype.kind not in "USiuO":
        raise DataError(f"{where}: classes is {names.dtype} {names.shape}; it must be a list of names")
    found = tuple(name.decode() if isinstance(name, bytes) else str(name) for name in names.tolist())
    if len(set(found)) < len(found):
        raise DataError(f"{where}: classes names {next(n for n in found if found.count(n) > 1)!r} twice")
    return found


def _place(name: str) -> int:
    """Return a name's place among the known names of arrays, which begin with the commonest."""
    plain = name.lower()
    return next((k for k, known in enumerate((*X, *Y)) if known in plain), len(X) + len(Y))
