"""The user's own pictures in class-named folders, as in cats/1.png, cats/2.png, dogs/1.png."""

from pathlib import Path

import numpy as np

from harmonium.data.dataset import Dataset, Split, checked_dataset, checked_split
from harmonium.data.images import picture_files, read_image
from harmonium.data.splits import completed
from harmonium.errors import DataError

PARTS = ("train", "valid", "test")


def load_folder(path: Path, name: str, seed: int) -> Dataset:
    """Pictures in one folder a class, cut into splits by `seed`; or such folders inside train/, valid/ and test/.

    All pictures must have one size: uint8 (height, width), or (height, width, 3) where any has colour. The
    classes are the folders' names in order. Missing valid/ or test/ take a seventh of train each.
    Raises `DataError`, naming the folder or file, for an empty class, a size that differs, or no class at all.
    """
    # A class may be called train: splits are meant only where nothing but splits lies beside it.
    parts = {entry.name for entry in path.iterdir() if entry.is_dir() and entry.name[0] != "."}
    root = path / "train" if "train" in parts and parts <= set(PARTS) else path
    classes = _classes(root)
    train = _split(root, classes)
    valid, test = (
        _split(path / part, classes) if root != path and (path / part).is_dir() else None
        for part in PARTS[1:]
    )
    splits = _alike([split for split in (train, valid, test) if split is not None])
    train, *rest = splits
    valid = rest.pop(0) if valid is not None else None
    test = rest.pop(0) if test is not None else None
    return checked_dataset(name, *completed(train, valid, test, seed=seed, where=str(path)), classes)


def _classes(root: Path) -> tuple[str, ...]:
    names = tuple(sorted(entry.name for entry in root.iterdir() if entry.is_dir() and entry.name[0] != "."))
    if len(names) < 2:
        raise DataError(
            f"{root}: needs at least two folders, one a class, with that class's pictures in each"
        )
    return names


def _split(root: Path, classes: tuple[str, ...]) -> Split:
    if unknown := sorted({e.name for e in root.iterdir() if e.is_dir() and e.name[0] != "."} - set(classes)):
        raise DataError(f"{root / unknown[0]}: is no class of the training pictures; remove or rename it")
    images: list[np.ndarray] = []
    labels: list[int] = []
    for label, name in enumerate(classes):
        folder = root / name
        for path in picture_files([folder]):
            image = read_image(path)
            if images and image.shape[:2] != images[0].shape[:2]:
                (height, width), (h, w) = images[0].shape[:2], image.shape[:2]
                raise DataError(
                    f"{path}: is {w}x{h} where the pictures before it are {width}x{height}; scale all to one size"
                )
            images.append(image)
            labels.append(label)
    return checked_split(np.stack(_same_channels(images)), np.array(labels), str(root))


def _same_channels(images: list[np.ndarray]) -> list[np.ndarray]:
    """Grey pictures as colour ones where any is in colour."""
    if all(image.ndim == 2 for image in images):
        return images
    return [np.repeat(i[..., None], 3, -1) if i.ndim == 2 else i for i in images]


def _alike(splits: list[Split]) -> list[Split]:
    if len({split.x.ndim for split in splits}) == 1:
        return splits
    return [Split(s.x if s.x.ndim == 4 else np.repeat(s.x[..., None], 3, -1), s.y) for s in splits]
