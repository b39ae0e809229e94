"""What every loader of images returns, and the checks that every array must pass on the way in."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from harmonium.data.three_splits import ThreeSplits, array_content, counted
from harmonium.errors import DataError

MOST_CLASSES = 10_000  # a larger label is a mistake in the file, not a class


@dataclass(frozen=True, eq=False)
class Split:
    """Examples and their labels.

    `x` is (examples, *shape): uint8 intensities 0..255, or float32, in [0, 1] unless real values were asked for.
    `y` is (examples,): int32 in [0, classes).
    """

    x: np.ndarray
    y: np.ndarray

    def __len__(self) -> int:
        return len(self.x)

    def taken(self, index: np.ndarray) -> "Split":
        """The examples of these numbers, in that order."""
        return Split(self.x[index], self.y[index])

    def joined(self, more: "Split") -> "Split":
        """These examples, and after them `more`."""
        return Split(np.concatenate([self.x, more.x]), np.concatenate([self.y, more.y]))


@dataclass(frozen=True, eq=False, repr=False)
class Dataset(ThreeSplits[Split]):
    """Labelled images, or rows of numbers, in three splits; `classes` names the labels in order.

    `original` is the same before whitening, where that was asked for.

    Examples
    --------
    >>> from harmonium.data import load
    >>> digits = load("digits")
    >>> digits.train.x.shape, digits.sizes, digits.classes[:3]
    ((1285, 8, 8), {'train': 1285, 'valid': 256, 'test': 256}, ('0', '1', '2'))
    """

    original: "Dataset | None" = field(default=None, kw_only=True)

    @property
    def as_seen(self) -> "Dataset":
        """The data as a person sees them, before whitening."""
        return self if self.original is None else self.original

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one example: (28, 28) for MNIST, (height, width, 3) in colour, (features,) for vectors."""
        return self.train.x.shape[1:]

    @property
    def kind(self) -> str:
        """Pictures with their size, or rows with their length, before whitening."""
        shape = self.as_seen.shape
        if len(shape) == 1:
            return f"rows of {shape[0]:,} numbers"
        colour = "colour" if len(shape) == 3 else "grey"
        return f"{colour} pictures {shape[1]}x{shape[0]}"

    def class_counts(self) -> dict[str, dict[str, int]]:
        """The number of examples by class and split."""
        counts = {part: counted(split.y, self.classes) for part, split in self.splits.items()}
        return {name: {part: counts[part][k] for part in counts} for k, name in enumerate(self.classes)}

    def prints(self, part: str) -> list[bytes]:
        """A digest of each example, before whitening."""
        return fingerprints(self.as_seen.splits[part].x)

    def _content(self) -> Iterator[bytes | memoryview]:
        # Before whitening, since eigenvectors differ in their last bits from machine to machine.
        for split in self.as_seen.splits.values():
            yield from array_content(split.x, split.y)


def fingerprints(x: np.ndarray) -> list[bytes]:
    """A short digest of each example."""
    return [hashlib.blake2b(np.ascontiguousarray(row).data, digest_size=16).digest() for row in x]


def checked_split(x: np.ndarray, y: np.ndarray, where: str) -> Split:
    """A `Split` of checked images and labels.

    Raises `DataError`, beginning with `where`, for what `checked_images` and `checked_labels` refuse and
    for lengths that differ.
    """
    x, y = checked_images(x, f"{where}: x"), checked_labels(y, f"{where}: y")
    if len(x) != len(y):
        raise DataError(f"{where}: {len(x):,} examples but {len(y):,} labels; each needs exactly one")
    return Split(x, y)


