"""Hybrid Monte Carlo for any differentiable energy (chapter 11; Duane et al. 1987; Neal 1993)."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray, PyTree

from harmonium.arguments import checked, renamed
from harmonium.errors import ConfigError
from harmonium.sampling.diagnostics import described
from harmonium.sampling.starts import Energy, check_finite, in_working_precision
from harmonium.threefry import written_out

DIVERGENT = 1000.0  # nats of energy error that no step size worth keeping makes


class HMCState(NamedTuple):
    """A position, with its energy and the energy's gradient, which the next trajectory starts from."""

    position: PyTree
    energy: Float[Array, ""]
    gradient: PyTree

    @classmethod
    def init(cls, energy: Energy, position: PyTree) -> "HMCState":
        """The state at `position`."""
        return cls(position, *jax.value_and_grad(energy)(position))


class HMCInfo(NamedTuple):
    """What happened in one step of hybrid Monte Carlo."""

    acceptance: Float[Array, ""]  # the probability with which the proposal was accepted
    accepted: Bool[Array, ""]
    energy_error: Float[Array, ""]  # H at the trajectory's end minus H at its start, in nats
    divergent: Bool[Array, ""]  # an error of more than 1,000 nats


class StepSize(NamedTuple):
    """A leapfrog step size ε, and the average acceptance rate that it adapts to."""

    value: Float[Array, ""]
    acceptance: Float[Array, ""]  # exponential average over the steps so far


class HMCRun(NamedTuple):
    """The draws of several chains, with what happened at each draw."""

    positions: PyTree  # (draws, chains, …)
    info: HMCInfo  # (draws, chains)
    step_size: StepSize  # after the last draw

    def __repr__(self) -> str:
        return described(self)


def leapfrog(
    energy: Energy,
    state: HMCState,
    velocity: PyTree,
    step_size: Float[Array, "*values"] | float,
    steps: int | Int[Array, ""],
) -> tuple[HMCState, PyTree]:
    """Follow the Hamiltonian's flow for `steps` steps of size ε (eqs. 11.2 and 11.3).

    φ ← φ - ε/2 ∂E/∂s,   s ← s + ε φ,   φ ← φ - ε/2 ∂E/∂s; two half steps of φ that meet are made at once.

    Where a position is one array, ε may be another number for each of its values. That is the flow of particles of
    different masses, in velocities that are measured so that all of them are drawn from N(0, I) (Neal 2011, 4.1).
    `steps` may be a traced number, of at least 1.

    Returns the state and the velocity at the end. Raises `ConfigError` for a negative number of steps.

    Examples
    --------
    A particle in the bowl E(s) = ½ s² starts at rest and oscillates; after a time of π it is on the other side.

    >>> energy = lambda s: 0.5 * (s**2).sum()
    >>> start = HMCState.init(energy, jnp.array([1.0]))
    >>> end, velocity = leapfrog(energy, start, jnp.zeros(1), step_size=jnp.pi / 100, steps=100)
    >>> round(float(end.position[0]), 3)
    -1.0
    """
    if isinstance(steps, int) and steps < 0:
        raise ConfigError(f"a trajectory of {steps} leapfrog steps has no meaning; give at least 0")
    if isinstance(steps, int) and steps == 0:
        return state, velocity

    def moved(position: PyTree, velocity: PyTree) -> PyTree:
        return jax.tree.map(lambda s, v: s + step_size * v, position, velocity)

    def kicked(velocity: PyTree, gradient: PyTree, share: float) -> PyTree:
        return jax.tree.map(lambda v, g: v - share * step_size * g, velocity, gradient)

    def step(_: Array, phase: tuple[PyTree, PyTree]) -> tuple[PyTree, PyTree]:
        position, velocity = phase
        velocity = kicked(velocity, jax.grad(energy)(position), 1.0)
        return moved(position, velocity), velocity

    velocity = kicked(velocity, state.gradient, 0.5)
    phase = (moved(state.position, velocity), velocity)
    position, velocity = jax.lax.fori_loop(0, steps - 1, step, phase)
    state = HMCState.init(energy, position)
    return state, kicked(velocity, state.gradient, 0.5)


