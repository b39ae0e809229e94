"""What a person sees of a training: lines that stay, a bar that fits, and nothing where it is to be quiet."""

import io
import os
import signal
import sys
import time

import pytest
from rich.console import Console

from harmonium.training import progress
from harmonium.training.progress import Screen, Signals, waiting, watch


def record(epoch, error=0.0165, name="error_rate"):
    return {
        "epoch": epoch,
        "update": 100 * epoch,
        "seconds": 1.0,
        "train": {"nll": 0.1},
        "valid": {name: error},
    }


def shown(epochs, *, terminal=False, **options):
    console = Console(file=io.StringIO(), force_terminal=terminal, width=80)
    screen = Screen(console, **options)
    with screen:
        screen.begin(0, 100 * epochs)
        for epoch in range(1, epochs + 1):
            screen.validated(record(epoch), epoch == 1)
            screen.advance(100 * epoch, 100 * epochs, 1.0, {"nll": 0.1})
    return console.file.getvalue()


def test_a_thousand_epochs_are_some_thirty_lines_and_the_last_is_among_them():
    lines = shown(1000).splitlines()
    assert 25 <= len(lines) <= 33
    assert lines[0].startswith("epoch 1 ")
    assert lines[-1].startswith("epoch 1000 ")
    assert shown(57).splitlines()[-1].startswith("epoch 57 ")
    assert len(shown(1000, verbose=True).splitlines()) == 1000


def test_no_line_is_shown_twice():
    lines = [line for line in shown(40).splitlines() if line]
    assert len(lines) == len(set(lines))


def test_lines_stay_on_a_terminal():
    said = shown(3, terminal=True)
    for epoch in (1, 2, 3):
        assert f"epoch {epoch}  update {100 * epoch}  1.0 s" in said


def test_the_bar_fits_80_columns_with_the_longest_names_and_tells_epoch_rate_and_time_left():
    console = Console(file=io.StringIO(), force_terminal=True, width=80)
    screen = Screen(console)
    screen.begin(0, 1_000_000)
    screen.validated(record(812, -62.8123, "pseudo_log_likelihood"), True)
    screen.progress.tasks[0].start_time = screen.progress.get_time() - 1000
    screen.advance(81_200, 1_000_000, 0.01, {})
    for _ in range(3):  # the time left is told from several advances
        screen.progress.update(screen.task, advance=1000)
        time.sleep(0.01)
    with console.capture() as captured:
        console.print(screen.progress.get_renderable())
    lines = captured.get().splitlines()
    plain = Console(file=io.StringIO(), width=200)
    assert len(lines) == 1
    plain.print(screen.progress.get_renderable())
    text = plain.file.getvalue()
    assert "epoch 813 of 10000" in text
    assert "/s" in text
    assert "left" in text
    assert "best log pseudo-likelihood" in text


def test_a_phase_begins_anew():
    console = Console(file=io.StringIO(), width=80)
    screen = Screen(console)
    with screen:
        for title in ("one", "two"):
            screen.phase(title)
            screen.begin(0, 1500)
            for epoch in range(1, 16):
                screen.validated(record(epoch), False)
    assert console.file.getvalue().count("epoch 7 ") == 2
    assert console.file.getvalue().count("epoch 15 ") == 2


def test_waiting_shows_nothing_where_nobody_looks(capsys):
    with waiting("drawing"):
        pass
    assert capsys.readouterr() == ("", "")


def test_waiting_says_what_is_waited_for_on_a_terminal(monkeypatch):
    console = Console(file=io.StringIO(), force_terminal=True, width=80)
    monkeypatch.setattr(progress, "SCREEN", console)
    token = progress._watched.set(False)
    with waiting("drawing"):
        pass
    assert "drawing" not in console.file.getvalue()  # nobody has asked for it
    try:
        watch()
        with waiting("drawing"), waiting("all [of] it"):
            time.sleep(0.2)
    finally:
        progress._watched.reset(token)
    assert "drawing" in console.file.getvalue()
    assert "all [of] it" in console.file.getvalue()


def test_text_from_outside_is_shown_as_it_is():
    console = Console(file=io.StringIO(), force_terminal=True, width=200)
    screen = Screen(console)
    said = "a [red]run[/x] of :cat: with \x1b]0;title\x07"
    screen.phase(said)
    screen.understood(["words: [red] and :cat:"])
    screen.begin(0, 100)
    screen.validated(record(1, name="[red]:cat:\x1b[2J"), True)
    screen.advance(1, 100, 1.0, {"[/x]": 0.1})
    console.print(screen.progress.get_renderable())
    shown = console.file.getvalue()
    assert r"a [red]run[/x] of :cat: with \x1b]0;title\x07" in shown
    assert "words: [red] and :cat:" in shown
    assert shown.count(r"[red]:cat:\x1b[2J") == 2  # in the line and in the bar
    assert "\x07" not in shown


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGHUP")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", 1)])
def test_a_signal_is_a_wish_to_stop_unless_nohup_has_it_ignored(number):
    before = signal.getsignal(number)
    try:
        ignored = number not in (signal.SIGINT, signal.SIGTERM)  # SIGHUP alone, as by nohup
        for handler, heard in ((signal.default_int_handler, True), (signal.SIG_IGN, not ignored)):
            signal.signal(number, handler)
            with Signals() as signals:
                os.kill(os.getpid(), number)
                if number != signal.SIGINT:
                    os.kill(os.getpid(), number)
            assert (signals.requested, signal.getsignal(number)) == (heard, handler)
    finally:
        signal.signal(number, before)


def test_what_several_trainings_were_told_of_the_same_data_is_said_once():
    console = Console(file=io.StringIO(), width=80)
    screen = Screen(console)
    for lines in (["digits: pictures"], ["digits: pictures"], ["others: pictures"]):
        screen.understood(lines)
    assert console.file.getvalue().splitlines() == ["digits: pictures", "others: pictures"]
