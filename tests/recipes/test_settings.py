"""Settings, help and the catalogue are read without JAX."""

import json
import subprocess
import sys

import pytest

from harmonium.recipes.catalogue import RECIPES
from harmonium.recipes.shared.recipe import recipe_class

WITHOUT = """
import sys
for name in ("jax", "jaxlib", "equinox", "optax", "orbax", "matplotlib", "sklearn", "pandas"):
    sys.modules[name] = None
"""


def without_jax(program):
    return subprocess.run([sys.executable, "-c", WITHOUT + program], capture_output=True, text=True)


@pytest.mark.parametrize("command", [["--help"], ["train"], ["sample"], ["search"], ["evaluate", "--help"]])
def test_help_needs_no_jax(command):
    done = without_jax(f"from harmonium.cli import main; sys.exit(main({command!r}))")
    assert (done.returncode, "usage" in done.stdout) == (0, True), done.stderr


@pytest.mark.parametrize("command", [["runs"], ["data"], ["pretrained"], ["reproduce"], ["explain"]])
def test_lists_need_no_jax(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs" / "one").mkdir(parents=True)
    (tmp_path / "runs" / "one" / "config.json").write_text(json.dumps(recipe_class("mlp")().config()))
    done = without_jax(f"from harmonium.cli import main; sys.exit(main({command!r}))")
    assert (done.returncode, done.stdout.strip() != "") == (0, True), done.stderr


def test_the_help_of_every_recipe_needs_no_jax():
    program = f"""
from harmonium.cli import main
for name in {list(RECIPES)!r}:
    try:
        main(["train", name, "--help"])
    except SystemExit as end:
        assert end.code == 0, name
"""
    done = without_jax(program)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("--learning-rate FLOAT") == len(RECIPES)


def test_every_recipe_is_made_and_written_down_without_jax():
    program = f"""
from harmonium.recipes.shared.from_config import recipe_from
from harmonium.recipes.shared.recipe import recipe_class
for name in {list(RECIPES)!r}:
    recipe = recipe_class(name)()
    assert recipe_from(recipe.config(), "here") == recipe
"""
    assert without_jax(program).returncode == 0
