"""The training loop as one function, for models and objectives of one's own."""

from collections.abc import Callable
from typing import Any

from harmonium.arguments import check, hints_of
from harmonium.training.loop import fit_alone
from harmonium.training.progress import Reporter
from harmonium.training.run_folder import RunFolder
from harmonium.training.stopping import Stopping
from harmonium.training.training import Evaluation, Fitted, Training
from harmonium.training.update import TrainingState, Update


def fit(
    update: Update,
    state: TrainingState,
    train: Any,
    *,
    batch_size: int,
    max_epochs: int,
    shuffle: bool = False,
    evaluate: Evaluation | None = None,
    stopping: Stopping | None = None,
    run: RunFolder | None = None,
    report: Reporter | None = None,
    snapshot_epochs: int = 0,
    beside_snapshots: Callable[[TrainingState], dict[str, Any]] | None = None,
    device_bytes: int | None = None,
) -> Fitted:
    """Train a model.

    Parameters
    ----------
    update
        What an update does to the state; see `gradient_update`.
    state
        Where training begins; see `TrainingState.init`.
    train
        The examples: any tree of arrays with one row an example.
    batch_size
        Examples an update. Examples that do not fill a last minibatch are left out of an epoch.
    max_epochs
        Passes over the examples after which training ends in any case.
    shuffle
        Take the examples in a new random order each epoch.
    evaluate
        How the model is scored, once an epoch unless the stopping rule says otherwise.
    stopping
        The rule that says which validation is the best, and when to stop; it needs `evaluate`.
    run
        The folder in which validations are recorded and checkpoints kept; None writes nothing.
    report
        Is told of each compiled call and each validation; see `Reporter`. None for silence.
    snapshot_epochs
        Keep the model in the run's folder each time this many epochs have passed; 0 for never.
    beside_snapshots
        From the state to arrays by name that are kept beside each of them.
    device_bytes
        A training set larger than this streams through the device; None for half of an accelerator's memory.

    Returns
    -------
    The result of training: the model of the best validation, or without a stopping rule the last model.

    Raises
    ------
    ConfigError
        For a stopping rule without `evaluate`, a rule that another training has used up, an objective that returns
        another shape, a batch larger than the training set, and arguments of another type.
    DataError
        Where the arrays of `train` differ in their number of rows.
    CheckpointError
        Where the run's checkpoint is damaged or belongs to another configuration.

    Notes
    -----
    Training goes on from the last checkpoint in the run's folder: the result is bit for bit that of a run that was
    never stopped. Ctrl+C, SIGTERM and SIGHUP end it after the current compiled call, with a checkpoint. A metric or a
    weight that is not finite ends it with the status "diverged", the last checkpoint before it intact.

    Examples
    --------
    Least squares, one weight:

    >>> import jax.numpy as jnp, optax
    >>> from harmonium.training import TrainingState, fit, gradient_update, random_key
    >>> def objective(w, batch, carry, key):
    ...     x, y = batch
    ...     loss = jnp.square(w * x - y).mean()
    ...     return loss, ({"squared_error": loss}, carry)
    >>> x = jnp.linspace(-1, 1, 100)
    >>> optimizer = optax.sgd(0.5)
    >>> state = TrainingState.init(jnp.float32(0), optimizer, key=random_key(0))
    >>> fitted = fit(gradient_update(objective, optimizer), state, (x, 3 * x), batch_size=10, max_epochs=20)
    >>> f"{fitted.model:.3f} after {fitted.updates} updates"
    '3.000 after 200 updates'
    """
    check("fit", hints_of(fit), locals())
    if evaluate is not None:
        check("Evaluation", hints_of(Evaluation), vars(evaluate))
    training = Training(
        update,
        state,
        train,
        batch_size=batch_size,
        max_epochs=max_epochs,
        shuffle=shuffle,
        evaluate=evaluate,
        stopping=stopping,
        run=run,
        snapshot_epochs=snapshot_epochs,
        beside_snapshots=beside_snapshots,
        device_bytes=device_bytes,
    )
    return fit_alone(training, report)
