"""The signals by which a training is stopped."""

import os
import signal
import threading
from types import FrameType
from typing import Any, Self


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
