"""Words and names from outside, on a terminal of any encoding."""

import io
import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.table import Table

from harmonium.cli import _never_fail_to_print
from harmonium.terminal import printable, verbatim, wrapped
from harmonium.training import Screen


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("b\x1b]0;x\x07", r"b\x1b]0;x\x07"),
        ("two\nlines\r\n\ttab", r"two\nlines\r\n\ttab"),
        ("\x9b31m and \x7f", r"\x9b31m and \x7f"),
        ("name\u202egnp.exe", r"name\u202egnp.exe"),
        ("\u2066in\u2069 \u200f", r"\u2066in\u2069 \u200f"),
        ("line\u2028paragraph\u2029", r"line\u2028paragraph\u2029"),
        ("byte \udcff", r"byte \udcff"),
        ("C:\\new\\red", "C:\\new\\red"),
        ("é e\u0301 μ 漢字 हिन्दी 👩‍👩‍👧 עברית", "é e\u0301 μ 漢字 हिन्दी 👩‍👩‍👧 עברית"),
    ],
)
def test_what_could_command_a_terminal_is_shown(text, shown):
    assert printable(text) == shown


@given(st.text(st.characters(), max_size=30))
def test_nothing_that_comes_out_controls(text):
    shown = printable(text)
    assert not any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in shown)
    assert not any(unicodedata.bidirectional(c) in ("LRE", "RLE", "LRO", "RLO", "PDF") for c in shown)
    assert not any(unicodedata.bidirectional(c) in ("LRI", "RLI", "FSI", "PDI") for c in shown)
    shown.encode()
    assert printable(shown) == shown


@pytest.mark.parametrize(
    "word", ["[red]", "[/x]", "[bold]a[/bold]", "[link=x]y", "a\\", "\\[red]", "[]", "x[0]", ":cat:"]
)
def test_words_in_brackets_or_colons_are_shown_in_rich_tables(word):
    console = Console(file=io.StringIO(), width=80, color_system="truecolor", force_terminal=True)
    table = Table(box=None)
    table.add_column("word")
    table.add_row(verbatim(word + "\x1b[0m"))
    console.print(table)
    assert f"{word}\\x1b[0m" in console.file.getvalue()


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "ascii", "utf-8"])
def test_no_encoding_makes_printing_fail(encoding):
    code = (
        "import sys; from harmonium.cli import _never_fail_to_print; _never_fail_to_print(); "
        "print('μ 漢 é'); print('μ', file=sys.stderr); print('\\udcff')"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        env={"PYTHONIOENCODING": encoding, "PYTHONPATH": ":".join(sys.path)},
    )
    assert ended.returncode == 0, ended.stderr
    first, last = ended.stdout.splitlines()
    expected = "μ 漢 é".encode(encoding, errors="backslashreplace")
    assert first == expected
    assert last == b"\\udcff"
    assert ended.stderr.strip() == "μ".encode(encoding, errors="backslashreplace")


def test_streams_that_are_none_or_of_another_kind_are_left_alone(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    _never_fail_to_print()


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_lines_end_between_words_on_a_terminal_alone(monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    text = "see: harmonium train mlp --help, or the run in /a/long/path/of-one/run-2024-01-01"
    lines = wrapped(text, Terminal()).split("\n")
    assert " ".join(line.strip() for line in lines) == text
    assert [len(line) < 30 for line in lines] == [True, True, False]  # a path stays whole
    assert wrapped(text, io.StringIO()) == wrapped(text, None) == text


def test_epochs_end_their_lines_between_words(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    terminal = Terminal()
    screen = Screen(Console(file=terminal, width=60), verbose=True)
    record = {
        "epoch": 1,
        "update": 64,
        "seconds": 1.2,
        "train": {"nll": 2.2},
        "valid": {"error_rate": 0.1914},
    }
    screen.validated(record, is_best=True)
    lines = [line.rstrip() for line in terminal.getvalue().split("\n") if line.strip()]
    assert lines == ["epoch 1  update 64  1.2 s  train nll 2.2000  valid error", "  19.14%  *"]
