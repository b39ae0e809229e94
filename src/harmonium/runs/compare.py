"""What several runs are called beside each other: the settings in which they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harmonium.training import RunFolder


def differences(folders: Sequence[RunFolder]) -> list[str]:
    """Return a label for each run: the settings that not all have, with its path where another has the same."""
    configs = [folder.config() for folder in folders]
    keys = [
        k
        for k in dict.fromkeys(k for c in configs for k in c)
        if any(c.get(k) != configs[0].get(k) for c in configs)
    ]
    labels = [in_words({k: c[k] for k in keys if k in c}) for c in configs]
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
    """

    def word(value: Any) -> str:
        if isinstance(value, list | tuple):
            return " ".join(map(word, value))
        return f"{value:.3g}" if isinstance(value, float) else str(value)

    return ", ".join(f"{name.replace('_', ' ')} {word(value)}" for name, value in settings.items())
