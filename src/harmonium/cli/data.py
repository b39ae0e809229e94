"""`harmonium data`, `harmonium data describe PATH`, `harmonium data fetch NAME` and `harmonium data clear-cache`."""

import difflib
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal

import tyro

from harmonium.cli import parse
from harmonium.data.options import Describing, Distortion
from harmonium.errors import DataError
from harmonium.terminal import printable


@dataclass(frozen=True)
class List:
    """List the data sets, their licences, and where each lies or would come from.

    harmonium data NAME shows one of them, harmonium data describe PATH what your own would be taken for, and harmonium
    data fetch NAME gets one now. harmonium data clear-cache removes the programs that training has compiled and kept.

    HARMONIUM_DATA names a folder of your own that is looked into first. --data also takes your own files. Pictures: a
    folder for each class, or a table of file names and classes beside them. Rows: .csv, .tsv, .jsonl, .npz, .mat, IDX
    files, pickles. Texts: a folder or a file of lines for each class, or a table. Tagged words: IOB, CoNLL, CoNLL-U,
    .jsonl. Music: a folder of MIDI files, or piano-rolls (.mat, .npz, .pkl, .json). Or an archive of any of these.
    """

    json: bool = False
    """Print the list as JSON."""


@dataclass(frozen=True)
class Fetch:
    """Get a data set now, so that everything later works offline."""

    name: tyro.conf.Positional[str]
    """The data set's name."""


@dataclass(frozen=True)
class ClearCache:
    """Remove the compiled programs that are kept so that the same recipe starts faster the next time.

    The next start compiles again. Data sets that were fetched stay.
    """

    json: bool = False
    """Print what was removed as JSON."""


@dataclass(frozen=True, kw_only=True)
class Describe(Describing, Distortion):
    """Say what data would be taken for, and draw some examples of each class; nothing is trained."""

    source: tyro.conf.Positional[str]
    """A path of your own, or a data set's name."""
    kind: Literal["pictures", "texts", "tags", "music"] | None = None
    """What it holds, rows of numbers being pictures; without it, found from the files."""
    augment: bool = False
    """Draw in place of the examples how lenet would distort them, by these strengths or those of its --config best."""
    out: Path | None = None
    """The picture's file; without it, NAME-examples.png or NAME-augmented.png."""
    json: bool = False
    """Print what was understood as JSON."""


def run(arguments: Sequence[str]) -> int:
    """List, describe, fetch, or clear the cache."""
    if arguments and arguments[0] == "fetch":
        return _fetch(parse(Fetch, arguments[1:], "data fetch").name)
    if arguments and arguments[0] == "clear-cache":
        return _clear_cache(parse(ClearCache, arguments[1:], "data clear-cache"))
    if arguments and arguments[0] == "describe":
        return _describe(parse(Describe, arguments[1:], "data describe"))
    if arguments and not arguments[0].startswith("-"):
        return _describe(parse(Describe, arguments, "data describe"))
    options = parse(List, arguments, "data")

    from harmonium.cli.reporting import table
    from harmonium.data import CATALOGUE

    rows = []
    for name, entry in CATALOGUE.items():
        location = entry.location()
        where = str(location) if location else f"not here yet; from {entry.source}"
        rows.append({"name": name, "what": entry.description, "licence": entry.licence, "where": where})
    print(json.dumps(rows)) if options.json else table(rows)
    return 0


def _describe(options: Describe) -> int:
    from harmonium.data import CATALOGUE
    from harmonium.runs.describe import describe
    from harmonium.training.progress import waiting, watch

    watch()
    how = Describing(**{field.name: getattr(options, field.name) for field in fields(Describing)})
    augment = Distortion(**{field.name: getattr(options, field.name) for field in fields(Distortion)})
    with waiting("reading the data"):
        understood, picture = describe(
            options.source,
            kind=options.kind,
            options=how,
            out=options.out,
            augment=augment if options.augment or augment.distorts else None,
        )
    entry = CATALOGUE.get(options.source)
    if options.json:
        more = {"licence": entry.licence} if entry else {}
        print(json.dumps(understood.as_dict() | more | {"picture": str(picture) if picture else None}))
        return 0
    print("\n".join(understood.lines()))
    if entry:
        print(f"  {'what':<12}{entry.description}\n  {'licence':<12}{entry.licence}")
    if picture:
        print(printable(f"examples are drawn in {picture}"))
    return 0


def _fetch(name: str) -> int:
    from harmonium.data import CATALOGUE

    if name not in CATALOGUE:
        near = difflib.get_close_matches(name, CATALOGUE, 1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise DataError(f"unknown data set {name!r}; {hint}the known ones are {', '.join(CATALOGUE)}")
    print(printable(f"{name} lies in {CATALOGUE[name].fetch()}"))
    return 0


def _clear_cache(options: ClearCache) -> int:
    from harmonium import compiled
    from harmonium.data.cache import user_cache

    folder = user_cache() / compiled.FOLDER
    programs, size = compiled.clear(folder)
    if options.json:
        print(json.dumps({"folder": str(folder), "programs": programs, "bytes": size}))
    else:
        print(printable(f"removed {programs} compiled programs, {size / 1e6:,.1f} MB, from {folder}"))
    return 0
