"""Updates of those rows of a table alone that a batch reads, such as the embeddings of its words."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from harmonium.training.update import TrainingState, stepped

if TYPE_CHECKING:
    import optax

# Optimisers that leave a weight alone whose gradient is zero, and what is then left of their averages after an update.
KEPT = {"sgd": 1.0, "adadelta": 0.95, "rmsprop": 0.9}


class RowsState(NamedTuple):
    """The state of an optimiser that changes the rows of a table as they are read."""

    optimizer: optax.OptState
    updated: Int[Array, " rows"]  # updates that had been made when each row was last brought up to date


class RowWise(NamedTuple):
    """An optimiser that reads and writes, of a large table, only the rows that a batch reads.

    All other rows have a gradient of zero. Where the optimiser then leaves a weight alone and only its averages
    shrink, that can wait until the row is read again: the result is that of the optimiser up to rounding. A batch that
    reads as many rows as the table has, or more, is stepped as a whole.

    Parameters
    ----------
    optimizer
        An Optax transformation that steps each weight by itself, and not at all where its gradient is zero.
    table
        From the model to its table, (rows, …).
    rows
        From a batch to the numbers of the rows that it reads, in any shape, as often as they come.
    kept
        What is left of the optimiser's averages after an update without a gradient; see `KEPT`.

    Examples
    --------
    >>> import optax
    >>> from harmonium.training import TrainingState, gradient_update, random_key
    >>> def objective(table, rows, carry, key):
    ...     loss = jnp.square(table[rows] - 1).mean()
    ...     return loss, ({"loss": loss}, carry)
    >>> optimizer = RowWise(optax.sgd(0.5), table=lambda model: model, rows=lambda batch: batch, kept=1.0)
    >>> state = TrainingState.init(jnp.zeros((5, 1)), optimizer, key=random_key(0))
    >>> state, _ = gradient_update(objective, optimizer)(state, jnp.array([0, 3]))
    >>> print(state.model.ravel())
    [0.5 0.  0.  0.5 0. ]
    """

    optimizer: optax.GradientTransformation
    table: Callable[[Any], Float[Array, "rows ..."]]
    rows: Callable[[Any], Int[Array, "*any"]]
    kept: float

    def init(self, model: Any) -> RowsState:
        """The state before the first update."""
        return RowsState(self.optimizer.init(model), jnp.zeros(len(self.table(model)), jnp.int32))

    def step(self, gradient: Any, state: TrainingState, batch: Any) -> tuple[Any, RowsState]:
        """The model and the optimiser's state after the step that a batch's gradient makes."""
        rows, table = self.rows(batch).ravel(), self.table(state.model)
        number = state.update + 1
        if len(rows) >= len(table):
            model, after = stepped(
                self.optimizer, gradient, state.optimizer.optimizer, state.model, state.rate
            )
            return model, RowsState(after, jnp.full_like(state.optimizer.updated, number))
        left = self.kept ** (state.update - state.optimizer.updated[rows]).astype(jnp.float32)

        def narrow(tree: Any) -> Any:
            return eqx.tree_at(self.table, tree, replace_fn=lambda whole: whole[rows])

        def faded(part: Any) -> Any:
            fading = left.reshape(-1, *[1] * (table.ndim - 1))
            return eqx.tree_at(self.table, narrow(part), replace_fn=lambda few: few * fading)

        def widened(whole: Any, few: Any) -> Any:
            return eqx.tree_at(self.table, few, self.table(whole).at[rows].set(self.table(few)))

        averages = self._in_averages(faded, state, state.optimizer.optimizer)
        model, after = stepped(self.optimizer, narrow(gradient), averages, narrow(state.model), state.rate)
        return widened(state.model, model), RowsState(
            self._in_averages(widened, state, state.optimizer.optimizer, after),
            state.optimizer.updated.at[rows].set(number),
        )

    def _in_averages(self, change: Callable[..., Any], state: TrainingState, *states: Any) -> Any:
        """Change the parts of an optimiser's states that hold a number for each weight; of the others take the last."""
        structure: Any = jax.tree.structure(state.model)
        shape = self.table(state.model).shape

        def is_average(part: Any) -> bool:
            return structure == jax.tree.structure(part) and jnp.shape(self.table(part)) == shape

        return jax.tree.map(
            lambda *parts: change(*parts) if is_average(parts[0]) else parts[-1], *states, is_leaf=is_average
        )
