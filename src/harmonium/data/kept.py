"""What a run keeps of its data, and how data that are loaded again are compared with it."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from harmonium.data.catalogue import CATALOGUE
from harmonium.data.matching import matched
from harmonium.data.preparation import Preparation
from harmonium.data.sharing import ToScore
from harmonium.data.three_splits import ThreeSplits
from harmonium.errors import DataError

if TYPE_CHECKING:
    import numpy as np

ARRAYS = "arrays"  # what stands in a run's settings for data that were given as arrays

C = TypeVar("C", bound=ThreeSplits[Any])
Load = Callable[..., C]  # (source, splits, preparation) -> the data


class Run(Protocol):
    """What is asked of a run's folder."""

    path: Path
    given: Any

    def begun(self) -> bool:
        """Whether the run has begun."""
        ...

    def data(self) -> dict[str, Any] | None:
        """What it keeps of its data, if anything."""
        ...

    def summary(self) -> dict[str, Any] | None:
        """The record in its summary.json, if it has ended."""
        ...

    def tie(self, data: Mapping[str, Any], understood: list[str], arrays: "Mapping[str, np.ndarray]") -> None:
        """Have it keep what its data are, and the arrays of their preparation."""
        ...

    def say(self, text: str) -> None:
        """Tell the person who waits."""
        ...


def own(name: str, run: Run, load: Load[C], chosen: Callable[[C], Mapping[str, Any]]) -> C:
    """Load the data that a run learns or has learned from; a new run is tied to them.

    Parameters
    ----------
    name
        The data's name or path, as the run's settings have it.
    run
        The run's folder.
    load
        Loads data from a source, with examples in the splits of given names.
    chosen
        Returns the settings that follow the data.

    Raises
    ------
    DataError
        Where they are not there, or have changed since the run learned from them.
    """
    known, given = run.data(), run.given
    if known is not None:
        return reloaded(known, run.path, load, given)
    source = name if given is None else given
    found = load(source)
    if not run.begun():
        settings = [
            f"--{field.replace('_', '-')} {_written(value)}" for field, value in chosen(found).items()
        ]
        said = [f"  {'chosen':<12}{', '.join(settings)}, since the usual do not fit"] if settings else []
        run.tie(as_json(found, name), found.understood.lines() + said, found.preparation.arrays)
    elif (run.summary() or {}).get("data", {}).get("checksum") != found.checksum:
        run.say(
            f"{run.path} is a run of version 0.1, which kept no record of its data: what lies in {name} now is not "
            f"what it learned from, or is shared out otherwise; scores may count examples it has seen"
        )
    return found


def _written(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, tuple | list) else f"{value:g}"


def as_json(data: ThreeSplits[Any], name: str) -> dict[str, Any]:
    """Return what a run keeps of its data: enough to find them again, to tell others from them, and to predict.

    `path` is absolute, and null for a named set and for arrays; `splits` are the names of examples by split.
    """
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


def reloaded(kept: Mapping[str, Any], run: Path, load: Load[C], given: Any = None) -> C:
    """Load the data that a run has learned from.

    Parameters
    ----------
    kept
        What the run keeps of them.
    run
        The run's folder, for messages.
    load
        Loads data from a source, with examples in the splits of given names.
    given
        Arrays, or where the data lie now; None for where they lay.

    Returns
    -------
    The data.

    Raises
    ------
    DataError
        Where they are not there, or have changed since the run learned from them.
    """
    source = given
    if source is None:
        if kept["name"] == ARRAYS:
            raise DataError(f"{run} learned from arrays, which no file holds; give them again as data=")
        source = kept["path"] or kept["name"]
        if kept["path"] and not Path(source).exists():
            raise DataError(
                f"the data of {run} lay in {source}, where there is nothing now; say where they are with --data"
            )
    # Prepared by what was kept: means and eigenvectors found anew could differ in their last bits.
    found = load(source, kept["splits"] or None, Preparation.from_dict(kept["preparation"]))
    if found.checksum != kept["checksum"]:
        changed = difference(kept, found)
        if not isinstance(source, str | Path):
            raise DataError(
                f"the given data are not those that {run} learned from: {changed}. Give those, train anew on these, or "
                "score the run on them as other data: run.evaluate(data)"
            )
        raise DataError(
            f"{source} has changed since {run} learned from it: {changed}. Train anew on it, or score "
            f"the run on it as other data: harmonium evaluate {run} --data {source}"
        )
    return found


def other(source: Any, run: Run, load: Load[C]) -> C:
    """Load data to score a run on: its own data at a new path, or other data prepared in the same way.

    If other data come without a validation or test set, all of them are scored, except examples that the run trained
    on, recognised by name. What was understood is reported, with how many examples equal training examples.
    """
    kept = run.data()
    if not kept:
        return load(source, None)
    how, known = Preparation.from_dict(kept["preparation"]), known_in(source, kept)
    if kept["splits"] and not known:
        with suppress(DataError):
            moved = load(source, kept["splits"], how)
            if moved.checksum == kept["checksum"]:
                return moved
    shape = how.shape_before(kept["shape"])
    found = load(source, ToScore(known, shape), how)
    if kept["name"] not in CATALOGUE:
        own = cache(partial(reloaded, kept, run.path, load, run.given))
        if known and not known_again(own, found.prints("train")):
            found = load(source, ToScore(shape=shape), how)  # alike by their names alone
        prints = [one for part in found.held_out for one in found.prints(part)]
        found = replace(found, reading=found.reading.noting(*known_again(own, prints)))
    _, spelt = matched(tuple(getattr(found, "classes", ())), tuple(kept.get("classes") or ()))
    found = replace(found, reading=found.reading.noting(*spelt))
    for line in found.understood.lines():
        run.say(line)
    return found


def known_in(source: Any, kept: Mapping[str, Any] | None) -> Mapping[str, Sequence[str]]:
    """Return the names by split of a run's own examples if others can have those names, and else none.

    Names of files tell where one of them lies in a folder; names of rows where the data lie where the run's own did.
    """
    if not kept or not isinstance(source, str | Path):
        return {}
    splits: Mapping[str, Sequence[str]] = kept["splits"]
    folder = Path(source).expanduser()
    same = bool(kept["path"]) and folder.absolute() == Path(kept["path"])
    if same or (folder.is_dir() and any((folder / name).is_file() for name in splits.get("train", ()))):
        return splits
    return {}


def known_again(own: Callable[[], ThreeSplits[Any]], prints: Sequence[bytes]) -> list[str]:
    """Say how many examples, of which the prints are given, are equal to some that a run has trained on, if any.

    `own` loads the run's own data. Where those are not as they were, it is said that it cannot be told.
    """
    try:
        trained = set(own().prints("train"))
    except DataError:
        return [
            "whether the run has trained on some of them cannot be told, since its own data are not at hand"
        ]
    equal = sum(one in trained for one in prints)
    note = (
        f"{equal:,} of the {len(prints):,} examples equal training examples, so that the scores are too good"
    )
    return [note] if equal else []


def difference(kept: Mapping[str, Any], found: ThreeSplits[Any]) -> str:
    """Return in words how data differ from those that a run has learned from."""
    if list(found.classes) != kept["classes"]:
        return f"its classes are {_listed(found.classes)} now, and were {_listed(kept['classes'])}"
    if found.sizes != kept["sizes"]:
        now, then = (sum(sizes.values()) for sizes in (found.sizes, kept["sizes"]))
        return f"it holds {now:,} examples now, and held {then:,}"
    return "its content is another"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
