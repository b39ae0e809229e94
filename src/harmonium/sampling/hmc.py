"""Hybrid Monte Carlo for any differentiable energy (chapter 11; Duane et al. 1987; Neal 1993)."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PRNGKeyArray, PyTree

Energy = Callable[[PyTree], Float[Array, ""]]  # of one position, any tree of arrays, in nats

DIVERGENT = 1000.0  # nats of energy error that no step size worth keeping makes


class HMCState(NamedTuple):
    """A position with what the next step needs of it."""

    position: PyTree
    energy: Float[Array, ""]
    gradient: PyTree

    @classmethod
    def init(cls, energy: Energy, position: PyTree) -> "HMCState":
        """The state at `position`."""
        return cls(position, *jax.value_and_grad(energy)(position))


class HMCInfo(NamedTuple):
    """What happened in a step."""

    acceptance: Float[Array, ""]  # the probability with which the proposal was accepted
    accepted: Bool[Array, ""]
    energy_error: Float[Array, ""]  # H at the trajectory's end minus H at its start, in nats
    divergent: Bool[Array, ""]


class StepSize(NamedTuple):
    """A step size that follows the acceptance rate."""

    value: Float[Array, ""]
    acceptance: Float[Array, ""]  # exponential average


class HMCRun(NamedTuple):
    """Draws, with what happened at each."""

    positions: PyTree  # (draws, chains, …)
    info: HMCInfo  # (draws, chains)
    step_size: StepSize  # the last one


def leapfrog(
    energy: Energy, state: HMCState, velocity: PyTree, step_size: Float[Array, ""] | float, steps: int
) -> tuple[HMCState, PyTree]:
    """The state and velocity after `steps` of size ε along the Hamiltonian's flow (eqs. 11.2 and 11.3).

    φ ← φ - ε/2 ∂E/∂s,   s ← s + ε φ,   φ ← φ - ε/2 ∂E/∂s; two half steps of φ that meet are made at once.
    """

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
    """½ Σ φ²."""
    return sum((0.5 * jnp.square(v).sum() for v in jax.tree.leaves(velocity)), jnp.float32(0))


def hmc_step(
    energy: Energy, state: HMCState, *, step_size: Float[Array, ""] | float, steps: int, key: PRNGKeyArray
) -> tuple[HMCState, HMCInfo]:
    """Draw a velocity, follow the flow, and accept where it ends with probability min(1, exp(-ΔH)) (section 11.2)."""
    drawing, accepting = jax.random.split(key)
    leaves, structure = jax.tree.flatten(state.position)
    keys = jax.random.split(drawing, len(leaves))
    normal = [jax.random.normal(k, a.shape) for k, a in zip(keys, leaves, strict=True)]
    velocity = jax.tree.unflatten(structure, normal)
    proposal, final_velocity = leapfrog(energy, state, velocity, step_size, steps)
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
    """The book's rule: follow the acceptance rate by an exponential average, and go up above the target, else down."""
    average = slowness * step_size.acceptance + (1 - slowness) * acceptance
    value = step_size.value * jnp.where(step_size.acceptance > target, increase, decrease)
    return StepSize(jnp.clip(value, smallest, largest), average)


def sample_hmc(
    energy: Energy,
    positions: PyTree,
    *,
    draws: int,
    burn_in: int,
    steps: int = 20,
    step_size: float = 0.01,
    largest_step_size: float = 0.25,
    target: float = 0.9,
    keep_adapting: bool = False,
    key: PRNGKeyArray,
) -> HMCRun:
    """Run chains from `positions`, (chains, …), and return the draws after burn-in; one program.

    The chains share a step size that adapts in burn-in; with `keep_adapting` it goes on, as in the book.
    """
    start = jax.vmap(lambda position: HMCState.init(energy, position))(positions)
    chains = len(jax.tree.leaves(positions)[0])

    def move(
        carried: tuple[HMCState, StepSize], key: PRNGKeyArray, adapts: bool
    ) -> tuple[tuple[HMCState, StepSize], HMCInfo]:
        states, size = carried

        def one(state: HMCState, key: PRNGKeyArray) -> tuple[HMCState, HMCInfo]:
            return hmc_step(energy, state, step_size=size.value, steps=steps, key=key)

        states, info = jax.vmap(one)(states, jax.random.split(key, chains))
        if adapts:
            size = adapt_step_size(size, info.acceptance.mean(), target=target, largest=largest_step_size)
        return (states, size), info

    def burn(carried: Any, key: PRNGKeyArray) -> tuple[Any, None]:
        return move(carried, key, adapts=True)[0], None

    def draw(carried: Any, key: PRNGKeyArray) -> tuple[Any, tuple[PyTree, HMCInfo]]:
        # With a step size that follows the chain's past, a step no longer leaves exp(-E) as it is.
        carried, info = move(carried, key, adapts=keep_adapting)
        return carried, (carried[0].position, info)

    burning, drawing = jax.random.split(key)
    size = StepSize(jnp.float32(step_size), jnp.float32(target))
    carried, _ = jax.lax.scan(burn, (start, size), jax.random.split(burning, burn_in))
    (_, size), (drawn, info) = jax.lax.scan(draw, carried, jax.random.split(drawing, draws))
    return HMCRun(drawn, info, size)
