"""Samplers that find their own step sizes: the no-U-turn sampler, and hybrid Monte Carlo of jittered lengths."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from harmonium.arguments import checked
from harmonium.errors import ConfigError
from harmonium.sampling.adaptation import DualAveraging, Variances, windows
from harmonium.sampling.diagnostics import described
from harmonium.sampling.hmc import HMCState, hmc_step
from harmonium.sampling.nuts import NUTSInfo, nuts_step
from harmonium.sampling.starts import Energy, check_finite, in_working_precision
from harmonium.threefry import written_out

LONGEST = 1023  # leapfrogs of a jittered trajectory: as many as of one that doubles ten times

# (states of all chains, an ε for each value, key) -> (states, what happened)
Move = Callable[[HMCState, Float[Array, " values"], PRNGKeyArray], tuple[HMCState, NUTSInfo]]


class WarmUp(NamedTuple):
    """What happened in the warm-up, whose positions are no samples of the target."""

    positions: PyTree  # (steps, chains, …)
    info: NUTSInfo  # (steps, chains)
    step_size: Float[Array, " steps"]  # the ε of each step, in units of the scale found until then


class Run(NamedTuple):
    """The draws of several chains, with what happened at each draw and before."""

    positions: PyTree  # (draws, chains, …)
    info: NUTSInfo  # (draws, chains)
    step_size: Float[Array, ""]  # of the draws, in units of the scale
    scale: PyTree  # the standard deviation that was found of each value, in the shape of a position
    warm_up: WarmUp

    def __repr__(self) -> str:
        return described(self)


@checked
def sample_nuts(
    energy: Energy,
    positions: PyTree,
    *,
    draws: int,
    warm_up: int = 1000,
    target: float = 0.8,
    deepest: int = 10,
    key: PRNGKeyArray,
) -> Run:
    """Draw samples of exp(-energy) by the no-U-turn sampler, which needs no setting, in one compiled program.

    Parameters
    ----------
    energy
        A differentiable function of one position that returns a scalar, in nats.
    positions
        Where the chains start: an array (chains, …) of floats, or a tree of such arrays. Four chains or more, far from
        each other, make R-hat trustworthy.
    draws
        Draws kept of each chain.
    warm_up
        Steps before the first draw, in which a step size and the scale of each value are learned from all chains.
    target
        The acceptance that the step size aims at. Raise it towards 1 where trajectories diverge.
    deepest
        Trajectories double at most this many times.
    key
        The key of all random numbers.

    Returns
    -------
    A `Run`. `problems` says what is wrong with it, `bulk_effective_sample_size` how many independent draws it is worth.

    Raises
    ------
    ConfigError
        For numbers without meaning, and where the energy of a position is not a scalar.
    DataError
        Where `positions` have another shape than the energy takes, or the energy or its gradient is not finite at them.

    Examples
    --------
    >>> from harmonium.sampling import split_r_hat
    >>> energy = lambda s: 0.5 * (((s - 3) / jnp.array([0.01, 1.0, 100.0])) ** 2).sum()
    >>> run = sample_nuts(energy, jnp.zeros((4, 3)), draws=500, warm_up=500, key=jax.random.key(0))
    >>> [float(f"{sd:.0e}") for sd in run.positions.std((0, 1))]
    [0.01, 1.0, 100.0]
    >>> bool((split_r_hat(run.positions) < 1.02).all())
    True
    """
    _require("deepest", deepest, 1)

    def move(states: HMCState, sizes: Array, key: PRNGKeyArray) -> tuple[HMCState, NUTSInfo]:
        def one(state: HMCState, key: PRNGKeyArray) -> tuple[HMCState, NUTSInfo]:
            return nuts_step(flat_energy, state, step_size=sizes, deepest=deepest, key=key)

        return jax.vmap(one)(states, jax.random.split(key, len(states.energy)))

    flat_energy, start, unravel = _flattened(energy, positions)
    return _adapt_and_draw(lambda _: move, flat_energy, start, unravel, draws, warm_up, target, key)


@checked
def sample_jittered_hmc(
    energy: Energy,
    positions: PyTree,
    *,
    draws: int,
    warm_up: int = 1000,
    trajectory: float = 1.5,
    target: float = 0.8,
    key: PRNGKeyArray,
) -> Run:
    """Draw samples of exp(-energy) by hybrid Monte Carlo with trajectories of random lengths.

    Trajectories of a fixed length return to their start where the motion has that length as its period; those of
    random lengths seldom do (Neal 2011, section 4.3). All chains make the same number of leapfrog steps at a draw, so
    that none waits for another. It is faster than `sample_nuts` where the target, once each value is scaled, is about
    equally wide in every direction; else `trajectory` must be longer.

    Parameters
    ----------
    trajectory
        The mean length of a trajectory, in units of the values' standard deviations; lengths are uniform up to twice
        that. A quarter of a Gaussian's period is 1.57.
    energy, positions, draws, warm_up, target, key
        As of `sample_nuts`, which also tells what is returned and raised.

    Examples
    --------
    Ten independent values of deviation 1, by two chains that start at zero:

    >>> run = sample_jittered_hmc(
    ...     lambda s: 0.5 * s @ s, jnp.zeros((2, 10)), draws=500, warm_up=200, key=jax.random.key(0)
    ... )
    >>> run.positions.shape, bool(abs(run.positions.std() - 1) < 0.1)
    ((500, 2, 10), True)
    """
    if not 0 < trajectory < float("inf"):
        raise ConfigError(f"trajectory is {trajectory:g}, but must be positive")

    def moving(step_size: Array) -> Move:
        def move(states: HMCState, sizes: Array, key: PRNGKeyArray) -> tuple[HMCState, NUTSInfo]:
            jittering, key = jax.random.split(key)
            length = 2 * trajectory * jax.random.uniform(jittering)
            steps = jnp.clip(jnp.ceil(length / step_size), 1, LONGEST).astype(jnp.int32)

            def one(state: HMCState, key: PRNGKeyArray) -> tuple[HMCState, NUTSInfo]:
                state, info = hmc_step(flat_energy, state, step_size=sizes, leapfrog_steps=steps, key=key)
                return state, NUTSInfo(
                    info.acceptance, info.energy_error, info.divergent, steps, steps == LONGEST
                )

            return jax.vmap(one)(states, jax.random.split(key, len(states.energy)))

        return move

    flat_energy, start, unravel = _flattened(energy, positions)
    return _adapt_and_draw(moving, flat_energy, start, unravel, draws, warm_up, target, key)


def _adapt_and_draw(
    moving: Callable[[Array], Move],
    energy: Energy,
    start: Float[Array, "chains values"],
    unravel: Callable[[Array], PyTree],
    draws: int,
    warm_up: int,
    target: float,
    key: PRNGKeyArray,
) -> Run:
    """Learn step sizes in `warm_up` moves, then draw with the values that were learned.

    `moving` makes a move of the step size, in units of the scale.
    """
    _require("draws", draws, 1)
    _require("warm_up", warm_up, 0)
    if not 0 < target < 1:
        raise ConfigError(f"target is {target:g}, but must lie between 0 and 1")
    values = start.shape[1]

    def adapt(carried: Any, slot: Any) -> tuple[Any, Any]:
        states, size, found, scale = carried
        key, inside, ends = slot
        tried = size.value
        states, info = moving(tried)(states, tried * scale, key)
        size = size.after(info.acceptance.mean(), target=target)
        found = jax.tree.map(
            lambda new, old: jnp.where(inside, new, old), found.taking_in(states.position), found
        )
        # A step of one standard deviation is about right along the new scale, and too long costs nothing.
        begun = (DualAveraging.init(1.0), Variances.init(values), found.scale())
        size, found, scale = jax.tree.map(
            lambda new, old: jnp.where(ends, new, old), begun, (size, found, scale)
        )
        return (states, size, found, scale), (states.position, info, tried)

    @jax.jit
    def run(start: Array, key: PRNGKeyArray) -> Any:
        adapting, drawing = jax.random.split(key)
        states = jax.vmap(lambda position: HMCState.init(energy, position))(start)
        first = (states, DualAveraging.init(1.0), Variances.init(values), jnp.ones(values))
        slots = (jax.random.split(adapting, warm_up), *map(jnp.asarray, windows(warm_up)))
        (states, size, _, scale), warmed = jax.lax.scan(adapt, first, slots)
        move, sizes = moving(size.average), size.average * scale

        def draw(states: HMCState, key: PRNGKeyArray) -> tuple[HMCState, Any]:
            states, info = move(states, sizes, key)
            return states, (states.position, info)

        _, drawn = jax.lax.scan(draw, states, jax.random.split(drawing, draws))
        return drawn, size.average, scale, warmed

    (drawn, info), step_size, scale, (warmed, warm_info, tried) = run(start, written_out(key))
    each = jax.vmap(jax.vmap(unravel))
    return Run(each(drawn), info, step_size, unravel(scale), WarmUp(each(warmed), warm_info, tried))


def _flattened(
    energy: Energy, positions: PyTree
) -> tuple[Energy, Float[Array, "chains values"], Callable[[Array], PyTree]]:
    """The energy as a function of one array, and the starts as arrays; see `sample_nuts` for what is raised."""
    energy, positions, _ = in_working_precision(energy, positions)
    _, unravel = ravel_pytree(jax.tree.map(lambda leaf: leaf[0], positions))
    start = jax.vmap(lambda position: ravel_pytree(position)[0])(positions)

    def flat_energy(position: Array) -> Array:
        return energy(unravel(position))

    check_finite(*jax.jit(jax.vmap(jax.value_and_grad(flat_energy)))(start))
    return flat_energy, start, unravel


def _require(name: str, value: int, least: int) -> None:
    if value < least:
        raise ConfigError(f"{name} is {value}, but must be at least {least}")