def kinetic_energy(velocity: PyTree) -> Float[Array, ""]:
    """½ Σ φ², over all arrays of the tree."""
    return sum((0.5 * jnp.square(v).sum() for v in jax.tree.leaves(velocity)), jnp.float32(0))


def hmc_step(
    energy: Energy,
    state: HMCState,
    *,
    step_size: Float[Array, "*values"] | float,
    leapfrog_steps: int | Int[Array, ""],
    key: PRNGKeyArray,
) -> tuple[HMCState, HMCInfo]:
    """Move one chain by one trajectory, which leaves exp(-E) as it is (section 11.2).

    From `state` it draws a velocity from N(0, I) by `key`, follows the flow of `energy`, in nats, for `leapfrog_steps`
    steps of `step_size`, and accepts where that ends with probability min(1, exp(-ΔH)). See `leapfrog` for a step size
    of each value. Returns the next state, and what happened.
    """
    drawing, accepting = jax.random.split(key)
    leaves, structure = jax.tree.flatten(state.position)
    keys = jax.random.split(drawing, len(leaves))
    normal = [jax.random.normal(k, a.shape, a.dtype) for k, a in zip(keys, leaves, strict=True)]
    velocity = jax.tree.unflatten(structure, normal)
    proposal, final_velocity = leapfrog(energy, state, velocity, step_size, leapfrog_steps)
    error = proposal.energy + kinetic_energy(final_velocity) - state.energy - kinetic_energy(velocity)
    error = jnp.where(jnp.isnan(error), jnp.inf, error)
    acceptance = jnp.exp(-jnp.maximum(error, 0))
    accepted = jax.random.uniform(accepting) < acceptance
    state = jax.tree.map(lambda new, old: jnp.where(accepted, new, old), proposal, state)
    return state, HMCInfo(acceptance, accepted, error, error > DIVERGENT)


def adapt_step_size(
    step_size: StepSize,
    acceptance: Float[Array, ""],
    *,
    target: float = 0.9,
    increase: float = 1.02,
    decrease: float = 0.98,
    smallest: float = 0.001,
    largest: float = 0.25,
    slowness: float = 0.9,
) -> StepSize:
    """The book's rule: a larger step where the average acceptance rate is above `target`, else a smaller one.

    The average becomes `slowness` times itself plus the rest of this step's `acceptance`; the new step size, `increase`
    or `decrease` times the old one and kept within `smallest` and `largest`, uses the average before that.

    Examples
    --------
    >>> size = StepSize(jnp.float32(0.1), jnp.float32(0.95))
    >>> round(float(adapt_step_size(size, jnp.float32(1.0)).value), 4)
    0.102
    """
    average = slowness * step_size.acceptance + (1 - slowness) * acceptance
    value = step_size.value * jnp.where(step_size.acceptance > target, increase, decrease)
    return StepSize(jnp.clip(value, smallest, largest), average)


