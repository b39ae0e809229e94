"""Letters of any script in pictures: a font that has them, or else their numbers in Unicode."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

USUAL = "DejaVu Sans"  # comes with matplotlib


def fit_letters(figure: Figure) -> None:
    """Give each text of a figure whose letters the usual font lacks a font that has them all; else escape them."""
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        said = text.get_text()
        missing = {letter for letter in said if not letter.isspace() and ord(letter) not in _letters(USUAL)}
        if not missing:
            continue
        family = _family_with(frozenset(map(ord, missing)))
        if family is None:
            escaped = {ord(letter): letter.encode("unicode_escape").decode("ascii") for letter in missing}
            text.set_text(said.translate(escaped))
        else:
            text.set_fontfamily([USUAL, family])  # letter by letter, the first that has it


@functools.cache
def _family_with(letters: frozenset[int]) -> str | None:
    """Return a family of fonts on this machine that has all of these letters, or None."""
    from matplotlib import font_manager

    families = sorted({entry.name for entry in font_manager.fontManager.ttflist} - {USUAL})
    return next((family for family in families if letters <= _letters(family)), None)


@functools.cache
def _letters(family: str) -> frozenset[int]:
    """Return the letters that a family of fonts has, as numbers."""
    from matplotlib import font_manager, ft2font

    path = font_manager.findfont(family, fallback_to_default=False)
    return frozenset(ft2font.FT2Font(path).get_charmap())
