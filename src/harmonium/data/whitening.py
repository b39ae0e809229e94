"""Whitening: coordinates in which the data have unit variance and no correlation, and the way back."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from harmonium.data.images import intensities
from harmonium.errors import DataError

LEAST_VARIANCE = 10 / 256**2  # of an example, in squared intensities: less is the noise of 8 bits
MOST_VALUES = (
    4096  # of an example: a covariance of that many takes 128 MiB, and its eigenvectors about a minute
)
BLOCK = 4096  # examples at once
PICTURES = 0.99  # of the variance of pictures is kept unless told otherwise; the rest is mostly noise

Kind = Literal["pca", "zca"]


@dataclass(frozen=True, eq=False)
class Whitening:
    """A linear map to white coordinates, z = (x - mean)·forward, and back, x ≈ z·backward + mean.

    Attributes
    ----------
    kind
        PCA names the directions in order of variance. ZCA turns them back to where the values were, so that a white
        picture still looks like one (Bell and Sejnowski 1997).
    shape
        Of one example before it is whitened.
    contrast
        Whether each example is first brought to mean 0 and deviation near 1.
    share
        Of the training set's variance, what the directions that are kept hold.
    mean, forward, backward
        (values,), (values, white values) and (white values, values), float32.

    """

    kind: Kind
    shape: tuple[int, ...]
    contrast: bool
    share: float
    mean: np.ndarray
    forward: np.ndarray
    backward: np.ndarray

    @property
    def white_shape(self) -> tuple[int, ...]:
        """Shape of one white example: that of an example for ZCA, (directions,) for PCA."""
        return self.shape if self.kind == "zca" else (self.forward.shape[1],)

    @property
    def directions(self) -> int:
        """The number of directions that are kept."""
        # ZCA's two maps undo each other in those directions alone, of which the trace of their product is the number.
        kept = self.forward.shape[1]
        return kept if self.kind == "pca" else round(float(np.einsum("ij,ji->", self.forward, self.backward)))

    def whiten(self, x: np.ndarray) -> np.ndarray:
        """Examples (examples, *shape), bytes or floats, in white coordinates: float32 (examples, *white_shape).

        Raises `DataError` for examples of another size.
        """
        if x[:1].size != len(x[:1]) * len(self.mean):
            raise DataError(f"examples have {x[0].size:,} values; the whitening is of {len(self.mean):,}")
        white = np.empty((len(x), self.forward.shape[1]), np.float32)
        for start in range(0, len(x), BLOCK):
            rows = _rows(x[start : start + BLOCK], self.contrast)
            white[start : start + BLOCK] = (rows - self.mean) @ self.forward
        return white.reshape(len(x), *self.white_shape)

    def restore(self, z: np.ndarray) -> np.ndarray:
        """White values (..., white values) as examples (..., *shape), float32; what was left out stays out."""
        return self.patterns(z) + self.mean.reshape(self.shape)

    def patterns(self, z: np.ndarray) -> np.ndarray:
        """Directions among white values, as a unit's weights (..., white values), as they are among (..., *shape)."""
        return (z @ self.backward).astype(np.float32).reshape(*z.shape[:-1], *self.shape)

    def in_words(self) -> str:
        """What is done, for a person."""
        first = "each example brought to mean 0 and deviation near 1, then " if self.contrast else ""
        values, kept = len(self.mean), self.directions
        directions = (
            f"in the {kept:,} of {values:,} directions that hold {100 * self.share:.3g} %"
            if kept < values
            else f"in all {values:,} directions"
        )
        return f"{first}whitened by {self.kind.upper()} {directions} of the training set's variance"

    def as_dict(self) -> dict[str, Any]:
        """All but the arrays, as values of JSON."""
        return {
            "kind": self.kind,
            "shape": list(self.shape),
            "contrast": self.contrast,
            "share": self.share,
        }

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """The arrays by name."""
        return {"mean": self.mean, "forward": self.forward, "backward": self.backward}

    @classmethod
    def from_dict(cls, content: Any) -> "Whitening":
        """Make it of what `as_dict` and `arrays` gave, together in one mapping.

        Raises `DataError` for anything else.
        """
        import msgspec

        try:
            known = msgspec.convert({k: v for k, v in content.items() if k not in ARRAYS}, _Described)
            mean, forward, backward = (np.asarray(content[name]) for name in ARRAYS)
        except (msgspec.ValidationError, AttributeError, KeyError, TypeError, ValueError) as error:
            raise DataError(f"the whitening of a run is damaged: {error}") from error
        found = cls(known.kind, known.shape, known.contrast, known.share, mean, forward, backward)
        values = math.prod(known.shape)
        white = forward.shape[-1] if forward.ndim == 2 else 0
        shapes = {"mean": (values,), "forward": (values, white), "backward": (white, values)}
        for name, array in found.arrays.items():
            if array.dtype != np.float32 or array.shape != shapes[name] or not np.isfinite(array).all():
                raise DataError(f"the whitening of a run is damaged: {name} is {array.dtype} {array.shape}")
        if known.kind == "zca" and white != values:
            raise DataError(f"the whitening of a run is damaged: ZCA of {values} values to {white}")
        return found


