"""Ready-made models: finished runs that come with the package, which every verb takes as `pretrained/NAME`.

Each is a folder beside this file, as a run's is: settings, what its data were, scores on the whole test set, weights in
half precision, and a model card, README.md. `make pretrained` trains them again.
"""

import os
from pathlib import Path

from harmonium.errors import CheckpointError

FOLDER = Path(__file__).parent


def names() -> tuple[str, ...]:
    """Return the names of the ready-made models.

    Examples
    --------
    >>> "lenet" in names()
    True
    """
    return tuple(sorted(config.parent.name for config in FOLDER.glob("*/config.json")))


def located(run: str | os.PathLike[str]) -> Path:
    """Return where a run lies: in the package for `pretrained/NAME`, unless there is such a path; else where it says.

    Raises `CheckpointError` for the name of no ready-made model.

    Examples
    --------
    >>> located("runs/lenet-20261125-101500").as_posix()
    'runs/lenet-20261125-101500'
    >>> located("pretrained/lenet").is_absolute()
    True
    """
    path = Path(run)
    if path.parts[:-1] != ("pretrained",) or path.exists():
        return path
    if path.name not in names():
        raise CheckpointError(
            f"there is no ready-made model {path.name!r}; there are {', '.join(names())}: harmonium pretrained"
        )
    return FOLDER / path.name


def is_ready_made(path: Path) -> bool:
    """Return whether a run lies in the package, where nothing is written."""
    return path.parent == FOLDER
