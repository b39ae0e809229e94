"""What a command's options are, read from its dataclass: for its help, for misspelt ones, and for completion."""

from __future__ import annotations

import dataclasses
import difflib
import inspect
import re
import shutil
import textwrap
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import tyro

from harmonium.recipes.shared.described import field_docstrings

LEFT = 28  # columns of the options' names
LONGEST = 100  # columns of a line
EXPLAINS = re.compile(r" |[\w-]+: ")  # how a line begins that says what something is

# Where a setting of a recipe stands in its help; what is not named here makes the model.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "data": (
        "data", "size", "grey", "invert", "scale", "target", "split", "group", "tokens", "text_column", "word_column",
        "label_column", "features", "pitches", "period", "unit", "common_key", "words", "longest", "too_long",
        "binarize", "whiten", "variance", "contrast",
    ),
    "learning": (
        "seed", "batch_size", "learning_rate", "optimizer", "momentum", "momentum_epochs", "learning_rate_decay",
        "anneal", "schedule", "average", "shuffle", "update", "recurrent_rate", "sparsity", "sparsity_target",
        "shift", "rotation", "scaling", "shear", "elastic", "adversarial",
        "l1", "l2", "weight_decay", "max_norm", "label_smoothing", "input_noise", "dropout", "word_dropout",
        "note_dropout", "gibbs_steps", "persistent", "chains", "hidden_states", "sequences",
        "clip", "leapfrogs", "contraction", "corruption", "corruption_level", "cost", "frame_epochs",
        "recurrent_epochs", "pretraining_epochs", "pretraining_learning_rate", "pretraining_batch_size",
        "pretraining_optimizer", "pretraining_persistent", "pretrained", "upward", "initial_weights",
        "transposed_start", "generative_epochs", "generative_learning_rate",
        "centred", "tempering", "pretraining", "known_frames", "learned_start", "language_epochs",
    ),
    "stopping": (
        "max_epochs", "patience", "patience_epochs", "patience_increase", "improvement_threshold", "whole_batches",
        "wait", "rule", "validation_updates", "watch_test", "refit",
    ),
    "output": (
        "snapshot_epochs", "out", "name", "note", "figures", "tensorboard", "json", "quiet", "verbose", "yes", "csv",
        "animate", "wav",
    ),
}  # fmt: skip
ORDER = ("arguments", "data", "model", "learning", "stopping", "output", "options")

# Terms of the field that the help of a command may use, each explained once, below its options.
TERMS: Mapping[str, str] = {
    "PCD": "persistent contrastive divergence: the Markov chains of an update go on in the next one.",
    "CD": "contrastive divergence: the Markov chains of an update start at its examples.",
    "Gibbs step": "hidden units drawn given the visible ones, then visible given hidden ones.",
    "patience": "updates that are made in any case; a clear improvement of the validation score makes them more.",
    "epoch": "a pass over the training set.",
    "update": "a step of the optimiser, by one batch of examples.",
    "nats": "the unit of natural logarithms; a bit is 0.69 of it.",
    "devices": "what JAX computes on. Several accelerators save time; several that one processor simulates "
    "(--xla_force_host_platform_device_count) take more of it than the processor alone.",
}
WHERE = {  # how a term is recognised in a help
    "PCD": "PCD", "CD": "(CD)", "Gibbs step": "Gibbs step", "patience": "--patience", "epoch": "epoch",
    "update": "update", "nats": " nats", "devices": "Devices",
}  # fmt: skip

