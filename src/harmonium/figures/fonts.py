"""Letters of any script in pictures: a font that has them, or else their numbers in Unicode, which is then said."""

from __future__ import annotations

import functools
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

USUAL = "DejaVu Sans"  # comes with matplotlib
LONGEST = 100  # letters of a line with such numbers, which are six letters each
POINTS = 6.5
ACROSS = 18  # letters of that size in an inch
NOTE = (
    "signs like \\u732b are letters' numbers in Unicode: no font on this machine has them; install one, such as "
    "Noto Sans"
)
USUAL_WEIGHTS = (400, "normal", "regular", "book")  # a family's bold or slanted face may have fewer letters


def fit_letters(figure: Figure) -> None:
    """Have each letter of a figure drawn by a font that has it; write those that no font has here as escapes.

    A line at the figure's foot explains such escapes.
    """
    from matplotlib.text import Text

    axes = [axis for axes in figure.axes if axes.axison for axis in (axes.xaxis, axes.yaxis)]
    labels = {axis: [label.get_text() for label in axis.get_majorticklabels()] for axis in axes}
    texts = [text for text in figure.findobj(Text) if isinstance(text, Text)]
    said = "".join([*(text.get_text() for text in texts), *(label for of in labels.values() for label in of)])
    missing = {letter for letter in said if letter not in " \n" and ord(letter) not in _letters(USUAL)}
    if not missing:
        return
    chosen, escapes = [USUAL], {}
    for letter in sorted(missing):
        family = _family_with(ord(letter))
        if family is None:
            escapes[ord(letter)] = letter.encode("unicode_escape").decode("ascii")
        elif family not in chosen:
            chosen.append(family)
    for text in texts:
        text.set_text("\n".join(_escaped(line, escapes) for line in text.get_text().split("\n")))
        text.set_fontfamily(chosen)  # each by name: of a generic family matplotlib takes the first alone
    for axis, names in labels.items():  # an axis writes these labels anew whenever it is drawn
        axis.set_tick_params(labelfontfamily=chosen)
        if any(ord(letter) in escapes for name in names for letter in name):
            axis.set_ticklabels([name.translate(escapes) for name in names])
    if any(chr(letter).isprintable() for letter in escapes):
        _explain(figure)


def _escaped(line: str, escapes: dict[int, str]) -> str:
    """A line with escapes in the place of letters, cut where those make it long."""
    long = line.translate(escapes)
    return long if long == line or len(long) <= LONGEST else long[: LONGEST - 1] + "…"


def _explain(figure: Figure) -> None:
    """Say at the foot of a figure what its escapes are."""
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    said = textwrap.fill(NOTE, int(ACROSS * figure.get_figwidth()))
    high = (1 + 1.3 * len(said.splitlines())) * POINTS / 72 / figure.get_figheight()
    if isinstance(engine := figure.get_layout_engine(), ConstrainedLayoutEngine):
        engine.set(rect=(0, high, 1, 1 - high))
    figure.text(0.01, high / 2, said, fontsize=POINTS, va="center", family=USUAL)


@functools.cache
def _family_with(letter: int) -> str | None:
    """Return a family of fonts on this machine that has a letter, or None."""
    from matplotlib import font_manager

    # The last resort has a box with a number for every letter.
    named = {entry.name for entry in font_manager.fontManager.ttflist}
    families = sorted(family for family in named - {USUAL} if not family.startswith("Last Resort"))
    return next((family for family in families if letter in _letters(family)), None)


@functools.cache
def _letters(family: str) -> frozenset[int]:
    """Return the letters that a family of fonts has, as numbers."""
    from matplotlib import font_manager, ft2font

    # Not by findfont, which complains of families that have no upright font of the usual weight.
    faces = [entry for entry in font_manager.fontManager.ttflist if entry.name == family]
    upright = min(faces, key=lambda face: (face.style != "normal", face.weight not in USUAL_WEIGHTS))
    return frozenset(ft2font.FT2Font(upright.fname).get_charmap())
