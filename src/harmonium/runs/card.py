"""The model card of a run, README.md, in the form that the Hugging Face hub reads.

Names of classes and files, and whatever else comes from outside, are escaped: they change neither the page nor its
head.
"""

from __future__ import annotations

import html
import inspect
import json
import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harmonium import __version__
from harmonium.files import write_atomically
from harmonium.metrics import likelihoods
from harmonium.metrics.table import shown
from harmonium.recipes.shared.new_examples import shape_seen
from harmonium.runs.scores import scores_of
from harmonium.terminal import printable
from harmonium.training.run_folder import by_the_first_process

if TYPE_CHECKING:
    from harmonium.recipes.shared.recipe import Recipe
    from harmonium.training import RunFolder

MOST_CLASSES = 20  # that are named


def write_card(folder: RunFolder, recipe: Recipe) -> None:
    """Write the README.md of a run that has a summary; called when the run ends, and when its pictures are drawn."""
    summary = folder.summary()
    if summary is not None:
        _write(folder, card(folder, recipe, summary))


@by_the_first_process
def _write(folder: RunFolder, text: str) -> None:
    write_atomically(folder.path / "README.md", text)


def card(folder: RunFolder, recipe: Recipe, summary: dict[str, Any]) -> str:
    """Return a run's model card.

    Parameters
    ----------
    folder, recipe
        The run, and its recipe with its settings.
    summary
        What is in its summary.json.

    Returns
    -------
    Markdown under a head of YAML: what the model is, on what it learned, its scores, the settings that differ from the
    recipe's own, the command that repeats it, three lines of Python that load it, and the pictures that there are.
    """
    data = summary["data"]
    name = Path(str(data["name"])).name
    parts = [
        _head(recipe, summary),
        f"# {escaped(recipe.name)} on {escaped(name)}",
        _what(recipe, summary, shape_seen(folder)),
        _scores(summary),
        _likelihoods(folder),
        _settings(summary),
        f"## To repeat it\n\n```sh\n{command(recipe)}\n```",
        f"## To load it\n\n```python\n{_python(folder.path)}\n```",
        _pictures(folder),
        f"Made by harmonium {__version__} with seed {summary['seed']} in {summary['seconds_training']:.0f} s of "
        f"training on {escaped(str(summary['device']))}.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def command(recipe: Recipe) -> str:
    r"""Return the command line that trains by the same settings, on one line.

    Examples
    --------
    >>> from harmonium.recipes.shared.recipe import recipe_class
    >>> command(recipe_class("mlp")(data="my data.npz", hidden=(50, 20), shuffle=True))
    "harmonium train mlp --data 'my data.npz' --seed 0 --shuffle --hidden 50 20"
    """
    words = ["harmonium", "train", recipe.name]
    for field, value in {"data": recipe.data, "seed": recipe.seed, **recipe.changed()}.items():
        option = field.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{option}" if value else f"--no-{option}")
        elif value is not None:
            values = value if isinstance(value, list | tuple) else [value]
            words += [f"--{option}", *(shlex.quote(printable(str(one))) for one in values)]
    return " ".join(words)


def escaped(text: str) -> str:
    r"""Return text as Markdown that shows it as it is, on one line.

    Examples
    --------
    >>> print(escaped("<b>*bold*</b>\n# [x](y)"))
    &lt;b&gt;\*bold\*&lt;/b&gt;\\n\# \[x\](y)
    """
    return re.sub(r"([\\`*_{}\[\]#|~!$])", r"\\\1", html.escape(printable(text), quote=False))


def _head(recipe: Recipe, summary: dict[str, Any]) -> str:
    from harmonium.data import CATALOGUE

    task = (
        "image-classification" if len(summary["data"]["shape"]) > 1 and summary["data"]["classes"] else None
    )
    head: dict[str, Any] = {
        "library_name": "harmonium",
        **({"pipeline_tag": task} if task else {}),
        "tags": ["harmonium", "jax", recipe.name, *([task] if task else [])],
        "metrics": list(scores_of(summary, "test") or scores_of(summary, "valid")),
    }
    if summary["data"]["name"] in CATALOGUE:
        head["datasets"] = [summary["data"]["name"]]
    # JSON's values are YAML's too.
    return "---\n" + "\n".join(f"{key}: {json.dumps(value)}" for key, value in head.items()) + "\n---"


def _what(recipe: Recipe, summary: dict[str, Any], seen: Sequence[int]) -> str:
    about = (inspect.getdoc(type(recipe)) or "").splitlines()[0]
    data = summary["data"]
    shape = " x ".join(str(side) for side in seen)
    sizes = ", ".join(f"{size:,} {split}" for split, size in data["sizes"].items())
    said = f"{escaped(about)}\n\nIt learned from examples of {shape or 'varying length'}: {escaped(sizes)}."
    classes = [escaped(str(one)) for one in data["classes"]]
    if classes:
        more = f" and {len(classes) - MOST_CLASSES:,} more" if len(classes) > MOST_CLASSES else ""
        said += f" Its {len(classes):,} classes are {', '.join(classes[:MOST_CLASSES])}{more}."
    status = summary["status"]
    return said if status == "finished" else f"{said} **Its training is {escaped(status)}.**"


def _scores(summary: dict[str, Any]) -> str:
    rows = [
        f"| {split} | {escaped(label)} | {escaped(value)} |"
        for split in ("valid", "test")
        for label, value in shown(scores_of(summary, split), units=True).items()
    ]
    return (
        "\n".join(["## Scores", "", "| set | score | value |", "| --- | --- | --- |", *rows]) if rows else ""
    )


def _likelihoods(folder: RunFolder) -> str:
    """Return what `evaluate --log-likelihood` kept: estimates with their errors, or ranges and why they are none."""
    kept = folder.log_likelihood()
    if kept is None:
        return ""
    found = {split: likelihoods.presentable(scores_of(kept, split)) for split in kept}
    rows = [
        f"| {escaped(split)} | {escaped(name)} | {escaped(value)} |"
        for split, scores in found.items()
        for name, value in shown(scores, units=True).items()
    ]
    doubt = likelihoods.doubt(found)
    table = ["## Likelihood", "", "| set | score | value |", "| --- | --- | --- |", *rows]
    return "\n".join([*table, "", f"It {escaped(doubt)}."] if doubt else table)


def _settings(summary: dict[str, Any]) -> str:
    rows = [f"- {escaped(name)}: {escaped(json.dumps(value))}" for name, value in summary["settings"].items()]
    return "## Settings that differ from the recipe's own\n\n" + "\n".join(rows or ["None."])


def _pictures(folder: RunFolder) -> str:
    found = [path for path in sorted(folder.figures.glob("*.png")) if "-epoch-" not in path.name]
    lines = [
        f"![{escaped(path.stem)}](figures/{path.name})"
        for path in found
        if re.fullmatch(r"[\w.-]+", path.name)
    ]
    return "## Pictures\n\n" + "\n\n".join(lines) if lines else ""


def _python(path: Path) -> str:
    """Return three lines of Python that load the run."""
    quoted = json.dumps(printable(str(path)), ensure_ascii=False)
    return f"import harmonium as hm\nrun = hm.Run({quoted})\nmodel = run.model"
