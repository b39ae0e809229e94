"""What `import harmonium.data` costs, and what it shows."""

import subprocess
import sys

import pytest

import harmonium.data

HEAVY = ("jax", "pandas", "PIL", "sklearn", "symusic", "scipy", "pooch")


def loaded_after(statements):
    """Which heavy packages a fresh interpreter has imported after the statements."""
    code = f"{statements}\nimport sys\nprint(*sorted(set(sys.modules) & {{*{HEAVY}, 'numpy'}}))"
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()


def test_importing_the_room_imports_nothing_heavy():
    assert loaded_after("import harmonium.data") == []


def test_all_names_need_no_more_than_numpy():
    assert loaded_after("import harmonium.data as d\nfor name in d.__all__: getattr(d, name)") == ["numpy"]


def test_a_data_set_is_scaled_without_jax():
    assert "jax" not in loaded_after(
        "from harmonium.data import load, intensities\nfrom harmonium.data.whitening import fit_whitening\n"
        "fit_whitening(load('digits').train.x, contrast=True); intensities(load('digits').test.x)"
    )


def test_the_room_shows_its_names():
    assert dir(harmonium.data) == sorted(harmonium.data.__all__)
    with pytest.raises(AttributeError, match=r"attribute '?loud"):
        _ = harmonium.data.loud
