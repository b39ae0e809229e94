"""Formulas as MathML, which every browser shows, where there is no Node.js for KaTeX."""

import re
from typing import Any

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx

TAG = re.compile(r"\\tag\{([^}]*)\}")


def mathml(latex: str, display: str = "inline") -> str:
    """A formula as MathML; `aligned`, which the converter takes for letters, is written `align*`."""
    return convert(latex.replace("{aligned}", "{align*}"), display=display)


def inline(translator: Any, node: nodes.math) -> None:
    """Write a formula within a line."""
    translator.body.append(mathml(node.astext()))
    raise nodes.SkipNode


def display(translator: Any, node: nodes.math_block) -> None:
    """Write a formula of its own, with its number at the right."""
    latex = node.astext()
    number = TAG.search(latex)
    tag = f'<span class="eqno">({number[1]})</span>' if number else ""
    translator.body.append(f'<div class="math">{tag}{mathml(TAG.sub("", latex), "block")}</div>')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the renderer."""
    app.add_html_math_renderer("mathml", inline_renderers=(inline, None), block_renderers=(display, None))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
