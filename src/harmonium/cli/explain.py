"""`harmonium explain METRIC`."""

import difflib
import json as json_format
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import tyro

from harmonium.cli import parse
from harmonium.errors import ConfigError


@dataclass(frozen=True)
class Options:
    """Say what a number is that a command prints, in what unit, and which way is better."""

    metric: tyro.conf.Positional[str] = ""
    """Its name, as in error_rate, "lower bound of the log-likelihood" or by-reverse; without it all are listed."""
    json: bool = False
    """Print what is said as JSON."""


def run(arguments: Sequence[str]) -> int:
    """Print what a metric is, or all metrics' names."""
    options = parse(Options, arguments, "explain")

    from harmonium.metrics.table import METRICS

    if not options.metric:
        if options.json:
            print(json_format.dumps(list(METRICS)))
        else:
            print("\n".join(f"{name:<30} {entry.axis}" for name, entry in METRICS.items()))
        return 0
    spellings = (
        (entry, name) for entry in METRICS.values() for name in (entry.short, entry.title, entry.name)
    )
    known = {_plain(name): entry for entry, name in spellings}
    entry = known.get(_plain(options.metric))
    if entry is None:
        near = difflib.get_close_matches(_plain(options.metric), known, 1)
        hint = f"did you mean {known[near[0]].name!r}? " if near else ""
        raise ConfigError(f"no number is called {options.metric!r}; {hint}all of them: harmonium explain")
    better = {"lowest": "lower is better", "highest": "higher is better", None: "neither way is better"}[
        entry.better
    ]
    if options.json:
        said = {"name": entry.name, "title": entry.title, "unit": entry.unit, "better": entry.better}
        print(json_format.dumps(said | {"explanation": entry.explanation}))
        return 0
    unit = {"%": "in per cent", "": "without a unit", "count": "a count"}.get(entry.unit, f"in {entry.unit}")
    print(f"{entry.title} ({entry.name}), {unit}; {better}\n")
    print(textwrap.fill(entry.explanation, 80))
    return 0


def _plain(name: str) -> str:
    return " ".join(name.lower().replace("_", " ").replace("-", " ").split())
