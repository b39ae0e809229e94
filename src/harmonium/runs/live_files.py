"""The files of the live page, book/live/, put together: all in one, or in a folder."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import harmonium
from harmonium.files import explained, write_atomically

CONTENTS, STYLE, MAIN, PHOTO = "contents.json", "style.css", "main.js", "photo.jpg"
IMPORT = re.compile(r'^import\s[^;]*?from "\./([\w-]+\.js)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(async )?(function|const|class) )", re.MULTILINE)
POLICY = re.compile(r'content="default-src [^"]*"')


def sources() -> Path:
    """Return the folder of the page's sources: in the package, or where it is developed in book/live."""
    package = Path(harmonium.__file__).parent
    installed = package / "live"
    return installed if installed.is_dir() else package.parents[1] / "book" / "live"


def is_page(folder: Path) -> bool:
    """Return whether a folder holds a page that was written before."""
    return (folder / CONTENTS).is_file() and (folder / MAIN).is_file()


def as_folder(contents: dict[str, Any], weights: Mapping[str, Path], folder: Path) -> Path:
    """Write the page's files with the weights beside them; return its index.html."""
    source = sources()
    with explained(folder):
        (folder / "weights").mkdir(parents=True, exist_ok=True)
        for old in (folder / "weights").glob("*.safetensors"):
            old.unlink()
        for file in (*source.glob("*.js"), source / STYLE, source / PHOTO, source / "index.html"):
            shutil.copyfile(file, folder / file.name)
        for name, file in weights.items():
            shutil.copyfile(file, folder / "weights" / f"{name}.safetensors")
    write_atomically(folder / CONTENTS, json.dumps(contents | {"photo": PHOTO}))
    return folder / "index.html"


def in_one_file(contents: dict[str, Any]) -> str:
    """Return the page as one text: style, modules and contents inside, and a policy that allows these alone."""
    source = sources()
    page, style = ((source / name).read_text() for name in ("index.html", STYLE))
    script = bundled(source)
    photo = "data:image/jpeg;base64," + base64.b64encode((source / PHOTO).read_bytes()).decode()
    # Without "<" nothing in it ends the block early or begins another.
    block = json.dumps(contents | {"photo": photo}).replace("<", "\\u003c")
    policy = (
        f"default-src 'none'; script-src {_digest(script)}; style-src {_digest(style)}; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )
    title = html.escape(contents["title"] or "Harmonium: play with the models")
    for found, written in (
        (POLICY, f'content="{policy}"'),
        (re.compile("<title>.*?</title>"), f"<title>{title}</title>"),
        (re.compile('<link rel="stylesheet"[^>]*>'), f"<style>{style}</style>"),
        (
            re.compile('<script type="module"[^>]*></script>'),
            f'<script type="application/json" id="contents">{block}</script>\n    '
            f'<script type="module">{script}</script>',
        ),
    ):
        page, count = found.subn(lambda _, written=written: written, page)  # type: ignore[misc]
        assert count == 1
    return page


def bundled(source: Path) -> str:
    """Return all modules that main.js needs as one, each after those that it imports."""
    parts: dict[str, str] = {}

    def add(name: str) -> None:
        text = (source / name).read_text()
        for needed in IMPORT.findall(text):
            if needed not in parts:
                add(needed)
        parts.setdefault(name, EXPORT.sub("", IMPORT.sub("", text)))

    add(MAIN)
    return "\n".join(f"// {name}\n{text}" for name, text in parts.items())


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
