"""One of the trainings that a run consists of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harmonium.training import Fitted, RunFolder, Training


@dataclass(frozen=True)
class Phase:
    """One training of a run. The phases follow one another; the last is trained in the run's own folder.

    Parameters
    ----------
    name
        What its folder is called.
    folder
        Where it is trained. A phase whose folder says that it has finished is skipped when a run goes on.
    training
        Makes the training, from what the phases before it left on disk.
    conclude
        Writes the training's results into the summary.json of its folder.
    title
        What the screen says when it begins; "" for nothing.
    rate
        The option that sets its step size, named where it diverges.
    """

    name: str
    folder: RunFolder
    training: Callable[[], Training]
    conclude: Callable[[Fitted], None]
    title: str = ""
    rate: str = "--learning-rate"
