"""Folders of pictures beside folders of their masks or annotations, from which no model here learns."""

from collections.abc import Collection
from pathlib import Path

from harmonium.data.split_names import split_called
from harmonium.data.walk import passed_over
from harmonium.errors import DataError

PICTURES = frozenset({"images", "image", "imgs", "img", "pictures", "photos", "jpegimages"})
TARGETS = frozenset(
    {
        "annotations",
        "annotation",
        "masks",
        "mask",
        "labels",
        "segmentation",
        "segmentations",
        "ground_truth",
        "gt",
    }
)
BOXES = (".json", ".xml")  # of files that say where things are in pictures, as COCO's


def refuse_targets(root: Path, tops: Collection[str], what: str) -> None:
    """Refuse pictures beside their masks or annotations.

    Parameters
    ----------
    root
        A folder; those of splits in it are looked into too.
    tops
        The folders in it that hold files.
    what
        What a file holds, in the plural, for messages.

    Raises
    ------
    DataError
        Naming both folders, with the ways on.

    """
    for folder in (root, *(root / top for top in sorted(tops) if split_called(top))):
        inside = sorted(path.name for path in folder.iterdir() if path.is_dir())
        targets = [name for name in inside if name.lower() in TARGETS]
        pictures = [name for name in inside if name.lower() in PICTURES]
        if folder == root:
            pictures = [name for name in pictures if name in tops]
            boxes = any(path.suffix.lower() in BOXES for name in targets for path in (root / name).iterdir())
            flat = [name for name in inside if split_called(name) and not _holds_folders(root / name)]
            pictures += flat if boxes else []
        if targets and pictures:
            raise DataError(
                f"{folder}: {pictures[0]} beside {targets[0]} are {what} with a mask or an annotation each, which no "
                f"model here learns; sort the {what} into a folder for each class, or where their own folders or names "
                f"tell the classes give {folder / pictures[0]} alone"
            )


def _holds_folders(folder: Path) -> bool:
    return any(path.is_dir() and not passed_over(path.name) for path in folder.iterdir())
