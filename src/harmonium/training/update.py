"""One step of learning: from a chapter's objective to what the training loop repeats."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import equinox as eqx
import jax
import jax.numpy as jnp
import lazy_loader
from jaxtyping import Array, Float, Int, PRNGKeyArray, PyTree

from harmonium.errors import ConfigError
from harmonium.training.buckets import bucketed
from harmonium.training.streams import update_key

if TYPE_CHECKING:
    import optax
else:
    optax = lazy_loader.load("optax")  # which takes a tenth of a prediction's time to import, and only trains

Metrics = dict[str, Float[Array, ""]]
# (model, batch, carry, key) -> (loss, (metrics, carry)); pure. `carry` is None unless chains persist.
Objective = Callable[[Any, Any, Any, PRNGKeyArray], tuple[Float[Array, ""], tuple[Metrics, Any]]]


@runtime_checkable
class Stepping(Protocol):
    """An optimiser that steps a model by itself, as `RowWise` does; one of Optax tells each weight's step instead."""

    def init(self, model: Any) -> Any:
        """Return its state before the first update."""
        ...

    def step(self, gradient: Any, state: TrainingState, batch: Any) -> tuple[Any, Any]:
        """Return the model and its own state after the step that a batch's gradient makes."""
        ...


class RunningMean(eqx.Module):
    """A mean of the models after each update, of which later ones count more (Polyak & Juditsky 1992)."""

    model: PyTree
    decay: Float[Array, ""]  # the share that the mean before an update keeps; less in the first updates

    def after(self, model: PyTree, update: Int[Array, ""]) -> RunningMean:
        """Return the mean with `model`, that of an update counted from 1, taken in."""
        decay = jnp.minimum(self.decay, (1 + update) / (10 + update))
        return RunningMean(optax.incremental_update(model, self.model, 1 - decay), self.decay)


class TrainingState(eqx.Module):
    """All that one update reads and writes."""

    model: PyTree
    optimizer: optax.OptState
    carry: PyTree
    update: Int[Array, ""]  # updates done so far
    key: PRNGKeyArray  # the run's stream of updates; never changes
    rate: Float[Array, ""]  # the learning rate: multiplies the optimiser's steps
    mean: RunningMean | None = (
        None  # of the models so far, where it is to be judged and kept in place of the last
    )

    @classmethod
    def init(
        cls,
        model: PyTree,
        optimizer: optax.GradientTransformation | Stepping,
        *,
        key: PRNGKeyArray,
        rate: float = 1.0,
        carry: PyTree = None,
        average: float = 0.0,
    ) -> TrainingState:
        """Make the state before the first update.

        Parameters
        ----------
        model
            The model with its first weights.
        optimizer
            Makes a step of a gradient; an Optax transformation.
        key
            Decides the noise of every update and the order of every epoch, as `Streams(seed).updates` does.
        rate
            Multiplies the optimiser's steps; 1 where the optimiser has a learning rate of its own.
        carry
            What the objective hands on from update to update beside the model, as persistent Markov chains.
        average
            The decay of a running mean of the models, which is then judged and kept in place of the last one; 0 for
            none.
        """
        _require_optimizer("TrainingState.init", optimizer)
        if not hasattr(key, "dtype"):
            raise ConfigError(
                f"TrainingState.init: key is {key!r}, but must be a random key, as random_key(0) makes"
            )
        mean = RunningMean(jax.tree.map(jnp.copy, model), jnp.float32(average)) if average else None
        return cls(model, optimizer.init(model), carry, jnp.int32(0), key, jnp.float32(rate), mean)

    @property
    def result(self) -> PyTree:
        """Return the model that is judged and kept: the running mean where there is one, else the last; folded."""
        return folded(self.model if self.mean is None else self.mean.model)

    def back_at(self, model: PyTree, scale: float) -> TrainingState:
        """Return the state with an earlier model and the learning rate scaled; the optimiser keeps its averages."""
        mean = self.mean and RunningMean(jax.tree.map(jnp.copy, model), self.mean.decay)
        return dataclasses.replace(
            self, model=jax.tree.map(jnp.copy, model), rate=self.rate * scale, mean=mean
        )


