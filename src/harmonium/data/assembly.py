"""From examples with names and labels to a data set in three splits: the one way that all of a user's own data take."""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from harmonium.data.dataset import Dataset, Split, fingerprints
from harmonium.data.drawings import is_made_like_mnist
from harmonium.data.images import DARK, LIGHT
from harmonium.data.labels import check_classes, numbered, one_spelling, ordered, several_in_one
from harmonium.data.new_numbers import as_learned, check_alike, from_intensities
from harmonium.data.options import DatasetOptions, PictureOptions
from harmonium.data.preparation import Preparation
from harmonium.data.scaling import (
    MANY,
    check_bright,
    fit_scale,
    is_bytes,
    merged,
    on_their_scale,
    scaled,
    shades,
)
from harmonium.data.sharing import ToScore, shared_out
from harmonium.data.split_scales import check_splits_alike
from harmonium.data.understood import Reading
from harmonium.data.unlike import unlike_rows
from harmonium.data.whitening import fit_whitening
from harmonium.errors import ConfigError, DataError

UNSCORED = "name each example's class as in the run's own data, or ask for it: harmonium predict"
ALIKE = 0.9  # the share of pictures that must have one ground for all to be taken to


@dataclass(frozen=True)
class Demand:
    """What a loader was asked for."""

    name: str
    seed: int = 0
    real: bool = False  # any finite numbers will do
    labels: bool = True  # there must be classes
    options: DatasetOptions = field(default_factory=DatasetOptions)
    splits: Mapping[str, Sequence[str]] | None = None  # names of examples by split, as a run kept them
    preparation: Preparation | None = None  # of a run that is to be scored on them

    @property
    def scores(self) -> bool:
        """Whether the data are only to be scored, so that one class, or an example of each, is enough."""
        return isinstance(self.splits, ToScore)

    @property
    def compares(self) -> bool:
        """Whether a run is known, and the data may be others than those it learned from."""
        return self.preparation is not None and (self.scores or self.splits is None)


@dataclass(frozen=True)
class Examples:
    """Examples before they are shared out."""

    x: np.ndarray  # (examples, ...)
    labels: Sequence[str] | None
    names: Sequence[str]
    parts: Sequence[str | None]  # the split that each comes with
    groups: Sequence[str] | None = None
    classes: tuple[str, ...] | None = None  # where the data name them, in order


def assembled(
    examples: Examples, reading: Reading, preparation: Preparation, demand: Demand, where: str
) -> Dataset:
    """Share examples out, scale their numbers by the training set's own, and say what was done.

    Raises
    ------
    DataError
        Where there are no classes to learn, too few examples, or nothing to be seen in them.

    """
    options, x, labels = demand.options, examples.x, examples.labels
    spelt: list[str] = []
    if labels is not None and examples.classes is None:
        labels, spelt = one_spelling(labels)
    if demand.labels:
        if labels is None and demand.scores:
            raise DataError(f"{where}: has no labels to score against; {UNSCORED}")
        if labels is None:
            raise DataError(
                f"{where}: has no labels, and a classifier needs them; name the column or array of the class, sort "
                "pictures into a folder for each class, or train what needs none, as rbm or denoising-autoencoder"
            )
        if not demand.scores:
            check_classes(labels, where)
    places, notes = shared_out(
        examples.names,
        labels,
        examples.parts,
        seed=demand.seed,
        options=options,
        where=where,
        groups=examples.groups,
        kept=demand.splits,
    )
    known = demand.preparation
    how = as_learned(x, known) if known else _own_scale(x, places["train"], demand, where)
    if known and demand.compares:
        check_alike(x, known, where, real=demand.real)
        notes += unlike_rows(x, known)
    if not known:
        check_splits_alike(x, examples.parts, where)
        notes += on_their_scale(x, how, options.scale)
    check_bright(x, where, options.scale, top=255 if how.bytes else 1)
    if x.dtype.kind in "iu" and x.max() == 1 and x.min() == 0 and not how.bytes:
        notes.append("whole numbers 0 and 1 are black and white")
    if options.invert and x.ndim > 2 and not preparation.inverted:
        x = (255 if how.bytes else x.max()) - x
        preparation = replace(preparation, inverted=True)
    if known and demand.compares:
        check_ground(x, known, where)
    learned = places["train"]
    if (seen := shades(x[learned] if len(learned) else x, how)) is not None:
        preparation = with_ground(preparation, seen)
    classes = examples.classes or (ordered(labels) if labels is not None else ())
    y = numbered(labels, classes) if labels is not None else np.zeros(len(x), np.int32)
    x = scaled(x, how)
    preparation = merged(preparation, how)
    train, valid, test = (Split(x[those], y[those]) for those in places.values())
    return Dataset(
        demand.name,
        train,
        valid,
        test,
        classes,
        names={part: tuple(examples.names[i] for i in those) for part, those in places.items()},
        preparation=preparation,
        reading=reading.noting(
            *spelt, *notes, *several_in_one(classes), *duplicates(fingerprints(x), places, labels)
        ),
    )


def _own_scale(x: np.ndarray, train: np.ndarray, demand: Demand, where: str) -> Preparation:
    """How numbers are scaled by those of the training set, which are the examples `train`."""
    scale = demand.options.scale
    if is_bytes(x, where, scale):
        return Preparation(bytes=True)
    how = fit_scale(x[train], scale=scale, real=demand.real)
    intensities = how.offsets and not how.bounded and x.min() >= 0 and 1 < x.max() <= 255
    return replace(how, top=255) if intensities else how


