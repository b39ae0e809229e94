"""The model that a run has kept."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harmonium.arguments import checked
from harmonium.errors import CheckpointError
from harmonium.pretrained import located

if TYPE_CHECKING:
    from harmonium.data import Vocabulary
    from harmonium.training import RunFolder


@checked
def load(run: str | os.PathLike[str]) -> Any:
    """Load the model of a run, or of a model.safetensors file.

    Parameters
    ----------
    run
        A run's folder, `pretrained/NAME` for a ready-made one, or a file that `save_model` wrote.

    Returns
    -------
    The bare `equinox.Module`. A classifier that learned from codes comes with its encoder.

    Raises
    ------
    CheckpointError
        Where there is no model, or it or the run's summary is damaged.

    Examples
    --------
    >>> import harmonium as hm
    >>> type(hm.load("pretrained/lenet")).__name__, hm.load("pretrained/rbm").weight.shape[0]
    ('LeNet', 784)
    """
    from harmonium.models import FeatureClassifier
    from harmonium.training import RunFolder

    path = located(run)
    if path.is_file():
        return _read(path)
    folder = RunFolder.open(path)
    if not folder.model.exists():
        raise CheckpointError(f"{path} holds no model yet; continue it with: harmonium resume {path}")
    folder.summary()  # which must be whole where there is one, whether or not it is needed
    model = _read(folder.model)
    return FeatureClassifier(_read(folder.features), model) if folder.features.exists() else model


def require_fit(
    folder: RunFolder,
    use: Callable[[Any], Any],
    example: tuple[int, ...],
    outputs: tuple[int, ...] | None = None,
    of: str = "float32",
) -> None:
    """Raise `CheckpointError` unless a run's model has outputs of the shape that the run's files say.

    Parameters
    ----------
    folder
        The run.
    use
        What is done with the model: from an array to an array. It is traced, and nothing is computed.
    example, of
        The shape and type of the array that it takes.
    outputs
        The shape of the array that it must return; None for any.
    """
    import jax

    what = "" if outputs is None else f", of which it must make {list(outputs)}"
    refused = CheckpointError(
        f"the model of {folder.path} does not fit the run's other files: its inputs are {list(example)}{what}; restore "
        "the whole folder, or train it anew"
    )
    try:
        array = jax.ShapeDtypeStruct(example, of)  # type: ignore[no-untyped-call]
        found = jax.eval_shape(use, array).shape
    except Exception as error:  # a model of another kind fails as it likes
        raise refused from error
    if outputs not in (None, found):
        raise refused


def load_with_words(folder: RunFolder, outputs: tuple[int, ...]) -> tuple[Any, Vocabulary]:
    """Load a run's model of words, and the words that it knows, which must fit.

    `outputs` is the shape of the model's output for a text of three words.
    """
    from harmonium.data import UNKNOWN, Vocabulary

    model, words = load(folder.path), folder.vocabulary()
    known = len(getattr(model, "embedding", (None,))) - 1  # the last row is the padding's
    if known != len(words) or UNKNOWN not in words:
        raise CheckpointError(
            f"the model of {folder.path} knows {known} words, not those of its vocabulary.json, {len(words)}, "
            f"with {UNKNOWN} among them; restore the whole folder, or train it anew"
        )
    require_fit(folder, lambda text: model(text)[0], (1, 3), outputs, "int32")
    return model, Vocabulary(words)


def _read(path: Path) -> Any:
    from harmonium.models.classes import ModelClasses
    from harmonium.training import load_model

    return load_model(path, ModelClasses())
