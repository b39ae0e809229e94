"""Each executed chapter as a notebook to download, which needs only the library and Jupyter."""

import base64
import mimetypes
import re
from pathlib import Path
from typing import Any

import nbformat
from jupyter_cache import get_cache
from pieces import HERE, drawn, metric_lines, results_table, source
from sphinx.application import Sphinx

FENCE = re.compile(r"^```\{(?P<kind>[\w-]+)\}(?P<argument>[^\n]*)\n(?P<body>.*?)^```$", re.M | re.S)
OPTION = re.compile(r"^:[\w-]+:.*\n?", re.M)
CITED = re.compile(r"\{cite:[pt]\}`([^`]+)`")


def plain(markdown: str, attachments: dict[str, Any]) -> str:
    """MyST as the Markdown that Jupyter knows."""

    def replaced(match: re.Match[str]) -> str:
        kind, argument, body = match["kind"], match["argument"].strip(), match["body"]
        text = OPTION.sub("", body).strip()
        if kind == "source":
            return f"```python\n{source(argument)}\n```"
        if kind == "results":
            return "\n".join(results_table(argument))
        if kind == "metrics":
            return "\n".join(
                line.replace(": ", "  \n", 1) if line.startswith(": ") else line
                for line in metric_lines(argument.split())
            )
        if kind == "dropdown":
            return f"<details><summary>{argument}</summary>\n\n{text}\n\n</details>"
        if kind in ("diagram", "chart", "figure"):
            path = HERE / argument if kind == "figure" else drawn(kind, argument)
            return f"{attached(path, attachments)}\n\n*{' '.join(text.split())}*"
        return text

    said = FENCE.sub(replaced, markdown)
    return CITED.sub(lambda match: f"[{match[1]}]", said)


def attached(path: Path, attachments: dict[str, Any]) -> str:
    """A picture inside the cell, which needs no file beside the notebook."""
    kind = mimetypes.guess_type(path.name)[0] or "image/png"
    attachments[path.name] = {kind: base64.b64encode(path.read_bytes()).decode()}
    return f"![](attachment:{path.name})"


def executed(app: Sphinx) -> Path:
    """Return the folder where MyST-NB puts what it has executed."""
    return Path(app.outdir).parent / "jupyter_execute"


def offer(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Put a link to a chapter's notebook at its end."""
    if "body" in context and (executed(app) / f"{page}.ipynb").exists():
        target = context["pathto"](f"_sources/{page}.ipynb", 1)
        context["body"] += f'<p><a href="{target}" download>Download this chapter as a notebook</a></p>'


def write_notebooks(app: Sphinx, error: Exception | None) -> None:
    """Turn each notebook that MyST-NB has executed into one that stands alone."""
    if error is not None or app.builder.format != "html":
        return
    cache = get_cache(app.config.nb_execution_cache_path)
    for page in sorted(app.env.found_docs):
        path = executed(app) / f"{page}.ipynb"
        if not path.exists():
            continue
        # MyST-NB writes the cells of a page that it found in its cache, but not what they printed and drew.
        _, notebook = cache.merge_match_into_notebook(nbformat.read(path, as_version=4))
        for cell in notebook.cells:
            if cell.cell_type != "markdown":
                continue
            attachments: dict[str, Any] = {}
            cell.source = plain(cell.source, attachments)
            if attachments:
                cell.attachments = attachments
        target = Path(app.outdir) / "_sources" / f"{page}.ipynb"
        target.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, target)


def setup(app: Sphinx) -> dict[str, Any]:
    """Write notebooks when the pages have been written."""
    app.connect("html-page-context", offer)
    app.connect("build-finished", write_notebooks)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
