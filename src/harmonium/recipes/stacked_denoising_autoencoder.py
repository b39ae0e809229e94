"""The stacked denoising autoencoder on images (chapter 8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from harmonium.recipes.autoencoders import DenoisingAutoencoderRecipe
from harmonium.recipes.shared.search_space import Choice, LogUniform, Space
from harmonium.recipes.shared.stack import QUICK, Stack

if TYPE_CHECKING:
    from harmonium.data import Dataset

CORRUPTION_LEVELS = (0.1, 0.2, 0.3)  # the book's, for three layers


@dataclass(frozen=True, kw_only=True)
class StackedDenoisingAutoencoderRecipe(Stack):
    """Train denoising autoencoders on each other's codes, then their encoders as a classifier. The book: 1.30 %."""

    name: ClassVar[str] = "stacked-denoising-autoencoder"
    configurations: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": QUICK,
        "best": {**QUICK, "dropout": 0.0, "adversarial": 1.5, "max_epochs": 20},
    }
    search_space: ClassVar[Space] = {
        "learning_rate": LogUniform(0.01, 0.3),
        "corruption_level": Choice(((0.0,), (0.1,), (0.25,), (0.4,), (0.1, 0.2, 0.3))),
        "hidden": Choice(((500,) * 3, (1000,) * 3)),
    }

    batch_size: int = 1
    patience_epochs: int = 10
    pretraining_epochs: tuple[int, ...] = (15,)
    pretraining_learning_rate: tuple[float, ...] = (0.001,)
    pretraining_batch_size: int = 1
    corruption_level: tuple[float, ...] | None = None
    """The share of each layer's inputs that is corrupted, or one for all layers; without it 0.1, 0.2, and 0.3 for the
    third and all above."""
    corruption: Literal["masking", "salt-and-pepper", "gaussian"] = "masking"
    """Set values to 0; set them to 0 or 1; add noise."""

    def chosen(self, data: Dataset) -> dict[str, Any]:
        """Return the shares of a stack of another depth than the book's, where nobody gave them."""
        depth = len(self.hidden)
        if self.corruption_level is not None or depth == len(CORRUPTION_LEVELS):
            return {}
        return {"corruption_level": (*CORRUPTION_LEVELS, *[CORRUPTION_LEVELS[-1]] * depth)[:depth]}

    def each_layer(self) -> tuple[str, ...]:
        """Return the settings that hold a value for each layer, or one for all."""
        return (*super().each_layer(), "corruption_level")

    def block(self, number: int) -> DenoisingAutoencoderRecipe:
        """Return a denoising autoencoder."""
        levels = self.corruption_level or CORRUPTION_LEVELS
        return DenoisingAutoencoderRecipe(
            **self.common(number),
            corruption_level=levels[min(number, len(levels) - 1)],
            corruption=self.corruption,
        )