def folded(model: Any) -> Any:
    """Return the model with each part that has a method `folded`, as batch normalisation, replaced by its result."""
    return jax.tree.map(
        lambda part: part.folded() if hasattr(part, "folded") else part,
        model,
        is_leaf=lambda part: hasattr(part, "folded"),
    )


@jax.jit
def copied(tree: Any) -> Any:
    """Return a copy of all arrays of a tree, in one program."""
    return jax.tree.map(jnp.copy, tree)


Update = Callable[[TrainingState, Any], tuple[TrainingState, Metrics]]


def gradient_update(
    objective: Objective,
    optimizer: optax.GradientTransformation | Stepping,
    *,
    block: int | None = None,
    lengths: Sequence[int] | None = None,
    direction: Callable[[Any, Any], Any] | None = None,
    project: Callable[[Any], Any] | None = None,
    measured: Callable[[Any, Any], Any] | None = None,
) -> Update:
    """Make the update that follows an objective's gradient.

    Parameters
    ----------
    objective
        (model, batch, carry, key) -> (loss, (metrics, carry)), pure; the metrics are single numbers by name. The key
        depends on the run's seed and the update's number alone; the carry passes from update to update.
    optimizer
        Makes a step of a gradient; an Optax transformation, or a `RowWise` around one.
    block
        Form the gradient of a batch as the mean over blocks of about this many examples, whose intermediate results
        stay in the processor's cache; the carry then passes from block to block too. None for the whole batch at
        once.
    lengths
        The examples are sequences, cut to the first of these lengths that holds a whole batch; see `bucketed`.
    direction
        (gradient, carry) -> what the optimiser follows in the gradient's place, such as the centred gradient of an
        RBM; the carry is that which the objective returned. None for the gradient itself.
    project
        Puts the model back where its parameters must stay, after each step.
    measured
        (model, carry) -> the model with what the objective measured and returned as its carry, such as the moving
        statistics of batch normalisation; after each step.

    Returns
    -------
    (state, batch) -> (state, metrics), pure.

    Raises
    ------
    ConfigError
        When the update is traced, where the objective returns something of another shape.

    Examples
    --------
    >>> import jax.numpy as jnp, optax
    >>> from harmonium.training import TrainingState, random_key
    >>> def objective(w, x, carry, key):
    ...     loss = jnp.square(w - x).mean()
    ...     return loss, ({"loss": loss}, carry)
    >>> optimizer = optax.sgd(0.25)
    >>> update = gradient_update(objective, optimizer)
    >>> state, metrics = update(TrainingState.init(jnp.float32(0), optimizer, key=random_key(0)), jnp.ones(4))
    >>> float(state.model), float(metrics["loss"]), int(state.update)
    (0.5, 1.0, 1)
    """
    if not callable(objective):
        raise ConfigError(f"gradient_update: objective is {objective!r}, but must be a function")
    _require_optimizer("gradient_update", optimizer)
    value_and_gradient = jax.value_and_grad(_checked(objective), has_aux=True)
    if lengths is not None:
        # The gradient alone: a switch that returned the state would copy all of it at each update.
        value_and_gradient = bucketed(value_and_gradient, lengths)

    def update(state: TrainingState, batch: Any) -> tuple[TrainingState, Metrics]:
        key = update_key(state.key, state.update)
        count = _blocks(len(jax.tree.leaves(batch)[0]), block)
        if count == 1:
            (_, (metrics, carry)), gradient = value_and_gradient(state.model, batch, state.carry, key)
        else:
            metrics, carry, gradient = _mean_over_blocks(value_and_gradient, state, batch, key, count)
        if direction is not None:
            gradient = direction(gradient, carry)
        if isinstance(optimizer, Stepping):
            model, optimizer_state = optimizer.step(gradient, state, batch)
        else:
            model, optimizer_state = stepped(optimizer, gradient, state.optimizer, state.model, state.rate)
        if project is not None:
            model = project(model)
        if measured is not None:
            model = measured(model, carry)
        number = state.update + 1
        mean = state.mean and state.mean.after(model, number)
        return TrainingState(model, optimizer_state, carry, number, state.key, state.rate, mean), metrics

    return update


