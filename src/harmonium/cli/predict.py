"""`harmonium predict RUN INPUT…`."""

import json
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro

from harmonium.cli import parse, prepare_jax
from harmonium.terminal import printable

MOST = 12  # words of a text, or columns of a row, that is explained
PLACES = (
    ("top left", "top", "top right"),
    ("left", "middle", "right"),
    ("bottom left", "bottom", "bottom right"),
)


@dataclass(frozen=True)
class Options:
    """Apply a run's model to your own pictures or words.

    Pictures may have any size: each is scaled to the size the model was trained on.
    """

    run: tyro.conf.Positional[Path]
    """The run's folder."""
    inputs: tyro.conf.Positional[tuple[str, ...]] = ()
    """Picture files, or folders of them. For a model of words, files with a text on each line, tables with a column of
    texts, tagged words, or the text itself."""
    text: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """A text itself, for a model of words; may be given several times."""
    invert: bool | None = None
    """Turn dark on light into light on dark, as MNIST's digits are; without it where a picture's border asks for it."""
    explain: bool = False
    """Say and draw what speaks for each class, and what against it: which words, pixels or columns."""
    json: bool = False
    """Print everything that was predicted as JSON."""


def run(arguments: Sequence[str]) -> int:
    """Print the model's prediction for each input."""
    options = parse(Options, arguments, "predict")
    prepare_jax()

    from harmonium.cli.reporting import table
    from harmonium.runs.predict import draw_explained, predict
    from harmonium.training.progress import waiting

    with waiting("predicting"):
        predictions = predict(
            options.run, options.inputs, text=options.text, invert=options.invert, explain=options.explain
        )
    if options.json:
        print(json.dumps(predictions))
        return 0
    blocks = [rows(prediction) for prediction in predictions]
    if any("note" in prediction for prediction in predictions):
        notes = [prediction.get("note", "") for prediction in predictions]
        blocks = [[row | {"note": note} for row in block] for block, note in zip(blocks, notes, strict=True)]
    apart = [dict.fromkeys(blocks[0][0], "")] if any(len(block) > 1 for block in blocks) else []
    table(blocks[0] + [row for block in blocks[1:] for row in apart + block])
    if options.explain:
        for prediction in predictions:
            print()
            table(shares(prediction))
        with waiting("drawing"):
            picture = draw_explained(options.run, predictions)
        print(f"\nthe picture is {printable(str(picture))}")
    return 0


def shares(prediction: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return a table of the words, columns, or parts of a picture that speak most for a class, or against it."""
    kind, named = speaking(prediction)
    order = sorted(named, key=lambda of: -abs(of[1]))[:MOST]
    largest = abs(order[0][1]) or 1.0
    return [
        {
            kind: name,
            f"for {prediction['class']}, nats": f"{share:+.2f}",
            "": "█" * round(20 * abs(share) / largest),
        }
        for name, share in order
    ]


def speaking(prediction: Mapping[str, Any]) -> tuple[str, list[tuple[str, float]]]:
    """Return what kind of thing speaks, and the share of each; of a picture, that of each of nine parts."""
    given = prediction["shares"]
    if not isinstance(given[0], list):
        kind = "word" if "text" in prediction else "column"
        return kind, list(zip(prediction["read_as"], given, strict=True))
    high, wide = len(given), len(given[0])
    parts = dict.fromkeys((place for line in PLACES for place in line), 0.0)
    for down, line in enumerate(given):
        for across, share in enumerate(line):
            parts[PLACES[3 * down // high][3 * across // wide]] += share
    return "part of the picture", list(parts.items())


def rows(prediction: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the rows of a table that show one prediction.

    A row a word where there are slots, else one for the class.
    """
    if "slots" in prediction:
        columns = (prediction[name] for name in ("words", "slots", "probabilities", "read_as"))
        return [
            {"word": word, "slot": slot, "probability": f"{p:.1%}", "read as": "" if known == word else known}
            for word, slot, p, known in zip(*columns, strict=True)
        ]
    ranked = sorted(prediction["probabilities"].items(), key=lambda item: -item[1])
    row = {name: value for name, value in prediction.items() if isinstance(value, str) and name != "note"}
    row |= {
        "probability": f"{ranked[0][1]:.1%}",
        "then": ", ".join(f"{name} {p:.1%}" for name, p in ranked[1:3]),
    }
    if "text" in row:
        row = {"text": shortened(row.pop("text"))} | row
        row.pop("file", None)
        words, read = prediction["words"], prediction["words_read"]
        row |= {
            "words": str(words) if read == words else f"last {read:,} of {words:,}",
            "unknown": str(prediction["unknown_words"]),
        }
    return [row]


def shortened(text: str) -> str:
    """Return the beginning of a text, on one line."""
    return textwrap.shorten(text, 60, placeholder=" …") or text[:60]
