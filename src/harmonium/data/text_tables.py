"""Texts in a column of a table, with the class of each in another."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from harmonium.data.class_columns import ANOTHER, ONES, ZEROS, class_called, one_hot
from harmonium.data.options import ReviewsOptions
from harmonium.data.split_columns import split_column
from harmonium.data.table_names import refuse_repeated
from harmonium.data.text_columns import OPINIONS, checked_columns, class_column, text_column, with_gaps
from harmonium.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

LOOKED_AT = 500  # rows looked at to tell texts from other columns
MOSTLY = 0.9
MOST_TOLD = 6  # columns that are named


@dataclass
class Found:
    """Texts as they were found, one after the other."""

    texts: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    parts: list[str | None] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    target: str = ""  # the column of the class, where it has a name

    def add(self, text: str, label: str, name: str, part: str | None) -> None:
        """Add a text."""
        self.texts.append(text)
        self.labels.append(label)
        self.names.append(name)
        self.parts.append(part)

    def join(self, other: "Found", prefix: str = "") -> None:
        """Add all texts of another file; `prefix`, where it is given, comes before their names."""
        named = [f"{prefix} {name}" if prefix else name for name in other.names]
        self.names += named
        for name in ("texts", "labels", "parts", "groups", "notes"):
            getattr(self, name).extend(getattr(other, name))
        self.notes = list(dict.fromkeys(self.notes))
        self.skipped += other.skipped


def from_table(
    table: "pd.DataFrame", notes: list[str], path: Path, options: ReviewsOptions, part: str | None
) -> Found:
    """Read texts from one column of a table, and their classes from another; see `from_file`."""
    names = [str(name) for name in table.columns]
    refuse_repeated(names, path)
    given = (options.text_column, "--text-column"), (options.target, "--target"), (options.group, "--group")
    text_given, target_given, group = checked_columns(table, given, str(path))
    if len(names) < 2:
        raise DataError(f"{path}, line 1: has no tab; write a class, a tab and a text on each line")
    text = text_given or text_column(table, names)
    others = [name for name in names if name != text]
    known = target_given or class_called(others, OPINIONS)
    ones, spelt, how = ([], [], "") if known else one_hot(table)
    target = target_given or ("" if ones else class_column(table, others, path))
    texts, said = table[text], f"the column {text} is the text"
    unnamed = names == [str(n) for n in range(1, len(names) + 1)]
    if unnamed and target == "1" and len(names) > 2 and text_given is None:
        written = _written_columns(table, names[1:])
        texts = table[written].agg("\t".join, axis=1)
        all_ = len(written) == len(names) - 1
        said = "all further columns are the text" if all_ else f"the text is in {', '.join(written)}"
    classes = (
        f"the class is that of the columns {', '.join(ones)} which holds 1{how}"
        if ones
        else f"the column {target} is the class{ANOTHER if known is None and len(others) > 1 else ''}"
    )
    found = Found(notes=[*notes, f"{classes}, {said}"], target="" if unnamed else target)
    found.notes += [] if known or ones else _alike(table, others, target)
    parts: list[str | None] = [part] * len(table)
    rest = [name for name in others if name not in (target, *ones)]
    if part is None and (own := split_column(table, rest, str(path), labelled=True)) is not None:
        parts = own.parts
        found.notes.append(own.said)
    labels = spelt or with_gaps(table[target])
    for number, (one, label) in enumerate(zip(with_gaps(texts), labels, strict=True), 1):
        if not label.strip():
            word = "" if spelt else str(table[target].iloc[number - 1]).strip()
            found.skipped["rows without a class" + (f", as {word}" if word else "")] += 1
            continue
        at = parts[number - 1]
        found.add(one, label.strip(), f"{at} {number}" if at else str(number), at)
        if group:
            found.groups.append(str(table[group].iloc[number - 1]))
    return found


def _alike(table: "pd.DataFrame", names: Sequence[str], target: str) -> list[str]:
    """What to say of further columns of 0 and 1 beside such a one of the class, as toxic beside obscene and threat."""
    ones = [name for name in names if set(table[name].str.strip().str.lower()) <= ONES | ZEROS]
    others = [name for name in ones if name != target]
    if target not in ones or not others:
        return []
    return [
        f"{', '.join(others[:MOST_TOLD])} hold 0 and 1 as {target} does, and are not learned: no model here learns "
        "several classes of one text"
    ]


def _written_columns(table: "pd.DataFrame", names: Sequence[str]) -> list[str]:
    """Return, of columns without names, those that hold written text: several words, and not numbers or dates."""
    some = table.head(LOOKED_AT)

    def share(name: str, pattern: str) -> float:
        return float(some[name].str.contains(pattern, regex=True).mean())

    data = [name for name in names if share(name, r"^\W*\d+\W*$|\d:\d\d|^\d+[-/.]\d+[-/.]\d+") > MOSTLY]
    written = [name for name in names if name not in data and share(name, r"\w\W+\w") > MOSTLY]
    return written if data and written else list(names)