def stepped(
    optimizer: optax.GradientTransformation, gradient: Any, averages: Any, model: Any, rate: Float[Array, ""]
) -> tuple[Any, Any]:
    """The model, and the optimiser's state, after its step times `rate`."""
    step, averages = optimizer.update(gradient, averages, model)
    return optax.apply_updates(model, jax.tree.map(lambda a: rate * a, step)), averages


def _require_optimizer(where: str, optimizer: Any) -> None:
    if not isinstance(optimizer, Stepping) and not (
        hasattr(optimizer, "init") and hasattr(optimizer, "update")
    ):
        raise ConfigError(f"{where}: optimizer is {optimizer!r}, but must be an Optax transformation")


def _checked(objective: Objective) -> Objective:
    """Return the objective, which says in our words where it returns something else than it should."""

    def checked(model: Any, batch: Any, carry: Any, key: PRNGKeyArray) -> Any:
        found = objective(model, batch, carry, key)
        demand = "an objective must return (loss, (metrics, carry))"
        if not (
            isinstance(found, tuple)
            and len(found) == 2
            and isinstance(found[1], tuple)
            and len(found[1]) == 2
        ):
            raise ConfigError(f"{demand}; this one returns {_described(found)}")
        loss, (metrics, after) = found
        if jnp.shape(loss) != () or not jnp.issubdtype(jnp.result_type(loss), jnp.floating):
            raise ConfigError(f"{demand}, the loss a single float; here it is {_described(loss)}")
        if not isinstance(metrics, dict) or any(jnp.shape(value) != () for value in metrics.values()):
            raise ConfigError(
                f"{demand}, metrics a dict of single numbers; here they are {_described(metrics)}"
            )
        if str(jax.tree.structure(after)) != str(jax.tree.structure(carry)):
            raise ConfigError(
                f"{demand}, the carry as it was given, {carry!r}; here it is {_described(after)}"
            )
        return found

    return checked


def _described(value: Any) -> str:
    """Return a value's type and, of arrays, shape, in the form (float32[3], {nll: float32[]})."""
    if isinstance(value, tuple):
        return "(" + ", ".join(map(_described, value)) + ")"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_described(one)}" for name, one in value.items()) + "}"
    if eqx.is_array_like(value):
        return f"{jnp.result_type(value)}{list(jnp.shape(value))}"
    return type(value).__name__


def _blocks(examples: int, block: int | None) -> int:
    """Return into how many equal blocks a batch divides that are as near to `block` examples as they can be."""
    if block is None or examples <= block:
        return 1
    divisors = [n for n in range(1, examples + 1) if examples % n == 0 and examples // n >= block // 2]
    return min(divisors, key=lambda n: abs(examples // n - block))


def _mean_over_blocks(
    value_and_gradient: Callable[..., Any], state: TrainingState, batch: Any, key: PRNGKeyArray, count: int
) -> tuple[Metrics, Any, PyTree]:
    blocks = jax.tree.map(lambda a: a.reshape(count, -1, *a.shape[1:]), batch)

    def add(sums: Any, numbered: Any) -> tuple[Any, None]:
        (metrics, gradient), carry = sums
        number, one = numbered
        (_, (m, carry)), g = value_and_gradient(state.model, one, carry, jax.random.fold_in(key, number))
        return (jax.tree.map(jnp.add, (metrics, gradient), (m, g)), carry), None

    first = jax.tree.map(lambda a: a[0], blocks)
    (_, (metrics, _)), gradient = jax.eval_shape(value_and_gradient, state.model, first, state.carry, key)
    zeros = jax.tree.map(lambda a: jnp.zeros(a.shape, a.dtype), (metrics, gradient))
    (sums, carry), _ = jax.lax.scan(add, (zeros, state.carry), (jnp.arange(count), blocks))
    metrics, gradient = jax.tree.map(lambda a: a / count, sums)
    return metrics, carry, gradient
