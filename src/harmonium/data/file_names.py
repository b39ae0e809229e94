"""Classes and splits in the names of files, as in cat.0.jpg and train_cat_1.png."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from harmonium.data.layout import Placed
from harmonium.data.split_names import splits_among

CAMERAS = frozenset(
    {"img", "image", "dsc", "dscn", "dscf", "pxl", "photo", "picture", "scan", "frame", "screenshot"}
)
NUMBERED = re.compile(r"(.*?[^\W\d_].*?)[\s._\-(]*\d+\)?")  # cat.17, dog_03, bee (4)


def class_in_name(names: Sequence[str]) -> list[str] | None:
    """Return the class at the beginning of each file's name, as in cat.0.jpg; None where there is none."""
    matches = [NUMBERED.fullmatch(Path(name).stem) for name in names]
    if not all(matches):
        return None
    labels = [match[1].strip(" ._-(") for match in matches if match]
    counts = Counter(labels)
    told = len(counts) > 1 and min(counts.values()) > 1 and not CAMERAS & {label.lower() for label in counts}
    return labels if told else None


def called_by_class(files: Sequence[Placed]) -> list[Placed]:
    """Give files the class at the beginning of their names, and the split where that stands there, as in train_cat_1.

    Names that begin with splits alone give no classes; where they begin with neither, the files stay as they are.
    """
    labels = class_in_name([file.path.name for file in files])
    if labels is None:
        return list(files)
    parts = splits_among(set(labels))
    if not parts:
        return [replace(file, label=label) for file, label in zip(files, labels, strict=True)]
    told = all(label for _, label in parts.values())
    places = [parts[label] for label in labels]
    return [
        replace(file, split=file.split or split, label=label if told else None)
        for file, (split, label) in zip(files, places, strict=True)
    ]


def splits_that_name_classes(files: Sequence[Placed]) -> tuple[list[Placed], Counter[str]]:
    """Leave out splits whose files' names begin with no class, where those of train do, as in Kaggle's cats and dogs.

    Parameters
    ----------
    files
        Files without folders for the classes.

    Returns
    -------
    files
        Those that are kept; all where no split of train names classes.
    skipped
        How many were passed over, by reason.

    """
    names: dict[str | None, list[str]] = {}
    for file in files:
        names.setdefault(file.split, []).append(file.name)
    told = {split for split, those in names.items() if class_in_name(those)}
    if "train" not in told:
        return list(files), Counter()
    skipped = Counter(f"without a class, in {file.split}" for file in files if file.split not in told)
    return [file for file in files if file.split in told], skipped
