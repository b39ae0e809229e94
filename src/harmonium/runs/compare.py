"""Labels that tell several runs apart: the settings in which they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harmonium.recipes.shared.from_config import recipe_from

if TYPE_CHECKING:
    from harmonium.training import RunFolder


def differences(folders: Sequence[RunFolder]) -> list[str]:
    """Return a label for each run: the settings in which it differs, with its path where another has the same.

    Of a setting that not all of their recipes have, only what is not its default is told.
    """
    configs = [folder.config() for folder in folders]
    shared = {key for key in configs[0] if all(key in config for config in configs)}
    differing = {key for key in shared if any(config[key] != configs[0][key] for config in configs)}
    labels = []
    for config in configs:
        own = recipe_from(config, "config.json").changed()
        told = {k: v for k, v in config.items() if k in differing or (k not in shared and k in own)}
        name = [told.pop("recipe")] if "recipe" in told else []
        labels.append(", ".join([*name, *([in_words(told)] if told else [])]))
    if not any(labels):
        return [str(folder.path) for folder in folders]
    # Runs of the same settings are told apart by their folders.
    return [
        label if labels.count(label) == 1 else f"{label} ({folder.path})"
        for label, folder in zip(labels, folders, strict=True)
    ]


def in_words(settings: Mapping[str, Any]) -> str:
    """Return settings as a person reads them.

    >>> in_words({"learning_rate": 0.02403, "hidden": (500, 500)})
    'learning rate 0.024, hidden 500 500'
    >>> in_words({"learning_rate": None})
    'learning rate by default'
    """

    def word(value: Any) -> str:
        if value is None:
            return "by default"
        if isinstance(value, list | tuple):
            return " ".join(map(word, value))
        return f"{value:.3g}" if isinstance(value, float) else str(value)

    return ", ".join(f"{name.replace('_', ' ')} {word(value)}" for name, value in settings.items())
