"""How Sphinx builds the book: `make book`."""

import hashlib
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path[:0] = [str(HERE / "_extensions"), str(ROOT / "src")]

import harmonium

project = "Harmonium"
author = "the Harmonium developers"
project_copyright = "the Harmonium developers"
release = version = harmonium.__version__
language = "en"  # spelt as in Britain
extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinxcontrib.bibtex",
    "sphinx_copybutton",
    "sphinx_design",
    "pieces",  # figures, tables and code that are made from the project
    "formulas",  # set by KaTeX while the book is built, or as MathML
    "notebooks",  # each chapter as a notebook that needs only the library
]
exclude_patterns = ["_build", "node_modules", "live"]
nitpicky = False
toc_object_entries_show_parents = "hide"  # batch() under Classifier, which fits beside the page
suppress_warnings = ["ref.python"]  # words of a docstring such as "shape" name several members

# Chapters run as they are built; what ran is kept until the library changes.
_sources = sorted((ROOT / "src").rglob("*.py"))
_state = hashlib.sha256(b"".join(path.read_bytes() for path in _sources)).hexdigest()[:16]
nb_execution_mode = "cache"
nb_execution_cache_path = str(HERE / "_build" / "cache" / _state)
nb_execution_in_temp = True
nb_execution_timeout = 600
nb_execution_raise_on_error = True
nb_merge_streams = True
nb_execution_show_tb = True
myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence", "deflist"]
myst_heading_anchors = 3

html_math_renderer = "formulas"

bibtex_bibfiles = ["references.bib"]
bibtex_default_style = "plain"
bibtex_reference_style = "author_year"

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_class_signature = "separated"
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_attr_annotations = False  # the signature tells types, in short
napoleon_custom_sections = [("Fields", "params_style")]
napoleon_preprocess_types = False

copybutton_exclude = ".linenos, .gp, .go"
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

html_theme = "sphinx_book_theme"
html_title = "Harmonium"
html_static_path = ["_static"]
html_css_files = ["book.css"]
html_js_files = ["search.js"]
html_theme_options = {
    "use_download_button": True,
    "use_fullscreen_button": False,
    "show_toc_level": 2,
    "home_page_in_toc": True,
    "navigation_with_keys": False,
    "navbar_persistent": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
html_show_sphinx = False
html_domain_indices = False  # an index of modules would hold a single one
html_copy_source = True
