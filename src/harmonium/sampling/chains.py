"""Running a Markov chain, whatever its state and its transition."""

from collections.abc import Callable
from typing import Any, TypeVar

import jax
from jaxtyping import PRNGKeyArray

State = TypeVar("State")
Transition = Callable[[State, Any], State]  # (state, noise of one step) -> the next state


def run_chain(transition: Transition[State], state: State, noise: Any) -> State:
    """The state after one transition for each slice of `noise`: a key a step, or numbers drawn in one call before."""
    return jax.lax.scan(lambda s, one: (transition(s, one), None), state, noise)[0]


def trace_chain(
    transition: Transition[State], state: State, rows: int, steps: int, *, key: PRNGKeyArray
) -> State:
    """The states after `steps`, 2·`steps`, … `rows`·`steps` transitions, stacked on a new first axis.

    The transition receives a key a step.
    """

    def row(state: State, key: PRNGKeyArray) -> tuple[State, State]:
        state = run_chain(transition, state, jax.random.split(key, steps))
        return state, state

    return jax.lax.scan(row, state, jax.random.split(key, rows))[1]
