"""The multilayer perceptron (chapter 5)."""

from collections.abc import Sequence
from itertools import pairwise

import equinox as eqx
import jax
from jaxtyping import Array, Float, PRNGKeyArray

from harmonium.models.layers import BatchNorm, Dense
from harmonium.models.layers.dense import FEW, examples, flattened, require_joint
from harmonium.models.layers.normalization import Statistics, normalised
from harmonium.models.logistic_regression import Classifier, LogisticRegression


class MLP(Classifier):
    """Hidden layers under a logistic regression.

    f(x) = softmax(b² + W²·s(b¹ + W¹·x))        (section 5.1, with one hidden layer)

    x holds intensities in [0, 1]; `harmonium.data.intensities` scales bytes to them.

    Examples
    --------
    >>> model = MLP.init(784, [500], 10, key=jax.random.key(0))
    >>> images = jax.random.uniform(jax.random.key(1), (20, 28, 28))
    >>> model.batch(images).shape, model.encode(images[0]).shape
    ((20, 10), (500,))
    """

    hidden: tuple[Dense | BatchNorm, ...]
    output: LogisticRegression

    def __check_init__(self) -> None:
        layers: tuple[Dense | BatchNorm | LogisticRegression, ...] = (*self.hidden, self.output)
        for below, above in pairwise(layers):
            require_joint("a layer of a perceptron", below.weight.shape[0], above.weight.shape[1])

    @classmethod
    def init(
        cls,
        inputs: int,
        hidden: int | Sequence[int],
        classes: int,
        activation: str = "tanh",
        *,
        batch_norm: bool = False,
        key: PRNGKeyArray,
    ) -> "MLP":
        """Draw the hidden layers; the logistic regression above them starts from zeros.

        Parameters
        ----------
        inputs
            Values of one example.
        hidden
            Units of each hidden layer, from the inputs upwards; a number for one layer.
        classes
            Logits.
        activation
            The hidden units' non-linearity, one of `harmonium.models.layers.ACTIVATIONS`.
        batch_norm
            Normalise each hidden layer over the batches it learns from; see `harmonium.models.layers.BatchNorm`.
        key
            The key of the weights.
        """
        widths = [inputs, *(hidden if isinstance(hidden, Sequence) else (hidden,))]
        keys = jax.random.split(key, len(widths) - 1)
        layers = [
            Dense.init(below, above, activation, key=k)
            for below, above, k in zip(widths, widths[1:], keys, strict=False)
        ]
        hidden_layers = tuple(BatchNorm.around(layer) if batch_norm else layer for layer in layers)
        return cls(hidden_layers, LogisticRegression.init(widths[-1], classes))

    def __call__(
        self, x: Float[Array, "..."], *, dropout: float = 0.0, key: PRNGKeyArray | None = None
    ) -> Float[Array, " classes"]:
        """Logits of one example, which may have any shape of `inputs` numbers.

        Where a `key` is given, it sets a random share `dropout` of each layer's inputs to zero and divides the others
        by 1 - `dropout` (Srivastava et al. 2014).
        """
        if key is None:
            return self.output(self.encode(x))
        layers: tuple[Dense | BatchNorm | LogisticRegression, ...] = (*self.hidden, self.output)
        h, drop = flattened("x", x, layers[0].weight.shape[1]), eqx.nn.Dropout(dropout)
        for number, layer in enumerate(layers):
            h = layer(drop(h, key=jax.random.fold_in(key, number)))
        return h

    def batch(self, x: Float[Array, "batch ..."]) -> Float[Array, "batch classes"]:
        """Logits of many examples at once.

        From 2 to `FEW` of them go through `columns_product`, whose gradient is written by hand. JAX cannot take
        forward derivatives (`jvp`, `hessian`) of that; take those of `jax.vmap(model)`, which computes the same.
        """
        if not 2 <= len(x) <= FEW:
            return super().batch(x)
        first = (*self.hidden, self.output)[0]
        h = jax.vmap(lambda one: flattened("x", one, first.weight.shape[1]))(examples(x)).T
        for layer in self.hidden:
            h = layer.columns(h)
        return (self.output.weight @ h).T + self.output.bias

    def on_batch(self, x: Float[Array, "batch ..."]) -> tuple[Float[Array, "batch classes"], Statistics]:
        """Logits of a batch that is normalised by its own statistics, and the moving statistics, updated by these.

        Every hidden layer must be a `BatchNorm`.
        """
        h, moved = normalised(self.hidden, x.reshape(len(x), -1).T)
        return h.T @ self.output.weight.T + self.output.bias, moved

    def encode(self, x: Float[Array, "..."]) -> Float[Array, " code"]:
        """The last hidden layer's units for one example."""
        first = (*self.hidden, self.output)[0]
        h = flattened("x", x, first.weight.shape[1])
        for layer in self.hidden:
            h = layer(h)
        return h
