"""Text from outside on a terminal: file names, words and classes that somebody else chose."""

import shutil
import textwrap
import unicodedata
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from rich.text import Text

# Marks, embeddings, overrides and isolates of direction, by which text can be shown in another order than it has.
DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
ESCAPED = ("Cc", "Cs", "Zl", "Zp")  # control characters, halves of characters, ends of lines and paragraphs


def printable(text: str) -> str:
    r"""`text` on one line, with what could move the cursor, command the terminal or mislead the reader made visible.

    Control characters, ends of lines, lone surrogates (bytes of a file name that are no text) and Unicode's controls
    of direction become escapes as Python writes them; everything else stays as it is, backslashes included.

    Examples
    --------
    >>> print(printable("red\x1b[31m\nname"))
    red\x1b[31m\nname

    """
    return "".join(map(_shown, text))


def verbatim(text: str) -> "Text":
    """`printable` text for rich, in which square brackets and names of emoji between colons stand for themselves."""
    from rich.text import Text

    return Text(printable(text))


def wrapped(text: str, stream: IO[str] | None) -> str:
    """`printable` text whose lines end between words where `stream` is a terminal; elsewhere all on one line."""
    text = printable(text)
    if stream is None or not stream.isatty():  # None where a program has neither terminal nor file
        return text
    return textwrap.fill(
        text,
        shutil.get_terminal_size().columns - 1,
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _shown(character: str) -> str:
    if character in DIRECTIONS or unicodedata.category(character) in ESCAPED:
        return character.encode("unicode_escape").decode("ascii")
    return character
