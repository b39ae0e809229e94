"""Training state on disk, by Orbax: a checkpoint is complete, or it is not there."""

import errno
import logging
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from harmonium import __version__
from harmonium.errors import CheckpointError, HarmoniumError, in_one_line
from harmonium.files import explained, temporary_prefix
from harmonium.training.devices import is_key
from harmonium.training.records import check_progress

if TYPE_CHECKING:
    import orbax.checkpoint as ocp

    from harmonium.training.loop import Trainer

FORMAT = 2  # of the training state; another is another version's


def save(path: Path, trainer: "Trainer") -> None:
    """Keep all that the rest of a training depends on as one of the last two checkpoints in the folder `path`.

    A model that is not finite is not kept: the next update will say that training diverged. Raises `HarmoniumError`
    where the disk is full or the folder cannot be written.
    """
    arrays, fitted = _arrays(trainer), trainer.fitted
    if not all(np.isfinite(_plain(leaf)).all() for leaf in jax.tree.leaves(trainer.state.model)):
        return
    with explained(path):
        path.mkdir(exist_ok=True)
        needed = 1.25 * sum(leaf.nbytes for leaf in jax.tree.leaves(arrays)) + 2**16
        if shutil.disk_usage(path).free < needed:  # before Orbax fails in several threads at once
            raise OSError(errno.ENOSPC, "no space left")
    progress = {
        "format": FORMAT,
        "version": __version__,
        "shapes": _shapes(arrays),
        "updates": fitted.updates,
        "epochs": fitted.epochs,
        "seconds": fitted.seconds,
        "best": fitted.best,
        "stopping": trainer.stopping.state() if trainer.stopping else None,
    }
    try:
        import orbax.checkpoint as ocp

        items = ocp.args.Composite(
            arrays=ocp.args.StandardSave(jax.tree.map(_plain, arrays)), progress=ocp.args.JsonSave(progress)
        )
        with _manager(path) as manager:
            manager.save(fitted.updates, args=items)
    except Exception as error:  # Orbax reports a full disk as any of several types
        _forget_other_failures()
        for unfinished in path.glob("*.orbax-checkpoint-tmp"):
            shutil.rmtree(unfinished, ignore_errors=True)
        raise HarmoniumError(
            f"cannot write a checkpoint in {path}: {_reason(error)}, then continue with: harmonium resume {path.parent}"
        ) from error


def _reason(error: Exception) -> str:
    """Return why Orbax could not write, and what to do first."""
    if "space" in str(error).lower():
        return "the disk is full; free some space"
    if isinstance(error, MemoryError) or "Unable to allocate" in str(error):
        return f"there is not enough memory ({in_one_line(error)}); close other programs"
    return f"{in_one_line(error)}; mend that"


def steps(path: Path) -> list[int]:
    """Return the updates of the checkpoints in the folder `path`."""
    with _manager(path) as manager:
        return list(manager.all_steps())


def forget_after(path: Path, update: int) -> None:
    """Remove the checkpoints in the folder `path` of later updates, each as a whole however this ends.

    Raises `HarmoniumError` where the folder cannot be written.
    """
    later = [one for one in path.iterdir() if one.name.isdecimal() and int(one.name) > update]
    for checkpoint in later:
        with explained(path):
            trash = Path(tempfile.mkdtemp(dir=path, prefix=temporary_prefix(checkpoint)))
            checkpoint.rename(trash / checkpoint.name)
            shutil.rmtree(trash)


def restore(path: Path, trainer: "Trainer", at: int | None = None) -> None:
    """Put a training where a checkpoint in the folder `path` left it; leave it as it is where there is none.

    The checkpoint is the newest, or the one of the update `at`, which at 0 is none.

    Raises `CheckpointError` where the checkpoint is damaged, of another configuration, or of a version of Harmonium
    whose training state was another.
    """
    import orbax.checkpoint as ocp

    with _manager(path) as manager:
        step = manager.latest_step() if at is None else at
        if not step:
            return
        chosen, like = path / str(step), _arrays(trainer)
        progress = _read(manager, chosen, "progress", ocp.args.JsonRestore())
        _check(progress, chosen, like)
        plain = _read(manager, chosen, "arrays", ocp.args.StandardRestore(jax.tree.map(_plain, like)))
    arrays = jax.tree.map(_placed, plain, like)
    trainer.state, trainer.totals = arrays["state"], arrays["totals"]
    fitted = trainer.fitted
    fitted.model, fitted.best = arrays["best"], progress["best"]
    fitted.updates, fitted.epochs, fitted.seconds = (progress[k] for k in ("updates", "epochs", "seconds"))
    if trainer.stopping and progress["stopping"]:
        own, kept = trainer.stopping.state(), progress["stopping"]
        if kept.keys() != own.keys() or any(
            isinstance(own[k], list) != isinstance(kept[k], list) for k in own
        ):
            raise CheckpointError(
                f"the checkpoint {chosen} was made under another stopping rule; undo the change in config.json"
            )
        trainer.stopping.restore(kept)


