"""`harmonium neighbours RUN WORD…`."""

import json as json_format
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import tyro

from harmonium.cli import parse
from harmonium.errors import ConfigError
from harmonium.terminal import printable


@dataclass(frozen=True)
class Options:
    """Print the words whose embeddings are nearest to those of some words, in a run of slot-filling or sentiment."""

    run: tyro.conf.Positional[Path]
    """The run's folder."""
    words: tyro.conf.Positional[tuple[str, ...]]
    """Words that the run knows."""
    distance: Literal["cosine", "l2"] = "cosine"
    """What makes two words near: the angle between their embeddings, or the length of the difference."""
    count: int = 10
    """How many neighbours of each word."""
    out: Path | None = None
    """Draw the table too, as this PNG file."""
    json: bool = False
    """Print them as JSON."""

    def __post_init__(self) -> None:
        if self.out is not None and self.out.suffix == "":
            object.__setattr__(self, "out", self.out.with_suffix(".png"))


def run(arguments: Sequence[str]) -> int:
    """Print a column for each word."""
    options = parse(Options, arguments, "neighbours")
    if not options.words:
        raise ConfigError(f"name a word or more: harmonium neighbours {options.run} boston monday")

    from harmonium.cli.reporting import table
    from harmonium.runs.neighbours import draw_neighbours, neighbours
    from harmonium.training.progress import waiting, watch

    watch()
    with waiting("loading"):
        found = neighbours(options.run, options.words, distance=options.distance, count=options.count)
    if options.out is not None:
        draw_neighbours(found, options.out, title=f"{options.run.name}: nearest words by {options.distance}")
    if options.json:
        print(json_format.dumps(found))
        return 0
    for columns in _in_sixes(list(found)):
        table([{word: found[word][row] for word in columns} for row in range(len(found[columns[0]]))])
    if options.out is not None:
        print(printable(str(options.out)))
    return 0


def _in_sixes(words: list[str]) -> list[list[str]]:
    """Return words in groups that fit beside each other on a screen."""
    return [words[at : at + 6] for at in range(0, len(words), 6)]
