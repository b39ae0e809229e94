"""A chapter's notebook holds what its cells printed, whether they ran for this build or for one before it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

EXTENSIONS = Path(__file__).parents[2] / "book" / "_extensions"
CONFIGURATION = f"""
import sys
sys.path.insert(0, {str(EXTENSIONS)!r})
extensions = ["myst_nb", "notebooks"]
nb_execution_mode = "cache"
nb_execution_cache_path = {{cache!r}}
nb_execution_raise_on_error = True
"""
CHAPTER = """---
file_format: mystnb
kernelspec: {name: python3, display_name: Python 3}
---

# A chapter

```{code-cell} ipython3
print(6 * 7)
```
"""


def test_a_page_that_was_executed_before_keeps_its_outputs(tmp_path):
    for tool in ("myst_nb", "ipykernel"):
        pytest.importorskip(tool, reason="the book's tools are the extra `book`")
    book, out = tmp_path / "book", tmp_path / "built" / "html"
    book.mkdir()
    (book / "conf.py").write_text(CONFIGURATION.format(cache=str(tmp_path / "cache")))
    for sentence in ("Read for the first time.", "Changed where nothing runs."):
        (book / "index.md").write_text(f"{CHAPTER}\n{sentence}\n")
        command = [sys.executable, "-m", "sphinx", "-b", "html", "-W", "-q", str(book), str(out)]
        subprocess.run(command, check=True)
        notebook = json.loads((out / "_sources" / "index.ipynb").read_text())
        [code] = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        assert "".join(code["outputs"][0]["text"]) == "42\n"
        assert sentence in "".join("".join(cell["source"]) for cell in notebook["cells"])
