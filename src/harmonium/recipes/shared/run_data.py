"""The data of a run: kept track of when it begins, compared whenever they are loaded again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from harmonium.errors import CheckpointError, DataError

if TYPE_CHECKING:
    from harmonium.data import Preparation, ThreeSplits
    from harmonium.training import RunFolder

C = TypeVar("C", bound="ThreeSplits[Any]")
Load = Callable[..., C]  # a recipe's `load`

ARRAYS = "arrays"  # what stands in a run's settings for data that were given as arrays


def own_data(folder: RunFolder, name: str, load: Load[C]) -> C:
    """Load the data that a run learns or has learned from.

    Parameters
    ----------
    folder
        The run's folder. A new run is tied to what is loaded here; what is loaded again is compared with that.
    name
        The data's name or path in the run's settings.
    load
        Loads data from a source, with examples in the splits of given names.

    Returns
    -------
    The data.

    Raises
    ------
    DataError
        Where they are not there, or have changed since the run learned from them.
    """
    tie = folder.data()
    if tie is None:
        found = _trusted(folder, folder.given if folder.given is not None else name, load, None)
        untied = folder.summary()
        if untied is None:
            folder.tie(as_json(found, name), found.understood.lines())
        elif untied["data"]["checksum"] != found.checksum:
            folder.say(
                f"{folder.path} is a run of version 0.1, which kept no record of its data: what lies in {name} now is "
                f"not what it learned from, or is shared out otherwise, so that scores may count examples it has seen"
            )
        return found
    source = folder.given
    if source is None:
        if tie["name"] == ARRAYS:
            raise DataError(
                f"{folder.path} learned from arrays, which no file holds; give them again as data="
            )
        source = tie["path"] or tie["name"]
        if tie["path"] and not Path(source).exists():
            raise DataError(
                f"the data of {folder.path} lay in {source}, where there is nothing now; say where they are with --data"
            )
    found = _trusted(folder, source, load, tie["splits"] or None)
    if found.checksum != tie["checksum"]:
        raise DataError(
            f"{source} has changed since {folder.path} learned from it: {difference(tie, found)}. Train anew on it, or "
            f"score the run on it as other data: harmonium evaluate {folder.path} --data {source}"
        )
    return found


def _trusted(folder: RunFolder, source: Any, load: Load[C], splits: Any) -> C:
    """Load data that a run names; a run that somebody sent must not have the content of other files printed."""
    try:
        return load(source, splits)
    except DataError as error:
        if folder.given is not None or not folder.begun() or not Path(str(source)).exists():
            raise
        raise DataError(
            f"{source}, the data that {folder.path} names, cannot be read as such; say where they are with --data"
        ) from error


def other_data(folder: RunFolder, source: Any, load: Load[C]) -> C:
    """Load data on which a run is to be scored: its own, where they have only moved, or other data."""
    tie = folder.data()
    if tie and tie["splits"]:
        try:
            moved = load(source, tie["splits"])
        except DataError:
            moved = None
        if moved is not None and moved.checksum == tie["checksum"]:
            return moved
    return load(source, None, preparation_of(folder))


def classes_of(folder: RunFolder) -> list[str] | None:
    """Return the names of the classes that a run has learned, in their order; None before it has begun."""
    tie = folder.data() or (folder.summary() or {}).get("data")
    return None if tie is None else list(tie["classes"])


def preparation_of(folder: RunFolder) -> Preparation:
    """Return how the examples of a run were prepared; those of version 0.1 were not."""
    from harmonium.data import Preparation

    tie = folder.data()
    return Preparation.from_dict(tie["preparation"]) if tie else Preparation()


def shape_of(folder: RunFolder) -> list[int]:
    """Return the shape of the examples that a run has learned from. Raises `CheckpointError` before it has begun."""
    tie = folder.data() or (folder.summary() or {}).get("data")
    if tie is None:
        raise CheckpointError(
            f"{folder.path} has not begun; continue it with: harmonium resume {folder.path}"
        )
    return list(tie["shape"])


def as_json(data: ThreeSplits[Any], name: str) -> dict[str, Any]:
    """Return what a run keeps of its data: enough to find them again, to tell others from them, and to predict.

    `path` is absolute, and null for a named set and for arrays; `splits` are the names of examples by split.
    """
    from harmonium.data import CATALOGUE

    own = name not in CATALOGUE and name != ARRAYS
    return {
        "name": name,
        "path": str(Path(name).expanduser().absolute()) if own else None,
        "checksum": data.checksum,
        "sizes": data.sizes,
        "shape": list(data.shape),
        "classes": list(data.classes),
        "preparation": data.preparation.as_dict(),
        "splits": {split: list(names) for split, names in data.names.items()},
        "understood": data.understood.as_dict(),
    }


def difference(tie: dict[str, Any], found: ThreeSplits[Any]) -> str:
    """Return in words how data differ from those that a run is tied to."""
    if list(found.classes) != tie["classes"]:
        return f"its classes are {_listed(found.classes)} now, and were {_listed(tie['classes'])}"
    if found.sizes != tie["sizes"]:
        return f"it holds {sum(found.sizes.values()):,} examples now, and held {sum(tie['sizes'].values()):,}"
    return "its content is another"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