@dataclass(frozen=True)
class _Described:
    kind: Kind
    shape: tuple[int, ...]
    contrast: bool
    share: float


ARRAYS = ("mean", "forward", "backward")


def fit_whitening(
    x: np.ndarray, *, kind: Kind = "pca", variance: float | None = None, contrast: bool = False
) -> Whitening:
    """The whitening of training examples, by the eigenvectors of their covariance.

    Parameters
    ----------
    x
        Examples (examples, *shape), bytes or floats.
    kind
        See `Whitening`.
    variance
        The share of the variance that is kept, by the directions that have most of it; without it 0.99 of that of
        pictures, and all of that of rows.
    contrast
        Whether each example is first brought to mean 0 and deviation near 1, as for patches of photos.

    Returns
    -------
    A map after which the examples have mean 0 and, in the directions that are kept, the identity as their covariance.

    Raises
    ------
    DataError
        For fewer than two examples or examples that are all the same, and for examples of more than 4,096 values.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=(500, 2)) @ np.array([[3.0, 1.0], [0.0, 0.2]])
    >>> z = fit_whitening(x, kind="zca").whiten(x)
    >>> bool(np.abs(np.cov(z.T) - np.eye(2)).max() < 1e-4)
    True

    """
    shape = x.shape[1:]
    values = math.prod(shape)
    if values > MOST_VALUES:
        smaller = f"fit pictures to {math.isqrt(MOST_VALUES // (shape[2] if len(shape) == 3 else 1))}"
        raise DataError(
            f"whitening takes the eigenvectors of a covariance of {values:,} values, and at most {MOST_VALUES:,} are "
            f"computed: {smaller} pixels or fewer with --size, or give fewer columns"
        )
    if variance is None:
        variance = PICTURES if len(shape) > 1 else 1.0

    def blocks() -> Iterator[np.ndarray]:
        for start in range(0, len(x), BLOCK):
            yield _rows(x[start : start + BLOCK], contrast).astype(np.float64)

    mean, covariance = np.zeros(values), np.zeros((values, values))
    for rows in blocks():
        mean += rows.sum(0) / len(x)
    for rows in blocks():
        covariance += (rows - mean).T @ (rows - mean) / max(1, len(x) - 1)
    found, directions = np.linalg.eigh(covariance)
    found, directions = np.maximum(found[::-1], 0), directions[:, ::-1]
    # Rounding leaves examples and directions without variance a little of it, which white coordinates would blow up.
    least = np.finfo(np.float32).eps
    if found[0] <= values * (least * max(1.0, np.abs(mean).max())) ** 2:
        raise DataError(f"{len(x)} examples without any difference cannot be whitened")
    explained = np.cumsum(found) / found.sum()
    real = int((found > found[0] * values * least).sum())
    kept = min(int(np.searchsorted(explained, variance)) + 1, real)
    deviations, directions = np.sqrt(found[:kept]), directions[:, :kept]
    turned = directions.T if kind == "zca" else np.eye(kept)
    forward, backward = directions / deviations @ turned, turned.T @ (deviations[:, None] * directions.T)
    single = [np.ascontiguousarray(array, np.float32) for array in (mean, forward, backward)]
    return Whitening(kind, shape, contrast, float(explained[kept - 1]), *single)


def contrast_normalised(x: np.ndarray) -> np.ndarray:
    """Rows (examples, values), each of mean 0 and deviation near 1; one without contrast stays near 0."""
    x = x - x.mean(1, keepdims=True)
    return x / np.sqrt(np.square(x).mean(1, keepdims=True) + LEAST_VARIANCE)


def _rows(x: np.ndarray, contrast: bool) -> np.ndarray:
    rows: np.ndarray = intensities(x).reshape(len(x), -1)
    return contrast_normalised(rows) if contrast else rows
