"""The one door: data of each kind by a name, by the path of the user's own files, or as arrays."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from harmonium.data import mnist
from harmonium.data.assembly import Demand, check_ground, standardised, whitened, with_ground
from harmonium.data.catalogue import known
from harmonium.data.dataset import Dataset
from harmonium.data.midi import Grid
from harmonium.data.music import SUFFIXES, Music, load_midi
from harmonium.data.music_of_rolls import holds_rolls, load_roll_file
from harmonium.data.options import CorpusOptions, DatasetOptions, ReviewsOptions, SplitOptions, refuse_given
from harmonium.data.other_music import instead
from harmonium.data.preparation import Preparation
from harmonium.data.reviews import Reviews
from harmonium.data.sentences import Corpus
from harmonium.data.sources import innermost, named, there
from harmonium.errors import DataError

Splits = Mapping[str, Sequence[str]]


def load(
    source: Any,
    *,
    seed: int = 0,
    real: bool = False,
    labels: bool = True,
    options: DatasetOptions | None = None,
    splits: Splits | None = None,
    preparation: Preparation | None = None,
) -> Dataset:
    """Load pictures or rows of numbers.

    Bytes stay bytes: `intensities` scales them to what a model takes.

    Parameters
    ----------
    source
        The name of a data set; or the path of a folder of pictures, of arrays (.npz, .npy, .mat), a table (.csv, .tsv,
        .jsonl), IDX files, a pickle, or an archive of those; or arrays: (x, y), where x may be a DataFrame, x alone, a
        DataFrame with a column of the class, a pair (x, y) for each split, or a mapping of names such as x_train and
        y_train.
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
    preparation
        That of a run which is to be scored on the data: numbers are scaled, and whitened, as its own were.

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
    name = str(source) if isinstance(source, str | Path) else "arrays"
    demand = Demand(name, seed, real, labels, options, splits, preparation)
    return whitened(_before_whitening(source, demand), options, real=real, known=preparation)


def load_sentences(
    source: Any,
    *,
    seed: int = 0,
    options: CorpusOptions | None = None,
    splits: Splits | None = None,
) -> Corpus:
    """Load sentences with a label for each word.

    Parameters
    ----------
    source
        The name of a data set, or the path of a file of tagged words (IOB, CoNLL, CoNLL-U, JSON lines), of a folder
        with one for each split, or of an archive of those.
    seed, options, splits
        As of `load`.

    Raises
    ------
    DataError
        For an unknown name, for anything wrong in the files, and for readings that make no sense.

    """
    from harmonium.data.iob import load_iob

    options = options or CorpusOptions()
    _refuse_memory(
        source, "tagged words", "write a word, a tab and its label on each line, or objects of JSON"
    )
    refuse_given(options, "sentences", "group")
    found = known(str(source), Corpus, seed)
    if found is not None:
        refuse_given(
            options, f"{source}, which is taken as it is", *(field.name for field in fields(options))
        )
        return found
    with there(str(source), "an IOB file or a folder with train.iob") as path:
        found = load_iob(path, str(source), seed, options, splits)
        return named(str(source), path, found)


