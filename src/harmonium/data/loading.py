"""The one door: data of each kind by a name, by the path of the user's own files, or as arrays."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from harmonium.data import mnist
from harmonium.data.archives import extract
from harmonium.data.assembly import Demand, with_ground
from harmonium.data.catalogue import known, unknown
from harmonium.data.dataset import Dataset
from harmonium.data.midi import Grid
from harmonium.data.music import Music, load_matlab, load_midi
from harmonium.data.options import CorpusOptions, DatasetOptions, ReviewsOptions, SplitOptions
from harmonium.data.reviews import Reviews
from harmonium.data.sentences import Corpus
from harmonium.data.three_splits import ThreeSplits
from harmonium.errors import DataError

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
UNPACKED = 2**33  # bytes that an archive may unpack to
SPREADSHEETS = (".xls", ".xlsx", ".ods", ".parquet", ".feather")
SUFFIX = 8  # characters of the longest ending of a file's name

Splits = Mapping[str, Sequence[str]]
C = TypeVar("C", bound=ThreeSplits[Any])


def load(
    source: Any,
    *,
    seed: int = 0,
    real: bool = False,
    labels: bool = True,
    options: DatasetOptions | None = None,
    splits: Splits | None = None,
) -> Dataset:
    """Load pictures or rows of numbers.

    Bytes stay bytes: `intensities` scales them to what a model takes.

    Parameters
    ----------
    source
        The name of a data set; or the path of a folder of pictures, of an array (.npz, .npy), a table (.csv, .tsv), IDX
        files, a pickle, or an archive of those; or arrays: (x, y), x alone, a DataFrame, or a mapping of names such as
        x_train and y_train.
    seed
        Decides the splits of data that come without.
    real
        Whether any finite numbers will do; else values outside [0, 1] are brought there.
    labels
        Whether there must be classes; without, data that have none are taken too.
    options
        How to read the user's own data.
    splits
        Names of examples by split, as `ThreeSplits.names` gave them: who is named stays there.

    Returns
    -------
    dataset
        In three splits; its `understood` says what the data were taken for.

    Raises
    ------
    DataError
        For an unknown name, for anything wrong in the files, and for readings that make no sense.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.arange(400).reshape(40, 10) / 400
    >>> load((x, ["low"] * 20 + ["high"] * 20)).sizes
    {'train': 28, 'valid': 6, 'test': 6}

    """
    options = options or DatasetOptions()
    if not isinstance(source, str | Path):
        return _from_memory(source, Demand("arrays", seed, real, labels, options, splits))
    name = str(source)
    found = known(name, Dataset, seed)
    if found is not None:
        return replace(found, preparation=with_ground(found.preparation, found.train.x))
    demand = Demand(name, seed, real, labels, options, splits)
    with _there(name, "a folder of class-named folders, or an .npz or .csv file") as path:
        return _of(name, path, _folder(path, demand) if path.is_dir() else _file(path, demand))


def load_sentences(
    source: str | Path,
    *,
    seed: int = 0,
    options: CorpusOptions | None = None,
    splits: Splits | None = None,
) -> Corpus:
    """Load sentences with a label for each word.

    Parameters
    ----------
    source
        The name of a data set, or the path of a file of tagged words (IOB, CoNLL, CoNLL-U), of a folder with one for
        each split, or of an archive of those.
    seed, options, splits
        As of `load`.

    Raises
    ------
    DataError
        For an unknown name, for anything wrong in the files, and for readings that make no sense.

    """
    from harmonium.data.iob import load_iob

    found = known(str(source), Corpus, seed)
    if found is not None:
        return found
    with _there(str(source), "an IOB file or a folder with train.iob") as path:
        found = load_iob(path, str(source), seed, options or CorpusOptions(), splits)
        return _of(str(source), path, found)


def load_music(
    source: str | Path,
    *,
    seed: int = 0,
    grid: Grid | None = None,
    options: SplitOptions | None = None,
    splits: Splits | None = None,
) -> Music:
    """Load music.

    Parameters
    ----------
    source
        The name of a data set, or the path of a folder of MIDI files, of a .mat file of piano-rolls, or of an archive of
        MIDI files.
    grid
        At which instants MIDI files are looked at; by default each 0.3 seconds.
    seed, options, splits
        As of `load`.

    Raises
    ------
    DataError
        For an unknown name, and for anything wrong in the files.

    """
    name, grid = str(source), grid or Grid()
    found = known(name, Music, seed, grid)
    if found is not None:
        return found
    own = "a folder of MIDI files or a .mat file of piano-rolls"
    with _there(name, own) as path:
        if path.is_dir():
            return _of(name, path, load_midi(path, name, seed, grid, options or SplitOptions(), splits))
        if path.suffix.lower() == ".mat":
            return load_matlab(path, name)
        raise DataError(f"{path}: is no music; give {own}")


def load_reviews(
    source: str | Path,
    *,
    seed: int = 0,
    options: ReviewsOptions | None = None,
    splits: Splits | None = None,
) -> Reviews:
    """Load texts with a class each.

    Parameters
    ----------
    source
        The name of a data set, or the path of a folder of class-named folders of .txt files, of a table with a column of
        texts, of a file with a class, a tab and a text on each line, or of an archive of those.
    seed, options, splits
        As of `load`.

    Raises
    ------
    DataError
        For an unknown name, for anything wrong in the files, and for readings that make no sense.

    """
    from harmonium.data.classified_texts import load_texts

    found = known(str(source), Reviews, seed)
    if found is not None:
        return found
    own = "a folder of class-named folders of .txt files, or a file of lines: class, tab, text"
    with _there(str(source), own) as path:
        found = load_texts(path, str(source), seed, options or ReviewsOptions(), splits)
        return _of(str(source), path, found)


def looks_like_a_path(text: str) -> bool:
    """Whether a word or sentence that a user gives was meant as a path, whether or not a file lies there.

    Examples
    --------
    >>> looks_like_a_path("/home/someone/My Documents/review.txt"), looks_like_a_path("./notes")
    (True, True)
    >>> looks_like_a_path("Good and/or bad. Really?"), looks_like_a_path("I loved it.")
    (False, False)

    """
    text = text.strip()
    if "\n" in text or not text:
        return False
    begins = text.startswith(("/", "./", "../", "~/", ".\\", "..\\", "\\\\")) or (
        text[1:3] in (":\\\\", ":/")
    )
    suffix = Path(text).suffix
    ends = (
        1 < len(suffix) <= SUFFIX
        and suffix[1:].isalnum()
        and not suffix[1:].isdigit()
        and "." + suffix[1:] == suffix
    )
    return (
        begins
        or (ends and (" " not in text or "/" in text or "\\" in text))
        or ("/" in text and " " not in text)
    )


def _of(name: str, path: Path, found: C) -> C:
    """Data with the name that the user gave in place of the folder that it was read from."""
    reading = found.reading
    notes = tuple(note.replace(str(path), name) for note in reading.notes)
    return replace(found, reading=replace(reading, source=name, notes=notes))


@contextmanager
def _there(name: str, own: str) -> Iterator[Path]:
    """The file or folder of a path, unpacked for as long as it is read where it is an archive."""
    path = Path(name).expanduser()
    if not path.exists():
        raise unknown(name, own)
    if path.is_file() and path.name.lower().endswith(ARCHIVES):
        with tempfile.TemporaryDirectory(prefix="harmonium-") as folder:
            extract(path, Path(folder), limit=UNPACKED)
            try:
                yield _only(Path(folder))
            except DataError as error:
                raise DataError(str(error).replace(folder, str(path))) from error
        return
    yield path


def _only(folder: Path) -> Path:
    """The one file that an archive holds, or its folder."""
    from harmonium.data.walk import passed_over

    inside = [entry for entry in folder.iterdir() if not passed_over(entry.name)]
    return inside[0] if len(inside) == 1 and inside[0].is_file() else folder


def _from_memory(source: Any, demand: Demand) -> Dataset:
    from harmonium.data.arrays import load_arrays
    from harmonium.data.rows import load_table
    from harmonium.data.understood import Reading

    reading = Reading("the given arrays")
    if hasattr(source, "columns") and hasattr(source, "iloc"):
        return load_table(
            source.reset_index(drop=True), [None] * len(source), replace(reading, source="the table"), demand
        )
    if isinstance(source, Mapping):
        given = dict(source)
        if all(isinstance(value, tuple | list) and len(value) == 2 for value in given.values()):
            given = {
                f"{kind}_{part}": value
                for part, pair in source.items()
                for kind, value in zip("xy", pair, strict=True)
            }
        elif given and all(hasattr(value, "columns") for value in given.values()):
            return _tables(given, reading, demand)
    elif isinstance(source, tuple | list) and len(source) == 2:
        given = {"x": source[0], "y": source[1]}
    else:
        given = {"x": source}
    return load_arrays(given, reading, demand)


def _tables(tables: Mapping[str, Any], reading: Any, demand: Demand) -> Dataset:
    """Tables by split as one."""
    import pandas as pd

    from harmonium.data.layout import split_called
    from harmonium.data.rows import load_table

    named = {name: split_called(name) for name in tables}
    if wrong := [name for name, split in named.items() if split is None]:
        raise DataError(f"{reading.source}: {wrong[0]!r} names no split; call them train, valid and test")
    parts = [named[name] for name, table in tables.items() for _ in range(len(table))]
    return load_table(pd.concat(list(tables.values()), ignore_index=True), parts, reading, demand)


def _folder(path: Path, demand: Demand) -> Dataset:
    from harmonium.data.array_folders import load_files_of_splits
    from harmonium.data.pictures import load_pictures

    if mnist.holds_idx(path):
        found = mnist.load_idx_folder(path, demand.name)
        return replace(found, preparation=with_ground(found.preparation, found.train.x))
    found_files = load_files_of_splits(path, demand)
    return found_files if found_files is not None else load_pictures(path, demand)


def _file(path: Path, demand: Demand) -> Dataset:
    from harmonium.data import array_folders, arrays

    suffix = path.suffix.lower()
    readers: dict[str, Callable[[Path, Demand], Dataset]] = {".npz": arrays.load_npz, ".npy": arrays.load_npy}
    if suffix in readers:
        return readers[suffix](path, demand)
    if path.name.lower().endswith((".pkl", ".pkl.gz", ".pickle", ".pickle.gz")):
        return array_folders.load_pickle(path, demand)
    if array_folders.is_idx(path):
        return array_folders.load_idx(path, demand)
    if suffix in (".csv", ".tsv", ".tab", ".data", ".txt"):
        return array_folders.load_csv(path, demand)
    if suffix in SPREADSHEETS:
        raise DataError(f"{path}: is a spreadsheet; save it as CSV")
    raise DataError(
        f"{path}: is no table (.csv, .tsv), array (.npz, .npy), pickle, IDX file, archive or folder of pictures; see: "
        "harmonium data --help"
    )
