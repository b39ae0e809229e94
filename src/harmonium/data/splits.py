"""Cutting one set into three: train, valid and test."""

from typing import TypeVar

import numpy as np

from harmonium.data.dataset import Split
from harmonium.data.three_splits import Examples
from harmonium.errors import ConfigError, DataError

SHARE = 7  # a seventh to valid and a seventh to test, as MNIST's 50,000 / 10,000 / 10,000


R = TypeVar("R", bound=Examples)


def permutation(examples: int, seed: int) -> np.ndarray:
    """A uniform permutation of 0..examples-1 that depends on `seed` alone, whatever the NumPy version.

    Raises `ConfigError` for a negative seed.
    """
    if seed < 0:
        raise ConfigError(f"seed is {seed}; it must be 0 or more")
    # Only a bit generator's raw stream is promised never to change, so its 64-bit keys are sorted.
    return np.argsort(np.random.PCG64(seed).random_raw(examples), kind="stable")


def shuffled_split(rows: Split, *, seed: int, where: str) -> tuple[Split, Split, Split]:
    """5/7 train, 1/7 valid, 1/7 test of `rows`, drawn by a permutation that `seed` fixes."""
    return completed(rows, None, None, seed=seed, where=where)


def completed(
    train: R, valid: R | None, test: R | None, *, seed: int, where: str, share: int = SHARE
) -> tuple[R, R, R]:
    """The three splits, where a missing one takes one example in `share` of `train`, by a seeded permutation.

    Nothing is moved when all three are given. Raises `DataError`, beginning with `where`, if `train` has
    fewer examples than that.
    """
    if valid is not None and test is not None:
        return train, valid, test
    examples = len(train)
    if examples < share:
        raise DataError(
            f"{where}: {examples} example{'' if examples == 1 else 's'} cannot be cut into train, valid and "
            f"test; give at least {share}, or give the three splits"
        )
    order, part = permutation(examples, seed), examples // share
    if test is None:
        order, test = order[:-part], train.taken(order[-part:])
    if valid is None:
        order, valid = order[:-part], train.taken(order[-part:])
    return train.taken(order), valid, test
