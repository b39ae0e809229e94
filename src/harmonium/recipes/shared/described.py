"""What the settings of a recipe mean: the texts beneath the fields of its dataclass."""

import ast
import dataclasses
import functools
import inspect
import textwrap


@functools.cache
def field_docstrings(cls: type) -> dict[str, str]:
    """Return the text beneath each field of a dataclass, or of the class that it is inherited from."""
    found: dict[str, str] = {}
    for one in reversed(cls.__mro__):
        if not dataclasses.is_dataclass(one):
            continue
        (body,) = ast.parse(textwrap.dedent(inspect.getsource(one))).body
        assert isinstance(body, ast.ClassDef)
        for field, said in zip(body.body, body.body[1:], strict=False):
            if isinstance(field, ast.AnnAssign) and isinstance(said, ast.Expr):
                assert isinstance(field.target, ast.Name)
                assert isinstance(said.value, ast.Constant)
                found[field.target.id] = " ".join(str(said.value.value).split())
    return found
