"""A run's model as a file that other programs read."""

from __future__ import annotations

import os
from pathlib import Path

from harmonium.arguments import checked
from harmonium.errors import ConfigError


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
    The file. It takes intensities in [0, 1] and gives probabilities; see `harmonium.interchange.save_onnx`.

    Raises
    ------
    ConfigError
        Where the file exists or cannot be of that name, and where the package onnx is not installed.
    DataError
        For a run of another kind.
    """
    from harmonium.interchange import save_onnx
    from harmonium.runs.run import Run

    path = Path(onnx)
    if path.suffix != ".onnx":
        raise ConfigError(f"--onnx {path} must be the name of an ONNX file, as in model.onnx")
    if path.exists():
        raise ConfigError(f"{path} exists already; give another name, or delete it")
    opened = Run(run)
    summary = opened.summary
    about = f"{summary['recipe']} on {Path(str(summary['data']['name'])).name}; x holds intensities in [0, 1]"
    return save_onnx(opened.model, path, opened.shape, summary["data"]["classes"], description=about)
