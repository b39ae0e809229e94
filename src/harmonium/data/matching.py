"""Data that a run did not learn from, with the run's own classes."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from harmonium.data.dataset import Dataset
from harmonium.data.labels import alike, shown
from harmonium.data.reviews import Reviews
from harmonium.errors import DataError

NAMED = 5  # classes in a message

D = TypeVar("D", Dataset, Reviews)


def with_classes(found: D, classes: Sequence[str]) -> D:
    """Data whose labels are numbered as a run numbers its own, matched by their names.

    Those that differ from one of the run's in capitals, a full stop or as 1.0 and 1 do are the same.

    Parameters
    ----------
    found
        Pictures, rows or texts with classes of their own, in any order.
    classes
        The run's, in order; some may be missing in the data.

    Raises
    ------
    DataError
        Naming them, where the data have classes that the run does not know.

    Examples
    --------
    >>> import numpy as np
    >>> from harmonium.data import load
    >>> pets = load((np.arange(280).reshape(14, 20), ["dog", "cat"] * 7))
    >>> with_classes(pets, ("dog", "cat")).classes
    ('dog', 'cat')

    """
    own, _ = matched(found.classes, classes)
    if strange := [name for name in own.values() if name not in classes]:
        its = f"class {shown(strange[0])} is" if len(strange) == 1 else f"classes {_some(strange)} are"
        raise DataError(
            f"{found.name}: its {its} none of the run's, which are {_some(classes)}; name the classes alike"
        )
    places = np.array([list(classes).index(of) for of in own.values()], np.int32)
    train, valid, test = (
        replace(split, y=places[split.y] if len(places) else split.y) for split in found.splits.values()
    )
    return replace(found, train=train, valid=valid, test=test, classes=tuple(classes))


def matched(names: Sequence[str], classes: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """The run's class that each name means, or the name itself where not all mean one, and what to say of others."""
    own = {name: name if name in classes else alike(name, classes) for name in names}
    found = {name: of for name, of in own.items() if of is not None}
    if len(set(found.values())) < len(own):
        return {name: name for name in names}, []
    spelt = [f"the class {shown(name)} is the run's {shown(of)}" for name, of in found.items() if name != of]
    return found, spelt


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return ", ".join(shown(name) for name in names[:NAMED]) + more
