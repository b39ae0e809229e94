"""Settings of how the user's own data are read; recipes inherit them as options of the command line."""

from dataclasses import dataclass
from typing import Literal

from harmonium.errors import ConfigError

LARGEST_SIDE = 4096  # pixels; a model of larger pictures would not fit any memory


@dataclass(frozen=True, kw_only=True)
class PictureOptions:
    """How pictures, and the numbers of rows, are prepared before a model sees them."""

    size: str | None = None
    """Fit pictures to this size, as 28 or 32x48 (width x height); without it all must have one size."""
    grey: bool = False
    """Turn colour pictures grey."""
    invert: bool | None = None
    """Turn dark ink on light paper into bright ink on black; without it the border of the pictures decides."""
    scale: Literal["auto", "none", "unit", "standardise"] = "auto"
    """Bring numbers of another range into [0, 1] by the training set's lowest and highest, or each column to mean 0
    and deviation 1; auto leaves bytes and numbers in [0, 1], and does for others what the model needs."""
    whiten: Literal["pca", "zca"] | None = None
    """Take away the correlations of the values, by the training set's own: pca makes rows of numbers, in order of their
    variance; zca leaves pictures pictures. For models that take any numbers."""
    variance: float | None = None
    """Share of the variance that whitening keeps; without it 0.99 of that of pictures, and all of that of rows."""
    contrast: bool = False
    """Before whitening bring each example to mean 0 and deviation near 1, as for patches of photos."""


@dataclass(frozen=True, kw_only=True)
class Distortion:
    """How far each picture is distorted, at random and in another way at each update."""

    shift: float = 0.0
    """Move each picture by up to this many pixels in each direction, anew at each update."""
    rotation: float = 0.0
    """Turn each picture by up to this many degrees to either side."""
    scaling: float = 0.0
    """Stretch or shrink the height and the width of each picture by up to this share."""
    shear: float = 0.0
    """Slant each picture by up to this many degrees to either side."""
    elastic: float = 0.0
    """Move the pixels by smooth random fields of this standard deviation, in pixels."""

    @property
    def distorts(self) -> bool:
        """Whether there is anything to do."""
        return any(getattr(self, name) for name in LARGEST_DISTORTION)

    def require_sense(self) -> None:
        """Raise `ConfigError` for what is negative, or would turn a picture over or make it vanish."""
        for name, most in LARGEST_DISTORTION.items():
            value = getattr(self, name)
            if not 0 <= value <= most:
                raise ConfigError(f"--{name} {value:g} must be from 0 to {most:g}")


LARGEST_DISTORTION = {"shift": 1000, "rotation": 180, "scaling": 0.9, "shear": 80, "elastic": 1000}


@dataclass(frozen=True, kw_only=True)
class TableOptions:
    """Which column of a table is what."""

    target: str | None = None
    """The column that names each row's class; without it one called target, label or class, or else the last."""


@dataclass(frozen=True, kw_only=True)
class SplitOptions:
    """How data that come without splits are shared out."""

    split: tuple[float, float, float] | None = None
    """Shares that train, validate and test; without it five sevenths and twice a seventh."""
    group: str | None = None
    """A column of the table whose equal values must stay in one split, as a patient's or a writer's."""


@dataclass(frozen=True, kw_only=True)
class TextOptions:
    """How texts become words."""

    tokens: Literal["words", "characters"] | None = None
    """What a text is a sequence of; without it characters where the language puts no blanks between words."""
    text_column: str | None = None
    """The column of a table that holds the texts; without it one called text, review or sentence, or the longest."""


@dataclass(frozen=True, kw_only=True)
class TagOptions:
    """Which column of tagged words is what."""

    word_column: int | None = None
    """The column of the word, counted from 1; without it the first, or the second of CoNLL-U."""
    label_column: str | None = None
    """The column of the label, by its number, counted from 1, or its name, as UPOS; without it the last."""


@dataclass(frozen=True, kw_only=True)
class DatasetOptions(PictureOptions, TableOptions, SplitOptions):
    """All settings of `load`."""


@dataclass(frozen=True, kw_only=True)
class ReviewsOptions(TextOptions, TableOptions, SplitOptions):
    """All settings of `load_reviews`."""


@dataclass(frozen=True, kw_only=True)
class CorpusOptions(TagOptions, SplitOptions):
    """All settings of `load_sentences`."""


@dataclass(frozen=True, kw_only=True)
class Describing(DatasetOptions, TextOptions, TagOptions):
    """All settings of how data of any kind are read."""


def refuse_given(options: object, source: str, *fields: str) -> None:
    """Refuse settings that mean nothing for a source, in place of leaving them without effect.

    Parameters
    ----------
    options
        The settings.
    source
        What the data are, for the message.
    fields
        The settings' names.

    Raises
    ------
    ConfigError
        Naming the first one that is given.

    """
    for field in fields:
        value = getattr(options, field, None)
        if value not in (None, False, "auto"):
            raise ConfigError(f"--{field.replace('_', '-')} means nothing for {source}; leave it out")


def parsed_size(size: str) -> tuple[int, int]:
    """Height and width of a size as it is written: 28, or 32x48 for width x height.

    Raises
    ------
    ConfigError
        Where it is neither, or a side is not from 1 to 4096.

    Examples
    --------
    >>> parsed_size("32x48")
    (48, 32)

    """
    width, by, height = size.lower().replace("\N{MULTIPLICATION SIGN}", "x").partition("x")
    try:
        sides = int(height if by else width), int(width)
    except ValueError:
        sides = 0, 0
    if not all(1 <= side <= LARGEST_SIDE for side in sides):
        raise ConfigError(
            f"--size {size} must be a number of pixels, as 28, or a width and a height, as 32x48"
        )
    return sides


def checked_shares(split: tuple[float, float, float] | None) -> tuple[float, float, float]:
    """Shares of train, valid and test that add up to 1.

    Raises
    ------
    ConfigError
        Where one is not positive, or their sum is not 1 (or 100, for percentages).

    """
    shares = (5 / 7, 1 / 7, 1 / 7) if split is None else split
    total = sum(shares)
    if not all(share > 0 for share in shares) or min(abs(total - 1), abs(total - 100)) > 0.01:
        written = " ".join(f"{share:g}" for share in shares)
        raise ConfigError(f"--split {written} must be three positive shares that add up to 1, as 0.8 0.1 0.1")
    return shares[0] / total, shares[1] / total, shares[2] / total
