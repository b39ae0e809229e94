"""How a deep belief network learns as a whole, by up-down (Hinton, Osindero & Teh 2006, section 5 and appendix B)."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from harmonium.models.contrastive import contrastive_loss, negative_particles
from harmonium.models.dbn import DBN, log_bernoulli


class Passes(NamedTuple):
    """States of all layers of a DBN below its top, the pixels first, in an upward and in a downward pass."""

    wake: tuple[Float[Array, "batch units"], ...]  # up from examples, by recognition
    sleep: tuple[Float[Array, "batch units"], ...]  # down from the top RBM's particles, by generation


def passes(dbn: DBN, x: Float[Array, "batch visible"], steps: int, *, key: PRNGKeyArray) -> Passes:
    """Draw the states of an upward pass from examples, then of a downward pass from where the top RBM's chains end.

    Parameters
    ----------
    dbn
        The network.
    x
        Examples in [0, 1].
    steps
        Gibbs steps of the top RBM between the two passes.
    key
        The key of all random numbers.

    Returns
    -------
    Passes
        The states, through which no gradient flows; the pixels of the downward pass are their means.
    """
    waking, starting, chain, dreaming = jax.random.split(key, 4)
    dbn = jax.lax.stop_gradient(dbn)
    *lower, top = dbn.rbms
    wake = [x]
    for number, layer in enumerate(lower):
        wake.append(layer.sample_hidden(wake[-1], key=jax.random.fold_in(waking, number)))
    _, particles = negative_particles(dbn.top, top.sample_hidden(wake[-1], key=starting), steps, key=chain)
    sleep = [particles]
    for number in reversed(range(len(lower))):
        layer, above = lower[number], sleep[0]
        mean = layer.visible_mean(layer.visible_field(above))
        drawn = layer.sample_visible(above, key=jax.random.fold_in(dreaming, number)) if number else mean
        sleep.insert(0, drawn)
    return Passes(tuple(wake), tuple(sleep))


def generation_cost(dbn: DBN, states: Passes) -> Float[Array, " batch"]:
    """Compute -log p of each layer of the upward pass given the one above it, in nats; the wake phase lowers it."""
    pairs = zip(dbn.rbms[:-1], states.wake, states.wake[1:], strict=False)
    return sum(
        (-log_bernoulli(layer.visible_field(above), below) for layer, below, above in pairs),
        jnp.zeros(len(states.wake[0])),
    )


def recognition_cost(dbn: DBN, states: Passes) -> Float[Array, " batch"]:
    """Compute -log q of each layer of the downward pass given the one below it, in nats; the sleep phase lowers it."""
    pairs = zip(dbn.rbms[:-1], states.sleep, states.sleep[1:], strict=False)
    return sum(
        (-log_bernoulli(layer.hidden_logits(below), above) for layer, below, above in pairs),
        jnp.zeros(len(states.sleep[0])),
    )


def up_down_loss(dbn: DBN, states: Passes) -> Float[Array, ""]:
    """The loss of up-down: the costs of generation and recognition, and the contrastive loss of the top RBM.

    Every parameter occurs in one of the three alone: generative weights and visible biases in the first, recognition
    weights and hidden biases in the second, and those of the top RBM in the third.

    Examples
    --------
    >>> from harmonium.models import RBM
    >>> lower, top = (RBM.init(*sizes, key=jax.random.key(n)) for n, sizes in enumerate([(9, 6), (6, 4)]))
    >>> dbn, x = DBN((lower, top)).untied(), jnp.ones((20, 9))
    >>> gradient = jax.grad(up_down_loss)(dbn, passes(dbn, x, steps=1, key=jax.random.key(2)))
    >>> gradient.rbms[0].recognition.shape, gradient.rbms[1].weight.shape
    ((9, 6), (6, 4))
    """
    contrast = contrastive_loss(dbn.top, states.wake[-1], states.sleep[-1])
    return generation_cost(dbn, states).mean() + recognition_cost(dbn, states).mean() + contrast
