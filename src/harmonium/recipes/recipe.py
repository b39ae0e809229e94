"""What all recipes share: settings that are checked, written down, and run in a folder."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from harmonium import models
from harmonium.data import Dataset
from harmonium.errors import CheckpointError, ConfigError, DivergenceError
from harmonium.training import Fitted, Reporter, RunFolder, load_model, machine


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """The settings of one chapter."""

    name: ClassVar[str]

    data: str = "mnist"
    """A data set by name (see: harmonium data), or a path to your own."""
    seed: int = 0
    """Decides everything random: the first weights, the order of the examples, the split of your own data."""
    max_epochs: int
    """Stop after this many passes over the training set, whatever early stopping says."""
    batch_size: int
    """Examples an update."""
    learning_rate: float
    """Step size of an update, μ₀."""

    def __post_init__(self) -> None:
        self.require("seed", 0 <= self.seed < 2**31, "be from 0 to 2147483647")
        self.require("max_epochs", self.max_epochs >= 0, "not be negative")
        self.require("batch_size", self.batch_size >= 1, "be at least 1")
        self.require("learning_rate", 0 < self.learning_rate < float("inf"), "be positive")

    def require(self, field: str, holds: bool, demand: str) -> None:
        """Raise `ConfigError` naming the field unless its condition holds."""
        if not holds:
            option = "--" + field.replace("_", "-")
            raise ConfigError(f"{option} {getattr(self, field)} must {demand}")

    def config(self) -> dict[str, Any]:
        """The full configuration as JSON values, what `recipe_from` reads."""
        values: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(self)))
        return {"recipe": self.name, **values}

    def run(self, folder: RunFolder, report: Reporter | None = None) -> Fitted:
        """Train in `folder`, from its last checkpoint where it has one."""
        raise NotImplementedError

    def draw(self, folder: RunFolder) -> list[Path]:
        """Draw the run from its files, and return where the pictures lie."""
        raise NotImplementedError

    def evaluate(self, folder: RunFolder, data: str | None = None) -> dict[str, dict[str, float]]:
        """Score the run's best model on every held-out example, by set and metric."""
        raise NotImplementedError

    def conclude(self, folder: RunFolder, data: Dataset, fitted: Fitted) -> None:
        """Write the summary. Raises `DivergenceError` where training diverged."""
        best = fitted.best or {}
        folder.write_summary(
            {
                "recipe": self.name,
                "status": fitted.status,
                "data": describe(data),
                "valid": best.get("valid"),
                "test": best.get("test"),
                "best_epoch": best.get("epoch"),
                "best_update": best.get("update"),
                "epochs": fitted.epochs,
                "updates": fitted.updates,
                "seconds_training": round(fitted.seconds, 3),
                "updates_per_second": round(fitted.updates / fitted.seconds, 2) if fitted.seconds else None,
                "peak_memory_bytes": machine.peak_memory_bytes(),
                "seed": self.seed,
                "device": machine.device(),
                "versions": machine.versions(),
            }
        )
        if fitted.status == "diverged":
            at = fitted.diverged
            raise DivergenceError(
                f"training diverged: {at['metric']} was not finite at update {at['update']}; "
                f"try a smaller --learning-rate than {self.learning_rate:g}. "
                f"The best model before it is in {folder.path}"
            )


def describe(data: Dataset) -> dict[str, Any]:
    """What a summary says of the data: enough to predict with, and to tell other data from it."""
    return {
        "name": data.name,
        "sizes": data.sizes,
        "shape": list(data.shape),
        "classes": list(data.classes),
        "checksum": data.checksum,
    }


def load(run: str | Path) -> Any:
    """The best model of a run, or of a model.safetensors file: the bare `equinox.Module`.

    Raises `CheckpointError` where there is none, or it is damaged.
    """
    path = Path(run)
    if path.is_dir():
        path = RunFolder.open(path).model
        if not path.exists():
            raise CheckpointError(
                f"{path.parent} holds no model yet; continue it with: harmonium resume {path.parent}"
            )
    return load_model(path, {name: getattr(models, name) for name in models.__all__})
