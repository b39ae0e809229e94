"""Train the models of src/harmonium/pretrained/ again: `make pretrained`, or `python results/pretrained.py lenet rbm`.

Each is trained into its folder below --runs, unless it is there; then its weights are rounded to half precision, scored
on the whole test set, and written into the package with what its run says of itself. Weights that lose more than 0.02
points of a score by rounding stay as they are.
"""

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

import harmonium as hm
from harmonium.data import CATALOGUE
from harmonium.metrics.table import metric
from harmonium.recipes.shared.from_config import recipe_of
from harmonium.runs.card import card
from harmonium.training import RunFolder, load_model, save_model

PACKAGE = Path(__file__).parent.parent / "src" / "harmonium" / "pretrained"
MOST_LOST = 0.02  # points of a score: of per cents, or nats
RECORDS = ("config.json", "data.json", "whitening.safetensors", "vocabulary.json", "metrics.jsonl")

ADAM = {"optimizer": "adam", "learning_rate": 0.001, "anneal": True, "shuffle": True, "batch_size": 100}

# name: (recipe, configuration, settings)
MODELS: dict[str, tuple[str, str | None, dict[str, Any]]] = {
    "logistic-regression": ("logistic-regression", None, {}),
    "mlp": ("mlp", None, {**ADAM, "hidden": (300,), "dropout": 0.2, "max_epochs": 30, "patience": 1_000_000}),
    "lenet": ("lenet", None, {**ADAM, "hidden": (150,), "max_epochs": 12, "patience": 1_000_000}),
    "denoising-autoencoder": (
        "denoising-autoencoder",
        None,
        {**ADAM, "hidden": 300, "corruption_level": 0.5, "max_epochs": 20, "snapshot_epochs": 0},
    ),
    "rbm": ("rbm", "likelihood", {"hidden": 400, "max_epochs": 40, "snapshot_epochs": 0}),
    "dbn": (
        "dbn",
        "quick",
        {
            "hidden": (300, 300),
            "upward": "samples",
            "pretraining_persistent": True,
            "pretraining_batch_size": 100,
            "pretraining_learning_rate": (0.05,),
            "pretraining_epochs": (12,),
            "gibbs_steps": 5,
            "max_epochs": 8,
        },
    ),
    "mcrbm": ("mcrbm", None, {"max_epochs": 6, "snapshot_epochs": 0}),
    "slot-filling": ("slot-filling", "bidirectional", {"hidden": 100, "max_epochs": 15}),
    "sentiment": (
        "sentiment",
        "whole",
        {"words": 6000, "longest": 150, "embedding": 32, "hidden": 32, "max_epochs": 3},
    ),
    "rnn-rbm": ("rnn-rbm", "nade", {"hidden": 100, "recurrent": 150, "max_epochs": 12}),
}


def main() -> None:
    """Train what is missing, and write all of it into the package."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(MODELS), help="some of the models; without any, all")
    parser.add_argument("--runs", type=Path, default=Path("runs/ready-made"), help="where they are trained")
    parser.add_argument("--only-train", action="store_true", help="write nothing into the package")
    options = parser.parse_args()
    for name in options.names:
        run = trained(name, options.runs / name)
        if not options.only_train:
            print(name, json.dumps(packed(run, PACKAGE / name)))


def trained(name: str, out: Path) -> RunFolder:
    """Return the run of a model; it is trained, or continued, unless it has ended."""
    recipe, configuration, settings = MODELS[name]
    if not (out / "config.json").exists():
        hm.train(recipe, configuration=configuration, out=out, **settings)
    elif not RunFolder.open(out).finished():
        hm.resume(out)
    return RunFolder.open(out)


def packed(run: RunFolder, out: Path) -> dict[str, Any]:
    """Write what the package holds of a run; return its scores on the whole test set, by whole and rounded weights."""
    whole = hm.evaluate(run.path)["test"]
    shutil.rmtree(out, ignore_errors=True)
    copied(run, out)
    for phase in run.phase_names():
        copied(RunFolder.open(run.path / "pretraining" / phase), out / "pretraining" / phase)
    rounded = hm.evaluate(out)["test"]
    if any(moved(name, whole[name], rounded[name]) > MOST_LOST for name in numbers(whole)):
        shutil.copy(run.model, out / "model.safetensors")
        rounded = whole
    summary = run.ended() | {"test": {name: rounded[name] for name in numbers(rounded)}}
    (out / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")
    folder = RunFolder.open(out)
    (out / "README.md").write_text(described(folder, out.name))
    return {"whole": whole, "rounded": rounded}


def copied(run: RunFolder, out: Path) -> None:
    """Copy a run's records, and its model in half precision."""
    out.mkdir(parents=True)
    for name in (*RECORDS, "summary.json"):
        if (run.path / name).exists():
            shutil.copy(run.path / name, out / name)
    model = load_model(run.model, hm.models.model_classes())
    save_model(out / "model.safetensors", jax.tree.map(halved, model))


def halved(leaf: Any) -> Any:
    """Return an array in half precision."""
    return leaf.astype(jnp.float16) if eqx.is_inexact_array(leaf) else leaf


def numbers(scores: dict[str, Any]) -> list[str]:
    """Return the names of scores, of which tables and counts are none."""
    return [name for name, value in scores.items() if isinstance(value, float)]


def moved(name: str, before: float, after: float) -> float:
    """Return by how many points a score has moved: hundredths for shares, else its own unit."""
    return metric(name).scale * abs(after - before)


def described(folder: RunFolder, name: str) -> str:
    """Return the model card, as that of any run, with the terms of what the weights were learned from."""
    recipe, summary = recipe_of(folder), folder.ended()
    entry = CATALOGUE[summary["data"]["name"]]
    text = card(folder, recipe, summary)
    terms = (
        f"## What it learned from\n\n{entry.description}. Terms: {entry.licence}. The weights are ours, under "
        f"harmonium's licence, Apache-2.0; the data are not in the package."
    )
    return text.replace("## To repeat it", f"{terms}\n\n## To repeat it").replace(
        str(folder.path), f"pretrained/{name}"
    )


if __name__ == "__main__":
    main()
