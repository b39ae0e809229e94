"""The progress that a training shows to the person who waits for it, and the signals by which it is stopped."""

import math
import os
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from types import FrameType
from typing import Any, Protocol, Self, runtime_checkable

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Column
from rich.text import Text

from harmonium.console import SCREEN, TimeLeft
from harmonium.metrics.table import shown
from harmonium.terminal import printable, verbatim, wrapped
from harmonium.training.notebook import Place

Record = dict[str, Any]


@runtime_checkable
class Reporter(Protocol):
    """Told of everything that happens in `fit`: the callback of `harmonium.train` and the other verbs.

    Subclass `Silent`, which does nothing, and override what you want to hear of. The methods `saw`,
    `understood` and `said` are optional.

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
        """The phase called `title` begins: one of several trainings, such as a layer of a stack."""

    def begin(self, updates: int, total: int) -> None:
        """Training starts, or goes on, after this many updates; as far as is known it ends after `total`."""

    def advance(self, updates: int, total: int, seconds: float, metrics: Mapping[str, float]) -> None:
        """A compiled call came back after `seconds`: `updates` have been made in all, with these mean metrics."""

    def validated(self, record: Record, is_best: bool) -> None:
        """A line of metrics.jsonl was written: epoch, update, seconds, and scores under train, valid and test.

        Of several trainings in one program the line holds the means.
        """

    # Not part of the protocol, so that reporters without them go on working:
    # def understood(self, lines): before training, what the data of a new run were taken for.
    # def said(self, text): a sentence for whoever watches, as which of several trainings has diverged.
    # def saw(self, model, record, is_best): the model that was scored, with its own record, at each validation.
    # Its arrays are given to the next update; keep them by jax.tree.map(jax.numpy.copy, model).


def show_data(report: Reporter, lines: Sequence[str]) -> None:
    """Say what the data were taken for to a reporter that has the method `understood`; those of 0.1 have none."""
    if hear := getattr(report, "understood", None):
        hear(lines)


def say(report: Reporter, text: str) -> None:
    """Say a sentence to a reporter that has the method `said`; those of 0.2 and before took it for a phase."""
    getattr(report, "said", report.phase)(text)


def show_model(report: Reporter, model: Any, record: Record, is_best: bool) -> None:
    """Hand the model of a validation to a reporter that has the method `saw`; reporters of version 0.1 have none."""
    if see := getattr(report, "saw", None):
        see(model, record, is_best)


class Silent:
    """Says nothing; the base of reporters of one's own."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None: ...
    def phase(self, title: str) -> None:
        """Do nothing."""

    def understood(self, lines: Sequence[str]) -> None:
        """Do nothing."""

    def said(self, text: str) -> None:
        """Do nothing."""

    def begin(self, updates: int, total: int) -> None:
        """Do nothing."""

    def advance(self, updates: int, total: int, seconds: float, metrics: Mapping[str, float]) -> None:
        """Do nothing."""

    def validated(self, record: Record, is_best: bool) -> None:
        """Do nothing."""

    def saw(self, model: Any, record: Record, is_best: bool) -> None:
        """Do nothing with the model of each validation, whose arrays the next update takes over."""