def load_music(
    source: Any,
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
        The name of a data set, or the path of a folder of MIDI files, of a file of piano-rolls or pitches (.mat, .npz,
        .npy, .pkl, .json), or of an archive of those.
    grid
        At which instants MIDI files are looked at, by default each 0.3 seconds; and how long a step of rolls is.
    seed, options, splits
        As of `load`.

    Raises
    ------
    DataError
        For an unknown name, and for anything wrong in the files.

    """
    _refuse_memory(source, "music", "harmonium.data.write_midi writes piano-rolls as MIDI files")
    name, grid, options = str(source), grid or Grid(), options or SplitOptions()
    refuse_given(options, "music", "group")
    found = known(name, Music, seed, grid)
    if found is not None:
        refuse_given(options, f"{name}, which is taken as it is", "split")
        return found
    own = "a folder of MIDI files, or a file of piano-rolls (.mat, .npz, .npy, .pkl, .json)"
    with there(name, own) as path:
        if path.is_dir():
            return named(name, path, load_midi(path, name, seed, grid, options, splits))
        if holds_rolls(path.name):
            return named(name, path, load_roll_file(path, name, seed, grid, options, splits))
        if path.suffix.lower() in SUFFIXES:
            raise DataError(
                f"{path}: is one piece, and some must train, others validate and test; give a folder of MIDI files"
            )
        raise DataError(f"{path}: is no MIDI file{instead(path) or f'; give {own}'}")


def load_reviews(
    source: Any,
    *,
    seed: int = 0,
    options: ReviewsOptions | None = None,
    splits: Splits | None = None,
) -> Reviews:
    """Load texts with a class each.

    Parameters
    ----------
    source
        The name of a data set, or the path of a folder with a folder or a file of lines for each class, of a table with
        a column of texts, of a file with a class, a tab and a text on each line, or of an archive of those; or texts in
        memory: (texts, classes), a DataFrame, or a mapping of such by split, or of names such as x_train and y_train.
    seed, options, splits
        As of `load`.

    Raises
    ------
    DataError
        For an unknown name, for anything wrong in the files, and for readings that make no sense.

    """
    from harmonium.data.classified_texts import as_reviews, load_texts
    from harmonium.data.texts_in_memory import WHERE, texts_from_memory

    options = options or ReviewsOptions()
    if not isinstance(source, str | Path):
        return as_reviews(texts_from_memory(source, options), WHERE, "arrays", seed, options, splits)
    found = known(str(source), Reviews, seed)
    if found is not None:
        refuse_given(
            options, f"{source}, which is taken as it is", *(field.name for field in fields(options))
        )
        return found
    own = "a folder of class-named folders of .txt files, or a file of lines: class, tab, text"
    with there(str(source), own) as path:
        found = load_texts(path, str(source), seed, options, splits)
        return named(str(source), path, found)


def _before_whitening(source: Any, demand: Demand) -> Dataset:
    if not isinstance(source, str | Path):
        from harmonium.data.in_memory import from_memory

        return from_memory(source, demand)
    name = demand.name
    found = known(name, Dataset, demand.seed)
    if found is not None:
        return _as_it_is(found, demand)
    with there(name, "a folder of class-named folders, or an .npz or .csv file") as path:
        return named(name, path, _folder(path, demand) if path.is_dir() else _file(path, demand))


def _as_it_is(found: Dataset, demand: Demand) -> Dataset:
    """A set of pictures in splits of its own, whose bytes are taken as they are, or standardised."""
    options, preparation, what = demand.options, demand.preparation, f"{demand.name}, which is taken as it is"
    alike = ("scale", "whiten", "variance", "contrast")
    refuse_given(options, what, *(field.name for field in fields(options) if field.name not in alike))
    if options.scale != "standardise":
        refuse_given(options, f"{what}, or by --scale standardise", "scale")
    if preparation and demand.compares:
        check_ground(found.test.x, preparation, demand.name)
    found = replace(found, preparation=with_ground(found.preparation, found.train.x))
    if options.scale == "standardise" or (preparation and (preparation.offsets or preparation.real)):
        return standardised(found, preparation)
    return found


def _refuse_memory(source: Any, what: str, remedy: str) -> None:
    if not isinstance(source, str | Path):
        raise DataError(f"{what} must lie in files, and a {type(source).__name__} was given: {remedy}")


def _folder(path: Path, demand: Demand) -> Dataset:
    from harmonium.data.array_files import load_files_of_splits
    from harmonium.data.pictures import load_pictures

    inner = innermost(path)
    if mnist.holds_idx(inner):
        return _as_it_is(mnist.load_idx_folder(inner, demand.name), demand)
    found_files = load_files_of_splits(inner, demand)
    return found_files if found_files is not None else load_pictures(path, demand)


def _file(path: Path, demand: Demand) -> Dataset:
    from harmonium.data import array_files, arrays
    from harmonium.data.foreign import FOREIGN, foreign
    from harmonium.data.pickled_batches import is_pickle
    from harmonium.data.table_files import is_table, load_csv

    suffix = path.suffix.lower()
    readers: dict[str, Callable[[Path, Demand], Dataset]] = {".npz": arrays.load_npz, ".npy": arrays.load_npy}
    if suffix in readers:
        return readers[suffix](path, demand)
    if path.name.lower().endswith((".pkl", ".pkl.gz", ".pickle", ".pickle.gz")) or is_pickle(path):
        return array_files.load_pickle(path, demand)
    if array_files.is_idx(path):
        return array_files.load_idx(path, demand)
    if suffix == ".mat":
        return array_files.load_mat(path, demand)
    if suffix in (*FOREIGN, ".txt") or is_table(path):
        return load_csv(path, demand)
    what = foreign(path) or (
        "is no table (.csv, .tsv, .jsonl), array (.npz, .npy, .mat), pickle, IDX file, archive or folder of pictures; "
        "see: harmonium data --help"
    )
    raise DataError(f"{path}: {what}")
