"""The container of every kind of data: examples to train on, to validate on and to test on."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Generic, Protocol, Self, TypeVar

import numpy as np

from harmonium.data.preparation import Preparation
from harmonium.data.understood import Reading, Understood
from harmonium.terminal import printable


class Examples(Protocol):
    """Examples of one split, of any kind."""

    def __len__(self) -> int:
        """The number of examples."""
        ...

    def taken(self, index: np.ndarray, /) -> Self:
        """The examples of these numbers, in that order."""
        ...


E = TypeVar("E", bound=Examples)


@dataclass(frozen=True, eq=False, repr=False)
class ThreeSplits(ABC, Generic[E]):
    """Examples in three splits; a subclass says of what kind they are.

    Their arrays can be read and not be written into, since a training may read them where they lie; change a copy.

    Attributes
    ----------
    classes
        Names of what is to be learned: labels of pictures, texts or words, in the order of their numbers. Music has
        none.
    names
        Each example's own name by split, for data of the user's own: a file's path, or the number of a row. Handed to
        the loader as `splits`, they keep every example in its split, whatever is added later.
    preparation
        How examples were prepared, and how new ones must be.
    reading
        What the reader noticed: what was skipped, and what was guessed.

    """

    name: str
    train: E
    valid: E
    test: E
    classes: tuple[str, ...] = ()
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict, kw_only=True)
    preparation: Preparation = field(default_factory=Preparation, kw_only=True)
    reading: Reading = field(default_factory=Reading, kw_only=True)

    def __post_init__(self) -> None:
        for part, split in self.splits.items():
            object.__setattr__(self, part, _read_only(split))

    def __repr__(self) -> str:
        """Return what it holds in a line, as <Dataset digits: grey pictures 8x8, 10 classes; 1,285 train, …>."""
        classes = f", {len(self.classes):,} classes" if self.classes else ""
        sizes = ", ".join(f"{count:,} {part}" for part, count in self.sizes.items())
        return printable(f"<{type(self).__name__} {self.name}: {self.kind}{classes}; {sizes}>")

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """Shape of one example."""

    @property
    @abstractmethod
    def kind(self) -> str:
        """What an example is, in the plural, as in "grey pictures 28x28"."""

    @abstractmethod
    def class_counts(self) -> dict[str, dict[str, int]]:
        """The number of examples, or for labelled words of words, by class and split."""

    @property
    def understood(self) -> Understood:
        """What the data were taken for, to be shown before training and to be kept in the run."""
        return Understood(
            self.name, self.kind, self.sizes, self.class_counts(), self.preparation.in_words(), self.reading
        )

    @abstractmethod
    def _content(self) -> Iterator[bytes | memoryview]:
        """Yield the whole content as bytes, piece by piece; the checksum is taken of it."""

    @property
    def splits(self) -> dict[str, E]:
        """The three splits by name."""
        return {"train": self.train, "valid": self.valid, "test": self.test}

    @property
    def held_out(self) -> tuple[str, ...]:
        """Names of the splits that are not trained on; data that are only to be scored may lack one."""
        return tuple(name for name in ("valid", "test") if len(self.splits[name]))

    @abstractmethod
    def prints(self, part: str) -> list[bytes]:
        """What tells each example of a split from all others, its class aside."""

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


def _read_only(split: E) -> E:
    """The same examples, whose arrays, or tuples of arrays, cannot be written into."""

    def locked(value: Any) -> Any:
        if isinstance(value, tuple) and value and isinstance(value[0], np.ndarray):
            return tuple(map(locked, value))
        if not isinstance(value, np.ndarray) or not value.flags.writeable:
            return value
        view = value.view()
        view.flags.writeable = False
        return view

    return replace(split, **{name: locked(value) for name, value in vars(split).items()})  # type: ignore[type-var]


def array_content(*arrays: np.ndarray) -> Iterator[bytes | memoryview]:
    """What a checksum is taken of for arrays: dtype, shape and bytes of each."""
    for array in arrays:
        yield f"{array.dtype.str}{array.shape}".encode()
        yield np.ascontiguousarray(array).data


def counted(y: np.ndarray, classes: tuple[str, ...]) -> list[int]:
    """The number of examples of each class among labels (examples,)."""
    return np.bincount(y, minlength=len(classes))[: len(classes)].tolist()
