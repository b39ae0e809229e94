"""The arrays of one training on one device, between two calls of the program that updates them."""

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import jax

from harmonium.training.batches import compiled, updates_program
from harmonium.training.run_folder import Record
from harmonium.training.update import Update

if TYPE_CHECKING:
    from harmonium.training.fit import Trainer


class Alone:
    """The arrays of one training on one device: the program takes them over and gives them back."""

    def __init__(self, trainers: Sequence["Trainer"], alone: bool = True):
        (self.trainer,) = trainers
        self.program = program_of(self.trainer.training.update, self.trainer.training.batch_size)

    def advance(self, done: int, count: int) -> tuple[int, list[Any]]:
        """Make at most `count` updates; return how many were made, and the totals."""
        trainer, chunk = self.trainer, self.trainer.batches.chunk(done)
        count = min(count, chunk.first + chunk.updates - done)
        trainer.state, trainer.totals = self.program(
            trainer.state, trainer.totals, chunk.arrays, chunk.order, done - chunk.first, count
        )
        return count, [jax.device_get(trainer.totals)]

    def hand_out(self) -> None:
        """Do nothing: the training has its arrays."""

    def gather(self, running: list["Trainer"]) -> None:
        """Do nothing: the arrays stay where they are."""

    def mean(self, records: Sequence[Record]) -> Record:
        """Return the only record."""
        return records[0]


@functools.lru_cache(maxsize=32)
def program_of(update: Update, batch_size: int) -> Any:
    """Return the compiled program; trainings that hand over the same function share it."""
    return compiled(updates_program(update, batch_size))
