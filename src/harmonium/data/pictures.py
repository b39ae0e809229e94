"""The user's own pictures, in any of the layouts that people use."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from harmonium.data.assembly import UNSCORED, Demand, Examples, assembled, grounds
from harmonium.data.class_files import names_of_numbers
from harmonium.data.dataset import Dataset
from harmonium.data.drawings import as_digit
from harmonium.data.file_names import called_by_class, splits_that_name_classes
from harmonium.data.foreign import way_from
from harmonium.data.images import SUFFIXES, Showing, read_image, read_pages, showing_of
from harmonium.data.labels import shown
from harmonium.data.layout import Placed, placed, versions_of_classes
from harmonium.data.new_numbers import from_intensities
from harmonium.data.options import PictureOptions, parsed_size, refuse_given
from harmonium.data.picture_labels import in_tables
from harmonium.data.preparation import Preparation
from harmonium.data.scaling import scaled
from harmonium.data.sharing import ToScore, rank
from harmonium.data.understood import Reading
from harmonium.data.waiting import waiting
from harmonium.data.walk import Walked, walk
from harmonium.errors import DataError
from harmonium.memory import available

REMEDIES = {  # by what stands in the reason why files were passed over
    "(.heic)": "save HEIC pictures as JPEG or PNG",
    "(.heif)": "save HEIF pictures as JPEG or PNG",
    "(.zip)": "unpack the archives",
    "(.gz)": "unpack the archives",
    "(.svg)": "save drawings as PNG",
    "(.dcm)": "save DICOM pictures as PNG",
}
# How folders are called that hold a part of all pictures each, whose classes a table may give.
PART = re.compile(r"(part|batch|chunk|shard|vol|volume|zip)[\W_]*\d+$", re.IGNORECASE)
LARGE = 2**15  # values of a picture above which a smaller size is proposed
MOST_BYTES = 2**31  # bytes of all pictures together, of which up to three copies are in memory


def load_pictures(path: Path, demand: Demand) -> Dataset:
    """Pictures of a folder: a folder for each class, splits of such folders, or files that a table gives their classes.

    Parameters
    ----------
    path
        The folder.
    demand
        What is asked for; see `load`.

    Raises
    ------
    DataError
        For a folder without pictures, a class without any, sizes that differ, and what `assembled` refuses.

    """
    walked = walk(path, SUFFIXES, "pictures")
    if not walked.files:
        raise DataError(f"{path}: holds no pictures{_instead(walked)}")
    files, skipped, notes = placed(walked, what="pictures", scored=demand.scores)
    labels: list[str] | None = None
    groups: list[str] | None = None
    folders = {file.label for file in files if file.label is not None}
    table, instead = None, ""
    parts = all(map(PART.search, folders))
    if len(folders) < 2 or parts or demand.options.target is not None:
        found = in_tables(files, path, demand.options)
        table, instead = (found, "") if found.files else (None, found.instead)
    if table is not None:
        files, labels = table.files, [file.label or "" for file in table.files]
        groups = table.groups or None
        skipped, notes = skipped + table.skipped, [*notes, *table.notes]
    else:
        refuse_given(demand.options, "files of pictures, whose folders are their classes", "target", "group")
    if table is None and files and all(file.label is not None for file in files):
        notes += [*versions_of_classes(files, path), *_check_folders(walked, files, demand.scores)]
        labels = [file.label or "" for file in files]
    elif table is None:
        if demand.labels:
            files, unnamed = splits_that_name_classes(files)
            skipped += unnamed
        files = called_by_class(files)
        if files and all(file.label is not None for file in files):
            labels = [file.label or "" for file in files]
            notes.append("the class of each picture is what its name begins with")
        elif demand.labels and demand.scores:
            raise DataError(f"{path}: lacks a folder for each class; {UNSCORED}")
        elif demand.labels:
            raise DataError(
                f"{path}: needs at least two folders, one a class, with that class's pictures in each, as in "
                f"cats/1.png, or a table of file names and classes{instead}"
            )
    if labels is not None and demand.labels and len(set(labels)) < 2 and not demand.scores:
        raise DataError(
            f"{path}: needs at least two folders, one a class; every picture is of {shown(labels[0])!r}{instead}"
        )
    if labels is not None:
        names, said = names_of_numbers(path, set(labels))
        labels, notes = [names.get(label, label) for label in labels], [*notes, *said]
    order = sorted(range(len(files)), key=lambda i: rank(demand.seed, files[i].name))
    files = [files[i] for i in order]
    labels = [labels[i] for i in order] if labels is not None else None
    groups = [groups[i] for i in order] if groups is not None else None
    reading = Reading(str(path), walked.skipped + skipped, tuple(notes))
    splits, how = demand.splits, demand.preparation
    if isinstance(splits, ToScore) and how is not None and len(splits.shape) > 1:
        x, read, reading = _read_as_new(files, how, splits.shape, reading)
        preparation = how
    else:
        x, read, preparation, reading = _read(files, demand.options, reading)
    return assembled(
        Examples(
            x,
            [labels[i] for i in read] if labels is not None else None,
            [files[i].name for i in read],
            [files[i].split for i in read],
            [groups[i] for i in read] if groups is not None else None,
        ),
        reading,
        preparation,
        demand,
        str(path),
    )


def read_pictures(
    paths: Sequence[Path], preparation: Preparation, shape: Sequence[int], *, invert: bool | None = None
) -> np.ndarray:
    """Read new pictures as those were prepared that a run learned from.

    Parameters
    ----------
    paths
        The files.
    preparation
        The run's own; see `ThreeSplits.preparation`.
    shape
        Of the run's examples: (height, width) or (height, width, 3).
    invert
        Invert all, or none; without it, those on another ground than the run's pictures.

    Returns
    -------
    x
        Bytes (pictures, *shape) where the run learned from bytes, else float32 on the scale of its pictures.

    Raises
    ------
    DataError
        Naming the file, if one cannot be read as a picture, or has no place on the scale of the run's own numbers.

    """
    x = np.stack(
        [_new(Path(path), preparation, shape, invert) for path in waiting(paths, "reading pictures")]
    )
    return scaled(from_intensities(x, preparation, str(paths[0])), preparation)


def _new(path: Path, preparation: Preparation, shape: Sequence[int], invert: bool | None) -> np.ndarray:
    """One picture as bytes, prepared as `read_pictures` does."""
    grey, showing = len(shape) == 2, Showing(preparation.paper, preparation.white)
    if preparation.digits:
        image = read_image(path, grey=True, showing=showing)
        return as_digit(255 - image if invert else image, preparation.digits)
    image = read_image(path, size=(shape[0], shape[1]), grey=grey, showing=showing)
    if not grey and image.ndim == 2:
        image = np.repeat(image[..., None], 3, -1)
    light, dark = (bool(found[0]) for found in grounds(image[None]))
    other = (preparation.ground == "dark" and light) or (preparation.ground == "light" and dark)
    flip = (preparation.inverted or other) if invert is None else invert
    if invert is None and preparation.inverted and dark and preparation.ground == "dark":
        flip = False
    return 255 - image if flip else image


def _read_as_new(
    files: Sequence[Placed], preparation: Preparation, shape: Sequence[int], reading: Reading
) -> tuple[np.ndarray, list[int], Reading]:
    """Pictures that a run is to be scored on, read as those that it predicts, and which of the files they are."""
    images, reading = _readable(files, lambda path: _new(path, preparation, shape, None), reading)
    note = "the pictures are read as `predict` reads new ones: fitted to the run's size, on its ground"
    x = from_intensities(np.stack(list(images.values())), preparation, reading.source)
    return x, list(images), reading.noting(note)


def _readable(
    files: Sequence[Placed], read: Callable[[Path], np.ndarray], reading: Reading
) -> tuple[dict[int, np.ndarray], Reading]:
    """The pictures that can be read, by the numbers of their files, and the others skipped, counted and named.

    Raises `DataError` where sizes differ, all would not fit into memory, or more than half cannot be read.
    """
    images: dict[int, np.ndarray] = {}
    errors: list[DataError] = []
    pages = 0
    for number, file in enumerate(waiting(files, "reading pictures")):
        try:
            image = read(file.path)
        except DataError as error:
            errors.append(error)
            continue
        first = next(iter(images.values()), image)
        if image.shape[:2] != first.shape[:2]:
            (height, width), (h, w) = first.shape[:2], image.shape[:2]
            raise DataError(
                f"{file.path}: is {w}x{h} where the pictures before it are {width}x{height}; fit all to one size, "
                "as with --size 28"
            )
        if not images and image.size * len(files) > min(MOST_BYTES, available() // 3):
            gigabytes = image.size * len(files) / 2**30
            raise DataError(
                f"{len(files):,} pictures of {image.shape[1]}x{image.shape[0]} take {gigabytes:.1f} "
                "GiB; fit them to a smaller size, as with --size 28"
            )
        pages += read_pages(file.path) > 1
        images[number] = image
    if not images or len(images) < len(errors):
        raise errors[0] if errors else DataError(f"{reading.source}: holds no pictures")
    notes = [f"{error}; it was skipped, as are all that cannot be read" for error in errors[:1]]
    if pages:
        those = "1 picture has" if pages == 1 else f"{pages:,} pictures have"
        notes.append(f"{those} several pages or frames; the first of each was taken")
    skipped = {"cannot be read as pictures": len(errors)} if errors else {}
    return images, reading.noting(*notes, skipped=skipped)


def _read(
    files: Sequence[Placed], options: PictureOptions, reading: Reading
) -> tuple[np.ndarray, list[int], Preparation, Reading]:
    """Pictures in one array, which of the files they are, how they were prepared, and what was noticed."""
    size = parsed_size(options.size) if options.size else None
    showing = showing_of(file.path for file in files)
    readable, reading = _readable(
        files, lambda path: read_image(path, size=size, grey=options.grey, showing=showing), reading
    )
    images, notes = list(readable.values()), []
    if len({image.ndim for image in images}) > 1:
        images = [np.repeat(image[..., None], 3, -1) if image.ndim == 2 else image for image in images]
        notes.append("some pictures are grey and some in colour; all are in colour (--grey turns all grey)")
    elif images[0].ndim == 3 and all((image == image[..., :1]).all() for image in images):
        images = [np.ascontiguousarray(image[..., 0]) for image in images]
        notes.append("all pictures are grey, though saved in colour")
    if size is None and images[0].size > LARGE:
        notes.append(
            f"each picture has {images[0].size:,} values, of which models become large and slow; --size 28 makes them "
            "small"
        )
    x = np.stack(images)
    preparation = Preparation(size=size, grey=options.grey, paper=showing.paper, white=showing.top)
    if options.invert is True:
        x, preparation = 255 - x, replace(preparation, inverted=True)
    elif options.invert is None and x.ndim == 3:
        x, preparation, more = _inverted(x, preparation)
        notes += more
    return x, list(readable), preparation, reading.noting(*notes)


def _inverted(x: np.ndarray, preparation: Preparation) -> tuple[np.ndarray, Preparation, list[str]]:
    """Turn drawings on light paper into bright ink on black; leave photos as they are."""
    lights, darks = grounds(x)
    paper = lights & (np.median(x.reshape(len(x), -1), 1) >= 192)
    if paper.mean() >= 0.9:
        note = "the pictures are dark on light paper and were inverted (--no-invert leaves them)"
        return 255 - x, replace(preparation, inverted=True), [note]
    if paper.any() and (paper | darks).mean() >= 0.95:
        x = np.where(paper[:, None, None], 255 - x, x)
        note = f"{int(paper.sum()):,} pictures are dark on light paper, the others light on dark; those were inverted"
        return x, preparation, [f"{note} (--no-invert leaves them)"]
    return x, preparation, []


def _check_folders(walked: Walked, files: Sequence[Placed], scored: bool) -> list[str]:
    """Refuse a class's folder that holds files but no picture, and note which folders are empty."""
    notes = []
    for folder in walked.empty:
        inside = [entry for entry in folder.iterdir() if entry.is_file()] if folder.is_dir() else []
        if inside and {file.path.parent.parent for file in files} & {folder.parent}:
            raise DataError(
                f"{folder}: holds no pictures that can be read, but {len(inside):,} other files, as {inside[0].name}; "
                "convert them to PNG or JPEG, or move the folder away"
            )
        notes.append(f"the folder {folder.relative_to(walked.root)} holds no pictures")
    train = {str(file.label).casefold() for file in files if scored or file.split in ("train", None)}
    for file in files:
        if str(file.label).casefold() not in train:
            raise DataError(f"{file.path.parent}: is no class of the training pictures; remove or rename it")
    return notes


def _instead(walked: Walked) -> str:
    if not walked.skipped:
        return ""
    remedy = next(
        (what for reason in walked.skipped for ending, what in REMEDIES.items() if ending in reason), ""
    ) or way_from([reason.partition("(")[2].rstrip(")") for reason in walked.skipped])
    found = ", ".join(f"{count:,} {reason}" for reason, count in walked.skipped.most_common(3))
    return f" but {found}{remedy and '; '}{remedy}"
