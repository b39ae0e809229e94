"""Formulas, set while the book is built: as HTML by KaTeX, or as MathML where there is no Node.js.

A process of our own, since sphinxcontrib-katex asks a server whose start it does not wait for.
"""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

HERE = Path(__file__).parent
KATEX = HERE.parent / "node_modules" / "katex" / "dist"
TAG = re.compile(r"\\tag\{([^}]*)\}")
logger = logging.getLogger(__name__)
running: list[subprocess.Popen[str]] = []


def with_katex() -> bool:
    """Whether there is all that KaTeX needs."""
    return shutil.which("node") is not None and KATEX.is_dir()


def by_katex(latex: str, *, display: bool) -> str:
    """A formula as HTML."""
    if not running:
        command = ["node", str(HERE / "formulas.js"), str(KATEX / "katex.js")]
        running.append(
            subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
            )
        )
    process = running[0]
    print(json.dumps([latex, display]), file=process.stdin, flush=True)
    answer = json.loads(process.stdout.readline())  # type: ignore[union-attr]
    if "error" in answer:
        logger.warning("a formula cannot be set: %s: %s", answer["error"], latex)
    return str(answer.get("html", latex))


def by_mathml(latex: str, *, display: bool) -> str:
    """A formula as MathML, its number beside it; the converter knows `aligned` by another name."""
    from latex2mathml.converter import convert

    number = TAG.search(latex)
    plain = TAG.sub("", latex).replace("{aligned}", "{align*}")
    tag = f'<span class="eqno">({number[1]})</span>' if number else ""
    return tag + convert(plain, display="block" if display else "inline")


def formula(latex: str, *, display: bool) -> str:
    """A formula as the browser takes it."""
    return by_katex(latex, display=display) if with_katex() else by_mathml(latex, display=display)


def inline(translator: Any, node: nodes.math) -> None:
    """Write a formula within a line, and keep it from being parted from a comma that follows."""
    behind = node.parent[node.parent.index(node) + 1 :]
    joined = "&#8288;" if behind and re.match(r"[,.;:?!)]", behind[0].astext()) else ""
    translator.body.append(f'<span class="math">{formula(node.astext(), display=False)}</span>{joined}')
    raise nodes.SkipNode


def display(translator: Any, node: nodes.math_block) -> None:
    """Write a formula of its own."""
    translator.body.append(f'<div class="math">{formula(node.astext(), display=True)}</div>')
    raise nodes.SkipNode


def finish(app: Sphinx, error: Exception | None) -> None:
    """Put KaTeX's styles and fonts beside the pages, and end its process."""
    while running:
        process = running.pop()
        process.communicate()
    if error is None and app.builder.format == "html" and with_katex():
        static = Path(app.outdir) / "_static" / "katex"
        unused = shutil.ignore_patterns("*.ttf", "*.woff")
        shutil.copytree(KATEX / "fonts", static / "fonts", dirs_exist_ok=True, ignore=unused)
        shutil.copy(KATEX / "katex.min.css", static / "katex.min.css")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the renderer."""
    app.add_html_math_renderer("formulas", inline_renderers=(inline, None), block_renderers=(display, None))
    if with_katex():
        app.add_css_file("katex/katex.min.css")
    app.connect("build-finished", finish)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": False}
