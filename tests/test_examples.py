"""Every example in the documentation of the package is run."""

import ast
import doctest
import importlib
from pathlib import Path

import pytest

import harmonium

SOURCE = Path(harmonium.__file__).parent
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef)


def examples(path):
    """Docstrings with examples, found in the source: decorators hide some functions from `doctest`'s own search."""
    parser = doctest.DocTestParser()
    for node in ast.walk(ast.parse(path.read_text())):
        text = ast.get_docstring(node) if isinstance(node, DOCUMENTED) else None
        if text and ">>>" in text:
            line = node.body[0].lineno
            yield parser.get_doctest(text, {}, getattr(node, "name", path.stem), str(path), line)


FILES = [path for path in sorted(SOURCE.rglob("*.py")) if any(examples(path))]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_the_examples_print_what_they_say(path):
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    module = importlib.import_module(".".join(part for part in parts if part != "__init__"))
    for example in examples(path):
        said = []
        example.globs = dict(vars(module))
        failed, tried = doctest.DocTestRunner(optionflags=FLAGS).run(example, out=said.append)
        assert tried
        assert not failed, "".join(said)


def test_there_are_examples():
    assert len(FILES) >= 20
