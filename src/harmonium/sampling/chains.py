"""Running a Markov chain, whatever its state and its transition."""

from collections.abc import Callable
from typing import TypeVar

import jax
from jaxtyping import PRNGKeyArray

State = TypeVar("State")
Transition = Callable[[State, PRNGKeyArray], State]  # leaves the chain's distribution as it is


def run_chain(transition: Transition[State], state: State, steps: int, *, key: PRNGKeyArray) -> State:
    """The state after `steps` transitions."""
    return jax.lax.fori_loop(0, steps, lambda i, s: transition(s, jax.random.fold_in(key, i)), state)


def trace_chain(
    transition: Transition[State], state: State, rows: int, steps: int, *, key: PRNGKeyArray
) -> State:
    """The states after `steps`, 2·`steps`, … `rows`·`steps` transitions, stacked on a new first axis."""

    def row(state: State, key: PRNGKeyArray) -> tuple[State, State]:
        state = run_chain(transition, state, steps, key=key)
        return state, state

    return jax.lax.scan(row, state, jax.random.split(key, rows))[1]
