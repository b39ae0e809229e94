"""LeNet, a convolutional network (chapter 6)."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from harmonium.arguments import checked
from harmonium.errors import ConfigError, DataError
from harmonium.models.layers import BatchNorm, ConvPool
from harmonium.models.layers.dense import require_joint, require_numbers
from harmonium.models.layers.normalization import Statistics, normalised
from harmonium.models.logistic_regression import Classifier
from harmonium.models.mlp import MLP


class LeNet(Classifier):
    """Convolution and pooling layers under a multilayer perceptron (section 6.7; LeCun et al. 1998).

    Images hold intensities in [0, 1]; `harmonium.data.intensities` scales bytes to them.

    Examples
    --------
    The book's network: 28x28 pixels become 20 maps of 12x12, then 50 maps of 4x4, then 500 units.

    >>> model = LeNet.init((28, 28), [20, 50], [500], 10, key=jax.random.key(0))
    >>> [layer.weight.shape for layer in model.convolutions]
    [(20, 1, 5, 5), (50, 20, 5, 5)]
    >>> model.perceptron.hidden[0].weight.shape
    (500, 800)
    >>> model.batch(jnp.zeros((3, 28, 28))).shape
    (3, 10)
    """

    convolutions: tuple[ConvPool | BatchNorm, ...]
    perceptron: MLP

    def __check_init__(self) -> None:
        for below, above in pairwise(self.convolutions):
            require_joint("maps of a convolution", below.weight.shape[0], above.weight.shape[1])

    @classmethod
    @checked
    def init(
        cls,
        shape: Sequence[int],
        kernels: Sequence[int],
        hidden: Sequence[int],
        classes: int,
        kernel_size: int | Sequence[int] = 5,
        pool: int | Sequence[int] = 2,
        activation: str = "tanh",
        *,
        batch_norm: bool = False,
        key: PRNGKeyArray,
    ) -> "LeNet":
        """Draw a network.

        Parameters
        ----------
        shape
            The shape of an image: (height, width) or (height, width, channels).
        kernels
            Feature maps of each convolution layer, from the image upwards.
        hidden
            Units of each layer of the perceptron.
        classes
            Logits.
        kernel_size
            The side of the square kernels, in pixels, of each layer or of all.
        pool
            The side of the tiles of which max-pooling keeps the largest value, of each layer or of all; 1 for none.
        activation
            The non-linearity of maps and units.
        batch_norm
            Normalise maps and hidden units over the batches they learn from; see `harmonium.models.layers.BatchNorm`.
        key
            The key of the weights.

        Raises
        ------
        ConfigError
            Where the images are too small for that many convolutions.
        """
        height, width, channels = (*shape, 1) if len(shape) == 2 else shape
        *convolution_keys, perceptron_key = jax.random.split(key, len(kernels) + 1)
        sizes, pools = _for_each(kernel_size, len(kernels)), _for_each(pool, len(kernels))
        convolutions: list[ConvPool | BatchNorm] = []
        for maps, size, tile, k in zip(kernels, sizes, pools, convolution_keys, strict=True):
            layer = ConvPool.init(channels, maps, (size, size), (tile, tile), activation, key=k)
            convolutions.append(BatchNorm.around(layer) if batch_norm else layer)
            channels, height, width = maps, (height - size + 1) // tile, (width - size + 1) // tile
            if height < 1 or width < 1:
                raise ConfigError(
                    f"images of {shape[0]}x{shape[1]} are too small for {len(kernels)} convolutions "
                    f"with kernels of side {' and '.join(map(str, dict.fromkeys(sizes)))}; choose fewer or smaller "
                    "kernels, or less pooling"
                )
        inputs = channels * height * width
        perceptron = MLP.init(inputs, hidden, classes, activation, batch_norm=batch_norm, key=perceptron_key)
        return cls(tuple(convolutions), perceptron)

    def __call__(self, x: Float[Array, "height width *channels"]) -> Float[Array, " classes"]:
        """Logits of one image."""
        self._require_pictures(x, 0)
        return self.batch(x[None])[0]

    def batch(self, x: Float[Array, "batch height width *channels"]) -> Float[Array, "batch classes"]:
        """Logits of many images at once."""
        self._require_pictures(x, 1)
        return jax.vmap(self.perceptron, in_axes=-1)(self._feature_maps(x))

    def on_batch(
        self, x: Float[Array, "batch height width *channels"]
    ) -> tuple[Float[Array, "batch classes"], Statistics]:
        """Logits of a batch that is normalised by its own statistics, and the moving statistics, updated by these.

        Every layer but the output must be a `BatchNorm`.
        """
        maps, of_maps = normalised(self.convolutions, _batch_last(x))
        logits, of_units = self.perceptron.on_batch(jnp.moveaxis(maps, -1, 0))
        return logits, of_maps + of_units

    def encode(self, x: Float[Array, "height width *channels"]) -> Float[Array, " code"]:
        """The last hidden layer's units for one image."""
        self._require_pictures(x, 0)
        return self.perceptron.encode(self._feature_maps(x[None])[..., 0])

    def _require_pictures(self, x: Any, leading: int) -> None:
        """Raise `DataError` unless `x` holds pictures of this network's channels, behind this many leading axes."""
        require_numbers("x", x)
        channels = self.convolutions[0].weight.shape[1]
        shape = x.shape[leading:]
        if len(shape) not in (2, 3) or (*shape, 1)[2] != channels:
            wanted = f"(height, width, {channels})" if channels > 1 else "(height, width)"
            several = "one picture" if leading == 0 else "a batch of pictures"
            raise DataError(f"x has the shape {x.shape}, but must be {several} {wanted}")

    def _feature_maps(
        self, x: Float[Array, "batch height width *channels"]
    ) -> Float[Array, "maps map_height map_width batch"]:
        h = _batch_last(x)
        for layer in self.convolutions:
            h = layer(h)
        inputs = (*self.perceptron.hidden, self.perceptron.output)[0].weight.shape[1]
        if h[..., 0].size != inputs:
            height, width = x.shape[1:3]
            raise DataError(
                f"x holds pictures of {height}x{width}, whose maps are {h[..., 0].size} values where the perceptron "
                f"takes {inputs}; give pictures of the size that the network was made for"
            )
        return h


def _batch_last(
    x: Float[Array, "batch height width *channels"],
) -> Float[Array, "channels height width batch"]:
    return jnp.moveaxis(x.reshape(*x.shape[:3], -1), (3, 0), (0, 3))


def _for_each(value: int | Sequence[int], layers: int) -> Sequence[int]:
    """Return a value for each layer, where one may stand for all."""
    values = [value] if isinstance(value, int) else list(value)
    return values * layers if len(values) == 1 else values
