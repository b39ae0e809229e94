"""`harmonium export RUN --onnx FILE`."""

import json as json_format
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tyro

from harmonium.cli import parse, prepare_jax
from harmonium.terminal import printable


@dataclass(frozen=True)
class Options:
    """Write a run's classifier as a file that other programs read.

    For example: harmonium export runs/lenet-20261125-101500 --onnx lenet.onnx
    """

    run: tyro.conf.Positional[Path]
    """The run's folder: of logistic-regression, mlp, lenet, stacked-denoising-autoencoder or dbn."""
    onnx: Path
    """The ONNX file to write. It takes intensities in [0, 1], or numbers such as the run's own data hold, and gives
    probabilities."""
    json: bool = False
    """Print the file's path as JSON."""


def run(arguments: Sequence[str]) -> int:
    """Write the file, and print where it lies."""
    options = parse(Options, arguments, "export")
    prepare_jax()

    from harmonium.runs.export import export
    from harmonium.training.progress import waiting

    with waiting("writing the ONNX file"):
        path = str(export(options.run, onnx=options.onnx))
    print(json_format.dumps(path) if options.json else printable(path))
    return 0
