"""What a sampler learns before its draws: the size of a step, and how far the target reaches along each value."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

SHRUNK = 5  # weight, in draws, of the prior guess that a variance is 0.001, as in Stan
FIRST_WINDOW = 25  # steps of the first estimate of the variances; each further one is twice as long
OPENING, CLOSING = 0.075, 0.1  # shares of the warm-up in which the step size alone adapts


class DualAveraging(NamedTuple):
    """A step size ε whose acceptance approaches a target (Nesterov 2009; Hoffman & Gelman 2014, section 3.2).

    Examples
    --------
    Where the acceptance is exp(-ε), a target of 0.8 asks for ε = 0.223.

    >>> size = DualAveraging.init(1.0)
    >>> for _ in range(200):
    ...     size = size.after(jnp.exp(-size.value), target=0.8)
    >>> print(f"{size.average:.1f}")
    0.2
    """

    log_value: Float[Array, ""]  # of the step that is tried next
    log_average: Float[Array, ""]  # of the steps so far, later ones weighing more
    shortfall: Float[Array, ""]  # the mean of target minus acceptance
    steps: Float[Array, ""]
    log_attractor: Float[Array, ""]  # the value that log ε is drawn to, the log of ten times the first step

    @classmethod
    def init(cls, step_size: float | Float[Array, ""]) -> "DualAveraging":
        """Start from this step size."""
        log = jnp.log(jnp.asarray(step_size, jnp.result_type(float)))
        none = jnp.zeros_like(log)
        return cls(log, log, none, none, log + jnp.log(10.0))

    @property
    def value(self) -> Float[Array, ""]:
        """The step size to try next."""
        return jnp.exp(self.log_value)

    @property
    def average(self) -> Float[Array, ""]:
        """The step size to keep."""
        return jnp.exp(self.log_average)

    def after(self, acceptance: Float[Array, ""], *, target: float) -> "DualAveraging":
        """Return the state after a step of this size with this acceptance."""
        gamma, steadying, forgetting = 0.05, 10, 0.75  # Hoffman & Gelman's γ, t₀ and κ
        steps = self.steps + 1
        shortfall = self.shortfall + (target - acceptance - self.shortfall) / (steps + steadying)
        log_value = self.log_attractor - jnp.sqrt(steps) / gamma * shortfall
        share = steps**-forgetting
        log_average = share * log_value + (1 - share) * self.log_average
        return DualAveraging(log_value, log_average, shortfall, steps, self.log_attractor)


class Variances(NamedTuple):
    """The variance of each value over all states so far (Chan, Golub & LeVeque 1979).

    Examples
    --------
    >>> x = jnp.array([[1.0], [2.0], [6.0], [7.0]])
    >>> print(Variances.init(1).taking_in(x[:2]).taking_in(x[2:]).squares / 4, x.var(0))
    [6.5] [6.5]
    """

    states: Float[Array, ""]  # how many
    mean: Float[Array, " values"]
    squares: Float[Array, " values"]  # the sum of squared distances from the mean

    @classmethod
    def init(cls, values: int) -> "Variances":
        """Start with no state."""
        return cls(jnp.zeros(()), jnp.zeros(values), jnp.zeros(values))

    def taking_in(self, positions: Float[Array, "chains values"]) -> "Variances":
        """Return the statistics with the positions of several chains added."""
        more, mean = len(positions), positions.mean(0)
        states, apart = self.states + more, mean - self.mean
        squares = jnp.square(positions - mean).sum(0) + apart**2 * self.states * more / states
        return Variances(states, self.mean + apart * more / states, self.squares + squares)

    def scale(self) -> Float[Array, " values"]:
        """The standard deviation of each value, drawn a little towards small ones."""
        variance = self.squares / jnp.maximum(self.states - 1, 1)
        return jnp.sqrt((self.states * variance + SHRUNK * 1e-3) / (self.states + SHRUNK))


def windows(steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Return masks over a warm-up's steps: those from which variances are estimated, and those that end an estimate.

    As in Stan: an opening in which chains find the target, windows each twice as long as the one before it, the last
    one up to a closing in which the step size settles. A warm-up of fewer than 20 steps adapts the step size alone.

    Examples
    --------
    >>> inside, ends = windows(1000)
    >>> [int(step) for step in ends.nonzero()[0]]
    [99, 149, 249, 449, 899]
    """
    inside, ends = np.zeros(steps, bool), np.zeros(steps, bool)
    if steps < 20:
        return inside, ends
    begin, close = int(OPENING * steps), steps - max(1, int(CLOSING * steps))
    inside[begin:close] = True
    length = FIRST_WINDOW
    while begin < close:
        # A window behind which one of twice its length would not fit takes all the rest.
        end = begin + length if begin + 3 * length <= close else close
        ends[end - 1] = True
        begin, length = end, 2 * length
    return inside, ends
