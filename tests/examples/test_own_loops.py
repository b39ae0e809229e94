"""The examples of a loop of one's own run as they stand, and print what they should."""

import re
import runpy
from pathlib import Path

import pytest

HERE = Path(__file__).parent
EXAMPLES = {  # the number that is printed first, and what it must lie between
    "own_rbm": (-8.0, -5.3),  # the data's own entropy is 5.4 nats
    "own_objective": (0.0, 8.0),
    "own_energy": (-0.3, 0.3),
    "own_loop": (60.0, 100.0),
    "own_pipeline": (85.0, 100.0),
    "own_seeds": (20.0, 60.0),  # one hidden unit draws one line, and exclusive or needs two
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_runs_and_finds_what_it_should(name, capsys):
    runpy.run_path(str(HERE / f"{name}.py"))
    printed = capsys.readouterr().out
    low, high = EXAMPLES[name]
    assert low <= float(re.search(r"-?\d+\.?\d*", printed)[0]) <= high, printed


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_short(name):
    assert len((HERE / f"{name}.py").read_text().splitlines()) <= 30


def test_hybrid_monte_carlo_finds_the_bananas_moments(capsys):
    found = runpy.run_path(str(HERE / "own_energy.py"))
    assert found["mean"][1] == pytest.approx(1, abs=0.25)
    assert found["deviation"][0] == pytest.approx(1, abs=0.15)
    assert found["run"].info.acceptance.mean() > 0.8


def test_five_seeds_tell_two_networks_apart():
    found = runpy.run_path(str(HERE / "own_seeds.py"))["found"]
    assert found[16]["runs"] == 5
    assert found[16]["mean"] + found[16]["standard_deviation"] < found[1]["mean"] - 0.1
