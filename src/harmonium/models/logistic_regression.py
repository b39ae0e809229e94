"""Logistic regression (chapter 4)."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from harmonium.models.classifier import Classifier


class LogisticRegression(Classifier):
    """A linear classifier.

    P(Y = i | x) = softmax_i(W·x + b)        (section 4.1)
    """

    weight: Float[Array, "classes inputs"]  # W
    bias: Float[Array, " classes"]  # b

    @classmethod
    def init(cls, inputs: int, classes: int) -> "LogisticRegression":
        """All zeros: the loss is convex, so any start leads to the same end."""
        return cls(jnp.zeros((classes, inputs)), jnp.zeros(classes))

    def __call__(self, x: Float[Array, "..."]) -> Float[Array, " classes"]:
        """Logits of one example, which may have any shape of `inputs` numbers."""
        return self.weight @ x.ravel() + self.bias