def checked_images(x: np.ndarray, where: str) -> np.ndarray:
    """`x` as uint8 (integers 0..255), or as float32 (booleans, and finite floats).

    Shapes: (examples, features), (examples, height, width), or (examples, height, width, 3); a last axis of
    one channel is dropped. Raises `DataError`, beginning with `where`, for anything else.
    """
    if x.ndim == 4 and x.shape[-1] == 1:
        x = x[..., 0]
    if x.ndim not in (2, 3, 4) or (x.ndim == 4 and x.shape[-1] != 3):
        raise DataError(
            f"{where} has shape {x.shape}; it must be (examples, features), (examples, height, width) "
            "or, in colour, (examples, height, width, 3)"
        )
    if x.size == 0:
        raise DataError(f"{where} is empty (shape {x.shape}); give at least one example")
    if x.dtype.kind == "b":
        return x.astype(np.float32)
    if x.dtype.kind in "iu":
        low, high = int(x.min()), int(x.max())
        if low < 0 or high > 255:
            raise DataError(
                f"{where} holds integers {low} to {high}; scale them to 0..255, or to floats in [0, 1]"
            )
        if high == 1:
            raise DataError(
                f"{where} holds only the integers 0 and 1, almost black on the scale 0..255; save it as bool or float"
            )
        return x.astype(np.uint8, copy=False)
    if x.dtype.kind == "f":
        with np.errstate(over="ignore"):
            x = x.astype(np.float32, copy=False)
        if not (np.isfinite(x.min()) and np.isfinite(x.max())):
            first = np.argwhere(~np.isfinite(x.reshape(len(x), -1)).all(axis=1))[0, 0]
            raise DataError(f"{where} is not finite in example {first}; remove or replace NaN and infinity")
        return x
    raise DataError(f"{where} has dtype {x.dtype}; images must be uint8, or floats in [0, 1]")


def check_intensities(dataset: Dataset, advice: str = "or save those as uint8") -> None:
    """Raise `DataError`, naming the split, with `advice`, unless all values of `dataset` are uint8 or in [0, 1]."""
    for part, split in dataset.splits.items():
        if split.x.dtype == np.uint8 or not len(split):
            continue
        darkest, brightest = float(split.x.min()), float(split.x.max())
        if darkest < 0 or brightest > 1:
            raise DataError(
                f"{dataset.name}: x of {part} holds values {darkest:.6g} to {brightest:.6g}; scale them into [0, 1], "
                f"for 0..255 by dividing by 255, {advice}"
            )


def check_standardised(dataset: Dataset) -> None:
    """Raise `DataError` unless each value of the training examples, if any, has mean near 0 and deviation near 1."""
    if not len(dataset.train):
        return
    x = dataset.train.x.reshape(len(dataset.train), -1)
    x = x / np.float32(255) if x.dtype == np.uint8 else x
    mean, deviation = x.mean(0), x.std(0)
    odd = np.flatnonzero((np.abs(mean) > 1) | (deviation < 1 / 3) | (deviation > 3))
    if len(odd):
        raise DataError(
            f"{dataset.name}: value {odd[0]} of the examples has mean {mean[odd[0]]:.3g} and standard deviation "
            f"{deviation[odd[0]]:.3g}; gaussian units need standardised data: give --scale standardise"
        )


def checked_labels(y: np.ndarray, where: str) -> np.ndarray:
    """`y` (examples,) as int32; raises `DataError`, beginning with `where`, unless integers from 0 up."""
    if y.ndim != 1:
        raise DataError(
            f"{where} has shape {y.shape}; give one integer an example (for one-hot rows, y.argmax(axis=1))"
        )
    if y.dtype.kind not in "iu":
        raise DataError(f"{where} has dtype {y.dtype}; labels must be integers (try y.astype('int32'))")
    if y.size and int(y.min()) < 0:
        raise DataError(f"{where} holds the label {int(y.min())}; labels count from 0")
    if y.size and int(y.max()) >= MOST_CLASSES:
        raise DataError(
            f"{where} holds the label {int(y.max())}; number the classes from 0 without gaps (at most {MOST_CLASSES})"
        )
    return y.astype(np.int32, copy=False)


def checked_dataset(
    name: str, train: Split, valid: Split, test: Split, classes: tuple[str, ...] | None = None
) -> Dataset:
    """A `Dataset` whose splits agree on the shape, the dtype and the classes.

    Without `classes` the names are "0", "1", … up to the largest label of all splits. Raises `DataError`,
    naming the split, where one does not fit.
    """
    if classes is None:
        classes = tuple(str(k) for k in range(1 + max(int(s.y.max()) for s in (train, valid, test))))
    dataset = Dataset(name, train, valid, test, classes)
    for part, split in dataset.splits.items():
        if split.x.shape[1:] != dataset.shape or split.x.dtype != train.x.dtype:
            raise DataError(
                f"{name}: {part} examples are {split.x.dtype} {split.x.shape[1:]}, train examples are "
                f"{train.x.dtype} {dataset.shape}; they must be alike"
            )
        if int(split.y.max()) >= len(classes):
            raise DataError(
                f"{name}: {part} holds the label {int(split.y.max())}, but there are {len(classes)} classes; "
                f"labels must be 0 to {len(classes) - 1}"
            )
    return dataset