EXAMPLES: Mapping[str, str] = {
    "train": "harmonium {command} --max-epochs 5 --name first",
    "resume": "harmonium resume runs/first --max-epochs 20",
    "search": "harmonium {command} --space learning_rate=0.001..0.1:log",
    "evaluate": "harmonium evaluate runs/rbm --log-likelihood",
    "predict": "harmonium predict runs/lenet my-digit.png",
    "sample": "harmonium {command} --out mine",
    "neighbours": "harmonium neighbours runs/first boston monday --distance l2",
    "figures": "harmonium figures runs/mlp-1 runs/mlp-2 --out compared",
    "runs": "harmonium runs --recipe mlp --sort valid",
    "runs remove": "harmonium runs remove runs/first",
    "data": "harmonium data fetch mnist",
    "data fetch": "harmonium data fetch mnist",
    "demonstrate": "harmonium demonstrate convolution --image holiday.jpg",
    "explain": "harmonium explain error_rate",
    "completion": 'eval "$(harmonium completion bash)"',
}


@dataclass(frozen=True)
class Option:
    """An option, or an argument without a name."""

    field: str
    kind: Any
    default: Any
    words: str
    positional: bool
    of_recipe: bool

    @property
    def name(self) -> str:
        """How it is written: "--max-epochs", or "RUN" for an argument."""
        return self.field.upper() if self.positional else "--" + self.field.replace("_", "-")

    @property
    def switch(self) -> bool:
        """Whether it takes no value."""
        return self.kind is bool

    def spellings(self) -> tuple[str, ...]:
        """Return all that can be written for it."""
        return (self.name, "--no-" + self.name[2:]) if self.switch else (self.name,)

    def choices(self) -> tuple[str, ...]:
        """Return its values where they are few and known."""
        return tuple(map(str, typing.get_args(self.kind))) if typing.get_origin(self.kind) is Literal else ()

    def heading(self) -> str:
        """Return what stands on the left of its help."""
        if self.positional:
            return f"{self.name} ..." if typing.get_origin(self.kind) is tuple else self.name
        if self.switch:
            return f"--[no-]{self.name[2:]}"
        return f"{self.name} {_values(self.kind)}"

    def explained(self) -> str:
        """Return what stands on the right: its choices where they did not fit, its words and its default."""
        choices = f"One of {', '.join(self.choices())}. " if self.choices() else ""
        default = _shown(self.default)
        return f"{choices}{self.words}" + (f" [{default}]" if default else "")


def options_of(kind: Any, default: Any = None, of_recipe: bool = False) -> list[Option]:
    """Return the options that make a `kind`: a dataclass, or an alias of a generic one, in their order.

    Dataclasses inside, annotated with an empty name, add theirs. `default` holds defaults in place of the class's own.
    """
    cls = typing.get_origin(kind) or kind
    parameters = dict(zip(getattr(cls, "__parameters__", ()), typing.get_args(kind), strict=False))
    hints, said = typing.get_type_hints(cls, include_extras=True), field_docstrings(cls)
    found: list[Option] = []
    for field in dataclasses.fields(cls):
        hint = hints[field.name]
        marks = getattr(hint, "__metadata__", ())
        bare = typing.get_args(hint)[0] if marks else hint
        bare = parameters.get(bare, bare)
        value = getattr(default, field.name) if default is not None else _default(field)
        if dataclasses.is_dataclass(bare):
            inside = value if dataclasses.is_dataclass(value) else None
            found += options_of(bare, inside, of_recipe=True)
            continue
        positional = any(mark is _POSITIONAL for mark in marks)
        found.append(
            Option(field.name, _without_none(bare), value, said.get(field.name, ""), positional, of_recipe)
        )
    return found


def text(kind: Any, command: str, default: Any, description: str | None) -> str:
    """Return the help of `harmonium COMMAND`: usage, what it does, its options in groups, terms, and an example."""
    options, wide = options_of(kind, default), width()
    grouped = any(option.of_recipe for option in options) and command.split()[0] in ("train", "search")
    groups: dict[str, list[Option]] = {name: [] for name in ORDER}
    for option in options:
        groups[_group(option, grouped)].append(option)
    arguments = "".join(f" {option.heading()}" for option in groups["arguments"])
    about = description or inspect.getdoc(typing.get_origin(kind) or kind) or ""
    parts = [f"usage: harmonium {command}{arguments} [OPTIONS]", paragraphs(about, wide)]
    parts += [_block(name, its, wide) for name, its in groups.items() if its]
    written = "\n".join([about, *(f"{option.name} {option.words}" for option in options)])
    terms = {term: said for term, said in TERMS.items() if WHERE[term] in written}
    if terms:
        parts.append(rows("terms", terms.items(), wide))
    example = EXAMPLES.get(" ".join(command.split()[:2])) or EXAMPLES.get(command.split()[0], "")
    if example:
        parts.append(f"example:\n  {example.format(command=command)}")
    return "\n\n".join(parts)


