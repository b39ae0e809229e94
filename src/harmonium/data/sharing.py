"""Sharing examples out to train, validate and test: in every class alike, by a hash of each example's own name."""

import hashlib
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from harmonium.data.options import SplitOptions, checked_shares
from harmonium.errors import DataError

PARTS = ("train", "valid", "test")
LEAST = 3  # examples that can be in three splits
NAMED = 5  # classes that are named in a note


class ToScore(dict[str, Sequence[str]]):
    """Names by split, as a run kept them; what it does not know is there to be scored, and trains nothing.

    `shape` is that of the run's examples before whitening, which new pictures are fitted to.
    """

    def __init__(self, known: Mapping[str, Sequence[str]] | None = None, shape: Sequence[int] = ()) -> None:
        super().__init__(known or {})
        self.shape = tuple(shape)


def shared_out(
    names: Sequence[str],
    labels: Sequence[str] | None,
    parts: Sequence[str | None],
    *,
    seed: int,
    options: SplitOptions,
    where: str,
    groups: Sequence[str] | None = None,
    kept: Mapping[str, Sequence[str]] | None = None,
) -> tuple[dict[str, np.ndarray], list[str]]:
    """Decide which examples train, validate and test.

    An example whose split is given stays there, and one that a run has kept in a split stays in that. Of all others,
    every class gives its share to each missing split: the examples of a class are ranked by a hash of the seed and
    their own names, so that neither the order of the files nor another class moves them. The first test and the next
    validate: where a class grows, some move, since shares stay exact, but at the usual shares none from train to test
    unless it has grown by more than half. Of data that are only to be scored nothing trains that is not known to have.

    Parameters
    ----------
    names
        Each example's own name; all differ.
    labels
        The class of each, if there are classes.
    parts
        The split that the data themselves put each into; None where they say nothing.
    groups
        What each example belongs to; examples of one group stay together.
    seed
        Decides which examples rank first.
    options
        The shares.
    where
        How messages begin.
    kept
        Names by split, as a run wrote them down; `ToScore` where it is to be scored on the others.

    Returns
    -------
    places
        The numbers of the examples in each split: those that a run has kept in its order, those given in theirs, others
        in the order of their hashes.
    notes
        Sentences on classes that are too rare to be in every split, and on names that are gone.

    Raises
    ------
    DataError
        Where a split would be empty, or there is nothing to score.

    """
    home = {name: part for part, those in (kept or {}).items() for name in those}
    given = [home.get(name, part) for name, part in zip(names, parts, strict=True)]
    notes = []
    if home:
        there = set(names)
        for count, what in (
            (sum(name not in there for name in home), "gone that the run knew"),
            (sum(name not in home for name in names), "new to the run"),
        ):
            if count:
                notes.append(f"{count:,} example{'s are' if count > 1 else ' is'} {what}")
    homes: dict[int, str] = {}
    if isinstance(kept, ToScore):
        given = _to_score(given, [name in home for name in names])
    else:
        free, shares = _free(given, checked_shares(options.split))
        homes = _ranked(names, labels, groups, free, shares, seed)
    order = {name: place for those in (kept or {}).values() for place, name in enumerate(those)}
    known = sorted(range(len(names)), key=lambda i: order.get(names[i], len(names)))  # as the run had them
    places = {part: [i for i in known if given[i] == part and i not in homes] for part in PARTS}
    for i in sorted(homes, key=lambda i: rank(seed, names[i])):
        places[homes[i]].append(i)
    if not isinstance(kept, ToScore):
        _refuse_empty(places, len(names), where)
    elif not places["valid"] + places["test"]:
        raise DataError(f"{where}: the run has trained on all that is there; nothing is left to score it on")
    elif places["train"]:
        notes.append(f"the {len(places['train']):,} examples of train are not scored")
    if labels is not None:
        notes += _rare(labels, places)
    return {part: np.array(those, np.intp) for part, those in places.items()}, notes


