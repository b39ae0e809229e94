"""What a search may draw a setting from."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Uniform:
    """Any number between two, to be searched."""

    low: float
    high: float

    def at(self, u: float) -> float:
        """Return the number for u, uniform in [0, 1)."""
        return self.low + (self.high - self.low) * u


@dataclass(frozen=True)
class Choice:
    """One of several values, to be searched."""

    values: tuple[Any, ...]

    def at(self, u: float) -> Any:
        """Return the value for u, uniform in [0, 1)."""
        return self.values[int(u * len(self.values))]
