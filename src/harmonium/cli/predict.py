"""`harmonium predict RUN INPUT…`."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tyro

from harmonium.cli.parsing import parse


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
    invert: bool = False
    """Turn dark on light into light on dark, as MNIST's digits are."""
    json: bool = False
    """Print everything that was predicted as JSON."""


def run(arguments: Sequence[str]) -> int:
    """Print what the model makes of each input."""
    options = parse(Options, arguments, "predict")

    from harmonium.cli.reporting import table
    from harmonium.recipes.options import Inputs
    from harmonium.recipes.running import recipe_of
    from harmonium.training import RunFolder

    folder = RunFolder.open(options.run)
    recipe = recipe_of(folder)
    inputs = Inputs(paths=options.inputs, text=options.text, invert=options.invert)
    predictions = recipe.predict(folder, inputs)
    if options.json:
        print(json.dumps(predictions))
        return 0
    blocks = [recipe.rows(prediction) for prediction in predictions]
    apart = [dict.fromkeys(blocks[0][0], "")] if any(len(block) > 1 for block in blocks) else []
    rows = blocks[0] + [row for block in blocks[1:] for row in apart + block]
    table(rows)
    return 0
