"""Labels as people write them - names, numbers with gaps, columns, one-hot rows - as classes by name."""

import unicodedata
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from harmonium.data.split_names import split_called
from harmonium.errors import DataError

SIGNS = "|;,"  # between labels, where an example has several
TRUTHS = {"0": "0", "1": "1", "0.0": "0", "1.0": "1", "false": "0", "true": "1"}
MOST_NOTES = 3  # on classes that are one
FEW = 8  # of fewer examples the number of classes is not judged


def class_names(y: np.ndarray, where: str) -> list[str]:
    """Return the name of each example's class, from any array of labels.

    Strings are names; whole numbers, also as floats, are named by their digits; a column (examples, 1) or a
    row (1, examples) is flattened, and rows with a single 1 (examples, classes) are numbered by its place.

    Parameters
    ----------
    y
        The labels.
    where
        How messages begin.

    Raises
    ------
    DataError
        For labels of another shape, missing ones, and numbers that are not whole.

    Examples
    --------
    >>> class_names(np.array([[3.0], [5.0]]), "mine")
    ['3', '5']

    """
    if y.ndim == 2 and 1 in y.shape:
        y = y.ravel()
    if y.ndim == 2 and y.dtype.kind in "biuf" and (np.isin(y, (0, 1)).all() and (y.sum(1) == 1).all()):
        y = y.argmax(1)
    if y.ndim != 1:
        raise DataError(f"{where} has shape {y.shape}; give each example one label, or a row with a single 1")
    if y.dtype.kind == "f":
        return _whole(y, where)
    if y.dtype.kind in "biu":
        return [str(label) for label in y.tolist()]
    return [_name(label, number, where) for number, label in enumerate(y.tolist())]


def _whole(y: np.ndarray, where: str) -> list[str]:
    finite = np.isfinite(y)
    if not finite.all():
        raise DataError(
            f"{where} has no label for example {int(np.argmin(finite))}; give it one, or remove it"
        )
    if not (y == np.rint(y)).all():
        first = float(y[y != np.rint(y)][0])
        raise DataError(
            f"{where} holds {first:g}; a class is a name or a whole number, and no model here predicts others"
        )
    return [str(int(label)) for label in y.tolist()]


def _name(label: Any, number: int, where: str) -> str:
    if isinstance(label, bytes):
        label = label.decode("utf-8", "replace")
    if label is None or label != label or not str(label).strip():  # NaN is no equal of itself
        raise DataError(f"{where} has no label for example {number}; give it one, or remove it")
    return str(int(label)) if isinstance(label, float) and label.is_integer() else str(label).strip()


def ordered(names: Sequence[str]) -> tuple[str, ...]:
    """Return all classes that occur: numbers sorted by value, names in alphabetical order."""
    found = set(names)
    try:
        return tuple(sorted(found, key=lambda name: (int(name), name)))
    except ValueError:
        return tuple(sorted(found))


def numbered(names: Sequence[str], classes: Sequence[str]) -> np.ndarray:
    """Return the index of each name among the classes, (examples,) int32."""
    place = {name: number for number, name in enumerate(classes)}
    return np.array([place[name] for name in names], np.int32)


def check_classes(names: Sequence[str], where: str, *, what: str = "example") -> None:
    """Refuse labels that cannot be classes to learn.

    Raises
    ------
    DataError
        Where there is but one class, or nearly one for each example, and where all classes are called as splits.

    """
    counts = Counter(names)
    if len(counts) < 2:
        raise DataError(
            f"{where}: every {what} is of the class {next(iter(counts), '')!r}; a classifier needs at least two classes"
        )
    if all(map(split_called, counts)):
        raise DataError(
            f"{where}: its classes would be {', '.join(sorted(counts))}, which are names of splits; say what is the "
            "class, as by a folder for each or by --target of a table, or where these are classes add a word to each"
        )
    if len(names) >= FEW and len(counts) > len(names) / 2:
        some = ", ".join(repr(shown(name)) for name in list(counts)[:2])
        raise DataError(
            f"{where}: {len(names):,} {what}s have {len(counts):,} classes, as {some}; too many for "
            "classes; name the column of the class with --target, or number the classes"
        )