def _check(progress: Any, checkpoint: Path, like: Any) -> None:
    """Raise `CheckpointError` for a checkpoint that is damaged, or of another version or configuration."""
    found = progress if isinstance(progress, dict) else {}
    if found.get("format") != FORMAT:
        raise CheckpointError(
            f"the checkpoint {checkpoint} is of version {found.get('version', '0.1')} of Harmonium, which "
            f"{__version__} cannot continue; evaluate or predict with the run as it is, or train it anew"
        )
    check_progress(progress, checkpoint)
    for name, shape in _shapes(like).items():
        if progress["shapes"].get(name) != shape:
            raise CheckpointError(
                f"the checkpoint {checkpoint} belongs to another configuration: there {name} is "
                f"{progress['shapes'].get(name, 'missing')}, here {shape}; undo the change in config.json"
            )


def _arrays(trainer: "Trainer") -> dict[str, Any]:
    return {"state": trainer.state, "totals": trainer.totals, "best": trainer.fitted.model}


def _read(manager: "ocp.CheckpointManager", path: Path, item: str, how: Any) -> Any:
    import orbax.checkpoint as ocp

    try:
        return manager.restore(int(path.name), args=ocp.args.Composite(**{item: how}))[item]
    except Exception as error:
        _forget_other_failures()
        raise CheckpointError(
            f"the checkpoint {path} is damaged; delete that folder to continue from the one before it"
        ) from error


def _manager(path: Path) -> "ocp.CheckpointManager":
    import orbax.checkpoint as ocp

    # Every failure reaches the user as our own error; Orbax would print its traceback before it.
    logging.getLogger("absl").setLevel(logging.CRITICAL)
    options = ocp.CheckpointManagerOptions(
        max_to_keep=2,
        create=False,
        enable_async_checkpointing=False,
        cleanup_tmp_directories=True,
        multiprocessing_options=_alone(),
    )
    try:
        return ocp.CheckpointManager(path.absolute(), options=options)
    except (OSError, OverflowError, TypeError, ValueError) as error:  # of a time, say, that is no date
        if isinstance(error, OSError) and error.errno != errno.EOVERFLOW:
            raise
        raise CheckpointError(
            f"a checkpoint in {path} is damaged ({in_one_line(error)}); delete the newest folder there to continue "
            f"from the one before it"
        ) from error


def _alone() -> Any:
    """Of several processes each restores for itself, and the first alone saves; Orbax would wait for the others."""
    import orbax.checkpoint as ocp

    here = jax.process_index()
    return ocp.options.MultiprocessingOptions(
        primary_host=here, active_processes={here}, barrier_sync_key_prefix=str(here)
    )


def _plain(array: jax.Array) -> np.ndarray:
    """What Orbax writes and reads as one process, whatever devices the array lies on."""
    return np.asarray(jax.random.key_data(array) if is_key(array) else array)


def _placed(plain: np.ndarray, like: jax.Array) -> jax.Array:
    if is_key(like):
        return jax.random.wrap_key_data(jnp.asarray(plain), impl=jax.random.key_impl(like))
    return jax.device_put(plain, like.sharding)


def _shapes(arrays: Any) -> dict[str, list[int]]:
    leaves = jax.tree_util.tree_leaves_with_path(arrays)
    return {jax.tree_util.keystr(path): list(leaf.shape) for path, leaf in leaves}


def _forget_other_failures() -> None:
    """Let asyncio keep to itself the writes and reads that failed beside the one that is reported."""
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
