"""Who may import whom (DESIGN: the house), and what each room keeps to itself."""

import ast
from pathlib import Path

import pytest

import harmonium

SOURCE = Path(harmonium.__file__).parent
ROOMS = {"data", "models", "sampling", "training", "metrics", "figures"}
ALLOWED = {
    "data": set(),
    "sampling": set(),
    "metrics": set(),
    "training": {"metrics"},
    "figures": {"metrics"},
    "models": {"sampling"},
    "interchange": {"models", "pretrained"},
    "pretrained": set(),
    "recipes": ROOMS | {"pretrained"},
    "runs": ROOMS | {"recipes", "interchange", "pretrained"},
    "estimators": {"runs", "recipes", "training", "models", "sampling", "data"},
    "cli": {"runs", "recipes", "data", "training", "metrics"},
}
ANYWHERE = {
    "arguments",
    "compiled",
    "console",
    "errors",
    "files",
    "memory",
    "terminal",
    "threefry",
    "__version__",
}


def imported_rooms(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            parts = node.module.split(".")
            if parts[0] == "harmonium":
                found |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("harmonium.")}
    return found


@pytest.mark.parametrize("room", sorted(ALLOWED))
def test_a_room_imports_only_what_it_may(room):
    files = list((SOURCE / room).rglob("*.py"))
    assert files
    for path in files:
        assert imported_rooms(path) <= ALLOWED[room] | {room} | ANYWHERE, path


def test_every_room_has_its_rule():
    rooms = {path.name for path in SOURCE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert rooms <= set(ALLOWED)


def test_training_and_figures_read_the_table_of_metrics_alone():
    for path in [*(SOURCE / "training").rglob("*.py"), *(SOURCE / "figures").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("harmonium.metrics"):
                assert node.module == "harmonium.metrics.table", path


def test_one_file_makes_keys_of_numbers():
    """Every other asks `Streams` by the name of what is to be decided."""
    makers = {"key", "PRNGKey", "wrap_key_data", "random_key"}
    for path in SOURCE.rglob("*.py"):
        if path.name == "streams.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = ast.unparse(node.func)
            made = name == "random_key" or name in {f"jax.random.{maker}" for maker in makers}
            # Keys that were taken apart to be stored or sent are put together again.
            stored = (
                path.name in ("checkpoints.py", "devices.py", "threefry.py")
                and name == "jax.random.wrap_key_data"
            )
            assert not made or stored, f"{path}: {ast.unparse(node)}"


def test_no_file_is_two_ideas():
    for path in SOURCE.rglob("*.py"):
        assert len(path.read_text().splitlines()) <= 320, path
