"""The live page in headless Chromium: every part is used as a reader uses it."""

import base64
import functools
import http.server
import json
import re
import shutil
import threading

import numpy as np
import pytest

import harmonium as hm
from harmonium.errors import ConfigError
from harmonium.runs import live_files

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")

PATIENCE = 60_000  # milliseconds for a part to be there, on a loaded machine
THREE = [
    (30, 25),
    (42, 17),
    (57, 18),
    (65, 28),
    (60, 41),
    (45, 48),
    (60, 52),
    (69, 64),
    (63, 79),
    (47, 85),
    (30, 78),
]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The address of a server of the ready-made models' page."""
    folder = tmp_path_factory.mktemp("site") / "live"
    hm.page(out=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/index.html"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        # Containers run as root, where Chromium's own sandbox does not start.
        opened = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def opened(browser):
    """Open a part of a page; at the end nothing has failed, and no other host was asked for anything."""
    context = browser.new_context(viewport={"width": 900, "height": 900}, accept_downloads=True)
    complaints, asked = [], []

    def part(address, name):
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{address}?part={name}")
        page.wait_for_selector(f"#{name}[data-ready]")
        return page

    yield part
    context.close()
    assert complaints == []
    assert all(url.startswith(("http://127.0.0.1:", "file:", "data:", "blob:")) for url in asked)


def draw(page, points):
    pad = page.locator("canvas.pad").first
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    places = [(box["x"] + box["width"] * x / 100, box["y"] + box["height"] * y / 100) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=3)
    page.mouse.up()


def said(page, number=0):
    return page.locator(".said").nth(number).inner_text()


@needs_chromium
def test_a_three_is_drawn_and_every_classifier_says_so(site, opened):
    page = opened(site, "digit")
    page.get_by_role("button", name="Clear").click()
    assert said(page) == "Draw something."
    draw(page, THREE)
    for name in ("logistic regression", "multilayer perceptron", "LeNet"):
        assert f"{name} says 3" in said(page)
    assert page.locator(".bars li.best .name").first.inner_text() == "3"


@needs_chromium
def test_a_one_is_drawn_by_the_keyboard(site, opened):
    page = opened(site, "digit")
    page.locator("canvas.pad").focus()
    for key in ["Delete", *["ArrowUp"] * 9, " ", *["ArrowDown"] * 18]:
        page.keyboard.press(key)
    assert "LeNet says 1" in said(page)


@needs_chromium
def test_a_corrupted_drawing_is_mended(site, opened):
    page = opened(site, "repair")
    corrupted, mended = (float(word.strip(",.")) for word in said(page).split() if word[0].isdigit())
    assert 0 < mended < corrupted


@needs_chromium
def test_a_machine_dreams_and_completes_half_a_drawing(site, opened):
    page = opened(site, "dream")
    assert said(page).startswith("Step 0")
    page.get_by_role("button", name="One step").click()
    assert said(page).startswith("Step 1,")
    page.get_by_label("Keep of my drawing").select_option("left")
    read = (
        "Array.from(document.querySelectorAll('canvas.large')[1]"
        ".getContext('2d').getImageData(0, 0, 14, 28).data)"
    )
    before = page.evaluate(read)
    page.get_by_role("button", name="Run").first.click()
    page.get_by_text(re.compile(r"Step (\d{3,}|[2-9]\d),")).wait_for()
    page.get_by_role("button", name="Stop").first.click()
    assert page.evaluate(read) == before


@needs_chromium
def test_a_particle_is_pushed(site, opened):
    page = opened(site, "hmc")
    page.get_by_label("Step size ε").fill("0.05")
    for count in range(1, 6):
        page.get_by_role("button", name="One push").click()
        assert f"accepted of {count}." in said(page)
    page.locator("#hmc select").select_option("wells")
    page.get_by_label("Step size ε").fill("1")
    page.locator("canvas.plane").first.press("ArrowRight")
    assert "Rejected" in said(page)


@needs_chromium
def test_a_kernel_is_edited_and_its_output_pooled(site, opened):
    page = opened(site, "convolution")
    assert "192×128 pixels become 188×124, and by the largest of 4×4 then 47×31." in said(page)
    page.get_by_label("A kernel").select_option("nothing")
    grey = (
        "(n) => Array.from(document.querySelectorAll('canvas.photo')[n]"
        ".getContext('2d').getImageData({}, {}, 9, 1).data)"
    )
    photo, same = page.evaluate(grey.format(42, 32), 0), page.evaluate(grey.format(40, 30), 1)
    assert np.abs(np.subtract(photo, same)).max() <= 1
    page.get_by_label("Kernel, row 3, column 3").fill("0")
    assert "Orange is above zero" in said(page)


@needs_chromium
def test_a_flight_query_falls_into_slots(site, opened):
    page = opened(site, "words")
    page.get_by_label("Type a sentence").fill("flights from boston to denver")
    slots = page.locator(".slot").all_inner_texts()
    assert [slot.split() for slot in slots] == [
        ["boston", "fromloc.city_name"],
        ["denver", "toloc.city_name"],
    ]
    page.locator(".slot").first.click()
    assert page.get_by_text("Nearest to boston:").is_visible()


@needs_chromium
def test_a_review_lights_up(site, opened):
    page = opened(site, "words")
    page.get_by_label("Type a text").fill("A wonderful, excellent and great film.")
    assert page.locator(".bars li.best .name").inner_text().startswith("pos")
    page.get_by_label("Type a text").fill("A terrible, awful, boring waste of time.")
    assert page.locator(".bars li.best .name").inner_text().startswith("neg")
    assert page.locator(".review .share.for").count() > 2


@needs_chromium
def test_four_notes_are_played_and_the_music_goes_on_and_sounds(site, opened, tmp_path):
    page = opened(site, "music")
    for name in ("C4", "E4", "G4", "C5"):
        page.get_by_label(f"{name}, key").click()
    page.get_by_text("The model wrote 64 steps").wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download MIDI").click()
    download.value.save_as(tmp_path / "tune.mid")
    roll = hm.data.read_midi(tmp_path / "tune.mid", hm.data.Grid(0.5, "beats"))
    assert roll[0].nonzero()[0].tolist() == [60 - 21]
    assert roll[8:].any()
    loudest = page.evaluate(
        """async () => {
          const { playRoll } = await import("./sound.js");
          const context = new OfflineAudioContext(1, 44100, 44100);
          const roll = [0, 1, 2].map(() => Float32Array.from({ length: 88 }, (_, i) => Number(i === 48)));
          playRoll(context, roll, 21, 0.25, 0);
          const sound = (await context.startRendering()).getChannelData(0);
          return sound.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        }"""
    )
    assert 0.02 < loudest <= 1


@needs_chromium
def test_a_phone_shows_every_part_without_scrolling_sideways(site, opened):
    page = opened(site, "digit")
    page.set_viewport_size({"width": 360, "height": 700})
    page.goto(site)
    for name in ("digit", "repair", "dream", "hmc", "convolution", "words", "music"):
        page.locator(f"#{name}").scroll_into_view_if_needed()
        page.wait_for_selector(f"#{name}[data-ready]")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    # What is shown or used has a name for those who hear the page.
    assert (
        page.evaluate("[...document.querySelectorAll('canvas')].filter((one) => !one.ariaLabel).length") == 0
    )
    unnamed = (
        "[...document.querySelectorAll('input, select, textarea')]"
        ".filter((one) => !one.ariaLabel && !one.labels.length).length"
    )
    assert page.evaluate(unnamed) == 0


HOSTILE = '<img src="https://example.org/x" onerror="document.title = 1">'


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A run on pictures of the user's own, whose classes have names that are markup."""
    folder = tmp_path_factory.mktemp("own")
    rng = np.random.default_rng(0)
    x = rng.random((120, 8, 8), np.float32)
    y = np.array([HOSTILE, "</script><script>alert(1)</script>"])[np.arange(120) % 2]
    return hm.train(
        "mlp", data=(x, y), hidden=(6,), max_epochs=1, out=folder / "mine", report=hm.training.Silent()
    )


@needs_chromium
def test_a_page_of_ones_own_is_one_file_that_opens_without_a_server(own, opened, tmp_path):
    file = hm.page(own, out=tmp_path / "mine.html")
    page = opened(file.as_uri(), "digit")
    names = page.locator(".bars .name").all_inner_texts()
    assert sorted(names) == sorted(own.classes)
    assert HOSTILE in names
    assert page.title() == "Play with mine"
    assert page.locator("img").count() == 0
    assert not page.locator("nav a[href='#words']").is_visible()
    draw(page, THREE)
    assert "mine says" in said(page)


def test_one_file_holds_the_weights_and_nothing_of_the_data(own, tmp_path):
    text = hm.page([own], out=tmp_path / "mine.html").read_text()
    block = text.split('id="contents">')[1].split("</script>")[0]
    contents = json.loads(block)
    assert contents["parts"] == ["digit"]
    weights = base64.b64decode(contents["models"][0]["weights"]["model"].removeprefix("base64,"))
    assert weights == own.folder.model.read_bytes()
    assert str(own.path) not in text
    assert "default-src 'none'" in text
    assert "http://" not in text


def test_a_page_is_small_without_weights(tmp_path):
    folder = hm.page(out=tmp_path / "site").parent
    assert sum(file.stat().st_size for file in folder.iterdir() if file.is_file()) < 500_000
    hm.page(out=folder)  # again, in its place


def test_what_a_page_cannot_show_is_refused(own, tmp_path):
    rows = hm.train(
        "mlp",
        data=(np.random.default_rng(0).random((60, 3)), np.arange(60) % 2),
        hidden=(4,),
        max_epochs=1,
        out=tmp_path / "rows",
        report=hm.training.Silent(),
    )
    with pytest.raises(ConfigError, match=r"nothing to show of .*rows"):
        hm.page(rows, out=tmp_path / "rows.html")
    (tmp_path / "mine.html").write_text("mine")
    with pytest.raises(ConfigError, match=r"mine\.html exists already"):
        hm.page(own, out=tmp_path / "mine.html")
    with pytest.raises(ConfigError, match="is no such page"):
        hm.page(own, out=tmp_path)
    assert (tmp_path / "mine.html").read_text() == "mine"


def test_every_module_has_names_of_its_own():
    """All are one in a page of one file."""
    bundle = live_files.bundled(live_files.sources())
    assert "import " not in bundle
    assert "export " not in bundle
    named = re.findall(r"^(?:async )?(?:const|let|function|class) (\w+)", bundle, re.MULTILINE)
    assert len(named) == len(set(named)) > 50
