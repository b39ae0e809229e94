"""What supervised learning lowers: the negative log-likelihood, with penalties and with noise (section 3.4)."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from harmonium.data import Distortion, distorted, intensities
from harmonium.metrics.classification import is_error, negative_log_likelihood
from harmonium.models import Classifier
from harmonium.training import Objective


def penalized(
    l1: float,
    l2: float,
    dropout: float = 0.0,
    *,
    distortion: Distortion | None = None,
    adversarial: float = 0.0,
    label_smoothing: float = 0.0,
    input_noise: float = 0.0,
) -> Objective:
    """Return the objective -log P(y | x) + λ₁ Σ|w| + λ₂ Σw² (section 3.4.3), averaged over a batch.

    The carry of a model with batch normalisation is its moving statistics.

    Parameters
    ----------
    l1, l2
        λ₁ and λ₂.
    dropout
        Share of the inputs of a perceptron's layers that each update leaves out.
    distortion
        How each update distorts the pictures anew.
    adversarial
        The likelihood is averaged over the examples x and over x + adversarial·g/|g|, where g is the gradient of an
        example's loss by x (Goodfellow et al. 2015).
    label_smoothing
        ε: the likelihood of the label counts 1 - ε, and the mean over all K classes ε, so that the best belief in a
        certain label is 1 - ε + ε/K (Szegedy et al. 2016).
    input_noise
        Standard deviation of the Gaussian noise that each update adds to x.
    """

    def logits(model: Any, x: Array, carry: Any, key: PRNGKeyArray) -> tuple[Array, Any]:
        if carry is not None:
            return model.on_batch(x)
        if not dropout:
            return model.batch(x), None
        keys = jax.random.split(key, len(x))
        return jax.vmap(lambda one, key: model(one, dropout=dropout, key=key))(x, keys), None

    def objective(model: Classifier, batch: Any, carry: Any, key: PRNGKeyArray) -> Any:
        x, y = intensities(batch[0]), batch[1]
        if distortion is not None:
            x = distorted(x, distortion, jax.random.fold_in(key, 0))
        if input_noise:
            x = x + input_noise * jax.random.normal(jax.random.fold_in(key, 1), x.shape)

        def loss_of(x: Array) -> tuple[Array, tuple[Array, Array, Any]]:
            found, after = logits(model, x, carry, key)
            nll = negative_log_likelihood(found, y).mean()
            return smoothed(nll, found, label_smoothing), (nll, found, after)

        if adversarial:
            (loss, (nll, found, carry_after)), g = jax.value_and_grad(loss_of, has_aux=True)(x)
            g = g.reshape(len(x), -1)
            along = g / jnp.maximum(jnp.linalg.norm(g, axis=1, keepdims=True), 1e-12)
            loss = (loss + loss_of(jax.lax.stop_gradient(x + adversarial * along.reshape(x.shape)))[0]) / 2
        else:
            loss, (nll, found, carry_after) = loss_of(x)
        watched = {"nll": nll, "error_rate": is_error(found, y).mean()}
        if l1:
            loss += l1 * sum(jnp.abs(w).sum() for w in model.weights())
        if l2:
            loss += l2 * sum(jnp.square(w).sum() for w in model.weights())
        return loss, (watched, carry_after)

    return objective


def smoothed(nll: Float[Array, ""], logits: Float[Array, "batch classes"], share: float) -> Float[Array, ""]:
    """Mix the mean -log P(y | x) of a batch with the mean of -log P over all classes, of which `share` counts."""
    if not share:
        return nll
    return (1 - share) * nll - share * jax.nn.log_softmax(logits).mean()


def within(longest: float) -> Callable[[Any], Any]:
    """Return a function that shortens the weights into each unit to a Euclidean length of at most `longest`.

    Units are the first axis of every array of `Classifier.weights` (max-norm, Srivastava et al. 2014).
    """

    def shortened(path: tuple[Any, ...], w: Array) -> Array:
        if getattr(path[-1], "name", None) != "weight":
            return w
        length = jnp.sqrt(jnp.square(w).sum(range(1, w.ndim), keepdims=True))
        return w * jnp.minimum(1, longest / jnp.maximum(length, longest))

    return lambda model: jax.tree_util.tree_map_with_path(shortened, model)
