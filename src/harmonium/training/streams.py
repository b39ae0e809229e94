"""The random keys of a run, each named after what it decides. No other file of the package makes a key of a number."""

import numbers
import zlib
from dataclasses import dataclass

import jax
from jaxtyping import Array, Int, PRNGKeyArray

from harmonium.errors import ConfigError
from harmonium.threefry import WRITTEN_OUT

ORDERS = 2**31  # above every update's number, so that no epoch's order shares a key with an update


def random_key(seed: int) -> PRNGKeyArray:
    """Make a key for `jax.random` from an integer.

    Parameters
    ----------
    seed
        Any integer from 0 to 2³¹ - 1.

    Returns
    -------
    A key that draws the very numbers of `jax.random.key(seed)`, in a quarter of the time on a CPU. Raises `ConfigError`
    for anything else.

    Examples
    --------
    >>> import jax
    >>> ours, jaxs = (jax.random.uniform(key, 3) for key in (random_key(7), jax.random.key(7)))
    >>> bool((ours == jaxs).all())
    True
    """
    if not isinstance(seed, numbers.Integral) or not 0 <= seed < 2**31:
        raise ConfigError(f"seed is {seed!r}, but must be a whole number from 0 to 2147483647")
    return jax.random.key(seed, impl=WRITTEN_OUT)


@dataclass(frozen=True)
class Streams:
    """The keys that a run's seed gives, one for each purpose; no two purposes, parts or seeds share a key.

    Parameters
    ----------
    seed
        The run's seed.
    part
        0 for the network as a whole; n for what is trained alone before it, as layer n of a stack.

    Examples
    --------
    >>> import jax
    >>> streams = Streams(seed=0)
    >>> first = jax.random.normal(streams.initial_weights, (3, 2))  # the same at each start of the program
    >>> bool((first == jax.random.normal(Streams(0).initial_weights, (3, 2))).all())
    True
    """

    seed: int
    part: int = 0

    def of(self, part: int) -> "Streams":
        """Return the streams of another part of the same run."""
        return Streams(self.seed, part)

    @property
    def initial_weights(self) -> PRNGKeyArray:
        """Draws the first weights."""
        return self._named("initial weights")

    @property
    def updates(self) -> PRNGKeyArray:
        """Decides the noise of each update and the order of each epoch; see `update_key` and `order_key`."""
        return self._named("updates")

    def held_out_noise(self, split: str) -> PRNGKeyArray:
        """Draws what is random in scoring a held-out set, the same at every call: corruption, binary pixels."""
        return self._named(f"held-out noise of {split}")

    def samples_of_codes(self, split: str) -> PRNGKeyArray:
        """Draws binary codes of a set from a layer's probabilities, for the layer above to learn from."""
        return self._named(f"samples of codes of {split}")

    @property
    def annealing(self) -> PRNGKeyArray:
        """Moves the chains that estimate a partition function."""
        return self._named("annealing")

    def posterior_samples(self, split: str) -> PRNGKeyArray:
        """Draws hidden layers given a held-out set, for a bound on its likelihood."""
        return self._named(f"posterior samples of {split}")

    @property
    def start(self) -> PRNGKeyArray:
        """Draws where the Markov chains of samples begin."""
        return self._named("start of chains")

    @property
    def burn_in(self) -> PRNGKeyArray:
        """Moves the Markov chains of samples until their step size has adapted."""
        return self._named("burn-in of chains")

    @property
    def chains(self) -> PRNGKeyArray:
        """Moves the Markov chains of samples."""
        return self._named("chains")

    @property
    def particles(self) -> PRNGKeyArray:
        """Draws the negative particles that are shown while an RBM learns by chains that begin at examples."""
        return self._named("particles")

    @property
    def pictures(self) -> PRNGKeyArray:
        """Draws what is random between a chain's state and its picture."""
        return self._named("pictures of chains")

    def _named(self, name: str) -> PRNGKeyArray:
        part = jax.random.fold_in(random_key(self.seed), self.part)
        return jax.random.fold_in(part, zlib.crc32(name.encode()))


def update_key(updates: PRNGKeyArray, number: Int[Array, ""] | int) -> PRNGKeyArray:
    """Return the key of an update, counted from 0, given a run's stream `updates`."""
    return jax.random.fold_in(updates, number)


def order_key(updates: PRNGKeyArray, epoch: int) -> PRNGKeyArray:
    """Return the key that shuffles an epoch, counted from 0, given a run's stream `updates`."""
    return jax.random.fold_in(jax.random.fold_in(updates, ORDERS), epoch)
