"""Who is told of a training's progress: the usual screen, TensorBoard, or several at once."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from rich.console import Console

from harmonium.errors import ConfigError
from harmonium.files import explained
from harmonium.training.progress import Record, Reporter, Screen, Silent, say, show_data, show_model


def usual_report() -> Reporter:
    """What tells of a training unless the caller says otherwise: a screen in a terminal or notebook, else nothing."""
    console = Console(stderr=True)
    return Screen(console) if console.is_terminal or console.is_jupyter else Silent()


class Reports(Silent):
    """Several reporters as one.

    Parameters
    ----------
    *reports
        Each is told of everything, in this order.
    """

    def __init__(self, *reports: Reporter):
        self.reports = reports

    def __enter__(self) -> Self:
        for report in self.reports:
            report.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        for report in reversed(self.reports):
            report.__exit__(*exception)

    def phase(self, title: str) -> None:
        """Tell each."""
        for report in self.reports:
            report.phase(title)

    def understood(self, lines: Sequence[str]) -> None:
        """Tell each that has such a method."""
        for report in self.reports:
            show_data(report, lines)

    def said(self, text: str) -> None:
        """Tell each."""
        for report in self.reports:
            say(report, text)

    def begin(self, updates: int, total: int) -> None:
        """Tell each."""
        for report in self.reports:
            report.begin(updates, total)

    def advance(self, updates: int, total: int, seconds: float, metrics: Mapping[str, float]) -> None:
        """Tell each."""
        for report in self.reports:
            report.advance(updates, total, seconds, metrics)

    def validated(self, record: Record, is_best: bool) -> None:
        """Tell each."""
        for report in self.reports:
            report.validated(record, is_best)

    def saw(self, model: Any, record: Record, is_best: bool) -> None:
        """Tell each that has such a method."""
        for report in self.reports:
            show_model(report, model, record, is_best)


class TensorBoard(Silent):
    """Writes every score for TensorBoard, which `tensorboard --logdir FOLDER` shows while training goes on.

    Scores stand under names such as `valid/error_rate`, against the number of updates; those of a phase with a title
    under names such as `fine-tuning/valid/error_rate`.

    Parameters
    ----------
    folder
        Where the event files go. It is made when the first score is written.

    Raises
    ------
    ConfigError
        Where tensorboardX is not installed, and where the folder is a file.

    Examples
    --------
    Beside the progress bar:

    >>> from harmonium.training import Reports, Screen
    >>> report = Reports(Screen(), TensorBoard("runs/events"))  # doctest: +SKIP
    """

    def __init__(self, folder: str | Path):
        try:
            from tensorboardX import SummaryWriter
        except ImportError as error:
            raise ConfigError("TensorBoard needs: pip install 'harmonium[tensorboard]'") from error
        self.folder, self.prefix = Path(folder), ""
        if self.folder.exists() and not self.folder.is_dir():
            raise ConfigError(f"{folder} is a file; TensorBoard's event files need a folder")
        self._make = SummaryWriter
        self._writer: Any = None

    def __exit__(self, *exception: object) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def phase(self, title: str) -> None:
        """Put the scores that come under this title."""
        self.prefix = f"{title}/"

    def validated(self, record: Record, is_best: bool) -> None:
        """Write the scores of each set."""
        if self._writer is None:
            with explained(self.folder):
                self._writer = self._make(str(self.folder))
        for split in ("train", "valid", "test"):
            for name, value in record.get(split, {}).items():
                self._writer.add_scalar(f"{self.prefix}{split}/{name}", value, record["update"])
        self._writer.flush()