@checked
def sample_hmc(
    energy: Energy,
    positions: PyTree,
    *,
    draws: int,
    warm_up: int = 1000,
    leapfrog_steps: int = 20,
    step_size: float = 0.01,
    largest_step_size: float = 0.25,
    target: float = 0.9,
    keep_adapting: bool = False,
    steps: int | None = None,
    burn_in: int | None = None,
    key: PRNGKeyArray,
) -> HMCRun:
    """Draw samples of exp(-energy) by several chains in one compiled program.

    Parameters
    ----------
    energy
        A differentiable function of one position that returns a scalar, in nats.
    positions
        Where the chains start: an array (chains, …) of floats, or a tree of such arrays with the same number of
        chains. A position that is a single number is an array of one: (chains, 1).
    draws
        Draws kept of each chain, each the end of one trajectory.
    warm_up
        Trajectories before the first draw, in which the step size, which all chains share, adapts to `target`.
    leapfrog_steps
        Of a trajectory.
    step_size, largest_step_size
        The step size at the start, and the most that it may grow to.
    target
        The acceptance rate aimed at.
    keep_adapting
        Adapt the step size between draws too, as the book does. The chains then no longer leave exp(-energy)
        exactly as it is.
    steps, burn_in
        What `leapfrog_steps` and `warm_up` were called in version 0.1; the next release will not know them.
    key
        The key of all random numbers.

    Returns
    -------
    An `HMCRun`. `problems` says what is wrong with it, `bulk_effective_sample_size` how much its draws are worth.

    Raises
    ------
    ConfigError
        Where `draws` or `leapfrog_steps` is below 1, `warm_up` below 0, or the energy of a position is not a scalar.
    DataError
        Where `positions` lack the axis of the chains, differ in their number, or are not floats, and where the energy
        or its gradient is not finite at them.

    Examples
    --------
    >>> energy = lambda s: 0.5 * (((s - jnp.array([1.0, 3.0])) / jnp.array([1.0, 0.5])) ** 2).sum()
    >>> run = sample_hmc(energy, jnp.zeros((4, 2)), draws=500, warm_up=100, key=jax.random.key(0))
    >>> run, run.positions.shape
    (<HMCRun: 500 draws of 4 chains, acceptance ...>, (500, 4, 2))
    >>> [round(float(mean)) for mean in run.positions.mean((0, 1))]
    [1, 3]
    """
    leapfrog_steps = renamed("steps", steps, "leapfrog_steps", leapfrog_steps)
    warm_up = renamed("burn_in", burn_in, "warm_up", warm_up)
    _check_numbers(draws, warm_up, leapfrog_steps, target, step_size)
    energy, positions, chains = in_working_precision(energy, positions)
    start = jax.vmap(lambda position: HMCState.init(energy, position))(positions)
    check_finite(start.energy, start.gradient)

    def move(
        carried: tuple[HMCState, StepSize], key: PRNGKeyArray, adapts: bool
    ) -> tuple[tuple[HMCState, StepSize], HMCInfo]:
        states, size = carried

        def one(state: HMCState, key: PRNGKeyArray) -> tuple[HMCState, HMCInfo]:
            return hmc_step(energy, state, step_size=size.value, leapfrog_steps=leapfrog_steps, key=key)

        states, info = jax.vmap(one)(states, jax.random.split(key, chains))
        if adapts:
            size = adapt_step_size(size, info.acceptance.mean(), target=target, largest=largest_step_size)
        return (states, size), info

    def adapt(carried: Any, key: PRNGKeyArray) -> tuple[Any, None]:
        return move(carried, key, adapts=True)[0], None

    def draw(carried: Any, key: PRNGKeyArray) -> tuple[Any, tuple[PyTree, HMCInfo]]:
        # With a step size that follows the chain's past, a step no longer leaves exp(-E) as it is.
        carried, info = move(carried, key, adapts=keep_adapting)
        return carried, (carried[0].position, info)

    warming, drawing = jax.random.split(written_out(key))
    size = StepSize(jnp.asarray(step_size, start.energy.dtype), jnp.asarray(target, start.energy.dtype))
    carried, _ = jax.lax.scan(adapt, (start, size), jax.random.split(warming, warm_up))
    (_, size), (drawn, info) = jax.lax.scan(draw, carried, jax.random.split(drawing, draws))
    return HMCRun(drawn, info, size)


def _check_numbers(draws: int, warm_up: int, leapfrog_steps: int, target: float, step_size: float) -> None:
    for name, value, least in (
        ("draws", draws, 1),
        ("warm_up", warm_up, 0),
        ("leapfrog_steps", leapfrog_steps, 1),
    ):
        if value < least:
            raise ConfigError(f"{name} is {value}, but must be at least {least}")
    if not 0 < target < 1 or not 0 < step_size < float("inf"):
        raise ConfigError(f"target {target:g} must be in (0, 1), and step_size {step_size:g} positive")
