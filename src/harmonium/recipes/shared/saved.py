"""The model that a run has kept."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from harmonium.errors import CheckpointError


def load(run: str | os.PathLike[str]) -> Any:
    """Load the model of a run, or of a model.safetensors file.

    Parameters
    ----------
    run
        A run's folder, or a file that `save_model` wrote.

    Returns
    -------
    The bare `equinox.Module`. A classifier that learned from codes comes with its encoder.

    Raises
    ------
    CheckpointError
        Where there is no model, or it is damaged.
    """
    from harmonium.models import FeatureClassifier
    from harmonium.training import RunFolder

    path = Path(run)
    if path.is_file():
        return _read(path)
    folder = RunFolder.open(path)
    if not folder.model.exists():
        raise CheckpointError(f"{path} holds no model yet; continue it with: harmonium resume {path}")
    model = _read(folder.model)
    return FeatureClassifier(_read(folder.features), model) if folder.features.exists() else model


def _read(path: Path) -> Any:
    from harmonium.models import model_classes
    from harmonium.training import load_model

    return load_model(path, model_classes())
