"""Tables on a screen of any width."""

import pytest

from harmonium.cli.reporting import table

FIELDS = [f"a score called {n}" for n in range(9)]


def rows(count):
    return [{"set": f"piece {n}"} | dict.fromkeys(FIELDS, f"-{n}.0000") for n in range(count)]


@pytest.mark.parametrize("count", [1, 3, 40])
def test_many_fields_fit_80_columns_however_many_rows(count, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    table(rows(count))
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines[:-1])) <= 80
    assert sum("piece" in line for line in lines) == (count if count > 3 else 1)
    assert ("columns that do not fit: " in lines[-1]) == (count > 3)
    if count > 3:
        assert lines[-1].endswith(f"{FIELDS[-1]}; a wider window or --json shows them")


@pytest.mark.parametrize("columns", [12, 20, 30, 40])
def test_no_number_is_cut_in_two_however_narrow_the_window(columns, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(columns))
    scores = ["-60.4981", "33.33%", "0.9 ± 0.1", "1,024"]
    table([{"run": "a long name of a run", **{f"score {n}": score for n, score in enumerate(scores)}}])
    out = capsys.readouterr().out
    assert all(score in out for score in scores)
