"""The multilayer perceptron (chapter 5)."""

from collections.abc import Sequence

import equinox as eqx
import jax
from jaxtyping import Array, Float, PRNGKeyArray

from harmonium.models.layers import Dense
from harmonium.models.logistic_regression import Classifier, LogisticRegression


class MLP(Classifier):
    """Hidden layers under a logistic regression.

    f(x) = softmax(b² + W²·s(b¹ + W¹·x))        (section 5.1, with one hidden layer)
    """

    hidden: tuple[Dense, ...]
    output: LogisticRegression

    @classmethod
    def init(
        cls, inputs: int, hidden: Sequence[int], classes: int, activation: str = "tanh", *, key: PRNGKeyArray
    ) -> "MLP":
        """Draw hidden layers of the widths `hidden`, the first one above the inputs; the output starts at zero."""
        widths = [inputs, *hidden]
        keys = jax.random.split(key, len(hidden))
        layers = [
            Dense.init(below, above, activation, key=k)
            for below, above, k in zip(widths, widths[1:], keys, strict=False)
        ]
        return cls(tuple(layers), LogisticRegression.init(widths[-1], classes))

    def __call__(
        self, x: Float[Array, "..."], *, dropout: float = 0.0, key: PRNGKeyArray | None = None
    ) -> Float[Array, " classes"]:
        """Logits of one example, which may have any shape of `inputs` numbers.

        With `dropout` that share of each layer's inputs is set to zero, by `key`, and the rest made larger
        (Srivastava et al. 2014).
        """
        if key is None:
            return self.output(self.encode(x))
        h, drop = x.ravel(), eqx.nn.Dropout(dropout)
        layers: tuple[Dense | LogisticRegression, ...] = (*self.hidden, self.output)
        for number, layer in enumerate(layers):
            h = layer(drop(h, key=jax.random.fold_in(key, number)))
        return h

    def encode(self, x: Float[Array, "..."]) -> Float[Array, " code"]:
        """What the last hidden layer makes of one example."""
        h = x.ravel()
        for layer in self.hidden:
            h = layer(h)
        return h
