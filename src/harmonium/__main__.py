"""The program, as `harmonium` and as `python -m harmonium`: the command line in a process that Ctrl+C may end.

Ctrl+C is prepared for before anything else is imported, since imports take most of a short command's time. It ends the
process where it is, in one line with exit code 130, and raises nothing: an exception in the midst of an import comes
out as another one, or is lost in a callback of compiled code.
"""

import contextlib
import os
import signal
import sys
from typing import NoReturn

AFTER_A_BAR = b"\r\x1b[2K\x1b[?25h"  # an empty line, and the cursor, which a progress bar has hidden


def program() -> int:
    """Run the command that `sys.argv` names; returns its exit code."""
    # Where it is ignored, as for a job in a shell's background, it stays so.
    heard = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if heard:
        signal.signal(signal.SIGINT, _end)
    from harmonium.cli import TRAINING, main

    command = next((argument for argument in sys.argv[1:] if argument != "--debug"), "")
    if heard and command not in TRAINING:
        _end_from_a_thread()
    code = main()
    together = "JAX_COORDINATOR_ADDRESS" in os.environ  # processes that say goodbye to each other
    if code == 130 and not together:
        _leave(code)
    return code


def _end(*_: object) -> NoReturn:
    """Say so and end the process; what it has half-written is removed."""
    files = sys.modules.get("harmonium.files")
    with contextlib.suppress(Exception):  # it may be half imported
        if files is not None:
            files.remove_unfinished()
    with contextlib.suppress(OSError):
        os.write(2, (AFTER_A_BAR if os.isatty(2) else b"") + b"harmonium: interrupted\n")
    os._exit(130)


def _end_from_a_thread() -> None:
    """Have Ctrl+C end this process also while the main thread is in compiled code, by a thread of its own."""
    import threading

    reading, writing = os.pipe()
    if hasattr(os, "set_blocking"):  # which Windows lacks before Python 3.12, and needs for no pipe
        os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    # Without a handler in Python nothing is written into the pipe.
    signal.signal(signal.SIGINT, lambda *_: None)

    def wait() -> None:
        while os.read(reading, 1) != bytes([signal.SIGINT]):
            pass
        _end()

    threading.Thread(target=wait, daemon=True).start()


def _leave(code: int) -> NoReturn:
    """End the process at once: a normal exit while XLA still computes ends in a segmentation fault."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    sys.exit(program())
