"""A conditional random field over a sentence's labels, in which neighbouring labels influence each other.

A linear chain (Lafferty, McCallum and Pereira 2001) gives all labels y of a sentence a score and a probability:

    score(y) = Σ s(t, y(t)) + Σ A(y(t-1), y(t)),   P(y) = exp(score(y)) / Z,   Z = Σ exp(score(y)) over all y

s(t, y) are a network's logits and A the transitions, from the label of a row to that of a column. `true` says which
places are words; the others are padding after a sentence's end. The first place is always a word.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

TINY = 1e-37  # near the smallest number of single precision, e⁻⁸⁵

Logits = Float[Array, "*batch time labels"]
Transitions = Float[Array, "labels labels"]
Words = Bool[Array, "*batch time"]


def log_partition(logits: Logits, transitions: Transitions, true: Words) -> Float[Array, "*batch"]:
    """The logarithm of Z, by the forward recursion.

    α(t, y) = s(t, y) + log Σ exp(α(t-1, y') + A(y', y)) over y',   log Z = log Σ exp α(end, y) over y

    Examples
    --------
    Two words, two labels and no transitions, where all 4 pairs have the probability 1/4:

    >>> logits, transitions = jnp.zeros((2, 2)), jnp.zeros((2, 2))
    >>> round(float(jnp.exp(log_partition(logits, transitions, jnp.array([True, True])))), 3)
    4.0
    """
    # The sum over y' as a product of matrices, whose factors are at most 1; one below TINY counts as TINY.
    highest = transitions.max(0)
    factors = jnp.exp(transitions - highest)

    def step(alpha: Array, at: tuple[Array, Array]) -> tuple[Array, None]:
        s, here = at
        largest = alpha.max(-1, keepdims=True)
        total = jnp.maximum(jnp.exp(alpha - largest) @ factors, TINY)
        return jnp.where(here[..., None], s + highest + largest + jnp.log(total), alpha), None

    alpha, _ = jax.lax.scan(step, logits[..., 0, :], later(logits, true))
    return jax.nn.logsumexp(alpha, axis=-1)


def score(
    labels: Int[Array, "*batch time"], logits: Logits, transitions: Transitions, true: Words
) -> Float[Array, "*batch"]:
    """Compute the score of a sentence's labels; those of padding do not count."""
    of_words = jnp.take_along_axis(logits, labels[..., None], axis=-1)[..., 0]
    of_pairs = transitions[labels[..., :-1], labels[..., 1:]]
    return (of_words * true).sum(-1) + (of_pairs * true[..., 1:]).sum(-1)


def marginals(logits: Logits, transitions: Transitions, true: Words) -> Logits:
    """The probability of each label of each word, whatever the others are: ∂ log Z / ∂ s(t, y). Zeros for padding."""
    return jax.grad(lambda s: log_partition(s, transitions, true).sum())(logits)


def best_labels(logits: Logits, transitions: Transitions, true: Words) -> Int[Array, "*batch time"]:
    """The labels with the highest score of all, by Viterbi's recursion; those of padding repeat the last word's.

    δ(t, y) = s(t, y) + max δ(t-1, y') + A(y', y) over y', whose best y' are then followed back from the end.
    """
    itself = jnp.arange(logits.shape[-1])

    def step(delta: Array, at: tuple[Array, Array]) -> tuple[Array, Array]:
        s, here = at
        candidates = delta[..., :, None] + transitions
        before = jnp.where(here[..., None], candidates.argmax(-2), itself)
        return jnp.where(here[..., None], s + candidates.max(-2), delta), before

    def back(label: Array, before: Array) -> tuple[Array, Array]:
        return jnp.take_along_axis(before, label[..., None], axis=-1)[..., 0], label

    delta, before = jax.lax.scan(step, logits[..., 0, :], later(logits, true))
    first, others = jax.lax.scan(back, delta.argmax(-1), before, reverse=True)
    return jnp.moveaxis(jnp.concatenate([first[None], others]), 0, -1)


def later(logits: Logits, true: Words) -> tuple[Array, Array]:
    """Return the logits after the first word, and which of these places are words, with time as the first axis."""
    return jnp.moveaxis(logits[..., 1:, :], -2, 0), jnp.moveaxis(true[..., 1:], -1, 0)
