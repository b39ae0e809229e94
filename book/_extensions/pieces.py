"""Directives that show pieces of the project: code, scores, metrics, diagrams, charts, and the live page."""

import ast
import importlib
import importlib.util
import inspect
import io
import re
import textwrap
import tokenize
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import harmonium

HERE = Path(__file__).parents[1]
ROOT = HERE.parent
CODE = re.compile(r"(?<!`)`([^`]+)`(?!`)")  # a name in a docstring
GLUED = re.compile(r"[\w\[(]")  # what may stand behind it without a blank
PLACE = "what-is-returned"
RETURNED: dict[str, str] = {}  # sentences by the name of the function
MODULE = re.compile(r"~(?:\w+\.)+|jaxlib\._jax\.")  # before the last name of a type


def imported(path: Path) -> Any:
    """The module in a file."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise LookupError(path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def found(name: str) -> Any:
    """What a dotted name such as harmonium.models.rbm.RBM.energy stands for."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        try:
            value = importlib.import_module(".".join(parts[:count]))
        except ModuleNotFoundError:
            continue
        for part in parts[count:]:
            value = getattr(value, part)
        return value
    raise LookupError(name)


def source(name: str) -> str:
    """The code of a function, a class or a constant, without the sentences of its docstring."""
    path, _, last = name.rpartition(".")
    value = found(name)
    value = getattr(value, "__wrapped__", value)
    if isinstance(value, property):
        value = value.fget
    if inspect.isclass(value):
        return class_summary(value)
    if not callable(value):
        return constant(inspect.getsource(found(path)), last)
    return without_docstring(textwrap.dedent(inspect.getsource(inspect.unwrap(value))))


def constant(module: str, name: str) -> str:
    """The assignment of a name in a module's code."""
    for node in ast.parse(module).body:
        targets = [node.target] if isinstance(node, ast.AnnAssign) else getattr(node, "targets", [])
        if any(getattr(target, "id", None) == name for target in targets):
            return "\n".join(module.splitlines()[node.lineno - 1 : node.end_lineno])
    raise LookupError(name)


def without_docstring(code: str) -> str:
    """A function's code, of whose docstring only the first line is left."""
    function = ast.parse(code).body[0]
    first = function.body[0]  # type: ignore[attr-defined]
    said = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    if not said or first.end_lineno == first.lineno:
        return code.rstrip()
    lines = code.splitlines()
    summary = lines[first.lineno - 1].rstrip()
    return "\n".join([*lines[: first.lineno - 1], f'{summary}"""', *lines[first.end_lineno :]]).rstrip()


def class_summary(value: type) -> str:
    """A class's head, its docstring up to the examples, and its fields."""
    code = textwrap.dedent(inspect.getsource(value))
    lines, body = code.splitlines(), ast.parse(code).body[0].body  # type: ignore[attr-defined]
    fields = [node for node in body if isinstance(node, ast.AnnAssign)]
    docstring = (inspect.getdoc(value) or "").split("\nExamples\n")[0].strip()
    shown = lines[: body[0].lineno - 1]
    shown += textwrap.indent(f'"""{docstring}\n"""', "    ").splitlines()
    for node in fields:
        shown += (
            ["", *lines[node.lineno - 1 : node.end_lineno]]
            if node is fields[0]
            else lines[node.lineno - 1 : node.end_lineno]
        )
    return "\n".join(shown)


class Source(SphinxDirective):
    """Show the code of something in the library, as it is now."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return a block of code under the name of its file."""
        name = self.arguments[0]
        value = found(name)
        module = inspect.getmodule(value) or found(name.rpartition(".")[0])
        block = nodes.literal_block(code := source(name), code, language="python")
        self.env.note_dependency(str(inspect.getsourcefile(module)))
        where = f"{module.__name__.replace('.', '/')}.py"
        caption = nodes.paragraph("", "", nodes.inline("", where, classes=["source-file"]))
        return [nodes.container("", caption, block, classes=["source"])]


