"""A run as Python users hold it: its model, scores and pictures, and what can be asked of it."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harmonium.arguments import check, hints_of
from harmonium.errors import CheckpointError, ConfigError, DataError, HarmoniumError
from harmonium.recipes.shared.from_config import recipe_of
from harmonium.recipes.shared.recipe import Recipe
from harmonium.runs.scores import scores_of
from harmonium.terminal import printable

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from PIL.Image import Image

    from harmonium.training import RunFolder


class Run(os.PathLike[str]):
    """A run, which `train` and `resume` return, and which every verb takes as it takes a path.

    Parameters
    ----------
    path
        The folder of a run, or `pretrained/NAME` for a ready-made one.

    Raises
    ------
    CheckpointError
        Where there is no run.

    Examples
    --------
    >>> import tempfile, harmonium as hm
    >>> folder = tempfile.mkdtemp() + "/run"
    >>> run = hm.train("mlp", data="digits", hidden=(20,), max_epochs=2, out=folder, report=hm.training.Silent())
    >>> sorted(run.summary["test"])
    ['error_rate', 'nll']
    >>> images = hm.data.load("digits").test.x
    >>> run.predict(images).shape, run.probabilities(images).shape, run.encode(images).shape
    ((256,), (256, 10), (256, 20))
    >>> run.history[["epoch", "valid_error_rate"]].shape
    (2, 2)
    """

    def __init__(self, path: str | os.PathLike[str]):
        check("Run", hints_of(Run.__init__), {"path": path})
        from harmonium.runs.opened import opened

        self.folder: RunFolder = opened(path)

    @property
    def path(self) -> Path:
        """The folder."""
        return self.folder.path

    @property
    def recipe(self) -> Recipe:
        """The recipe with its settings, as `run.recipe.learning_rate`."""
        return recipe_of(self.folder)

    @property
    def summary(self) -> dict[str, Any]:
        """The run's results: scores by set, the settings that differ from the recipe's own, times, versions.

        Raises `CheckpointError` while the run has not ended.
        """
        return self.folder.ended()

    @functools.cached_property
    def model(self) -> Any:
        """The model that was kept, a bare `equinox.Module`, as the file held it when it was first asked for."""
        from harmonium.recipes.shared.saved import load

        return load(self.path)

    @property
    def history(self) -> pd.DataFrame:
        """A row for each validation: epoch, update, seconds, and each score, in columns such as `valid_error_rate`."""
        import pandas as pd

        return pd.json_normalize(self.folder.records(), sep="_")

    def figure(self, name: str, *, data: Any = None) -> Image:
        """Return one of the run's pictures, which a notebook shows; it is drawn where it has not been before.

        Parameters
        ----------
        name
            The picture's name without suffix: "learning-curves", "filters", "confusion", …
        data
            The arrays that the run learned from, or where its data lie now; without it where they lay.

        Raises
        ------
        ConfigError
            For a name that the run has no picture of; the message lists those that it has.
        """
        from PIL import Image

        if name not in self._pictures():
            from harmonium.runs.draw import draw_run

            draw_run(self.folder, data)
        found = self._pictures()
        if name not in found:
            there = ", ".join(found) or "none"
            raise ConfigError(f"name: the run {self.path} has no picture {name!r}; its pictures are {there}")
        with Image.open(found[name]) as picture:
            picture.load()
            return picture

    def predict(self, x: Any, *, invert: bool | None = None) -> Any:
        """Apply the model.

        Parameters
        ----------
        x
            Pictures or rows of numbers: an array, DataFrame or sparse matrix, (examples, *shape) or a flat row an
            example. Or the user's own: files and folders of pictures; for a model of words texts, also in an array or
            a column of a table, or `Path`s of files with one on each line.
        invert
            Turn the pictures of files from dark on light into light on dark.

        Returns
        -------
        For arrays the name of the likeliest class of each example, as an array of str; otherwise a dict for each input,
        as `harmonium.predict` gives it. A warning tells of rows unlike those that the run learned from.

        Raises
        ------
        DataError
            For arrays of another shape or type, and files that cannot be read.
        ConfigError
            Where the model learned no classes.
        """
        import numpy as np

        from harmonium.runs.predict import predict

        given = names_in(x)
        if not self._of_words:
            if given is not None:
                return predict(self.path, given, invert=invert)
            classes = np.array(self.classes, dtype=str)
            return classes[self.probabilities(x).argmax(1)]
        given = self._texts(x) if given is None else given
        texts = [one for one in given if isinstance(one, str)]
        if texts and len(texts) < len(given):
            raise DataError("x mixes texts (str) and files (Path); give one kind at a time")
        return predict(self.path, [] if texts else given, text=texts, invert=invert)

    def probabilities(self, x: Any) -> np.ndarray:
        """Return P(class | example) of arrays, (examples, classes), the classes in the order of `classes`.

        What `x` may be, and what is raised, is as for `predict`; those of texts `predict` gives.
        """
        from harmonium.runs.arrays import probabilities

        return probabilities(self.model, self._examples(x), str(self.path))

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, in the order of the columns of `probabilities`.

        An RBM or autoencoder that learned from examples with classes names theirs too. Raises `ConfigError` for a run
        whose data have none.
        """
        found = self.summary.get("data", {}).get("classes") or []
        if not found:
            raise ConfigError(f"{self.path} is a run of {self.recipe.name}, whose data name no classes")
        return tuple(map(str, found))

    def encode(self, x: Any) -> np.ndarray:
        """Return the code that the model's encoder makes of each example, (examples, units of the code).

        `x` is an array, DataFrame or sparse matrix. Raises `ConfigError` for a model that has no encoder, and
        `DataError` for arrays of another shape or type.
        """
        from harmonium.runs.arrays import codes

        return codes(self.model, self._examples(x), str(self.path))

    def evaluate(self, data: Any = None, **options: Any) -> dict[str, dict[str, Any]]:
        """Score the model on every held-out example; see `harmonium.evaluate`."""
        from harmonium.runs.evaluate import evaluate

        return evaluate(self, data, **options)

    def sample(self, *, data: Any = None, **options: Any) -> list[Path]:
        """Draw samples of the model, and return the files.

        Parameters
        ----------
        data
            The arrays that the run learned from, or where its data lie now; without it where they lay.
        **options
            How, as for `harmonium.sample`: of pictures chains, rows, steps, start, seed, …; of music seconds, prime, ….

        Raises
        ------
        ConfigError
            Where the model generates nothing, and for an unknown option.
        """
        from harmonium.runs.sample import sample

        return sample(self, data=data, **options)

    def __fspath__(self) -> str:
        return str(self.path)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Run) and self.path.resolve() == other.path.resolve()

    def __hash__(self) -> int:
        return hash(self.path.resolve())

    def __repr__(self) -> str:
        try:
            config, summary = self.folder.config(), self.folder.summary() or {}
        except HarmoniumError as error:
            return printable(f"<Run {self.path}: damaged: {error}>")
        said = f"{config.get('recipe')} on {Path(str(config.get('data'))).name}, "
        said += str(summary.get("status", "unfinished"))
        for split in ("test", "valid"):
            if scores := scores_of(summary, split):
                name, value = next(iter(scores.items()))
                return printable(f"<Run {self.path}: {said}, {split} {_label(name)} {_shown(name, value)}>")
        return printable(f"<Run {self.path}: {said}>")

    def _repr_html_(self) -> str:
        from harmonium.runs.page import run_in_html

        return run_in_html(self)

    @property
    def _of_words(self) -> bool:
        from harmonium.models import Tagger, TextClassifier

        return isinstance(self.model, Tagger | TextClassifier)

    def _texts(self, x: Any) -> list[str]:
        """Return the texts that are in a list, an array or a column of a table."""
        from harmonium.data.texts_in_memory import texts_of

        takes = f"{self.path} is a run of {self.recipe.name}, which reads texts"
        if hasattr(x, "columns"):
            named = f", as x[{str(x.columns[0])!r}]" if len(x.columns) else ""
            raise DataError(f"x is a table, and {takes}; give the column that holds them{named}")
        if getattr(getattr(x, "dtype", None), "kind", "O") in "biufc" or not hasattr(x, "__iter__"):
            raise DataError(f"x holds no texts, and {takes}; give a list of str")
        if not (found := texts_of(x, "x")):
            raise DataError(f"x is empty, and {takes}; give at least one")
        if empty := next((number for number, text in enumerate(found, 1) if not text.strip()), 0):
            raise DataError(f"x: number {empty} is missing or empty, and {takes}; leave it out")
        return found

    def _pictures(self) -> dict[str, Path]:
        suffixes = (".png", ".gif")
        return {path.stem: path for path in sorted(self.folder.figures.glob("*")) if path.suffix in suffixes}

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one example that the model takes; raises `DataError` for a model of words, which takes texts."""
        shape = self.summary.get("data", {}).get("shape")
        if shape == []:
            raise DataError(
                f"{self.path} is a run of {self.recipe.name}, which reads texts, and these have no shape; its method "
                "predict takes texts, and gives what it makes of each"
            )
        if not isinstance(shape, list) or not shape or not all(isinstance(n, int) for n in shape):
            raise CheckpointError(
                f"{self.path}/summary.json names no shape of an example, so arrays mean nothing"
            )
        return tuple(shape)

    def _examples(self, x: Any) -> np.ndarray:
        from harmonium.recipes.shared.new_examples import preparation_of
        from harmonium.runs.arrays import as_examples

        return as_examples(x, self.shape, preparation_of(self.folder), real=self.recipe.takes_real)


def _label(name: str) -> str:
    from harmonium.metrics.table import metric

    return metric(name).label


def _shown(name: str, value: float) -> str:
    from harmonium.metrics.table import metric

    return metric(name).shown(value)


def names_in(x: Any) -> list[Any] | None:
    """Return the paths or texts that `x` is, or that a list, an array or a column holds; None where it holds none."""
    if isinstance(x, str | os.PathLike):
        return [x]
    if isinstance(x, list | tuple):
        found = list(x)
    elif getattr(x, "ndim", None) == 1 and getattr(x.dtype, "kind", "") in "OUT":
        found = x.tolist()
    else:
        return None
    return found if found and all(isinstance(one, str | os.PathLike) for one in found) else None
