"""Who may import whom (DESIGN: the house)."""

import ast
from pathlib import Path

import pytest

import harmonium

SOURCE = Path(harmonium.__file__).parent
ALLOWED = {
    "data": set(),
    "training": set(),
    "sampling": set(),
    "metrics": set(),
    "figures": set(),
    "models": {"sampling"},
    "recipes": {"data", "models", "training", "metrics", "figures", "sampling"},
    "cli": {"recipes", "data", "training"},
}
ANYWHERE = {"errors", "files", "memory", "terminal", "__version__"}


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


def test_no_file_is_two_ideas():
    for path in SOURCE.rglob("*.py"):
        assert len(path.read_text().splitlines()) <= 320, path