def width() -> int:
    """Return how many columns a help takes."""
    return min(LONGEST, shutil.get_terminal_size().columns)


def _group(option: Option, grouped: bool) -> str:
    if option.positional:
        return "arguments"
    if not grouped:
        return "options"
    for name, fields in GROUPS.items():
        if option.field in fields:
            return name
    return "model" if option.of_recipe else "options"


def _block(title: str, options: Sequence[Option], wide: int) -> str:
    return rows(title, [(option.heading(), option.explained()) for option in options], wide)


def rows(title: str, entries: Iterable[tuple[str, str]], wide: int, names: int = LEFT) -> str:
    """Return entries under a title in two columns, the left of `names`; a longer name has a line of its own."""
    lines = [f"{title}:"]
    for left, right in entries:
        words = textwrap.wrap(" ".join(right.split()), wide - names, break_on_hyphens=False) or [""]
        if len(left) + 4 > names:
            lines.append(f"  {left}")
        else:
            lines.append(f"  {left}".ljust(names) + words.pop(0))
        lines += [" " * names + line for line in words]
    return "\n".join(line.rstrip() for line in lines)


def paragraphs(about: str, wide: int) -> str:
    """Return paragraphs at a width; one whose every line begins with what it explains keeps its lines."""
    parts = []
    for part in about.split("\n\n"):
        lines = part.splitlines()
        named = len(lines) > 1 and all(EXPLAINS.match(line) for line in lines)
        if named:
            lines = [
                textwrap.fill(line, wide, subsequent_indent="  ", break_on_hyphens=False) for line in lines
            ]
        parts.append(
            "\n".join(lines) if named else textwrap.fill(" ".join(lines), wide, break_on_hyphens=False)
        )
    return "\n\n".join(parts)


def hint(unknown: str, options: Sequence[Option]) -> str | None:
    """Return the option that someone who wrote `unknown` may have meant: the nearest, or the one of these initials."""
    names = [name for option in options if not option.positional for name in option.spellings()]
    near = difflib.get_close_matches(unknown, names, 1, cutoff=0.65)
    short = unknown.lstrip("-")
    initials = [name for name in names if "".join(word[0] for word in name[2:].split("-")) == short]
    return next(iter([*initials, *near]), None)


_POSITIONAL = typing.get_args(tyro.conf.Positional[int])[1]


def _default(field: Any) -> Any:
    if field.default is not dataclasses.MISSING:
        return field.default
    return None if field.default_factory is dataclasses.MISSING else field.default_factory()


def _without_none(kind: Any) -> Any:
    if isinstance(kind, types.UnionType) or typing.get_origin(kind) is typing.Union:
        return next(one for one in typing.get_args(kind) if one is not type(None))
    return kind


def _values(kind: Any) -> str:
    if typing.get_origin(kind) is tuple:
        inside = typing.get_args(kind)
        return f"{_values(inside[0])} ..." if inside[-1] is ... else " ".join(map(_values, inside))
    if typing.get_origin(kind) is Literal:
        return "NAME"
    known: dict[Any, str] = {int: "INT", float: "FLOAT", str: "TEXT", Path: "PATH"}
    return known.get(kind, "VALUE")


def _shown(default: Any) -> str:
    if default is None or default == ():
        return ""
    if isinstance(default, bool):
        return "yes" if default else "no"
    return " ".join(map(str, default)) if isinstance(default, tuple) else str(default)
