"""How examples are prepared before a model sees them; kept in the run, so that new ones are prepared alike."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from harmonium.errors import DataError

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Preparation:
    """What is done to each example; values of JSON alone, so that a run can keep it.

    Attributes
    ----------
    size
        Height and width in pixels that pictures are fitted to; None where they were of one size already.
    grey
        Whether colour pictures were turned grey.
    inverted
        Whether all pictures were inverted.
    paper
        What shows through transparent pictures; None where none is transparent.
    white
        The value of white in pictures of sixteen bits or more.
    ground
        What surrounds the ink in the pictures that the model sees; a picture on another ground is inverted. None where
        the pictures' borders are of all kinds.
    digits
        Side of the picture, and of the box that the ink is fitted into, in pixels, where pictures were made as those of
        MNIST: ink cropped, fitted and centred by its mass.
    columns, categories
        The names of a table's columns, in order, and of a column of words which those are (each becomes a column).
    offsets, scales
        A row, or a picture, becomes (x - offset) / scale; one number for each column, or one for all.
    top
        The brightest intensity before that, which in a picture's file is 255.
    bounded
        Whether what then lies outside [0, 1] is moved to its ends.
    bytes
        Whether numbers are intensities from 0 to 255.
    real
        Whether numbers that are not scaled are any, and no intensities.
    target
        The table's column that names the class.
    tokens
        What texts were cut into.
    whitening
        The `harmonium.data.whitening.Whitening` that comes after all else; None where there is none.

    """

    size: tuple[int, int] | None = None
    grey: bool = False
    inverted: bool = False
    paper: Literal["white", "black"] | None = None
    white: int = 65_535
    ground: Literal["dark", "light"] | None = None
    digits: tuple[int, int] | None = None
    columns: tuple[str, ...] = ()
    categories: dict[str, tuple[str, ...]] | None = None
    offsets: tuple[float, ...] = ()
    scales: tuple[float, ...] = ()
    top: int = 1
    bounded: bool = False
    bytes: bool = False
    real: bool = False
    target: str | None = None
    tokens: Literal["words", "characters"] = "words"
    whitening: Any = None

    def as_dict(self) -> dict[str, Any]:
        """The same as values of JSON, but for the arrays of the whitening, which are `arrays`."""
        known = asdict(replace(self, whitening=None))
        return known if self.whitening is None else known | {"whitening": self.whitening.as_dict()}

    @property
    def arrays(self) -> "dict[str, np.ndarray]":
        """What of it JSON does not hold."""
        return {} if self.whitening is None else self.whitening.arrays

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Preparation":
        """What `as_dict` gave, also after a way through JSON, with `arrays` beside the rest of the whitening.

        Raises
        ------
        DataError
            For anything else.

        """
        import msgspec

        white = content.get("whitening")
        try:
            found = msgspec.convert({**content, "whitening": None}, cls)
        except msgspec.ValidationError as error:
            raise DataError(f"the preparation of a run is damaged: {error}") from error
        if white is None:
            return found
        from harmonium.data.whitening import Whitening

        return replace(found, whitening=Whitening.from_dict(white))

    def shape_before(self, shape: Sequence[int]) -> tuple[int, ...]:
        """The shape of an example before it is whitened, where that of one as the model takes it is `shape`."""
        return tuple(shape) if self.whitening is None else self.whitening.shape

    def whitened(self, x: "np.ndarray") -> "np.ndarray":
        """Examples prepared in all other ways, (examples, ...), as the model takes them."""
        return x if self.whitening is None else self.whitening.whiten(x)

    def restored(self, x: "np.ndarray", shape: Sequence[int]) -> "np.ndarray":
        """What a model makes, (..., values), as it was before whitening: (..., *shape_before(shape))."""
        return x.reshape(*x.shape[:-1], *shape) if self.whitening is None else self.whitening.restore(x)

    def names(self, values: int) -> list[str]:
        """What the values of a row are called: `column`, `column = word`, or their numbers, counted from 1."""
        named: list[str] = []
        for column in self.columns:
            words = (self.categories or {}).get(column)
            named += [f"{column} = {word}" for word in words] if words else [column]
        return named or [str(number) for number in range(1, values + 1)]

    def patterns(self, weights: "np.ndarray", shape: Sequence[int]) -> "np.ndarray":
        """Weights of a model's inputs, (units, ...), as patterns among the values before whitening.

        Those of another shape than examples have, as the kernels of a convolution, stay as they are.
        """
        if self.whitening is None or weights[0].size != math.prod(shape):
            return weights
        found: np.ndarray = self.whitening.patterns(weights.reshape(len(weights), -1))
        return found

    def scale(self) -> "Preparation":
        """The part that says how numbers are scaled."""
        return Preparation(
            offsets=self.offsets, scales=self.scales, top=self.top, bounded=self.bounded, real=self.real
        )

    def scaled(self, x: "np.ndarray") -> "np.ndarray":
        """Numbers as the model sees them: uint8 for intensities, else (x - offset) / scale as float32.

        Raises `DataError` for rows of another length.
        """
        import numpy as np

        if self.bytes:
            return np.clip(np.rint(x), 0, 255).astype(np.uint8)
        if not self.offsets:
            return x.astype(np.float32)
        offsets, scales = np.array(self.offsets), np.array(self.scales)
        if len(offsets) > 1 and x.shape[-1] != len(offsets):
            raise DataError(f"rows have {x.shape[-1]:,} numbers; the run learned from {len(offsets):,}")
        most = float(np.finfo(np.float32).max)
        found = np.clip((x - offsets) / scales, -most, most).astype(np.float32)
        return np.clip(found, 0, 1) if self.bounded else found

    def in_words(self) -> tuple[str, ...]:
        """What is done, for a person; nothing where nothing is."""
        done = []
        if self.size:
            done.append(f"fitted to {self.size[1]}x{self.size[0]}")
        if self.grey:
            done.append("turned grey")
        if self.paper:
            done.append(f"laid on {self.paper}, where they are transparent")
        if self.white != Preparation.white:
            done.append(f"{self.white:,} is white, since no value of sixteen bits is above it")
        if self.inverted:
            done.append("inverted: bright ink on black")
        if self.digits:
            done.append(
                f"new pictures: ink cropped, fitted to {self.digits[1]}x{self.digits[1]}, centred by mass"
            )
        if self.categories:
            done.append(f"columns of words, each word a column of 0 and 1: {', '.join(self.categories)}")
        if len(self.offsets) > 1:
            done.append("each column standardised, or scaled, by the training set's own values")
        elif self.offsets == (0.0,) and self.scales == (255.0,) and self.bounded:
            done.append("divided by 255")
        elif self.offsets:
            done.append(f"(x - {self.offsets[0]:g}) / {self.scales[0]:g}, by the training set's own values")
        if self.whitening is not None:
            done.append(self.whitening.in_words())
        return tuple(done)
