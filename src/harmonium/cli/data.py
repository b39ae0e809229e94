"""`harmonium data` and `harmonium data fetch NAME`."""

import difflib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import tyro

from harmonium.cli import parse
from harmonium.errors import DataError
from harmonium.terminal import printable


@dataclass(frozen=True)
class List:
    """List the data sets, their licences, and where each lies or would come from.

    HARMONIUM_DATA names a folder of your own that is looked into first. --data also takes your own files: an .npz
    with x and y, a folder of class-named folders of pictures, the original mnist.pkl.gz; for rnn-rbm a folder of MIDI
    files, or a .mat file of piano-rolls.
    """

    json: bool = False
    """Print the list as JSON."""


@dataclass(frozen=True)
class Fetch:
    """Get a data set now, so that everything later works offline."""

    name: tyro.conf.Positional[str]
    """The data set's name."""


def run(arguments: Sequence[str]) -> int:
    """List, or fetch."""
    if arguments and arguments[0] == "fetch":
        return _fetch(parse(Fetch, arguments[1:], "data fetch").name)
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


def _fetch(name: str) -> int:
    from harmonium.data import CATALOGUE

    if name not in CATALOGUE:
        near = difflib.get_close_matches(name, CATALOGUE, 1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise DataError(f"unknown data set {name!r}; {hint}the known ones are {', '.join(CATALOGUE)}")
    print(printable(f"{name} lies in {CATALOGUE[name].fetch()}"))
    return 0
