"""What a campaign knows of a parser, and how it draws the parser's inputs."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import mutations as m


@dataclass(frozen=True)
class Parser:
    """One parser.

    `seeds` makes valid files, and `damaged` of the first of them the kinds of damage that campaigns have found before;
    `read` reads the file that lies in a folder which `prepare` has filled; `layers` reach what a file packs, `words`
    mean something to the format; `patterns` are the names of files of a given corpus that are the parser's own; `share`
    is how many of a campaign's inputs it gets; `guided` says that coverage can guide it, since it is Python that reads.
    """

    name: str
    file: str
    seeds: Callable[[], list[bytes]]
    read: Callable[[Path], object]
    layers: tuple[m.Layer, ...] = ()
    words: tuple[bytes, ...] = ()
    patterns: tuple[str, ...] = ()
    damaged: Callable[[bytes], list[bytes]] = lambda valid: []
    prepare: Callable[[Path], None] = lambda folder: None
    share: float = 1.0
    guided: bool = False


def seeds_of(parser: Parser, folders: Sequence[Path]) -> list[bytes]:
    """The parser's own valid and damaged files, and those of given folders that bear its names."""
    found = list(parser.seeds())
    found += parser.damaged(found[0])
    for folder in folders:
        found += [
            path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and any(path.match(pattern) for pattern in parser.patterns)
        ]
    return found


def mutator_of(parser: Parser, seeds: Sequence[bytes]) -> m.Mutator:
    """What draws the parser's inputs."""
    return m.Mutator(seeds, parser.layers, parser.words)


def drawn(mutator: m.Mutator, seed: int, number: int) -> bytes:
    """Input `number` of a campaign, whatever was drawn before it; the first are the seeds as they are."""
    if number < len(mutator.seeds):
        return mutator.seeds[number]
    return mutator.drawn(random.Random(f"{seed} {number}"))
