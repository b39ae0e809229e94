"""RESULTS.md is what its summaries say."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_page_is_rendered_from_the_committed_summaries():
    spec = importlib.util.spec_from_file_location("render", ROOT / "results/render.py")
    render = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(render)
    assert (ROOT / "RESULTS.md").read_text() == render.page()
