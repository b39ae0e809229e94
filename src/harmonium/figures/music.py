"""Pictures of piano-rolls."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from harmonium.figures import drawing

LOWEST = 21  # the MIDI note of a roll's first column
NAMES = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")
LONGEST = 240.0  # seconds of a roll that are drawn


def piano_rolls(
    rolls: Mapping[str, np.ndarray], seconds: float, path: Path, *, title: str = "piano-rolls"
) -> Path:
    """Draw piano-rolls one above the other, each under its own title.

    Parameters
    ----------
    rolls
        For each title a roll, (steps, 88), with 1 where a note sounds. What follows the fourth minute is left out.
    seconds
        How long a step lasts.
    path
        The PNG file to write.
    title
        What stands above all of them.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     piano_rolls({"silence": np.zeros((20, 88))}, 0.3, Path(folder, "rolls.png")).name
    'rolls.png'
    """
    shown = {title: roll[: max(1, int(LONGEST / seconds))] for title, roll in rolls.items()}
    longest = max(len(roll) for roll in shown.values()) * seconds
    sounding = np.flatnonzero(np.any([roll.any(0) for roll in shown.values()], 0))
    low, high = (sounding[0], sounding[-1] + 1) if len(sounding) else (0, 88)
    heading = drawing.wrapped(title, 8.8)
    figure = drawing.blank(9, 0.5 + drawing.height(heading) + 2.2 * len(shown))
    figure.suptitle(heading, fontsize=10, color=drawing.INK)
    for axes, (name, roll) in zip(
        figure.subplots(len(shown), 1, squeeze=False)[:, 0], shown.items(), strict=True
    ):
        axes.imshow(
            roll[:, low:high].T,
            origin="lower",
            aspect="auto",
            interpolation="nearest",
            cmap="Greys",
            vmin=0,
            vmax=1,
            extent=(0, len(roll) * seconds, LOWEST + low - 0.5, LOWEST + high - 0.5),
        )
        axes.set_xlim(0, longest)
        axes.set_ylim(
            LOWEST + low - 1.5, LOWEST + high + 0.5
        )  # so that the lowest and highest notes stand free
        axes.set_title(name, fontsize=8, color=drawing.INK)
        axes.set_ylabel("note")
        lowest, highest = LOWEST + low, LOWEST + high - 1
        marked = [note for note in range(lowest, highest + 1) if highest - lowest < 12 or note % 12 in (0, 7)]
        axes.set_yticks(marked, [named(note) for note in marked], fontsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel("time (s)")
    return drawing.save(figure, path, f"{title}: {longest:.0f} seconds of {', '.join(rolls)}")


def named(note: int) -> str:
    """Return what musicians call a MIDI note.

    >>> named(60), named(58)
    ('C4', 'B♭3')
    """
    return f"{NAMES[note % 12]}{note // 12 - 1}"
