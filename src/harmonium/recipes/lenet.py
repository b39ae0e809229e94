"""LeNet on images (chapter 6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from harmonium.errors import DataError
from harmonium.recipes.shared.classification import Classification
from harmonium.recipes.shared.space import Choice, LogUniform, Space

if TYPE_CHECKING:
    from jaxtyping import Array, PRNGKeyArray

    from harmonium.data import Dataset
    from harmonium.models import LeNet


@dataclass(frozen=True, kw_only=True)
class LeNetRecipe(Classification):
    """Train a convolutional network. The book: 0.92 % test error on MNIST, 200 epochs."""

    name: ClassVar[str] = "lenet"
    renamed: ClassVar[Mapping[str, str]] = {"kernel_size": "kernel_sizes"}
    search_space: ClassVar[Space] = {
        "learning_rate": LogUniform(0.02, 0.5),
        "kernels": Choice(((10, 25), (20, 50), (30, 75))),
        "hidden": Choice(((250,), (500,), (1000,))),
    }

    learning_rate: float = 0.1
    max_epochs: int = 200
    batch_size: int = 500
    patience: int = 10000
    kernels: tuple[int, ...] = (20, 50)
    """Feature maps of each convolution, the first one above the image."""
    kernel_sizes: tuple[int, ...] = (5,)
    """Rows and columns of the kernels of each convolution, or one number for all."""
    pool: tuple[int, ...] = (2,)
    """Sides of the tiles of which max-pooling after each convolution keeps the largest value, or one for all; 1 for no
    pooling."""
    hidden: tuple[int, ...] = (500,)
    """Units of each layer above the convolutions."""
    activation: Literal["tanh", "sigmoid", "relu", "softplus", "linear"] = "tanh"
    """The non-linearity of maps and units, which also decides the interval of their first weights."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require(
            "kernels", len(self.kernels) > 0 and min(self.kernels) >= 1, "hold positive numbers of maps"
        )
        for field in ("kernel_sizes", "pool"):
            values = getattr(self, field)
            fits = len(values) in (1, len(self.kernels)) and min(values) >= 1
            self.require(field, fits, f"hold 1 positive number or {len(self.kernels)}")
        self.require("hidden", all(units >= 1 for units in self.hidden), "hold positive numbers of units")

    def model(self, dataset: Dataset, key: PRNGKeyArray) -> LeNet:
        """Return kernels and layers drawn by the book's fan-in and fan-out.

        Raises `DataError` unless examples are images.
        """
        from harmonium.models.lenet import LeNet

        if len(dataset.shape) < 2:
            raise DataError(
                f"{dataset.name} holds rows of {dataset.shape[0]} numbers; lenet needs images, mlp does not"
            )
        return LeNet.init(
            dataset.shape,
            self.kernels,
            self.hidden,
            len(dataset.classes),
            self.kernel_sizes,
            pool=self.pool,
            activation=self.activation,
            key=key,
        )

    def gradient_block(self) -> int | None:
        """Return 50 on a processor, whose cache then holds the patches of a convolution.

        1.6 times as fast at batch 500.
        """
        import jax

        return 50 if jax.default_backend() == "cpu" else None

    def filters(self, model: LeNet, shape: tuple[int, ...]) -> Array:
        """Return the kernels of the first convolution."""
        import jax.numpy as jnp

        kernels = model.convolutions[0].weight  # (maps, channels, rows, columns)
        return kernels[:, 0] if len(shape) == 2 else jnp.moveaxis(kernels, 1, -1)
