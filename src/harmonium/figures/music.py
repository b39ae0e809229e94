"""Pictures of piano-rolls."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from harmonium.figures import drawing

LOWEST = 21  # the MIDI note of a roll's first column
LONGEST = 240.0  # seconds of a roll that are drawn


def piano_rolls(rolls: Mapping[str, np.ndarray], seconds: float, path: Path) -> Path:
    """Draw piano-rolls one above the other, each under its title.

    Parameters
    ----------
    rolls
        For each title a roll, (steps, 88), with 1 where a note sounds. What follows the fourth minute is left out.
    seconds
        How long a step lasts.
    path
        The PNG file to write.
    """
    shown = {title: roll[: max(1, int(LONGEST / seconds))] for title, roll in rolls.items()}
    longest = max(len(roll) for roll in shown.values()) * seconds
    sounding = np.flatnonzero(np.any([roll.any(0) for roll in shown.values()], 0))
    low, high = (sounding[0], sounding[-1] + 1) if len(sounding) else (0, 88)
    figure = drawing.blank(9, 0.5 + 2.2 * len(shown))
    for axes, (title, roll) in zip(
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
        axes.set_title(title, fontsize=10, color=drawing.INK)
        axes.set_ylabel("MIDI note")
        axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel("time (s)")
    return drawing.save(figure, path)