class Screen(Silent):
    """Lines of validations that stay, and on a terminal or in a notebook a bar with epoch, rate and time left.

    Of a long training some thirty lines are shown: the first ten validations, each tenth up to a hundred, each
    hundredth up to a thousand and so on, and the last.
    """

    def __init__(self, console: Console | None = None, *, verbose: bool = False):
        """Write to a console; by default to stderr, so that stdout holds results only. `verbose` shows every line."""
        self.console = console = console or SCREEN
        self.verbose = verbose
        self.told: list[str] = []  # what the data were taken for, when it was said last
        self.progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=12),
            TextColumn("{task.fields[rate]}"),
            TimeLeft(table_column=Column(no_wrap=True)),
            TextColumn(
                "{task.fields[score]}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis")
            ),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )
        self.place = Place(self.progress) if console.is_jupyter else None
        self.task = self.progress.add_task("compiling", total=None, rate="", score="")
        self._forget()

    def _forget(self) -> None:
        """Begin the account of another training."""
        self.best, self.rate, self.updates = "", 0.0, 0
        self.validations, self.an_epoch = 0, 0.0  # updates an epoch, once a validation has told
        self.held: Record | None = None  # the last line, while it has not been shown
        self.progress.reset(self.task, total=None, description="compiling", rate="", score="")

    def __enter__(self) -> Self:
        self.progress.start()
        if self.place:
            self.place.show()
        return self

    def __exit__(self, *exception: object) -> None:
        self._show_held()
        self.progress.stop()
        if self.place:
            self.place.clear()

    def phase(self, title: str) -> None:
        """Name it, and forget the scores of the one before."""
        self.said(title)
        self._forget()

    def understood(self, lines: Sequence[str]) -> None:
        """Print it, before anything is learned from it, once for several trainings; what must be escaped has been."""
        if list(lines) == self.told:
            return
        self.told = list(lines)
        for line in lines:
            self.console.print(Text(line), soft_wrap=True)

    def said(self, text: str) -> None:
        """Print it."""
        self._show_held()
        self.console.print(verbatim(text), soft_wrap=True)

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
        last = math.ceil(total / self.an_epoch) if self.an_epoch else 0
        description = f"epoch {min(int(updates / self.an_epoch) + 1, last)} of {last}" if last else "training"
        self.progress.update(
            self.task,
            description=description,
            completed=updates,
            total=total,
            rate=f"{self.rate:,.0f}/s" if self.rate >= 10 else f"{self.rate:.2g}/s",
            score=self.best or _first(metrics),
        )
        if self.place:
            self.place.show()

    def validated(self, record: Record, is_best: bool) -> None:
        """Show the line where its turn is, and the best score in the bar."""
        self.validations += 1
        if record["epoch"]:
            self.an_epoch = max(self.an_epoch, record["update"] / record["epoch"])
        if is_best and "valid" in record:
            self.best = "best " + _first(record["valid"])
        self.held = record | {"best": is_best}
        if self.verbose or self.validations % 10 ** (len(str(self.validations)) - 1) == 0:
            self._show_held()

    def _show_held(self) -> None:
        """Print the last line, unless it has been shown."""
        if self.held is None:
            return
        record, self.held = self.held, None
        parts = [f"{name} {_scores(record[name])}" for name in ("train", "valid", "test") if name in record]
        line = f"epoch {record['epoch']}  update {record['update']}  {record['seconds']:.1f} s  "
        line += "  ".join(parts) + ("  *" if record["best"] else "")
        self.console.print(Text(wrapped(line, self.console.file)), soft_wrap=True)


_watched: ContextVar[bool] = ContextVar("_watched", default=False)


def watch() -> None:
    """Have `waiting` show from now on what goes on; the command line asks for it, unless it is to be quiet."""
    _watched.set(True)


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Show on a terminal that something goes on, and for how long; elsewhere, and before `watch`, nothing.

    Parameters
    ----------
    what
        What it is, as in "drawing".

    Examples
    --------
    >>> with waiting("adding"):
    ...     print(1 + 1)
    2
    """
    if not _watched.get() or not SCREEN.is_terminal:
        yield
        return
    columns = SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn()
    with Progress(*columns, console=SCREEN, transient=True) as progress:
        progress.add_task(printable(what), total=None)
        yield


def _scores(metrics: Mapping[str, float]) -> str:
    return ", ".join(f"{label} {value}" for label, value in shown(metrics).items())


def _first(metrics: Mapping[str, float]) -> str:
    return printable(" ".join(next(iter(shown(metrics).items()), ())))


class Signals:
    """While entered, Ctrl+C, SIGTERM and SIGHUP only set `requested`; a second Ctrl+C acts at once.

    The others may come twice, SIGHUP from a terminal and from its shell. SIGHUP stays ignored where the process was
    told to ignore it, by `nohup`; Ctrl+C does not, which a shell's script has all that it starts with `&` ignore. Where
    SIGHUP says that the terminal is gone, what is printed from then on goes nowhere, so that the training can still be
    saved.
    """

    def __init__(self) -> None:
        self.requested = False
        self._previous: dict[int, Any] = {}
        self._terminals: list[int] = []

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            numbers = [signal.SIGINT, signal.SIGTERM]
            hangup = getattr(signal, "SIGHUP", None)  # which Windows lacks
            if hangup and signal.getsignal(hangup) != signal.SIG_IGN:
                numbers.append(hangup)
            self._previous = {number: signal.signal(number, self._request) for number in numbers}
            self._terminals = [output for output in (1, 2) if os.isatty(output)]
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _request(self, _number: int, _frame: FrameType | None) -> None:
        self.requested = True
        if signal.SIGINT in self._previous:
            signal.signal(signal.SIGINT, self._previous[signal.SIGINT])
        for output in self._terminals:
            if not os.isatty(output):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, output)
                os.close(nowhere)
