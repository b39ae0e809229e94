"""The built site: its links lead somewhere, no page asks another host, and nothing is wider than a narrow window."""

import inspect
import json
import re
import shutil
import threading
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest

import harmonium as hm

SITE = Path(__file__).parents[2] / "book" / "_build" / "html"
HTML = sorted(
    path for path in SITE.rglob("*.html") if "_static" not in path.parts and "live" not in path.parts
)
CHAPTERS = [
    path for path in HTML if (SITE / "_sources" / path.relative_to(SITE).with_suffix(".ipynb")).exists()
]

pytestmark = pytest.mark.skipif(not HTML, reason="the book has not been built: make book")


class Page(HTMLParser):
    """What a page links to, what it loads, and its anchors."""

    def __init__(self, path: Path):
        super().__init__()
        self.links, self.loaded, self.anchors = [], [], set()
        self.feed(path.read_text())

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.anchors |= {attributes[name] for name in ("id", "name") if attributes.get(name)}
        if tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"])
        loads = {"img": "src", "script": "src", "iframe": "src", "source": "src", "link": "href"}
        if tag in loads and attributes.get(loads[tag]) and attributes.get("rel") not in ("canonical",):
            self.loaded.append(attributes[loads[tag]])


@pytest.fixture(scope="module")
def pages():
    return {path: Page(path) for path in HTML}


def test_links_within_the_book_lead_somewhere(pages):
    lost = []
    for path, page in pages.items():
        for link in page.links:
            target, anchor = urldefrag(link)
            if re.match(r"[a-z]+:", target):
                continue
            file = (path.parent / unquote(target)).resolve() if target else path
            unknown = anchor and file in pages and unquote(anchor) not in pages[file].anchors
            if unknown or not file.exists():
                lost.append((path.name, link))
    assert not lost


def test_every_public_name_has_a_place_in_the_reference(pages):
    anchors = set().union(*(page.anchors for path, page in pages.items() if path.parent.name == "api"))
    rooms = ["data", "models", "sampling", "training", "metrics", "figures", "estimators", "interchange"]
    public = {f"harmonium.{room}.{name}" for room in rooms for name in getattr(hm, room).__all__}
    elsewhere = {*rooms, "errors", "pretrained", *hm.models.__all__}
    public |= {f"harmonium.errors.{name}" for name, one in vars(hm.errors).items() if inspect.isclass(one)}
    public |= {f"harmonium.{name}" for name in hm.__all__ if name not in elsewhere}
    assert not public - anchors - {"harmonium.training.machine"}  # a module, whose functions are described


def test_pages_load_nothing_from_elsewhere(pages):
    foreign = {load for page in pages.values() for load in page.loaded if re.match(r"(https?:)?//", load)}
    assert not foreign
    missing = [
        (path.name, load)
        for path, page in pages.items()
        for load in page.loaded
        if not load.startswith("data:")
        and not (path.parent / unquote(load.split("?")[0].split("#")[0])).exists()
    ]
    assert not missing


def test_style_sheets_load_nothing_from_elsewhere():
    for sheet in (SITE / "_static").rglob("*.css"):
        assert not re.search(r"(@import|url\()\s*[\"']?(https?:)?//", sheet.read_text(errors="replace")), (
            sheet
        )


def test_formulas_were_set_without_an_error():
    for path in HTML:
        assert "katex-error" not in path.read_text(), path


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_downloads_as_a_notebook_that_stands_alone(path):
    notebook = json.loads((SITE / "_sources" / path.relative_to(SITE).with_suffix(".ipynb")).read_text())
    said = "".join("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    assert "```{" not in said
    assert "{cite" not in said
    assert f"{path.stem}.ipynb" in path.read_text()
    ran = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert any(cell["outputs"] for cell in ran)


@pytest.fixture(scope="module")
def browser():
    api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("there is no Chromium on this machine")
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with api.sync_playwright() as play:
        running = play.chromium.launch(executable_path=found, args=quiet)
        yield running
        running.close()


@pytest.mark.parametrize("width", [400, 1280])
def test_in_a_browser_no_page_asks_another_host_or_runs_over_its_edge(browser, width):
    context = browser.new_context(viewport={"width": width, "height": 900})
    asked, errors, wide = set(), [], []
    context.on("request", lambda request: asked.add(request.url))
    page = context.new_page()
    page.set_default_timeout(120_000)  # a machine may be busy
    page.on("pageerror", lambda error: errors.append(str(error)))
    for path in HTML:
        page.goto(path.as_uri())
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if over > 1:
            wide.append((path.name, over))
    context.close()
    assert {url for url in asked if not url.startswith(("file:", "data:", "blob:"))} == set()
    assert not errors
    assert not wide


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and prints nothing of it."""

    def log_message(self, *arguments):
        pass


def test_the_search_of_a_served_site_finds_pages_and_says_each_formula_once(browser):
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=SITE)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        here, asked = f"http://127.0.0.1:{server.server_port}/", set()
        page = browser.new_page()
        page.set_default_timeout(120_000)
        page.on("request", lambda request: asked.add(request.url))
        page.goto(here + "search.html?q=leapfrog")
        page.get_by_text("Search finished").wait_for()
        page.locator("#search-results p.context").first.wait_for()
        page.wait_for_load_state("networkidle")
        titles = page.locator("#search-results li > a").all_inner_texts()
        excerpts = page.locator("#search-results p.context").all_inner_texts()
        page.close()
        server.shutdown()
    assert "Hybrid Monte Carlo" in titles
    assert not [excerpt for excerpt in excerpts if "\\" in excerpt]
    assert {url for url in asked if not url.startswith((here, "data:", "blob:"))} == set()
