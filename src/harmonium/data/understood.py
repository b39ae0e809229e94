"""What was understood of the data: said before training, so that nothing is guessed in silence."""

import textwrap
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from harmonium.terminal import printable

WIDTH = 80  # columns
MOST_CLASSES = 12  # classes that are listed with their counts; of more only the rarest and the commonest are


@dataclass(frozen=True)
class Reading:
    """What a reader noticed while it read."""

    source: str = ""  # the path or name, or what the arrays were
    skipped: Mapping[str, int] = field(default_factory=dict)  # reason: number of files or rows
    notes: tuple[str, ...] = ()  # sentences without a full stop: a header, an encoding, duplicates

    def noting(self, *notes: str, skipped: Mapping[str, int] | None = None) -> "Reading":
        """The same, with more notes and more that was skipped."""
        together = dict(Counter(self.skipped) + Counter(skipped or {}))
        return Reading(self.source, together, (*self.notes, *notes))


@dataclass(frozen=True)
class Understood:
    """What a data set was taken for."""

    name: str
    kind: str  # "grey pictures 28x28", "texts"
    sizes: Mapping[str, int]  # examples by split
    classes: Mapping[str, Mapping[str, int]]  # examples (or words) by class and split
    preparation: tuple[str, ...]  # what is done to each example
    reading: Reading

    def as_dict(self) -> dict[str, Any]:
        """The same as values of JSON."""
        return asdict(self)

    def lines(self, width: int = WIDTH) -> list[str]:
        r"""The same as lines of text for a person, none longer than `width`; control characters are escaped.

        Examples
        --------
        >>> tunes = Understood("tunes", "pieces of music", {"train": 5, "valid": 1, "test": 1}, {}, (), Reading())
        >>> print(*tunes.lines(), sep="\n")
        tunes: 7 pieces of music
          splits      5 train, 1 valid, 1 test

        """
        rows = [("splits", ", ".join(f"{size:,} {split}" for split, size in self.sizes.items() if size))]
        if self.classes:
            rows.append((f"{len(self.classes)} class" + "es" * (len(self.classes) > 1), self._counts()))
        rows += [("prepared", done) for done in self.preparation]
        rows += [("skipped", f"{count:,} {reason}") for reason, count in self.reading.skipped.items()]
        rows += [("note", note) for note in self.reading.notes]
        lines = textwrap.wrap(_line(f"{self.name}: {sum(self.sizes.values()):,} {self.kind}"), width)
        for title, text in rows:
            lines += textwrap.wrap(
                _line(text),
                width,
                initial_indent=f"  {title:<12}",
                subsequent_indent=" " * 14,
                break_on_hyphens=False,
            )
        return lines

    def _counts(self) -> str:
        counts = {name: sum(by.values()) for name, by in self.classes.items()}
        if len(counts) <= MOST_CLASSES:
            return ", ".join(f"{name} {count:,}" for name, count in counts.items())
        ordered = sorted(counts, key=lambda name: counts[name])
        rare, frequent = ordered[:3], ordered[:-4:-1]
        named = [", ".join(f"{name} {counts[name]:,}" for name in some) for some in (frequent, rare)]
        return f"most often {named[0]}; least {named[1]}"


def _line(text: str) -> str:
    return text if text.isascii() and text.isprintable() else printable(text)
