"""Packages that import nothing before it is used."""

import ast
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOMS = ["models", "sampling", "metrics", "figures", "data"]


def python(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_rooms_and_the_table_of_metrics_import_neither_jax_nor_numpy():
    rooms = "; ".join(f"import harmonium.{room}, sys" for room in ROOMS)
    heavy = python(
        f"{rooms}; import harmonium.metrics.table; print({{'jax', 'numpy', 'equinox'}} & set(sys.modules))"
    )
    assert heavy.strip() == "set()"


def test_figures_import_no_jax():
    code = (
        "import harmonium.figures as figures, sys; [getattr(figures, name) for name in figures.__all__]; "
        "print('numpy' in sys.modules, 'jax' in sys.modules)"
    )
    assert python(code).strip() == "True False"


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_offers_what_type_checkers_see(room):
    package = importlib.import_module(f"harmonium.{room}")
    tree = ast.parse(Path(package.__file__).read_text())
    seen = {
        alias.asname or alias.name
        for branch in tree.body
        if isinstance(branch, ast.If)
        for node in branch.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == set(package.__all__) <= set(dir(package))
    for name in package.__all__:
        found = getattr(package, name)
        assert getattr(found, "__name__", name) == name
        assert vars(package)[name] is found


@pytest.mark.parametrize("room", ROOMS)
def test_no_module_hides_a_name(room):
    package = importlib.import_module(f"harmonium.{room}")
    modules = {module.name for module in pkgutil.iter_modules(package.__path__)}
    assert not modules & set(package.__all__)


@pytest.mark.parametrize("room", ROOMS)
def test_an_unknown_name_is_an_attribute_error(room):
    package = importlib.import_module(f"harmonium.{room}")
    with pytest.raises(AttributeError, match=rf"No harmonium.{room} attribute nonsense"):
        _ = package.nonsense
