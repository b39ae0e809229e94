"""A run's model as a file that other programs read."""

from __future__ import annotations

import os
from pathlib import Path

from harmonium.arguments import checked
from harmonium.errors import ConfigError, DataError


@checked
def export(run: str | os.PathLike[str], *, onnx: str | os.PathLike[str]) -> Path:
    """Write a classifier's model as an ONNX file.

    Parameters
    ----------
    run
        The run, or its folder: of logistic-regression, mlp, lenet, stacked-denoising-autoencoder or dbn.
    onnx
        The file.

    Returns
    -------
    The file. It takes intensities in [0, 1], or the numbers of a table's columns as they stand there, and gives
    probabilities; see `harmonium.interchange.save_onnx`.

    Raises
    ------
    ConfigError
        Where the file exists or cannot be of that name, and where the package onnx is not installed.
    DataError
        For a run of another kind, one that learned from whitened examples, and one with a column whose numbers lie too
        far from zero for float32.
    CheckpointError
        Where there is no run, or it has not ended.
    """
    from harmonium.interchange import save_onnx
    from harmonium.recipes.shared.new_examples import preparation_of
    from harmonium.runs.run import Run

    path = Path(onnx)
    if path.suffix != ".onnx":
        raise ConfigError(f"--onnx {path} must be the name of an ONNX file, as in model.onnx")
    if path.exists():
        raise ConfigError(f"{path} exists already; give another name, or delete it")
    opened = Run(run)
    summary = opened.summary
    preparation = preparation_of(opened.folder)
    if preparation.whitening is not None:
        raise DataError(
            f"{opened.path} learned from whitened examples, and no ONNX file is written that whitens"
        )
    if not summary["data"]["shape"]:
        raise DataError(f"{opened.path} is a run of {summary['recipe']}, of which no ONNX file is written")
    numbers = preparation.offsets or preparation.real
    holds = "numbers on the scale of the run's own data" if numbers else "intensities in [0, 1]"
    return save_onnx(
        opened.model,
        path,
        opened.shape,
        summary["data"]["classes"],
        offsets=preparation.offsets,
        scales=preparation.scales,
        bounded=preparation.bounded,
        columns=preparation.names(opened.shape[0]) if preparation.columns else (),
        description=f"{summary['recipe']} on {Path(str(summary['data']['name'])).name}; x holds {holds}",
    )
