"""Packages that import nothing before it is used."""

import ast
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import harmonium

ROOMS = ["models", "sampling", "metrics", "figures", "data", "estimators", "interchange"]


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


DOORS = (
    "train train_seeds resume load evaluate predict sample draw search settings export spread Run "
    "data errors models sampling training metrics figures estimators interchange"
)


def test_the_package_shows_its_doors():
    assert set(DOORS.split()) <= set(dir(harmonium)) == set(harmonium.__all__)
    models = [name for name in harmonium.__all__ if name[0].isupper() and name != "Run"]
    assert {"RBM", "GaussianRBM", "MLP", "LeNet", "Autoencoder", "DBN", "RNNRBM"} <= set(models)
    for name in harmonium.__all__:
        assert getattr(harmonium, name).__doc__


def test_type_checkers_see_the_same_names():
    tree = ast.parse(Path(harmonium.__file__).read_text())
    seen = {
        alias.asname
        for branch in tree.body
        if isinstance(branch, ast.If)
        for node in branch.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == set(harmonium.__all__)


def test_importing_takes_no_time():
    """Processor time, which other programs on the machine do not lengthen much; it takes 0.01 s here."""
    code = "import time; t = time.process_time(); import harmonium; print(time.process_time() - t)"
    assert float(python(code)) < 0.1
    heavy = "import harmonium, sys; dir(harmonium); print({'jax', 'numpy', 'sklearn'} & set(sys.modules))"
    assert python(heavy).strip() == "set()"
