"""Whitening: coordinates in which the data have unit variance and no correlation, and the way back."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from harmonium.data.dataset import Dataset, Split
from harmonium.data.images import intensities
from harmonium.errors import DataError

LEAST_VARIANCE = 10 / 256**2  # of an example, in squared intensities: less is the noise of 8 bits


@dataclass(frozen=True, eq=False)
class Whitening:
    """A linear map to white coordinates, z = (x - mean)·forward, and back, x ≈ z·backward + mean."""

    mean: np.ndarray  # (features,)
    forward: np.ndarray  # (features, components)
    backward: np.ndarray  # (components, features)

    def whiten(self, x: np.ndarray) -> np.ndarray:
        """Rows (examples, features) in white coordinates, float32 (examples, components)."""
        return ((x - self.mean) @ self.forward).astype(np.float32)

    def restore(self, z: np.ndarray) -> np.ndarray:
        """White rows (examples, components) as features, float32; what whitening left out stays out."""
        return (z @ self.backward + self.mean).astype(np.float32)


def fit_whitening(x: np.ndarray, *, kind: Literal["pca", "zca"] = "pca", variance: float = 0.99) -> Whitening:
    """The whitening of rows (examples, features) that keeps the directions of this share of the variance.

    PCA names the directions in order of variance; ZCA turns them back to where the features were, so that a white
    image still looks like one (Bell and Sejnowski 1997). Raises `DataError` for fewer than two rows or rows that
    are all the same.
    """
    mean = x.mean(0, dtype=np.float64)
    spread = np.cov((x - mean).T) if len(x) > 1 else np.zeros((len(mean), len(mean)))
    values, directions = np.linalg.eigh(np.atleast_2d(spread))
    values, directions = np.maximum(values[::-1], 0), directions[:, ::-1]
    if values[0] == 0:
        raise DataError(f"{len(x)} examples without any difference cannot be whitened")
    explained = np.cumsum(values) / values.sum()
    # Rounding leaves directions without variance a little of it, which white coordinates would blow up.
    real = int((values > values[0] * len(values) * np.finfo(np.float32).eps).sum())
    kept = min(int(np.searchsorted(explained, variance)) + 1, real)
    values, directions = np.sqrt(values[:kept]), directions[:, :kept]
    turned = directions.T if kind == "zca" else np.eye(kept)
    return Whitening(mean, directions / values @ turned, turned.T @ (values[:, None] * directions.T))


def contrast_normalised(dataset: Dataset) -> Dataset:
    """Each example as a row of float32 of mean 0 and deviation near 1; one without contrast stays near 0."""

    def normalised(split: Split) -> Split:
        x = intensities(split.x).reshape(len(split), -1)
        x = x - x.mean(1, keepdims=True)
        return Split(x / np.sqrt(np.square(x).mean(1, keepdims=True) + LEAST_VARIANCE), split.y)

    train, valid, test = (normalised(split) for split in dataset.splits.values())
    return replace(dataset, train=train, valid=valid, test=test)


def whitened(dataset: Dataset, whitening: Whitening) -> Dataset:
    """A data set of rows in white coordinates. Raises `DataError` for rows of another length."""
    (features,) = dataset.shape
    if features != len(whitening.mean):
        raise DataError(
            f"{dataset.name} has examples of {features} values; the whitening is of {len(whitening.mean)}"
        )
    train, valid, test = (Split(whitening.whiten(split.x), split.y) for split in dataset.splits.values())
    return replace(dataset, train=train, valid=valid, test=test)