def _to_score(given: Sequence[str | None], known: Sequence[bool]) -> list[str | None]:
    """Put all that the run does not know into test, unless the data themselves say what is to be scored."""
    said = {part for part, its in zip(given, known, strict=True) if not its} & {"valid", "test"}
    return [part if its or (said and part) else "test" for part, its in zip(given, known, strict=True)]


def _free(
    given: Sequence[str | None], shares: tuple[float, float, float]
) -> tuple[list[int], tuple[float, float, float]]:
    """The numbers of the examples that are to be shared out, and the share of each split."""
    train, valid, test = shares
    free = [i for i, part in enumerate(given) if part is None]
    if not free:  # what is missing is taken from what was given to train
        valid, test = (0.0 if part in given else share for part, share in (("valid", valid), ("test", test)))
        train = 1 - valid - test if valid and test else train
        if valid or test:
            free = [i for i, part in enumerate(given) if part == "train"]
    total = train + valid + test
    return free, (train / total, valid / total, test / total)


def _ranked(
    names: Sequence[str],
    labels: Sequence[str] | None,
    groups: Sequence[str] | None,
    free: Sequence[int],
    shares: tuple[float, float, float],
    seed: int,
) -> dict[int, str]:
    homes = dict.fromkeys(free, "train")
    if groups is not None:
        return homes | _by_group(groups, free, shares, seed)
    members: dict[str, list[int]] = defaultdict(list)
    for i in free:
        members[labels[i] if labels is not None else ""].append(i)
    for those in members.values():
        those.sort(key=lambda i: rank(seed, names[i]))
        test, valid = _counts(len(those), shares)
        homes |= dict.fromkeys(those[:test], "test") | dict.fromkeys(those[test : test + valid], "valid")
    return homes


def _counts(examples: int, shares: tuple[float, float, float]) -> tuple[int, int]:
    """How many of a class test and validate: at least one each where that leaves one to train."""
    test, valid = (round(examples * share) for share in (shares[2], shares[1]))
    if shares[2] and not test and examples >= 2:
        test = 1
    if shares[1] and not valid and examples >= 2 + bool(shares[2]):
        valid = 1
    while test + valid >= examples > 0:
        test, valid = (test, valid - 1) if valid >= test else (test - 1, valid)
    return test, valid


def _by_group(
    groups: Sequence[str], free: Sequence[int], shares: tuple[float, float, float], seed: int
) -> dict[int, str]:
    members: dict[str, list[int]] = defaultdict(list)
    for i in free:
        members[groups[i]].append(i)
    order = sorted(members, key=lambda group: rank(seed, group))
    homes: dict[int, str] = {}
    for part, share in (("test", shares[2]), ("valid", shares[1])):
        taken = 0
        while share and len(order) > 1 and taken < round(share * len(free)):
            group = order.pop(0)
            homes |= dict.fromkeys(members[group], part)
            taken += len(members[group])
    return homes


def rank(seed: int, name: str) -> bytes:
    """The hash by which examples are put in order."""
    # Systems write the same accented file name in two ways; the hash is of one of them.
    return hashlib.sha256(
        f"{seed}\0{unicodedata.normalize('NFC', name)}".encode(errors="surrogatepass")
    ).digest()


def _refuse_empty(places: Mapping[str, Sequence[int]], examples: int, where: str) -> None:
    if empty := [part for part, those in places.items() if not those]:
        raise DataError(
            f"{where}: {examples} example{'s' * (examples != 1)} cannot be cut into train, valid and test "
            f"({', '.join(empty)} would be empty); give more, or give the three splits"
        )


def _rare(labels: Sequence[str], places: Mapping[str, Sequence[int]]) -> list[str]:
    """What to say of classes that are missing in a split."""
    inside = {part: {labels[i] for i in those} for part, those in places.items()}
    notes = []
    for part, found in inside.items():
        if not found:
            continue
        missing = [name for name in dict.fromkeys(sorted(labels)) if name not in found]
        if missing:
            named = ", ".join(missing[:NAMED]) + (
                f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
            )
            notes.append(f"{part} holds no example of {named}; its scores say nothing of that")
    return notes
