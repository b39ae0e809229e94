"""Runs as a page for the browser: in one file, or as a folder for a web server (DESIGN: the live page)."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from harmonium import pretrained
from harmonium.arguments import checked
from harmonium.errors import ConfigError
from harmonium.files import write_atomically
from harmonium.runs import live_files
from harmonium.runs.run import Run

PARTS = {  # of the page, by the kinds of model that they show
    "classifier": "digit",
    "autoencoder": "repair",
    "rbm": "dream",
    "dbn": "dream",
    "tagger": "words",
    "texts": "words",
    "music": "music",
}
TITLES = {
    "logistic-regression": "logistic regression",
    "mlp": "multilayer perceptron",
    "lenet": "LeNet",
    "denoising-autoencoder": "denoising autoencoder",
    "rbm": "RBM",
    "dbn": "DBN",
    "slot-filling": "Slots of questions about flights",
    "sentiment": "Reviews of films",
    "rnn-rbm": "RNN-NADE",
}
SHOWN_FIRST = {
    "atis": "show me flights from boston to new york on monday morning",
    "imdb": "This film is a delight: the story is wonderful and the actors are great, even if the end is a bit slow "
    "and dull.",
}
FOR_NEW_PICTURES = ("digits", "ground", "inverted", "bytes", "offsets", "scales", "top", "bounded", "tokens")

Put = Callable[
    [str, Path], str
]  # has a file of weights in the page under a name, and returns how the page finds it


@checked
def page(runs: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] = (), *, out: str | Path) -> Path:
    """Write a page on which runs can be played with in the browser, without a server that computes.

    Parameters
    ----------
    runs
        A run, or several: classifiers of pictures, autoencoders, RBMs and DBNs, models of words, of texts and of music.
        Without any, the ready-made models, with the parts that need none.
    out
        Either an .html file, which holds all of it and opens by a double-click; or a folder, whose weights are loaded
        when they come into view, for a web server. A folder may hold an earlier page, which it replaces.

    Returns
    -------
    The file, or the folder's index.html. It holds the weights, the names of classes and the words that the models know,
    and nothing else of the data.

    Raises
    ------
    ConfigError
        Where `out` is taken, and for a run of which the page has nothing to show.
    CheckpointError
        For what is no finished run.
    """
    path = Path(out)
    single = path.suffix.lower() in (".html", ".htm")
    if single and path.exists():
        raise ConfigError(f"{path} exists already; give another name, or delete it")
    if (
        not single
        and path.exists()
        and not live_files.is_page(path)
        and (path.is_file() or any(path.iterdir()))
    ):
        raise ConfigError(f"{path} exists already and is no such page; give the name of a new folder")
    given = [runs] if isinstance(runs, str | os.PathLike) else list(runs)
    opened = [
        Run(run) for run in given or [f"pretrained/{name}" for name in TITLES if name in pretrained.names()]
    ]
    own = bool(given)
    if single:
        write_atomically(path, live_files.in_one_file(_contents(opened, own, _embedded)))
        return path
    weights: dict[str, Path] = {}

    def beside(name: str, file: Path) -> str:
        weights[name] = file
        return f"weights/{name}.safetensors"

    return live_files.as_folder(_contents(opened, own, beside), weights, path)


def _embedded(name: str, file: Path) -> str:
    return "base64," + base64.b64encode(file.read_bytes()).decode()


def _contents(runs: Sequence[Run], own: bool, put: Put) -> dict[str, Any]:
    """Return what the page is made of, as JSON values."""
    models = [
        entry
        for number, run in enumerate(runs)
        for entry in _entries(run, f"{number}-{run.recipe.name}", put)
    ]
    order = list(dict.fromkeys(PARTS.values()))
    shown = {PARTS[entry["kind"]] for entry in models}
    parts = [part for part in order if part in shown] + ([] if own else ["hmc", "convolution"])
    title = f"Play with {', '.join(run.path.resolve().name for run in runs)}" if own else None
    return {"title": title, "parts": parts, "models": models}


def _entries(run: Run, name: str, put: Put) -> list[dict[str, Any]]:
    """Return what the page shows of a run: a model, or for a DBN its classifier and the machines it is made of."""
    kind, shape = _kind(run), run.summary["data"]["shape"]
    title = run.path.resolve().name
    entry: dict[str, Any] = {
        "kind": kind,
        "title": TITLES.get(title, title) if pretrained.is_ready_made(run.path) else title,
        "classes": [str(one) for one in run.summary["data"]["classes"]],
        "shape": shape,
        "preparation": _preparation(run),
        "weights": {"model": put(name, run.folder.model)},
    }
    if run.folder.features.exists():
        entry["weights"]["features"] = put(f"{name}-features", run.folder.features)
    if kind in ("tagger", "texts"):
        first = SHOWN_FIRST.get(Path(run.recipe.data).name.removesuffix("-official"), "")
        entry |= {"words": list(run.folder.vocabulary()), "example": first}
    if kind == "texts":
        entry["longest"] = run.recipe.longest  # type: ignore[attr-defined]
    if kind == "music":
        from harmonium.data.midi import LOWEST

        entry["music"] = {"seconds": run.recipe.grid().seconds, "lowest": LOWEST}  # type: ignore[attr-defined]
    if run.recipe.name != "dbn":
        return [entry]
    return [entry, {**entry, "kind": "dbn", "weights": _machines(run, name, put)}]


def _machines(run: Run, name: str, put: Put) -> dict[str, Any]:
    """Return the weights of a DBN as a generative model: what up-down made, or the RBMs as they were trained."""
    phases = run.folder.phase_names()
    files = {phase: run.path / "pretraining" / phase / "model.safetensors" for phase in phases}
    if "up-down" in files:
        return {"network": put(f"{name}-up-down", files["up-down"])}
    return {"layers": [put(f"{name}-{phase}", file) for phase, file in files.items()]}


def _preparation(run: Run) -> dict[str, Any]:
    from harmonium.recipes.shared.new_examples import preparation_of

    known = preparation_of(run.folder).as_dict()
    if known["whitening"]:
        raise ConfigError(
            f"the page gives models pictures as they are, but {run.path} learned from whitened ones; give a run "
            f"without --whiten, or: harmonium predict {run.path}"
        )
    return {name: known[name] for name in FOR_NEW_PICTURES}


def _kind(run: Run) -> str:
    """Return which kind of model a run has. Raises `ConfigError` where the page shows nothing of it."""
    from harmonium.models import RBM, RNNRBM, Autoencoder, Classifier, Tagger, TextClassifier

    kinds = {Tagger: "tagger", TextClassifier: "texts", RNNRBM: "music"}
    of_pictures = {Autoencoder: "autoencoder", RBM: "rbm", Classifier: "classifier"}
    if isinstance(run.model, Tagger) and run.model.transitions is not None:
        raise ConfigError(
            f"the page labels each word alone, but {run.path} judges a sentence's labels together, by a conditional "
            f"random field; give a run of --output softmax, or: harmonium predict {run.path}"
        )
    if isinstance(run.model, TextClassifier) and run.model.pooling != "mean":
        raise ConfigError(
            f"the page takes the mean of a text's states, but {run.path} takes the largest; give a run of --pooling "
            f"mean, or: harmonium predict {run.path}"
        )
    for cls, kind in kinds.items():
        if isinstance(run.model, cls):
            return kind
    if len(run.summary["data"]["shape"]) > 1:
        for cls, kind in of_pictures.items():
            if isinstance(run.model, cls):
                return kind
    raise ConfigError(
        f"the page has nothing to show of {run.path}, a run of {run.recipe.name} on examples of shape "
        f"{run.summary['data']['shape']}; it shows models of pictures, of words and of music"
    )
