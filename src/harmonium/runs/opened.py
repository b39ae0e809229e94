"""A run by its name or path, ready-made ones among them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from harmonium.pretrained import is_ready_made, located

if TYPE_CHECKING:
    from harmonium.training import RunFolder


def opened(run: str | os.PathLike[str]) -> RunFolder:
    """Open a run's folder.

    Parameters
    ----------
    run
        The run, its folder, or `pretrained/NAME`. Pictures and samples of a ready-made one go into the folder
        pretrained-NAME of the working directory, since the package is not written to.

    Raises
    ------
    CheckpointError
        Where there is no such run.
    """
    from harmonium.training import RunFolder

    ready = located(run)
    folder = RunFolder.open(ready if is_ready_made(ready) else run)
    if is_ready_made(folder.path):
        folder.figures = Path(f"pretrained-{folder.path.name}")
    return folder
