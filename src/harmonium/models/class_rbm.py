"""The RBM that classifies: one of its visible layers is the class (Larochelle & Bengio 2008)."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from harmonium.arguments import checked
from harmonium.models.layers import uniform
from harmonium.models.layers.dense import flattened
from harmonium.models.logistic_regression import Classifier


class ClassRBM(Classifier):
    """Restricted Boltzmann machine of an example and its class, which share the hidden units.

    E(x, y, h) = -b·x - d·e_y - c·h - x·W·h - h·U·e_y        (Larochelle & Bengio 2008, eq. 1)

    There are few classes, so that p(y | x) is exact, whatever Z is: the softmax over the classes y of
    -F(x, y) = d_y + Σⱼ log(1 + exp(cⱼ + U_jy + (x·W)ⱼ)). b cancels in it, and so is not a parameter of a machine
    that learns only p(y | x).

    x holds intensities in [0, 1]; `harmonium.data.intensities` scales bytes to them.

    Examples
    --------
    >>> model = ClassRBM.init(784, 500, 10, key=jax.random.key(0))
    >>> images = jax.random.uniform(jax.random.key(1), (20, 28, 28))
    >>> model.batch(images).shape, model.encode(images[0]).shape
    ((20, 10), (500,))
    """

    weight: Float[Array, "hidden visible"]  # Wᵀ
    class_weight: Float[Array, "hidden classes"]  # U
    hidden_bias: Float[Array, " hidden"]  # c
    class_bias: Float[Array, " classes"]  # d

    @classmethod
    @checked
    def init(cls, visible: int, hidden: int, classes: int, *, key: PRNGKeyArray) -> "ClassRBM":
        """Draw both weights from ±1/√max(rows, columns), as the paper does; the biases are zero."""
        own, of_classes = jax.random.split(key)
        return cls(
            uniform(own, (hidden, visible), max(hidden, visible) ** -0.5),
            uniform(of_classes, (hidden, classes), max(hidden, classes) ** -0.5),
            jnp.zeros(hidden),
            jnp.zeros(classes),
        )

    def __call__(self, x: Float[Array, "..."]) -> Float[Array, " classes"]:
        """-F(x, y) of every class y, in nats and up to b·x: the logits of p(y | x) (their eq. 2)."""
        return self.class_bias + jax.nn.softplus(self._hidden_logits(x)).sum(0)

    def encode(self, x: Float[Array, "..."]) -> Float[Array, " hidden"]:
        """p(h = 1 | x), the mean of p(h = 1 | x, y) over p(y | x)."""
        return jax.nn.sigmoid(self._hidden_logits(x)) @ jax.nn.softmax(self(x))

    def _hidden_logits(self, x: Float[Array, "..."]) -> Float[Array, "hidden classes"]:
        """Log-odds of each hidden unit being on, given x and each class."""
        given_x = self.weight @ flattened("x", x, self.weight.shape[1]) + self.hidden_bias
        return given_x[:, None] + self.class_weight