def standardised(dataset: Dataset, preparation: Preparation | None) -> Dataset:
    """A data set with mean 0 and deviation 1: of each column, or of pictures as a whole, by the training set's own.

    With the `preparation` of a run, by that one's.
    """
    if preparation is None or not (preparation.offsets or preparation.real):
        how = fit_scale(dataset.train.x, scale="standardise", real=True)
        how = replace(how, top=255 if dataset.train.x.dtype == np.uint8 else 1)
    else:
        how = preparation.scale()
    train, valid, test = (
        replace(split, x=scaled(from_intensities(split.x, how, dataset.name), how))
        for split in dataset.splits.values()
    )
    ready = merged(dataset.preparation, how)
    return replace(dataset, train=train, valid=valid, test=test, preparation=ready)


def whitened(dataset: Dataset, options: PictureOptions, *, real: bool, known: Preparation | None) -> Dataset:
    """A data set after whitening, by the training set's own covariance; as it is, where none is asked for.

    Parameters
    ----------
    dataset
        Prepared in all other ways.
    options
        The settings of whitening.
    real
        Whether the model takes any finite numbers.
    known
        The preparation of a run, whose whitening is then taken.

    Raises
    ------
    ConfigError
        For a model that takes numbers in [0, 1] alone, and for settings of whitening without it.

    """
    whitening = None if known is None else known.whitening
    if whitening is None and options.whiten is None:
        unused = "variance" if options.variance is not None else "contrast" if options.contrast else ""
        if unused:
            raise ConfigError(f"--{unused} goes with --whiten pca or zca")
        return dataset
    if not real:
        raise ConfigError(
            "--whiten makes numbers below 0 and above 1, and the model takes those from 0 to 1 alone; an rbm takes any "
            "with --visible gaussian, an autoencoder with --cost squared-error --reconstruction linear"
        )
    if options.variance is not None and not 0 < options.variance <= 1:
        raise ConfigError(f"--variance {options.variance:g} must be in (0, 1]")
    if whitening is None:
        assert options.whiten is not None
        whitening = fit_whitening(
            dataset.train.x, kind=options.whiten, variance=options.variance, contrast=options.contrast
        )
    try:
        train, valid, test = (
            replace(split, x=whitening.whiten(split.x)) for split in dataset.splits.values()
        )
    except DataError as error:
        raise DataError(f"{dataset.name}: {error}") from error
    ready = replace(dataset.preparation, whitening=whitening)
    return replace(dataset, train=train, valid=valid, test=test, preparation=ready, original=dataset)


def with_ground(preparation: Preparation, x: np.ndarray) -> Preparation:
    """With what is seen of training pictures: bytes or not, what surrounds the ink, and whether they are as MNIST's.

    Parameters
    ----------
    preparation
        What was done so far.
    x
        Training examples, uint8 or floats; rows are no pictures.

    """
    if x.ndim < 3:
        return preparation
    some = x[:: max(1, len(x) // 2000)]
    lights, darks = grounds(some)
    ground: Literal["dark", "light"] | None = (
        "dark" if darks.mean() >= ALIKE else "light" if lights.mean() >= ALIKE else None
    )
    digits = is_made_like_mnist(some) if ground == "dark" else None
    return replace(preparation, ground=ground, digits=digits, bytes=x.dtype == np.uint8)


def check_ground(x: np.ndarray, preparation: Preparation, where: str) -> None:
    """Refuse pictures, yet to be scaled, nearly all of which lie on another ground than those that a run learned from.

    Raises
    ------
    DataError
        Beginning with `where`, with the remedy; a few pictures may lie on any ground.

    """
    if preparation.ground is None or x.ndim < 3 or len(x) < MANY:
        return
    seen = shades(x, as_learned(x, preparation))
    if seen is None:
        return
    lights, darks = grounds(seen)
    other, its = (lights, "light") if preparation.ground == "dark" else (darks, "dark")
    if other.mean() >= ALIKE:
        raise DataError(
            f"{where} holds pictures on a {its} ground, and the run learned from those on a {preparation.ground} one; "
            "give 255 - x, or for numbers in [0, 1] 1 - x"
        )


def grounds(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which pictures lie on a light ground, and which on a dark one."""
    shades = x.mean(-1) if x.ndim == 4 else x
    border = np.concatenate([shades[:, 0], shades[:, -1], shades[:, :, 0], shades[:, :, -1]], 1)
    median = np.median(border, 1) * (1 if x.dtype == np.uint8 else 255)
    return median >= LIGHT, median < DARK


def duplicates(
    prints: Sequence[bytes], places: Mapping[str, np.ndarray], labels: Sequence[Hashable] | None = None
) -> list[str]:
    """What to say of examples that are equal, in one split or in two. They are never refused.

    Parameters
    ----------
    prints
        What makes each example equal to another.
    places
        The numbers of the examples of each split.
    labels
        What is to be learnt of each example, where there is something.

    """
    notes = []
    counts = Counter(prints)
    if repeated := len(prints) - len(counts):
        notes.append(f"{repeated:,} of {len(prints):,} examples repeat an earlier one")
    known: dict[bytes, Hashable] = {}
    if labels and (other := sum(known.setdefault(p, y) != y for p, y in zip(prints, labels, strict=True))):
        notes.append(
            f"{other:,} of those are labelled otherwise than the first; no model can be right on both"
        )
    train = {prints[i] for i in places["train"]}
    seen = {part: sum(prints[i] in train for i in places[part]) for part in ("valid", "test")}
    notes += [
        f"{count:,} of {len(places[part]):,} examples of {part} are in train too"
        for part, count in seen.items()
        if count
    ]
    return notes
