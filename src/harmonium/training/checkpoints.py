"""Training state on disk, by Orbax: a checkpoint is complete, or it is not there."""

import errno
import logging
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from harmonium.errors import CheckpointError, HarmoniumError
from harmonium.files import explained
from harmonium.training.devices import is_key

if TYPE_CHECKING:
    import orbax.checkpoint as ocp


class Checkpoints:
    """The last two training states of a run."""

    def __init__(self, path: Path):
        self.path = path.absolute()
        self._open: ocp.CheckpointManager | None = None

    def save(self, update: int, arrays: Any, progress: Mapping[str, Any]) -> None:
        """Keep `arrays` and the JSON values of `progress` as the state after `update`."""
        import orbax.checkpoint as ocp

        finite = jax.tree.map(lambda a: jnp.isfinite(a).all(), arrays["state"].model)
        if not all(jax.tree.leaves(finite)):
            return  # the next update will say that training diverged; the last finite checkpoint stays
        with explained(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            needed = 1.25 * sum(leaf.nbytes for leaf in jax.tree.leaves(arrays)) + 2**16
            if shutil.disk_usage(self.path).free < needed:  # before Orbax fails in several threads at once
                raise OSError(errno.ENOSPC, "no space left")
        try:
            self._manager().save(
                update,
                args=ocp.args.Composite(
                    arrays=ocp.args.StandardSave(jax.tree.map(_plain, arrays)),
                    progress=ocp.args.JsonSave({**progress, "shapes": _shapes(arrays)}),
                ),
            )
        except Exception as error:  # Orbax reports a full disk as any of several types
            _forget_other_failures()
            for unfinished in self.path.glob("*.orbax-checkpoint-tmp"):
                shutil.rmtree(unfinished, ignore_errors=True)
            reason = "the disk is full" if "space" in str(error).lower() else str(error).splitlines()[0]
            raise HarmoniumError(
                f"cannot write a checkpoint in {self.path}: {reason}; free some space, then continue with: "
                f"harmonium resume {self.path.parent}"
            ) from error

    def restore(self, like: Any) -> tuple[Any, dict[str, Any]] | None:
        """The newest state, with arrays placed as in `like`; None where there is none.

        Raises `CheckpointError` where it is damaged or belongs to another configuration.
        """
        import orbax.checkpoint as ocp

        if not self.path.exists() or (step := self._manager().latest_step()) is None:
            return None
        newest = self.path / str(step)
        progress = self._read(step, "progress", ocp.args.JsonRestore())
        for name, shape in _shapes(like).items():
            if progress["shapes"].get(name) != shape:
                raise CheckpointError(
                    f"the checkpoint {newest} belongs to another configuration: there {name} is "
                    f"{progress['shapes'].get(name, 'missing')}, here {shape}; undo the change in config.json"
                )
        plain = self._read(step, "arrays", ocp.args.StandardRestore(jax.tree.map(_plain, like)))
        return jax.tree.map(_placed, plain, like), progress

    def _read(self, step: int, item: str, how: Any) -> Any:
        import orbax.checkpoint as ocp

        try:
            return self._manager().restore(step, args=ocp.args.Composite(**{item: how}))[item]
        except Exception as error:
            _forget_other_failures()
            raise CheckpointError(
                f"the checkpoint {self.path / str(step)} is damaged, or of another version of Harmonium; delete that "
                f"folder to continue from the one before it"
            ) from error

    def _manager(self) -> "ocp.CheckpointManager":
        import orbax.checkpoint as ocp

        if self._open is None:
            # Every failure reaches the user as our own error; Orbax would print its traceback before it.
            logging.getLogger("absl").setLevel(logging.CRITICAL)
            options = ocp.CheckpointManagerOptions(
                max_to_keep=2,
                create=False,
                enable_async_checkpointing=False,
                cleanup_tmp_directories=True,
                multiprocessing_options=_alone(),
            )
            self._open = ocp.CheckpointManager(self.path, options=options)
        return self._open


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
