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

MOST_WORDS = 12  # of a text that is explained


@dataclass(frozen=True)
class Options:
    """Apply a run's model to your own pictures or words.

    Pictures may have any size: each is scaled to the size the model was trained on.
    """

    run: tyro.conf.Positional[Path]
    """The run's folder."""
    inputs: tyro.conf.Positional[tuple[str, ...]] = ()
    """Picture files, or folders of them. For a model of words, files with a text on each line, or the text itself."""
    text: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """A text itself, for a model of words; may be given several times."""
    invert: bool | None = None
    """Turn dark on light into light on dark, as MNIST's digits are; without it where a picture's border asks for it."""
    explain: bool = False
    """Say and draw which words of a text speak for its class, and which against it: runs of sentiment."""
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
    apart = [dict.fromkeys(blocks[0][0], "")] if any(len(block) > 1 for block in blocks) else []
    table(blocks[0] + [row for block in blocks[1:] for row in apart + block])
    if options.explain:
        for prediction in predictions:
            print()
            table(shares(prediction))
        print(f"\nthe picture is {printable(str(draw_explained(options.run, predictions)))}")
    return 0


def shares(prediction: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the rows of a table of the words that speak most for a text's class, and against it."""
    order = sorted(zip(prediction["read_as"], prediction["shares"], strict=True), key=lambda of: -abs(of[1]))
    largest = abs(order[0][1]) or 1.0
    return [
        {
            "word": word,
            f"for {prediction['class']}, nats": f"{share:+.2f}",
            "": "█" * round(20 * abs(share) / largest),
        }
        for word, share in order[:MOST_WORDS]
    ]


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
    row = {name: value for name, value in prediction.items() if isinstance(value, str)}
    row |= {
        "probability": f"{ranked[0][1]:.1%}",
        "then": ", ".join(f"{name} {p:.1%}" for name, p in ranked[1:3]),
    }
    if "text" in row:
        row["text"] = shortened(row["text"])
        row |= {"words": str(prediction["words"]), "unknown": str(prediction["unknown_words"])}
    return [row]


def shortened(text: str) -> str:
    """Return the beginning of a text, on one line."""
    return textwrap.shorten(text, 60, placeholder=" …") or text[:60]
