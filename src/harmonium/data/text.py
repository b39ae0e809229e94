"""Files of text, and the words that a model knows."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from harmonium.errors import DataError

LARGEST = 2**30  # bytes of a file of text
UNKNOWN = "<UNK>"


def read_text(path: Path) -> str:
    """A file of text in UTF-8, with or without a byte-order mark.

    Raises `DataError`, naming the file and the line, for bytes that are not UTF-8.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except FileNotFoundError as error:
        raise DataError(f"{path}: there is no such file") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error
    if len(content) > LARGEST:
        raise DataError(f"{path}: holds more than {LARGEST:,} bytes; give it in parts")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{path}, line {line}: byte {error.start} (0x{content[error.start]:02x}) is not UTF-8; "
            "save the file in UTF-8"
        ) from error


@dataclass(frozen=True)
class Vocabulary:
    """The words that a model knows, each by its place; one of them stands for all others."""

    words: tuple[str, ...]

    def __post_init__(self) -> None:
        if UNKNOWN not in self.index or len(self.index) < len(self.words):
            raise DataError(f"a vocabulary must hold each word once, and {UNKNOWN}")

    def __len__(self) -> int:
        return len(self.words)

    @cached_property
    def index(self) -> dict[str, int]:
        """The place of each word."""
        return {word: place for place, word in enumerate(self.words)}

    def indices(self, words: Iterable[str]) -> np.ndarray:
        """The places of words, (words,) int32."""
        unknown = self.index[UNKNOWN]
        return np.array([self.index.get(word, unknown) for word in words], np.int32)
