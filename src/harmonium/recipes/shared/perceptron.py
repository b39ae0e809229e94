"""What every multilayer perceptron shares, whether its layers were trained before or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harmonium.recipes.shared.classification import Classification, penalized

if TYPE_CHECKING:
    from harmonium.training import Objective
