"""The no-U-turn sampler: hybrid Monte Carlo that finds the length of each trajectory (Hoffman & Gelman 2014)."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from harmonium.sampling.hmc import DIVERGENT, HMCState
from harmonium.sampling.starts import Energy
from harmonium.threefry import written_out


class NUTSInfo(NamedTuple):
    """What happened in one step of the no-U-turn sampler."""

    acceptance: Float[
        Array, ""
    ]  # the mean of min(1, exp(-ΔH)) over the trajectory, which a step size adapts to
    energy_error: Float[Array, ""]  # H at the state that was chosen minus H at the start, in nats
    divergent: Bool[Array, ""]  # an error of more than 1,000 nats ended the trajectory
    leapfrogs: Int[Array, ""]  # steps of the trajectory, each a gradient of the energy
    cut: Bool[Array, ""]  # whether the trajectory was ended by the limit on its length


class Point(NamedTuple):
    """A point of a trajectory."""

    position: Float[Array, " values"]
    velocity: Float[Array, " values"]
    gradient: Float[Array, " values"]


class Part(NamedTuple):
    """A stretch of a trajectory: a state drawn from it in proportion to exp(-H), and what the U-turn test needs."""

    chosen: HMCState
    error: Float[Array, ""]  # of the state chosen
    log_weight: Float[Array, ""]  # log Σ exp(H at the start - H) over its states
    velocity: Float[Array, " values"]  # the sum over its states


class Branch(NamedTuple):
    """The half of a trajectory that is being added at one of its ends."""

    part: Part
    forward: Bool[Array, ""]
    leaves: Int[Array, ""]  # steps so far
    velocities: Float[
        Array, "deepest values"
    ]  # at the first leaf of each stretch within it that is still open
    sums: Float[Array, "deepest values"]  # of the velocities up to that leaf


class Trajectory(NamedTuple):
    """A trajectory that doubles until it turns back."""

    first: Point  # its ends, that of the branch included
    last: Point
    whole: Part  # without the branch
    branch: Branch
    depth: Int[Array, ""]
    leapfrogs: Int[Array, ""]
    acceptance: Float[Array, ""]  # summed over the leapfrogs
    divergent: Bool[Array, ""]
    ended: Bool[Array, ""]


def nuts_step(
    energy: Energy,
    state: HMCState,
    *,
    step_size: Float[Array, "*values"] | float,
    deepest: int = 10,
    key: PRNGKeyArray,
) -> tuple[HMCState, NUTSInfo]:
    """Move one chain by one trajectory that doubles until it makes a U-turn, which leaves exp(-E) as it is.

    From a velocity drawn from N(0, I) the trajectory grows by as many leapfrog steps again, forwards or backwards by
    a coin, until its ends move towards each other, an error of energy of 1,000 nats, or 2^`deepest` states. The new
    state is one of them, drawn in proportion to exp(-H), with a preference for the half that came last (Betancourt
    2017, appendix A). All is one loop of leapfrog steps, so that no chain waits for another to fill
    its half; U-turns within a half are found from the velocities at the few leaves where unfinished stretches began
    (Phan, Pradhan & Jankowiak 2019).

    Parameters
    ----------
    energy
        A differentiable function of one position, in nats.
    state
        Where the chain is: `HMCState.init(energy, position)`.
    step_size
        ε of the leapfrog, or for a position that is one array an ε of each value; see `leapfrog`.
    deepest
        At most this many doublings.
    key
        The key of all random numbers.

    Examples
    --------
    >>> energy = lambda s: 0.5 * (s**2).sum()
    >>> state = HMCState.init(energy, jnp.ones(3))
    >>> state, info = nuts_step(energy, state, step_size=0.5, key=jax.random.key(0))
    >>> state.position.shape, bool(info.divergent), bool(info.cut)
    ((3,), False, False)
    """
    position, unravel = ravel_pytree(state.position)
    gradient, _ = ravel_pytree(state.gradient)
    value_and_gradient = jax.value_and_grad(lambda s: energy(unravel(s)))
    drawing, heading, turning = jax.random.split(written_out(key), 3)
    velocity = jax.random.normal(drawing, position.shape, position.dtype)
    start = HMCState(position, state.energy, gradient)
    epsilon = jnp.asarray(step_size, position.dtype)
    level = state.energy + 0.5 * jnp.square(velocity).sum()  # H at the start

    def grown(trajectory: Trajectory) -> Trajectory:
        leaf_coin, branch_coin, way_coin = jax.random.uniform(
            jax.random.fold_in(turning, trajectory.leapfrogs), (3,)
        )
        branch = trajectory.branch
        at = _pick(branch.forward, trajectory.last, trajectory.first)
        size = jnp.where(branch.forward, epsilon, -epsilon)
        half = at.velocity - 0.5 * size * at.gradient
        moved = at.position + size * half
        value, slope = value_and_gradient(moved)
        end = Point(moved, half - 0.5 * size * slope, slope)
        first = _pick(branch.forward, trajectory.first, end)
        last = _pick(branch.forward, end, trajectory.last)
        error = value + 0.5 * jnp.square(end.velocity).sum() - level
        error = jnp.where(jnp.isnan(error), jnp.inf, error)
        leaf = Part(HMCState(moved, value, slope), error, -error, end.velocity)
        part = _joined(
            branch.part, leaf, leaf_coin, jnp.exp(-error - _log_add(branch.part.log_weight, -error))
        )

        lowest, highest = _open_stretches(branch.leaves, deepest)
        slots = jnp.arange(deepest)[:, None]
        opens = (branch.leaves % 2 == 0) & (slots == highest)
        velocities = jnp.where(opens, end.velocity, branch.velocities)
        sums = jnp.where(opens, part.velocity, branch.sums)
        turns = _turns(velocities, end.velocity, part.velocity - sums + velocities)
        closes = (branch.leaves % 2 == 1) & (slots[:, 0] >= lowest) & (slots[:, 0] <= highest)
        divergent = error > DIVERGENT
        broken = divergent | (turns & closes).any()
        leaves = branch.leaves + 1
        full = leaves == 1 << trajectory.depth

        # A half that was broken off is left out whole: no trajectory from within it would have reached the start.
        joins = full & ~broken
        joined = _joined(
            trajectory.whole, part, branch_coin, jnp.exp(part.log_weight - trajectory.whole.log_weight)
        )
        whole = _pick(joins, joined, trajectory.whole)
        depth = trajectory.depth + joins
        returns = joins & _turns(first.velocity, last.velocity, whole.velocity)
        forward = jnp.where(joins, way_coin < 0.5, branch.forward)
        begun = Part(part.chosen, part.error, jnp.full_like(error, -jnp.inf), jnp.zeros_like(position))
        branch = Branch(
            _pick(joins, begun, part),
            forward,
            jnp.where(joins, 0, leaves),
            velocities,
            sums,
        )
        return Trajectory(
            first,
            last,
            whole,
            branch,
            depth,
            trajectory.leapfrogs + 1,
            trajectory.acceptance + jnp.exp(-jnp.maximum(error, 0)),
            divergent,
            broken | returns | (depth == deepest),
        )

    at_start = Point(position, velocity, gradient)
    none = jnp.zeros((deepest, *position.shape), position.dtype)
    zero, no = jnp.zeros_like(state.energy), jnp.bool_(False)
    begun = Part(start, zero, zero - jnp.inf, jnp.zeros_like(position))
    forward = jax.random.bernoulli(heading)
    trajectory = Trajectory(
        at_start,
        at_start,
        Part(start, zero, zero, velocity),
        Branch(begun, forward, jnp.int32(0), none, none),
        jnp.int32(0),
        jnp.int32(0),
        zero,
        no,
        no,
    )
    end = jax.lax.while_loop(lambda t: ~t.ended, grown, trajectory)
    chosen = end.whole.chosen
    state = HMCState(unravel(chosen.position), chosen.energy, unravel(chosen.gradient))
    mean = end.acceptance / end.leapfrogs
    return state, NUTSInfo(mean, end.whole.error, end.divergent, end.leapfrogs, end.depth == deepest)


def _joined(old: Part, new: Part, coin: Array, chance: Array) -> Part:
    """Join two stretches; the state of the whole is the new one's with probability `chance`."""
    chosen, error = _pick(coin < chance, (new.chosen, new.error), (old.chosen, old.error))
    return Part(chosen, error, _log_add(old.log_weight, new.log_weight), old.velocity + new.velocity)


