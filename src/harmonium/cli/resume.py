"""`harmonium resume RUN`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tyro

from harmonium.cli import parse, prepare_jax


@dataclass(frozen=True)
class Options:
    """Continue a run from its last checkpoint, as if it had never stopped."""

    run: tyro.conf.Positional[Path]
    """The run's folder."""
    data: str | None = None
    """Where the run's data lie now, if they were moved."""
    max_epochs: int | None = None
    """Move the run's end: train until this many passes over the training set."""
    figures: bool = True
    """Draw the run's figures when it ends."""
    tensorboard: Path | None = None
    """Write every score for TensorBoard into this folder (pip install 'harmonium[tensorboard]')."""
    json: bool = False
    """Print the summary as JSON."""
    quiet: bool = False
    """Say nothing until the result."""
    verbose: bool = False
    """Show a line for every validation; without it, some thirty lines of a long training."""


def run(arguments: Sequence[str]) -> int:
    """Continue the training, draw the run, and print its scores."""
    options = parse(Options, arguments, "resume")

    from harmonium.cli.reporting import conclude, screen
    from harmonium.recipes.shared.from_config import recipe_of
    from harmonium.runs.train import resume
    from harmonium.training import RunFolder

    prepare_jax(quiet=options.quiet, one_core=recipe_of(RunFolder.open(options.run)).one_core)

    report = screen(quiet=options.quiet, verbose=options.verbose, tensorboard=options.tensorboard)
    run = resume(options.run, max_epochs=options.max_epochs, data=options.data, report=report)
    folder = run.folder
    return conclude(folder, figures=options.figures, as_json=options.json)
