"""Lines of text with a class in each: at its beginning, or at its end after a sign."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from harmonium.data.labels import shown

FASTTEXT = "__label__"
ENDS = ("@", "|")  # before a class at the end, as in the Financial PhraseBank
MOST = 20  # words that lines begin with, for those to be classes
# Of sentences as trees whose parts have classes, as the Stanford Sentiment Treebank writes them.
TREE = re.compile(r"\(\d+ \(.*\)$")
NODES = re.compile(r"\(\d+(?= )|\)")
LANGUAGE = 2  # letters of a language's code, as it and is
# With which sentences begin, and no names of classes.
ORDINARY = frozenset(
    re.findall(
        r"\w+",
        "the this that these those there it its he she we you they my your our his her their and but or not in on at "
        "of to from with by as is are was were be been has have had do does did an what how who when where why "
        "which if der die das ein eine und ich es ist le la les un une et je il elle el los las una y de",
    )
)


@dataclass(frozen=True)
class Classed:
    """A class and a text for each line, and what to say of how they were found."""

    rows: list[tuple[str, str]]
    notes: list[str] = field(default_factory=list)


def with_classes(lines: Sequence[str], *, table: bool) -> Classed | None:
    """Find the class in each line.

    Parameters
    ----------
    lines
        Lines that are not blank.
    table
        Whether they may be rows of a table, so that only classes marked as fastText's are looked for.

    Returns
    -------
    found
        None where the lines hold no classes that are surely some.

    Examples
    --------
    >>> with_classes(["__label__good I liked it", "__label__bad I left"], table=False).rows
    [('good', 'I liked it'), ('bad', 'I left')]
    >>> with_classes(["sales rose .@good", "sales fell .@bad"] * 4, table=False).rows[0]
    ('good', 'sales rose .')

    """
    if all(map(TREE.match, lines)):
        rows = [(line.lstrip("( ").split(maxsplit=1)[0], NODES.sub(" ", line)) for line in lines]
        return Classed(
            [(label, " ".join(text.split())) for label, text in rows],
            ["each line is a tree in brackets, of which the first number is the class of its words"],
        )
    words = [line.split(maxsplit=1) for line in lines]
    first = [(its[0], its[1] if len(its) > 1 else "") for its in words]
    if all(label.startswith(FASTTEXT) for label, _ in first):
        return Classed([(label.removeprefix(FASTTEXT), text) for label, text in first])
    if (last := _after(lines, FASTTEXT)) is not None:
        return Classed(last, [f"each line ends in its class, after {FASTTEXT}"])
    if table:
        return None
    for sign in ENDS:
        if (last := _after(lines, sign)) is not None and _repeat(last, len(lines) // 4):
            return Classed(last, [f"each line ends in its class, after {sign}, as {shown(last[0][0])!r}"])
    semicolons = _after(lines, ";")  # of a table of texts and classes
    if (semicolons is not None and _repeat(semicolons, len(lines) // 4)) or not _begin_with_classes(first):
        return None
    inside = {word.lower() for _, text in first for word in text.split()}
    labels = {label for label, _ in first}
    doubt = (
        ", though most of these words stand within the texts too: where they belong to those, write a class and a tab "
        "before each text"
        if sum(label.lower() in inside for label in labels) > len(labels) / 2
        else ""
    )
    return Classed(first, [f"the first word of each line is its class, as {shown(first[0][0])!r}{doubt}"])


def _after(lines: Sequence[str], sign: str) -> list[tuple[str, str]] | None:
    """The word at the end of each line, after a sign, and what stands before; None where one does not end so."""
    parts = [line.rpartition(sign) for line in lines]
    if not all(found and len(tail.split()) == 1 for _, found, tail in parts):
        return None
    return [(tail.strip(), text.strip()) for text, _, tail in parts]


def _repeat(rows: Sequence[tuple[str, str]], most: int) -> bool:
    """Tell whether there are at least two classes, not many, and none that occurs once."""
    counts = Counter(label for label, _ in rows)
    return 2 <= len(counts) <= max(2, most) and min(counts.values()) > 1


def _begin_with_classes(first: Sequence[tuple[str, str]]) -> bool:
    """Tell whether the first words of lines repeat as often as classes would, and none is one of `ORDINARY`."""
    labels = {label.lower() for label, _ in first}
    ordinary = labels & ORDINARY and any(len(label) != LANGUAGE for label in labels)
    return not ordinary and _repeat(first, min(MOST, len(first) // 4))
