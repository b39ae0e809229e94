"""The book's pages name what exists, cover what is public, and hold what every chapter must."""

import ast
import contextlib
import importlib
import re
import shlex
import sys
from pathlib import Path

import pytest

import harmonium as hm
from harmonium import cli
from harmonium.metrics import METRICS

ROOT = Path(__file__).parents[2]
BOOK = ROOT / "book"
CHAPTERS = [
    "getting-started",
    "data",
    "logistic-regression",
    "mlp",
    "lenet",
    "autoencoders",
    "stacked-autoencoders",
    "rbm",
    "dbn",
    "hmc",
    "mcrbm",
    "slot-filling",
    "sentiment",
    "music",
    "devices",
]
PAGES = sorted(
    path for path in BOOK.rglob("*.md") if not {"_build", "node_modules", "live"} & set(path.parts)
)
ROOMS = ("data", "models", "sampling", "training", "metrics", "figures", "estimators", "interchange")
BLOCK = re.compile(r"^```(.*?)\n(.*?)^```$", re.M | re.S)


def blocks(page: str, kind: str) -> list[tuple[str, str]]:
    """What stands behind the name and inside each block of a kind."""
    found = BLOCK.findall((BOOK / f"{page}.md").read_text())
    return [(head.removeprefix(kind).strip(), body) for head, body in found if head.startswith(kind)]


def prose(page: Path) -> str:
    """A page's sentences: without code, tables and formulas, but with captions and answers."""

    def said(block: re.Match[str]) -> str:
        return (
            block[2]
            if block[1].startswith(("{dropdown}", "{diagram}", "{chart}", "{figure}", "{live}"))
            else ""
        )

    text = re.sub(r"\A---\n.*?^---\n", "", page.read_text(), flags=re.M | re.S)
    text = re.sub(r"\$\$.*?\$\$", "", BLOCK.sub(said, text), flags=re.S)
    return re.sub(r"^\|.*\|$|^:\w+:.*$|\$[^$]*\$|`[^`]*`|\{cite:.\}|^#+ ", "", text, flags=re.M)


@pytest.fixture(scope="module")
def pieces():
    pytest.importorskip("sphinx", reason="the book's tools are the extra `book`")
    sys.path.insert(0, str(BOOK / "_extensions"))
    try:
        yield importlib.import_module("pieces")
    finally:
        sys.path.remove(str(BOOK / "_extensions"))


@pytest.mark.parametrize("page", CHAPTERS)
def test_a_chapter_has_all_that_it_must(page):
    text = (BOOK / f"{page}.md").read_text()
    assert len(blocks(page, "{dropdown}")) >= 3, "three exercises with answers"
    assert blocks(page, "{diagram}"), "a diagram"
    assert "differ from" in text, "where we differ"
    committed = len(blocks(page, "{figure}")) + len(blocks(page, "{chart}"))
    assert committed >= 1, "a figure of a run that was not made for the page"
    assert committed + len(re.findall(r"\.figure\(|plt\.subplots|Image\.open", text)) >= 3, "three figures"
    assert re.search(r"^```sh$", text, re.M) or page == "getting-started", "the command"
    assert len(prose(BOOK / f"{page}.md").split()) >= 800


def test_the_book_has_words_enough():
    counted = {page.stem: len(prose(page).split()) for page in PAGES if "api" not in page.parts}
    assert sum(counted.values()) >= 25_000, counted


def test_equations_of_the_book_are_there():
    text = "".join(page.read_text() for page in PAGES)
    tags = set(re.findall(r"\\tag\{([\d.]+)\}", text))
    asked = {f"9.{n}" for n in range(1, 11)} | {"10.1", "10.2", "11.1", "11.2"}
    asked |= {f"13.{n}" for n in range(1, 8)} | {f"14.{n}" for n in range(1, 5)}
    assert not asked - tags


@pytest.mark.parametrize("module", ["harmonium", *(f"harmonium.{room}" for room in ROOMS)])
def test_every_public_name_is_in_the_reference(pieces, module):
    pages = {
        page: {
            name
            for head, body in blocks(f"api/{page.stem}", "{public}")
            if head == module
            for name in body.split()
        }
        for page in (BOOK / "api").glob("*.md")
    }
    [page] = [page for page, names in pages.items() if names]
    assert "*" in pages[page], "what no group names stands at the end"
    rest = set(pieces.unnamed(module, page.read_text()))
    rooms = {*ROOMS, "errors", "pretrained", *hm.models.__all__} if module == "harmonium" else set()
    assert set(importlib.import_module(module).__all__) <= pages[page] | rest | rooms


def test_the_reference_names_nothing_else():
    for page in (BOOK / "api").glob("*.md"):
        for module, body in blocks(f"api/{page.stem}", "{public}"):
            for name in set(body.split()) - {"*"}:
                where = "harmonium" if name.startswith("errors.") else module
                value = importlib.import_module(where)
                for part in name.split("."):
                    value = getattr(value, part)


