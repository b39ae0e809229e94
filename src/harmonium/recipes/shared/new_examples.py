"""The user's new pictures and rows, prepared for the model of a run as those were that it learned from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from harmonium.errors import DataError

if TYPE_CHECKING:
    import numpy as np

    from harmonium.data import Preparation
    from harmonium.recipes.shared.options import Inputs
    from harmonium.training import RunFolder

ROWS = (".csv", ".tsv", ".tab", ".data", ".dat", ".txt", ".jsonl", ".ndjson", ".json", ".npy", ".npz")


def new_examples(folder: RunFolder, inputs: Inputs) -> tuple[list[dict[str, str]], np.ndarray]:
    """Read new examples, prepared as those that a run learned from.

    Parameters
    ----------
    folder
        The run's folder.
    inputs
        Pictures and folders of them, or tables and arrays of rows.

    Returns
    -------
    What each is called, by file and for rows their number, counted from 1, with a `note` on a picture that is blank or
    one of several pages, and on a row unlike those of the training set; and the examples, (examples, *shape). Raises
    `DataError` naming a file that cannot be read or does not fit.
    """
    import numpy as np

    from harmonium.data import intensities, picture_files, read_pictures
    from harmonium.data.assembly import check_ground
    from harmonium.data.new_numbers import check_alike
    from harmonium.data.rows import read_numbers, scaled_rows
    from harmonium.data.table_files import is_table
    from harmonium.data.unlike import unlike_training
    from harmonium.recipes.shared.from_config import recipe_of

    preparation, real = preparation_of(folder), recipe_of(folder).takes_real
    shape = preparation.shape_before(shape_of(folder))
    paths = [Path(path).expanduser() for path in inputs.paths]
    tables = [path for path in paths if path.suffix.lower() in ROWS or (path.is_file() and is_table(path))]
    if tables and len(tables) < len(paths):
        raise DataError(f"{tables[0]}: give either pictures, or tables and arrays of rows")
    if others := [path for path in paths if path.is_file() and _is_whole_set(path)]:
        raise DataError(
            f"{others[0]}: new examples are read from pictures, tables (.csv, .tsv, .jsonl) and arrays (.npy, .npz); "
            f"save its x as one of those, or score all of it: harmonium evaluate {folder.path} --data {others[0]}"
        )
    if tables:
        given = [read_numbers(path, preparation, shape) for path in tables]
        names = [
            {"file": str(path), "row": str(row)} | ({"note": note} if note else {})
            for path, x in zip(tables, given, strict=True)
            for row, note in enumerate(unlike_training(x.reshape(len(x), *shape), preparation), 1)
        ]
        blocks = []
        for path, x in zip(tables, given, strict=True):
            check_alike(x.reshape(len(x), *shape), preparation, str(path), real=real)
            check_ground(x.reshape(len(x), *shape), preparation, str(path))
            blocks.append(scaled_rows(x, preparation, shape))
        if len({block.dtype for block in blocks}) > 1:  # bytes of one file, and values in [0, 1] of another
            blocks = [intensities(block) for block in blocks]
        return names, preparation.whitened(np.concatenate(blocks))
    if len(shape) < 2:
        raise DataError(
            f"the run {folder.path} learned from rows of {shape[0]} numbers, not from pictures; give a .csv or .npy "
            f"file"
        )
    files = picture_files(paths)
    x = read_pictures(files, preparation, shape, invert=inputs.invert)
    names = [{"file": str(path)} | _noted(path, one) for path, one in zip(files, x, strict=True)]
    return names, preparation.whitened(x)


def _noted(path: Path, x: np.ndarray) -> dict[str, str]:
    """Say what one should know who reads what is predicted of a picture."""
    from harmonium.data.images import read_pages

    notes = ["blank: there is nothing to see"] if x.min() == x.max() else []
    if (pages := read_pages(path)) > 1:
        notes.append(f"the first of its {pages:,} pages or frames")
    return {"note": "; ".join(notes)} if notes else {}


def _is_whole_set(path: Path) -> bool:
    """Whether a file is of a kind that holds a whole data set, and no new examples: .mat, pickles and IDX."""
    from harmonium.data.array_files import called_like_idx, is_idx

    return path.suffix.lower() in (".mat", ".pkl", ".pickle", ".gz") or (
        called_like_idx(path) and is_idx(path)
    )


def classes_of(folder: RunFolder) -> list[str]:
    """Return the names of the classes that a run has learned, in their order."""
    return list(_kept(folder)["classes"])


def shape_of(folder: RunFolder) -> list[int]:
    """Return the shape of the examples that a run has learned from, as its model takes them."""
    return list(_kept(folder)["shape"])


def shape_seen(folder: RunFolder) -> tuple[int, ...]:
    """Return the shape of the examples that a run has learned from as a person sees them, before whitening."""
    return preparation_of(folder).shape_before(shape_of(folder))


def preparation_of(folder: RunFolder) -> Preparation:
    """Return how the examples of a run were prepared; those of version 0.1 were not."""
    from harmonium.data import Preparation

    return Preparation.from_dict(_kept(folder).get("preparation", {}))


def _kept(folder: RunFolder) -> dict[str, Any]:
    known: dict[str, Any] = folder.data() or folder.ended()["data"]
    return known
