"""The container of every kind of data: examples to train on, to validate on and to test on."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, Protocol, Self, TypeVar

import numpy as np


class Examples(Protocol):
    """Examples of one split, of any kind."""

    def __len__(self) -> int:
        """The number of examples."""
        ...

    def taken(self, index: np.ndarray, /) -> Self:
        """The examples of these numbers, in that order."""
        ...


E = TypeVar("E", bound=Examples)


@dataclass(frozen=True, eq=False)
class ThreeSplits(ABC, Generic[E]):
    """Examples in three splits; a subclass says of what kind they are.

    Its `classes` name what is to be learned: labels of pictures, texts or words, in the order of their numbers.
    Music has none.
    """

    name: str
    train: E
    valid: E
    test: E
    classes: tuple[str, ...] = ()

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """Shape of one example."""

    @abstractmethod
    def _content(self) -> Iterator[bytes | memoryview]:
        """Everything that makes this data what they are, piece by piece."""

    @property
    def splits(self) -> dict[str, E]:
        """The three splits by name."""
        return {"train": self.train, "valid": self.valid, "test": self.test}

    @property
    def sizes(self) -> dict[str, int]:
        """Number of examples in each split."""
        return {name: len(split) for name, split in self.splits.items()}

    @cached_property
    def checksum(self) -> str:
        """SHA-256, in hex, over the content of all splits: equal data, equal checksum."""
        digest = hashlib.sha256()
        for piece in self._content():
            digest.update(piece)
        return digest.hexdigest()


def array_content(*arrays: np.ndarray) -> Iterator[bytes | memoryview]:
    """What a checksum is taken of for arrays: dtype, shape and bytes of each."""
    for array in arrays:
        yield f"{array.dtype.str}{array.shape}".encode()
        yield np.ascontiguousarray(array).data
