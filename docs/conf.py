"""Sphinx configuration."""

import sys
from pathlib import Path

import skattn

sys.path.insert(0, str(Path(__file__).parent))

project = "skattn"
author = "The skattn developers"
copyright = "2026, The skattn developers"
version = release = skattn.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "numpydoc",
    "_results",
]
suppress_warnings = ["ref.ref"]  # labels of scikit-learn's own guide
nitpicky = True
nitpick_ignore_regex = [("py:class", ".*"), ("py:obj", ".*")]

autosummary_generate = True
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
default_role = "py:obj"
toc_object_entries_show_parents = "hide"

html_theme = "pydata_sphinx_theme"
html_title = "skattn"
html_static_path = ["_static"]
html_theme_options = {
    "show_prev_next": False,
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
}
exclude_patterns = ["_templates"]
templates_path = ["_templates"]
