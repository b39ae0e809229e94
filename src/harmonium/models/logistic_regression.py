"""Logistic regression, and what every classifier has in common (chapter 4)."""

from abc import abstractmethod

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from harmonium.models.layers.dense import examples, flattened


class Classifier(eqx.Module):
    """A model that maps an example to one logit a class: P(Y = i | x) = softmax_i(logits).

    Classifiers of images take intensities in [0, 1]; `harmonium.data.intensities` scales bytes to them.
    """

    @abstractmethod
    def __call__(self, x: Float[Array, "..."]) -> Float[Array, " classes"]:
        """Logits of one example."""

    def batch(self, x: Float[Array, "batch ..."]) -> Float[Array, "batch classes"]:
        """Logits of many examples at once."""
        return jax.vmap(self)(examples(x))

    def probabilities(
        self, x: Float[Array | np.ndarray, "examples ..."], *, block: int = 500
    ) -> Float[Array, "examples classes"]:
        """P(Y | x) of many examples, `block` of them at a time."""
        return _probabilities(self, examples(x), block)

    def weights(self) -> list[Array]:
        """The arrays that penalties apply to: all in fields called `weight`, never biases (section 3.4.3)."""
        leaves = jax.tree_util.tree_leaves_with_path(self)
        return [leaf for path, leaf in leaves if getattr(path[-1], "name", None) == "weight"]


@eqx.filter_jit
def _probabilities(model: Classifier, x: Array, block: int) -> Array:
    return jax.lax.map(lambda one: jax.nn.softmax(model(one)), x, batch_size=block)


class LogisticRegression(Classifier):
    """A linear classifier.

    P(Y = i | x) = softmax_i(W·x + b)        (section 4.1)

    x holds intensities in [0, 1]; `harmonium.data.intensities` scales bytes to them.
    """

    weight: Float[Array, "classes inputs"]  # W
    bias: Float[Array, " classes"]  # b

    @classmethod
    def init(cls, inputs: int, classes: int) -> "LogisticRegression":
        """Start from zeros: the loss is convex, so any start leads to the same end.

        Examples
        --------
        >>> model = LogisticRegression.init(784, 10)
        >>> image = jnp.ones((28, 28))  # intensities in [0, 1]
        >>> print(jax.nn.softmax(model(image)).round(1))
        [0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1]
        """
        return cls(jnp.zeros((classes, inputs)), jnp.zeros(classes))

    def __call__(self, x: Float[Array, "..."]) -> Float[Array, " classes"]:
        """Logits of one example, which may have any shape of `inputs` numbers."""
        return self.weight @ flattened("x", x, self.weight.shape[1]) + self.bias


class FeatureClassifier(Classifier):
    """A classifier of the code that a trained encoder gives each example."""

    encoder: eqx.Module  # a model with a method `encode`
    classifier: Classifier

    def __call__(self, x: Float[Array, "..."]) -> Float[Array, " classes"]:
        """Logits of one example, which is encoded first."""
        return self.classifier(self.encoder.encode(x))  # type: ignore[attr-defined]
