"""Learning anew from training and validation set together, for as many epochs as the validation set has chosen."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harmonium.recipes.shared.phase import Phase
from harmonium.recipes.shared.recipe import Recipe
from harmonium.recipes.shared.summary import summary

if TYPE_CHECKING:
    from harmonium.data import ThreeSplits
    from harmonium.training import Fitted, RunFolder, Training


@dataclass(frozen=True, kw_only=True)
class Refitting(Recipe):
    """A recipe that learns from labels, and with --refit from those of the validation set too, in the end."""

    refit: bool = False
    """When the validation set has chosen the epochs, learn anew for as many from it and the training set together."""

    def choice(self, folder: RunFolder) -> RunFolder:
        """Return the folder of the training that the validation set judges: with --refit, of the phase before."""
        if not self.refit:
            return folder
        return folder.phase("choice", dataclasses.replace(self, refit=False).config())

    def refitted(
        self,
        folder: RunFolder,
        data: Any,
        training: Callable[[RunFolder, bool], Training],
        title: str = "",
    ) -> list[Phase]:
        """Return the phase that chooses the epochs, which leaves the test set alone, and the one that learns anew.

        Parameters
        ----------
        folder
            The run's.
        data
            What the summaries describe.
        training
            (folder, anew) -> the training in that folder: on the training set, judged by the validation set; or anew
            on both, which no set judges. The rate falls then as it did before: with --anneal toward --max-epochs, not
            toward the chosen epoch.
        title
            What the screen says before each begins.
        """
        choice = self.choice(folder)
        before = f"{title}: " if title else ""

        def choosing() -> Training:
            judged = training(choice, False)
            if self.watch_test or judged.evaluate is None:
                return judged
            return dataclasses.replace(judged, evaluate=dataclasses.replace(judged.evaluate, test=None))

        def conclude_choice(fitted: Fitted) -> None:
            self.conclude(choice, data, fitted)

        def refitting() -> Training:
            chosen = choice.ended()
            best = chosen["best_epoch"]  # None where the last model is the result
            return dataclasses.replace(
                training(folder, True), max_epochs=chosen["epochs"] if best is None else best
            )

        def conclude(fitted: Fitted) -> None:
            chosen = choice.ended()  # whose scores are of examples that it had not learned from
            kept = {name: chosen[name] for name in ("valid", "best_epoch")}
            folder.write_summary(summary(self, folder, data, fitted) | kept)

        choose = f"{before}choosing the number of epochs on the validation set"
        again = f"{before}learning anew for as many epochs, from the validation set too"
        return [
            Phase("choice", choice, choosing, conclude_choice, choose),
            Phase("refit", folder, refitting, conclude, again),
        ]

    def held_out(self, found: ThreeSplits[Any], data: str | None) -> tuple[str, ...]:
        """Return the sets that a run's model has not learned from: of its own data after a refit, test alone."""
        return ("test",) if self.refit and data is None else found.held_out
