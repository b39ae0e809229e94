"""LeNet on images (chapter 6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from harmonium.data.options import Distortion
from harmonium.errors import ConfigError, DataError
from harmonium.recipes.shared.classification import Classification
from harmonium.recipes.shared.search_space import Choice, LogUniform, Space

if TYPE_CHECKING:
    from jaxtyping import Array, PRNGKeyArray

    from harmonium.data import Dataset
    from harmonium.models import LeNet

# On MNIST's 28 pixels, fields of deviation 0.8 are those of Simard et al. (2003) at σ = 4 and α = 20.
DISTORTION: Mapping[str, float] = {"shift": 1.5, "rotation": 10.0, "scaling": 0.1, "elastic": 0.8}
PLAIN: Mapping[str, Any] = {  # what both named configurations share
    "batch_norm": True,
    "activation": "relu",
    "optimizer": "adam",
    "learning_rate": 0.003,
    "anneal": True,
    "average": 0.998,
    "label_smoothing": 0.1,
    "batch_size": 128,
    "shuffle": True,
    "patience": 100_000,
}
KERNELS, KERNEL_SIZES = (20, 50), (5,)  # the book's


@dataclass(frozen=True, kw_only=True)
class LeNetRecipe(Distortion, Classification):
    """Train a convolutional network. The book: 0.92 % test error on MNIST, 200 epochs."""

    name: ClassVar[str] = "lenet"
    configurations: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "best": {**PLAIN, **DISTORTION, "max_epochs": 20, "refit": True},
        "plain": {**PLAIN, "max_epochs": 15},
    }
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
    kernels: tuple[int, ...] | None = None
    """Feature maps of each convolution, the first one above the image; without it 20 and 50, or fewer convolutions
    where the images are too small."""
    kernel_sizes: tuple[int, ...] | None = None
    """Rows and columns of the kernels of each convolution, or one number for all; without it 5, or what fits."""
    pool: tuple[int, ...] = (2,)
    """Sides of the tiles of which max-pooling after each convolution keeps the largest value, or one for all; 1 for no
    pooling."""
    hidden: tuple[int, ...] = (500,)
    """Units of each layer above the convolutions."""
    activation: Literal["tanh", "sigmoid", "relu", "softplus", "linear"] = "tanh"
    """The non-linearity of maps and units, which also decides the interval of their first weights."""
    batch_norm: bool = False
    """Bring each map and unit to mean 0 and variance 1 over the batch (Ioffe & Szegedy 2015)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require_sense()
        kernels = KERNELS if self.kernels is None else self.kernels
        self.require("kernels", len(kernels) > 0 and min(kernels) >= 1, "hold positive numbers of maps")
        for field in ("kernel_sizes", "pool"):
            values = getattr(self, field)
            fits = values is None or (len(values) in (1, len(kernels)) and min(values) >= 1)
            self.require(field, fits, f"hold 1 positive number or {len(kernels)}")
        self.require("hidden", all(units >= 1 for units in self.hidden), "hold positive numbers of units")

    def model(self, dataset: Dataset, key: PRNGKeyArray) -> LeNet:
        """Return kernels and layers drawn by the book's fan-in and fan-out.

        Raises `DataError` unless examples are images, `ConfigError` for those that whitening made rows.
        """
        from harmonium.models.lenet import LeNet

        if len(dataset.shape) < 2 and len(dataset.as_seen.shape) > 1:
            raise ConfigError(
                "--whiten pca makes rows of numbers; lenet needs pictures, as --whiten zca leaves them"
            )
        if len(dataset.shape) < 2:
            raise DataError(
                f"{dataset.name} holds rows of {dataset.shape[0]} numbers; lenet needs images, mlp does not"
            )
        fit = {
            "kernels": self.kernels or KERNELS,
            "kernel_sizes": self.kernel_sizes or KERNEL_SIZES,
            **self.chosen(dataset),
        }
        return LeNet.init(
            dataset.shape,
            fit["kernels"],
            self.hidden,
            len(dataset.classes),
            fit["kernel_sizes"],
            pool=self.pool,
            activation=self.activation,
            batch_norm=self.batch_norm,
            key=key,
        )

    def chosen(self, data: Dataset) -> dict[str, Any]:
        """Return kernels for pictures too small for the usual ones; nothing where those fit, or others are given.

        Most convolutions whose last maps have 3 rows and columns or more, by the largest kernels that leave those, of 3
        or more where that can be. On the 8x8 digits one convolution of 3x3 ends, after 60 epochs, at 9 % test error,
        one of 5x5 at 15 % and two of 2x2 at 33 %; at 12x12, after 15, one of 5x5 at 4 % and two of 1x1 at 12 %.
        """
        given = {name for name in ("kernels", "kernel_sizes") if getattr(self, name) is not None}
        kernels, (largest, *others) = self.kernels or KERNELS, self.kernel_sizes or KERNEL_SIZES
        usual = len(given) == 2 or others or self.pool != type(self).pool or len(data.shape) < 2
        side = min(data.shape[:2])
        if usual or last_side(side, len(kernels), largest) >= 1:
            return {}
        counts = [len(kernels)] if "kernels" in given else range(len(kernels), 0, -1)
        sizes = [largest] if "kernel_sizes" in given else range(largest, 0, -1)
        for least in (3, 1):
            for count in counts:
                for size in sizes:
                    wide = size >= 3 or least == 1 or "kernel_sizes" in given
                    if wide and last_side(side, count, size) >= least:
                        fit = {"kernels": kernels[:count], "kernel_sizes": (size,)}
                        return {name: value for name, value in fit.items() if name not in given}
        return {}

    def changes(self) -> dict[str, Any]:
        """Return how an update distorts the pictures."""
        return {"distortion": self if self.distorts else None}

    def gradient_block(self) -> int | None:
        """Return 50 on a processor, whose cache then holds the patches of a convolution.

        1.5 times as fast at batch 500 as by 250 on one core, and 1.3 times on two. Batch normalisation needs the whole
        batch at once, which it is defined by.
        """
        import jax

        return 50 if not self.batch_norm and jax.default_backend() == "cpu" else None

    @property
    def normalises(self) -> bool:
        """Whether hidden layers are normalised."""
        return self.batch_norm

    def filters(self, model: LeNet, shape: tuple[int, ...]) -> Array:
        """Return the kernels of the first convolution."""
        import jax.numpy as jnp

        kernels = model.convolutions[0].weight  # (maps, channels, rows, columns)
        return kernels[:, 0] if len(shape) == 2 else jnp.moveaxis(kernels, 1, -1)


def last_side(side: int, convolutions: int, kernel: int) -> int:
    """Return the rows of the last feature maps above a square picture; each layer convolves, then pools by two."""
    for _ in range(convolutions):
        side = (side - kernel + 1) // 2
    return side
