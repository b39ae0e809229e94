"""What a search may draw a setting from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Uniform:
    """Any number between two, to be searched."""

    low: float
    high: float
    whole: bool = False  # whole numbers alone, both ends among them

    def at(self, u: float) -> float:
        """Return the number for u, uniform in [0, 1)."""
        if self.whole:
            return int(self.low + int((self.high - self.low + 1) * u))
        return self.low + (self.high - self.low) * u

    def __str__(self) -> str:
        return f"{self.low:g}..{self.high:g}"


@dataclass(frozen=True)
class LogUniform:
    """Any number between two positive ones, each factor as likely as any other, to be searched."""

    low: float
    high: float
    whole: bool = False  # whole numbers alone, both ends among them

    def at(self, u: float) -> float:
        """Return the number for u, uniform in [0, 1)."""
        value = float(self.low * (self.high / self.low) ** u)
        return round(value) if self.whole else value

    def __str__(self) -> str:
        return f"{self.low:g}..{self.high:g}:log"


@dataclass(frozen=True)
class Choice:
    """One of several values, to be searched."""

    values: tuple[Any, ...]

    def at(self, u: float) -> Any:
        """Return the value for u, uniform in [0, 1)."""
        return self.values[int(u * len(self.values))]

    def __str__(self) -> str:
        return ",".join("x".join(map(str, v)) if isinstance(v, tuple) else str(v) for v in self.values)


Space = Mapping[str, Uniform | LogUniform | Choice]