def _turns(first: Array, last: Array, total: Array) -> Array:
    """Whether a stretch of this total velocity turns back at either end: φ·ρ ≤ 0, each end counted half in ρ."""
    inner = total - 0.5 * (first + last)
    return ((first * inner).sum(-1) <= 0) | ((last * inner).sum(-1) <= 0)


def _open_stretches(leaf: Array, deepest: int) -> tuple[Array, Array]:
    """Slots of the stretches that end with this leaf, counted from 0, where it is odd: from, and to.

    A stretch of 2ᵏ leaves begins at a multiple of 2ᵏ, and the slot of its first leaf n is the number of ones in n / 2.

    Examples
    --------
    With leaf 3 two stretches end: leaves 2 and 3, whose first is in slot 1, and 0 to 3, whose first is in slot 0.

    >>> [int(slot) for slot in _open_stretches(jnp.int32(3), 10)]
    [0, 1]
    """
    highest = jnp.bitwise_count(leaf >> 1).astype(jnp.int32)
    ending = jnp.bitwise_count((~leaf & (leaf + 1)) - 1).astype(jnp.int32)
    return highest - ending + 1, highest


def _log_add(a: Array, b: Array) -> Array:
    """Log(eᵃ + eᵇ), which is -∞ for two of -∞ and has no gradient to care for."""
    larger = jnp.maximum(a, b)
    return larger + jnp.log1p(jnp.exp(jnp.where(jnp.isinf(larger), -jnp.inf, -jnp.abs(a - b))))


def _pick(condition: Array, new: Any, old: Any) -> Any:
    return jax.tree.map(lambda a, b: jnp.where(condition, a, b), new, old)