def test_code_metrics_diagrams_and_charts_that_pages_show_exist(pieces):
    for page in CHAPTERS:
        for name, _ in blocks(page, "{source}"):
            assert pieces.source(name), name
        for names, _ in blocks(page, "{metrics}"):
            assert set(names.split()) <= set(METRICS), page
    pages = [str(page.relative_to(BOOK).with_suffix("")) for page in PAGES]
    for kind in ("diagram", "chart"):
        drawn = getattr(pieces.imported(BOOK / f"{kind}s.py"), f"{kind}s".upper())
        assert {name for page in pages for name, _ in blocks(page, f"{{{kind}}}")} == set(drawn)


def test_code_that_is_shown_is_the_librarys_own(pieces):
    code = pieces.source("harmonium.models.rbm.RBM.free_energy")
    assert "softplus" in code
    assert "Examples" not in code
    shown = [line for line in code.splitlines() if '"""' not in line]
    whole = (ROOT / "src/harmonium/models/rbm.py").read_text()
    assert all(line.strip() in whole for line in shown)


@pytest.mark.parametrize(
    "recipe", sorted({name for page in CHAPTERS for name, _ in blocks(page, "{results}")})
)
def test_results_are_those_of_the_summaries(pieces, recipe):
    lines = pieces.results_table(recipe)
    table = [line for line in lines if line.startswith("|")]
    assert len(table) >= 3
    assert {line.replace("\\|", "").count("|") for line in table} == {7}


def test_the_improvements_of_music_are_rows(pieces):
    render = pieces.imported(ROOT / "results" / "render.py")
    lines = render.improvements()
    assert len(lines) == 9
    assert all(line.count("|") == 6 for line in lines)


@pytest.mark.parametrize("page", [path.stem for path in PAGES if path.parent == BOOK])
def test_cells_can_be_parsed(page):
    for _, code in blocks(page, "{code-cell}"):
        ast.parse("\n".join(line for line in code.splitlines() if not line.startswith(("%", ":"))))


def commands(page: Path) -> list[list[str]]:
    """The arguments of each command of ours that a page shows on a line of its own or between backticks."""
    shown = re.findall(r"^harmonium .*$|(?<=`)harmonium [^`]+(?=`)", page.read_text(), re.M)
    return [shlex.split(line.split(" > ")[0], comments=True)[1:] for line in shown]


@pytest.mark.parametrize("page", [path for path in PAGES if path.parent == BOOK], ids=lambda path: path.stem)
def test_commands_that_pages_show_are_understood(page, monkeypatch, capsys):
    def taken(*arguments, **options):
        parse(*arguments, **options)
        raise SystemExit(0)  # it need not run

    parse = cli.parse
    for name in cli.COMMANDS:
        room = importlib.import_module(f"harmonium.cli.{name}")
        if hasattr(room, "parse"):
            monkeypatch.setattr(room, "parse", taken)
    ready = f"pretrained/{ {'music': 'rnn-rbm', 'dbn': 'dbn'}.get(page.stem, 'rbm') }"
    for command, *arguments in commands(page):
        if (
            not arguments or arguments == ["--onnx"] or arguments == ["--sampler", "tpe"]
        ):  # spoken of, not shown
            assert command in cli.COMMANDS
            continue
        known = [ready if one == "RUN" and command == "sample" else one for one in arguments]
        with contextlib.suppress(SystemExit):
            assert cli.main([command, *known]) == 0, capsys.readouterr().err


def test_docstrings_become_what_the_reference_needs(pieces):
    def written(what, *lines, value=None):
        lines = list(lines)
        pieces.as_restructured_text(None, what, "", value, None, lines)
        return lines

    assert written("function", "By `a` and `b`, or `c`s.") == [r"By ``a`` and ``b``, or ``c``\ s."]
    assert written("property", "The scores: one a run.")[0].startswith(": ")
    said = ["Do.", "", "Returns", "-------", "The run: its", "`model`.", "", "Examples", "--------"]
    assert written("function", *said) == [*said[:4], pieces.PLACE, "", *said[7:]]
    lines = [f":returns: *{pieces.PLACE}*"]
    pieces.with_what_is_returned(None, "function", "", None, None, lines)
    assert lines == [":returns: The run: its ``model``."]
    typed = ["Do.", "", "Returns", "-------", "tuple", "    Two of them."]
    assert written("function", *typed) == typed
    fields = written("class", "A machine.", value=hm.RBM)
    place = fields.index("weight : ``Float[Array, 'visible hidden']``")
    assert fields[place - 2 : place] == ["Fields", "------"]
    assert fields[place + 1] == "    W"
    assert written("class", "Whose parameters it tells.", "Parameters", value=hm.RBM)[2:] == []