def one_spelling(labels: Sequence[str]) -> tuple[list[str], list[str]]:
    """Give classes that differ only in capitals, or as 1 and true do, one name: the spelling that occurs most often.

    So have those that differ in a full stop at the end, as UCI's adult.test writes <=50K. for the <=50K of adult.data.
    Letters of an alphabet, as a and A among others, are classes of their own.

    Parameters
    ----------
    labels
        The class of each example.

    Returns
    -------
    labels
        The same in one spelling.
    notes
        What to say of it.

    Examples
    --------
    >>> one_spelling(["yes", "Yes", "no", "yes"])
    (['yes', 'yes', 'no', 'yes'], ['the classes yes and Yes are one: they differ in capitals alone'])

    """
    counts = Counter(unicodedata.normalize("NFC", label) for label in labels)
    folded = {label: _bare(label, counts).casefold() for label in counts}
    if set(folded.values()) <= TRUTHS.keys():
        folded = {label: TRUTHS[fold] for label, fold in folded.items()}
    kinds = len(set(folded.values()))
    if kinds < 2 or (kinds > 2 and all(len(label) == 1 for label in counts)):
        folded = {label: label for label in counts}
    usual: dict[str, str] = {}
    for label, _ in counts.most_common():
        usual.setdefault(folded[label], label)
    notes = []
    for name in usual.values():
        if others := [label for label in counts if folded[label] == folded[name] and label != name]:
            alike = {label.casefold() for label in (name, *others)}
            bare = {one.removesuffix(".") for one in alike}
            why = "differ in capitals alone" if len(alike) == 1 else "say the same"
            why = "differ in a full stop alone" if len(bare) == 1 < len(alike) else why
            one = " and ".join([", ".join(map(shown, (name, *others[:-1]))), shown(others[-1])])
            notes.append(f"the classes {one} are one: they {why}")
    if len(notes) > MOST_NOTES:
        notes = [f"{notes[0]}; so are {len(notes) - 1:,} others"]
    return [usual[folded[unicodedata.normalize("NFC", label)]] for label in labels], notes


def _bare(label: str, known: Collection[str]) -> str:
    """A class without the full stop at its end, where it occurs so too."""
    bare = label.removesuffix(".")
    return bare if bare and bare in known else label


def alike(name: str, classes: Sequence[str]) -> str | None:
    """The only one of the classes that a name may mean, in other capitals, with a full stop, or as 1.0 for 1.

    Examples
    --------
    >>> alike("Yes.", ["no", "yes"]), alike("2.0", ["1", "2"]), alike("A", ["a", "A."])
    ('yes', '2', None)

    """

    def plain(one: str) -> str:
        folded = one.casefold().removesuffix(".")
        return folded.removesuffix(".0") if folded.removesuffix(".0").isdecimal() else folded

    found = [one for one in classes if plain(one) == plain(name)]
    return found[0] if len(found) == 1 else None


def several_in_one(classes: Sequence[str]) -> list[str]:
    """What to say of classes that look like several labels in one, as `comedy|drama` beside `comedy` and `drama`.

    Examples
    --------
    >>> several_in_one(["comedy", "comedy|drama", "drama"])
    ['classes as comedy|drama look like several labels in one; each is taken as a class of its own']

    """
    for sign in SIGNS:
        parts = {name: [part.strip(" '\"[](){}") for part in name.split(sign)] for name in classes}
        classes_with = Counter(part for some in parts.values() for part in set(some))
        for name, some in parts.items():
            if len(set(some)) > 1 and all(part and classes_with[part] > 1 for part in some):
                return [
                    f"classes as {shown(name)} look like several labels in one; each is taken as a class of its own"
                ]
    return []


def shown(name: str, longest: int = 40) -> str:
    """Return a name, cut where it is too long for a message."""
    return name if len(name) <= longest else f"{name[: longest - 1]}…"
