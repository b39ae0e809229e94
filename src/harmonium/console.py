"""The console on which everything shows its progress, so that bars within bars do not write over each other."""

from rich.console import Console
from rich.progress import ProgressColumn, Task
from rich.text import Text

SCREEN = Console(stderr=True)  # the standard output holds results only


class TimeLeft(ProgressColumn):
    """How long a training will take if it goes on as fast: "1:02:30 left"."""

    max_refresh = 0.5

    def render(self, task: Task) -> Text:
        """Show it, or nothing while nothing is known."""
        left = task.time_remaining
        if task.total is None or left is None:
            return Text("")
        minutes, seconds = divmod(int(left), 60)
        hours, minutes = divmod(minutes, 60)
        clock = f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
        return Text(f"{clock} left")
