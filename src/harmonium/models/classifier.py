"""What every classifier answers."""

from abc import abstractmethod

import equinox as eqx
import jax
from jaxtyping import Array, Float


class Classifier(eqx.Module):
    """A model that maps an example to one logit a class: P(Y = i | x) = softmax_i(logits)."""

    @abstractmethod
    def __call__(self, x: Float[Array, "..."]) -> Float[Array, " classes"]:
        """Logits of one example."""

    def batch(self, x: Float[Array, "batch ..."]) -> Float[Array, "batch classes"]:
        """Logits of many examples at once."""
        return jax.vmap(self)(x)


class FeatureClassifier(Classifier):
    """A classifier of what an encoder, learned elsewhere, makes of an example."""

    encoder: eqx.Module  # has `encode`
    classifier: Classifier

    def __call__(self, x: Float[Array, "..."]) -> Float[Array, " classes"]:
        """Logits of one example, before it is encoded."""
        return self.classifier(self.encoder.encode(x))  # type: ignore[attr-defined]