class Results(SphinxDirective):
    """Show the book's score and ours for a recipe, from the summaries in `results/`."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return a table, or a sentence where nothing has been measured."""
        lines = results_table(self.arguments[0])
        return self.parse_text_to_nodes("\n".join(lines))


def results_table(recipe: str) -> list[str]:
    """Lines of Markdown: a published row each, with the mean over its seeds, or a range that is no estimate."""
    render = imported(ROOT / "results" / "render.py")
    rows = [row for row in render.ROWS.values() if row.recipe == recipe]
    if not rows:
        return ["No row of this recipe is published yet."]
    lines = [
        "| row | score, test | ours | seeds | the book | others |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        name, said = (text.replace(" %", "\u00a0%") for text in render.headline(row))
        cells = [f"`{row.name}`", name, said, str(len(render.summaries(row))), row.book, row.best]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    page = f"results/chapter-{rows[0].chapter}.md"
    return [
        *lines,
        "",
        f"*Rendered from `results/`; commands, single seeds, times and what was chosen on what are in `{page}`.*",
    ]


class Metrics(SphinxDirective):
    """Say what metrics mean, in the words of the program."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Return a list of definitions."""
        return self.parse_text_to_nodes("\n".join(metric_lines(self.arguments[0].split())))


def metric_lines(names: Iterable[str]) -> list[str]:
    """Lines of Markdown: a definition a metric."""
    from harmonium.metrics.table import METRICS

    lines = []
    for name in names:
        entry = METRICS[name]
        better = {"lowest": "lower is better", "highest": "higher is better", None: "neither way is better"}[
            entry.better
        ]
        unit = f", in {entry.unit}" if entry.unit not in ("", "%", "count") else ""
        lines += [f"**{entry.title}** (`{name}`{unit}; {better})", f": {entry.explanation}", ""]
    return lines


class Improvements(SphinxDirective):
    """Show what each improvement of the music chapter does, from the summaries in `results/`."""

    def run(self) -> list[nodes.Node]:
        """Return a table, or nothing where none was measured."""
        render = imported(ROOT / "results" / "render.py")
        return self.parse_text_to_nodes("\n".join(render.improvements()))


class Public(SphinxDirective):
    """Describe public names of a module, one a line, from their docstrings; * is those that the page names nowhere."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return what autodoc writes of each."""
        module, names = self.arguments[0], list(self.content)
        if names == ["*"]:
            names = unnamed(module, Path(str(self.env.doc2path(self.env.docname))).read_text())
        lines = []
        for name in names:
            whole = f"harmonium.{name}" if name.startswith("errors.") else f"{module}.{name}"
            lines += ["```{eval-rst}", *directive(whole), "```", ""]
        return self.parse_text_to_nodes("\n".join(lines or ["None."]))


def unnamed(module: str, page: str) -> list[str]:
    """Public names of a module that a page does not list and that are not described in another room."""
    listed = set(page.splitlines())
    public = [name for name in found(module).__all__ if name not in listed]
    if module != "harmonium":
        return sorted(public)
    models = set(found("harmonium.models").__all__)
    return sorted(
        name for name in public if name not in models and not inspect.ismodule(found(f"harmonium.{name}"))
    )


def directive(name: str) -> list[str]:
    """Lines of reStructuredText that describe a public name."""
    room, _, last = name.rpartition(".")
    value = getattr(found(room), last)  # `fit` is a function and a file
    if inspect.isclass(
        value
    ):  # scikit-learn's requests for metadata describe themselves by links into its own pages
        unlike = ["set_fit_request", "set_score_request", "set_transform_request"]
        unlike += [
            "__new__",
            *getattr(value, "_fields", ()),
        ]  # of a named tuple: its fields are described together
        return [f".. autoclass:: {name}", "   :members:", f"   :exclude-members: {', '.join(unlike)}"]
    if inspect.ismodule(value):
        return [f".. automodule:: {name}", "   :members:"]
    if inspect.isroutine(value) or hasattr(value, "__wrapped__"):
        return [f".. autofunction:: {name}"]
    if isinstance(value, Mapping):
        keys = ", ".join(f"``{key}``" for key in value)
        return [f".. py:data:: {name}", "", f"   A mapping with {len(value)} keys: {keys}."]
    if isinstance(value, str | tuple):
        return [f".. py:data:: {name}", "", f"   ``{value!r}``"]
    return [f".. autodata:: {name}", "   :no-value:"]


class Datasets(SphinxDirective):
    """List the data sets of the library with their licences."""

    def run(self) -> list[nodes.Node]:
        """Return a table."""
        from harmonium.data import CATALOGUE

        rows = [f"| `{name}` | {entry.description} | {entry.licence} |" for name, entry in CATALOGUE.items()]
        return self.parse_text_to_nodes(
            "\n".join(["| name | what it is | licence |", "| --- | --- | --- |", *rows])
        )


class Diagram(SphinxDirective):
    """Show one of the diagrams of `diagrams.py`, or one of the charts of `charts.py`."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {"alt": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        """Return a figure with a caption."""
        drawing = drawn(self.name, self.arguments[0])
        self.env.note_dependency(str(HERE / f"{self.name}s.py"))
        image = nodes.image(uri=f"/{drawing.relative_to(HERE)}", alt=self.options["alt"], classes=["diagram"])
        figure = nodes.figure("", image, align="center")
        children = self.parse_content_to_nodes()
        caption = nodes.caption("", "", *(children[0].children if children else []))
        figure += caption
        return [figure]


class Live(SphinxDirective):
    """Lead to the model in the reader's browser, where the live page has been built."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return a note with a link, or nothing."""
        if not (HERE / "live" / "index.html").exists():
            return []
        depth = "../" * self.env.docname.count("/")
        target = nodes.reference(
            "", "Open it in the page", refuri=f"{depth}live/index.html#{self.arguments[0]}", internal=False
        )
        note = nodes.admonition(classes=["live"])
        note += nodes.title("", "Try it")
        note += [*self.parse_content_to_nodes(), nodes.paragraph("", "", target, nodes.Text("."))]
        return [note]


def fields(value: type, said: str) -> list[str]:
    """A section of a docstring about the fields of a class: what the comments beside them in its code say."""
    code = textwrap.dedent(inspect.getsource(value))
    tokens = tokenize.generate_tokens(io.StringIO(code).readline)
    comments = {
        token.start[0]: token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT
    }
    body = ast.parse(code).body[0].body  # type: ignore[attr-defined]
    held = [node for node in body if isinstance(node, ast.AnnAssign) and not node.target.id.startswith("_")]  # type: ignore[union-attr]
    described = re.search(r"^(Parameters|Attributes)$", said, re.M)
    if described or not any(node.end_lineno in comments for node in held):
        return []
    lines = ["", "Fields", "------"]
    for node in held:
        comment = comments.get(node.end_lineno or 0, "")
        lines += [f"{ast.unparse(node.target)} : `{ast.unparse(node.annotation)}`", f"    {comment}"]
    return [*lines, ""]


def what_is_returned(lines: list[str]) -> str:
    """Take sentences below Returns out, which napoleon would take for names of types; PLACE is left for them."""
    heads = [n for n, line in enumerate(lines) if re.fullmatch(r"-{4,}", line)]
    for head in heads:
        end = min((other - 1 for other in heads if other > head), default=len(lines))
        said = [line for line in lines[head + 1 : end] if line]
        if lines[head - 1] == "Returns" and not any(line.startswith(" ") for line in said):
            lines[head + 1 : end] = [PLACE, ""]
            return " ".join(said)
    return ""


def plain_words(line: str) -> str:
    """A line of a docstring, plain words with names between backticks, as docutils takes it for that."""
    code = CODE.split(line)
    code[::2] = [part.replace("*", r"\*").replace("|", r"\|") for part in code[::2]]
    code[1::2] = [
        f"``{name}``\\ " if GLUED.match(after) else f"``{name}``"
        for name, after in zip(code[1::2], code[2::2], strict=True)
    ]
    return "".join(code)


def as_restructured_text(
    app: Sphinx, what: str, name: str, value: Any, options: Any, lines: list[str]
) -> None:
    """Write a docstring as docutils and napoleon need it."""
    RETURNED[name] = plain_words(what_is_returned(lines))
    if what == "class":
        place = lines.index("Examples") if "Examples" in lines else len(lines)
        lines[place:place] = fields(value, "\n".join(lines))
    if what in ("property", "attribute", "data") and lines and ":" in lines[0]:
        lines[0] = f": {lines[0]}"  # napoleon takes what stands before a colon for a type
    example = False
    for number, line in enumerate(lines):
        example = line.lstrip().startswith(">>>") or (example and bool(line.strip()))
        if not example:
            lines[number] = plain_words(line)


def with_what_is_returned(
    app: Sphinx, what: str, name: str, value: Any, options: Any, lines: list[str]
) -> None:
    """Put the sentences that `what_is_returned` has taken out into their place."""
    said = RETURNED.pop(name, "")
    lines[:] = [line.replace(f"*{PLACE}*", said) for line in lines]


def shortened(
    app: Sphinx, what: str, name: str, value: Any, options: Any, signature: str | None, returned: str | None
) -> tuple[str | None, str | None]:
    """Write types in signatures by their last names, as the code does."""
    signature, returned = (text and MODULE.sub("", text) for text in (signature, returned))
    return signature, returned


def drawn(kind: str, name: str) -> Path:
    """Where a diagram or a chart lies once it has been drawn."""
    return HERE / "_build" / f"{kind}s" / f"{name}.svg"


def draw(app: Sphinx) -> None:
    """Draw each diagram and chart that is missing or older than its code and what it shows."""
    diagrams, charts = (imported(HERE / f"{kind}s.py") for kind in ("diagram", "chart"))
    shown = [*(ROOT / "results").rglob("*"), *(ROOT / "benchmarks").glob("*.json")]
    for kind, drawings, sources in (("diagram", diagrams.DIAGRAMS, []), ("chart", charts.CHARTS, shown)):
        newest = max(path.stat().st_mtime for path in (HERE / f"{kind}s.py", *sources))
        for name, figure in drawings.items():
            path = drawn(kind, name)
            if not path.exists() or path.stat().st_mtime < newest:
                diagrams.write(figure, path)


def whole_options(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Mark options such as --grid in the text of a page, which must not be broken at their hyphens."""
    if "body" in context:
        context["body"] = context["body"].replace('<span class="pre">-', '<span class="pre option">-')


def live_page(app: Sphinx, error: Exception | None) -> None:
    """Put the page of the ready-made models beside the book's."""
    if error is None and app.builder.format == "html":
        harmonium.page(out=Path(app.outdir) / "live")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives."""
    for name, directive in (
        ("source", Source),
        ("results", Results),
        ("metrics", Metrics),
        ("improvements", Improvements),
        ("datasets", Datasets),
        ("public", Public),
        ("diagram", Diagram),
        ("chart", Diagram),
        ("live", Live),
    ):
        app.add_directive(name, directive)
    app.connect("autodoc-process-docstring", as_restructured_text, priority=100)  # napoleon's is 500
    app.connect("autodoc-process-docstring", with_what_is_returned, priority=900)
    app.connect("autodoc-process-signature", shortened)
    app.connect("builder-inited", draw)
    app.connect("html-page-context", whole_options)
    app.connect("build-finished", live_page)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
