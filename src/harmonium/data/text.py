"""Files of text, and the words that a model knows."""

import os
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from harmonium.data.foreign import binary
from harmonium.errors import DataError
from harmonium.files import read_regular

LARGEST = 2**30  # bytes of a file of text
MOST_ACCENTS = 0.2  # share of bytes that are accents; a text with more is in no western alphabet
UNKNOWN = "<UNK>"


def read_text(path: str | os.PathLike[str]) -> str:
    """The text of the file at `path`, in the encoding that fits; see `decoded`."""
    return decoded(read_bytes(Path(path)), str(path))[0]


def read_bytes(path: Path) -> bytes:
    """The content of a file of text. Raises `DataError` where there is none, or more than a gigabyte."""
    return bytes(read_regular(path, LARGEST, "give it in parts"))


def decoded(content: bytes, where: str) -> tuple[str, str]:
    """A text and the encoding that it was found to be in.

    Tried are UTF-8, with or without a byte-order mark, UTF-16 with a mark or with a zero in every second byte, and
    Windows' cp1252, in which the accents of western Europe are written. Letters come out composed (NFC), however they
    were written, and lines end in a line feed.

    Parameters
    ----------
    content
        The bytes.
    where
        How a message begins.

    Raises
    ------
    DataError
        Naming the line, where none fits, or what the file is where it is no text.

    """
    text, encoding = _decoded(content, where)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", text), encoding


def _decoded(content: bytes, where: str) -> tuple[str, str]:
    if (what := binary(content)) is not None:
        raise DataError(f"{where}: {what}")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif (
        len(content) > 1
        and max(content[:1000:2].count(0), content[1:1000:2].count(0)) > len(content[:1000]) // 4
    ):
        little = content[1:1000:2].count(0) > content[:1000:2].count(0)
        encoding = "utf-16-le" if little else "utf-16-be"
    else:
        encoding = "utf-8-sig"
    try:
        return content.decode(encoding), encoding.removesuffix("-sig")
    except UnicodeDecodeError as error:
        wrong = error
    line = content.count(b"\n", 0, wrong.start) + 1
    message = (
        f"{where}, line {line}: byte {wrong.start} (0x{content[wrong.start]:02x}) is not UTF-8, nor is the file in "
        "another encoding that is known; save the file in UTF-8 (in Excel: Save as, CSV UTF-8)"
    )
    odd = sum(byte > 127 for byte in content)
    if b"\0" in content or odd > MOST_ACCENTS * len(content):
        raise DataError(message) from wrong
    try:
        return content.decode("cp1252"), "cp1252"
    except UnicodeDecodeError as error:
        raise DataError(message) from error


def unknown_words(unknown: int, words: int) -> str:
    """Say how many words of texts are none that a model knows."""
    if not unknown:
        return f"the run knows all {words:,} words"
    return f"{unknown:,} of {words:,} words are none that the run knows, and are read as one"


@dataclass(frozen=True)
class Vocabulary:
    """The words that a model knows, numbered by their order; one of them stands for all unknown words.

    Examples
    --------
    >>> vocabulary = Vocabulary((UNKNOWN, "show", "flights"))
    >>> vocabulary.indices(["show", "me", "flights"]).tolist()
    [1, 0, 2]
    """

    words: tuple[str, ...]

    def __post_init__(self) -> None:
        if UNKNOWN not in self.index or len(self.index) < len(self.words):
            raise DataError(f"a vocabulary must hold each word once, and {UNKNOWN}")

    def __len__(self) -> int:
        return len(self.words)

    @cached_property
    def index(self) -> dict[str, int]:
        """The index of each word."""
        return {word: place for place, word in enumerate(self.words)}

    def indices(self, words: Iterable[str]) -> np.ndarray:
        """Return the indices of words, (words,) int32."""
        unknown = self.index[UNKNOWN]
        return np.array([self.index.get(word, unknown) for word in words], np.int32)
