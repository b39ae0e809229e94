"""What passes between a training and the person who waits for it: progress, and the wish to stop."""

import importlib.util
import signal
import threading
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import Any, Protocol, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
)

from harmonium.metrics.table import metric

Record = dict[str, Any]


class Reporter(Protocol):
    """Told of everything that happens in `fit`: the callback of `harmonium.train` and the other verbs.

    Subclass `Silent`, which does nothing, and override what you want to hear of. `saw` is optional.

    Examples
    --------
    A callback that sees epoch, scores and the model at each validation, and keeps the norm of its weights:

    >>> import tempfile, harmonium as hm
    >>> class Norms(hm.training.Silent):
    ...     def __init__(self):
    ...         self.found = []
    ...     def saw(self, model, record, is_best):
    ...         norm = float((model.weight**2).sum() ** 0.5)
    ...         self.found.append((record["epoch"], round(record["valid"]["error_rate"], 2), norm > 0))
    >>> norms, folder = Norms(), tempfile.mkdtemp() + "/run"
    >>> settings = dict(data="digits", batch_size=100, learning_rate=0.5, max_epochs=3)
    >>> run = hm.train("logistic-regression", report=norms, out=folder, **settings)
    >>> [(epoch, grown) for epoch, error, grown in norms.found if error < 0.9]
    [(1, True), (2, True), (3, True)]
    """

    def __enter__(self) -> Self: ...
    def __exit__(self, *exception: object) -> None: ...
    def phase(self, title: str) -> None:
        """What comes next is one of several trainings."""

    def understood(self, lines: Sequence[str]) -> None:
        """What the data of a new run were taken for, before training."""

    def begin(self, updates: int, total: int) -> None:
        """Training starts, or goes on, after `updates`; it will end after `total` as far as is known."""

    def advance(self, updates: int, total: int, seconds: float, metrics: Mapping[str, float]) -> None:
        """A compiled call came back after `seconds`."""

    def validated(self, record: Record, is_best: bool) -> None:
        """A line of metrics.jsonl was written: epoch, update, seconds, and scores under train, valid and test.

        Of several trainings in one program the line holds the means.
        """

    # Not part of the protocol, so that reporters without it go on working:
    # def saw(self, model, record, is_best): the model that was scored, with its own record, at each validation.
    # Its arrays are given to the next update; keep them by jax.tree.map(jax.numpy.copy, model).


class Silent:
    """Says nothing; the base of reporters of one's own."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None: ...
    def phase(self, title: str) -> None:
        """Nothing."""

    def understood(self, lines: Sequence[str]) -> None:
        """Nothing."""

    def begin(self, updates: int, total: int) -> None:
        """Nothing."""

    def advance(self, updates: int, total: int, seconds: float, metrics: Mapping[str, float]) -> None:
        """Nothing."""

    def validated(self, record: Record, is_best: bool) -> None:
        """Nothing."""

    def saw(self, model: Any, record: Record, is_best: bool) -> None:
        """Nothing; told of each training's model at each validation, whose arrays the next update takes over."""


class Screen(Silent):
    """A progress bar with rate and time left on a terminal; elsewhere a line a validation."""

    def __init__(self, console: Console | None = None):
        """Write to a console; by default to stderr, so that stdout holds results only."""
        self.console = console = console or Console(stderr=True)
        self.best = ""
        self.updates = 0
        self.rate = 0.0
        self.progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("updates  {task.fields[rate]}  left"),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[best]}"),
            console=console,
            disable=not (console.is_terminal or _has_widgets(console)),
            transient=True,
        )
        self.task = self.progress.add_task("compiling", total=None, rate="", best="")

    def __enter__(self) -> Self:
        self.progress.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.progress.stop()

    def phase(self, title: str) -> None:
        """Name it, and forget the scores of the one before."""
        self.console.print(title, highlight=False)
        self.best, self.rate = "", 0.0
        self.progress.reset(self.task, description="compiling", rate="", best="")

    def understood(self, lines: Sequence[str]) -> None:
        """Print it, before anything is learned from it."""
        for line in lines:
            self.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def begin(self, updates: int, total: int) -> None:
        """Set the bar."""
        self.updates = updates
        self.progress.update(self.task, completed=updates, total=total)

    def advance(self, updates: int, total: int, seconds: float, metrics: Mapping[str, float]) -> None:
        """Move the bar."""
        rate = (updates - self.updates) / seconds if seconds > 0 else 0.0
        # The first call compiles, so its rate says nothing.
        self.rate = 0.8 * self.rate + 0.2 * rate if self.rate else rate
        self.updates = updates
        shown = _scores(metrics)
        self.progress.update(
            self.task,
            description=shown or "training",
            completed=updates,
            total=total,
            rate=f"{self.rate:,.0f}/s" if self.rate >= 10 else f"{self.rate:.2g}/s",
            best=self.best,
        )

    def validated(self, record: Record, is_best: bool) -> None:
        """Show the best scores in the bar, or print the line."""
        if is_best and "valid" in record:
            self.best = "best " + _scores(record["valid"])
        if not self.console.is_terminal:
            parts = [
                f"{name} {_scores(record[name])}" for name in ("train", "valid", "test") if name in record
            ]
            line = f"epoch {record['epoch']}  update {record['update']}  {record['seconds']:.1f} s  "
            self.console.print(
                line + "  ".join(parts) + ("  *" if is_best else ""), soft_wrap=True, highlight=False
            )


def _has_widgets(console: Console) -> bool:
    """Whether a notebook can show a bar that moves."""
    return console.is_jupyter and importlib.util.find_spec("ipywidgets") is not None


def _scores(metrics: Mapping[str, float]) -> str:
    return ", ".join(f"{metric(name).label} {metric(name).shown(value)}" for name, value in metrics.items())


class Signals:
    """While entered, the first Ctrl+C, SIGTERM or SIGHUP only sets `requested`; a second one acts at once."""

    def __init__(self) -> None:
        self.requested = False
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            numbers = [
                getattr(signal, name, None) for name in ("SIGINT", "SIGTERM", "SIGHUP")
            ]  # Windows has no SIGHUP
            self._previous = {number: signal.signal(number, self._request) for number in numbers if number}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _request(self, _number: int, _frame: FrameType | None) -> None:
        self.requested = True
        self.__exit__()
