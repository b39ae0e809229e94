"""Running a Markov chain, whatever its state and its transition."""

from collections.abc import Callable
from typing import Any, TypeVar

import jax
from jaxtyping import PRNGKeyArray

from harmonium.arguments import checked

State = TypeVar("State")
Transition = Callable[[State, Any], State]  # (state, randomness of one step) -> the next state


@checked
def run_chain(transition: Transition[State], state: State, noise: Any) -> State:
    """The state after one transition for each slice of `noise`.

    Parameters
    ----------
    transition
        From a state and one slice of `noise` to the next state.
    state
        The first state, any tree of arrays; it may hold many chains.
    noise
        Keys, one a step, or random numbers (steps, …) drawn in one call before, which is faster.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> float(run_chain(lambda x, u: 0.5 * x + u, jnp.float32(8), jnp.array([0.0, 1.0, 0.0])))
    1.5
    """
    return jax.lax.scan(lambda s, one: (transition(s, one), None), state, noise)[0]


def trace_chain(
    transition: Transition[State], state: State, rows: int, steps: int, *, key: PRNGKeyArray
) -> State:
    """The states after `steps`, 2·`steps`, … `rows`·`steps` transitions, stacked on a new first axis.

    Parameters
    ----------
    transition
        From a state and a key to the next state.
    state
        The first state, which is not among those returned.
    rows
        How many states are returned.
    steps
        Transitions between one of them and the next.
    key
        The key that the transitions' keys are derived from.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> trace_chain(lambda x, key: x + 1, jnp.zeros(2), rows=3, steps=10, key=jax.random.key(0)).tolist()
    [[10.0, 10.0], [20.0, 20.0], [30.0, 30.0]]
    """

    def row(state: State, key: PRNGKeyArray) -> tuple[State, State]:
        state = run_chain(transition, state, jax.random.split(key, steps))
        return state, state

    return jax.lax.scan(row, state, jax.random.split(key, rows))[1]
