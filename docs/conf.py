"""Sphinx configuration."""

import sys
from pathlib import Path

import skattn

sys.path.insert(0, str(Path(__file__).parent))

from _parameters import GROUPED, GROUPS

project = "skattn"
author = "The skattn developers"
copyright = "2026, The skattn developers"
version = release = skattn.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "numpydoc",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "_curves",
    "_figures",
    "_formulas",
    "_parameters",
    "_results",
    "_search",
    "_site",
    "matplotlib.sphinxext.plot_directive",
]
suppress_warnings = ["ref.ref"]  # labels of scikit-learn's own guide
# Names of other packages that these pages may link to stand in docs/inventories, in
# Sphinx's plain form, so that the build needs no network. Of scikit-learn nearly all
# are there; elsewhere, and for what is newer, a name needs a new line.
PEERS = {
    "matplotlib": "https://matplotlib.org/stable/",
    "numpy": "https://numpy.org/doc/stable/",
    "optuna": "https://optuna.readthedocs.io/en/stable/",
    "pandas": "https://pandas.pydata.org/docs/",
    "python": "https://docs.python.org/3/",
    "sklearn": "https://scikit-learn.org/stable/",
    "skorch": "https://skorch.readthedocs.io/en/stable/",
    "torch": "https://docs.pytorch.org/docs/stable/",
}
intersphinx_mapping = {
    name: (address, f"inventories/{name}.txt") for name, address in PEERS.items()
}
nitpicky = True
elsewhere = rf"(?!({'|'.join(PEERS)})\.).*"
nitpick_ignore_regex = [("py:class", elsewhere), ("py:obj", elsewhere)]

autosummary_generate = True
autosummary_context = {"grouped": GROUPED, "groups": [*GROUPS]}
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
default_role = "py:obj"
toc_object_entries_show_parents = "hide"

# Pages of the gallery are run in the build, two at a time with one thread each, and a
# broken one ends it. Nothing that
# differs from run to run is written: no times, no memory.
sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"plot_",
    "ignore_pattern": r"(electricity_day_ahead|serve)\.py",
    "subsection_order": "_gallery.place_section",
    "within_subsection_order": "_gallery.place",
    "doc_module": ("skattn",),
    "reference_url": {"skattn": None},
    "backreferences_dir": "generated/backreferences",
    "inspect_global_variables": False,
    "abort_on_example_error": True,
    "parallel": 2,
    "capture_repr": ("_repr_html_",),
    "image_scrapers": ("_figures.save_both",),
    "remove_config_comments": True,
    "min_reported_time": 10**6,
    "write_computation_times": False,
    "show_signature": False,
    "thumbnail_size": (400, 280),
}

copybutton_prompt_text = r">>> |\.\.\. "
copybutton_prompt_is_regexp = True

html_math_renderer = "drawn"
plot_formats = [("png", 160)]
plot_html_show_formats = plot_html_show_source_link = False
plot_rcparams = {"figure.constrained_layout.use": True, "figure.figsize": (6.4, 3)}

html_theme = "pydata_sphinx_theme"
html_title = "skattn"
html_static_path = ["_static"]
html_css_files = ["skattn.css"]
html_theme_options = {
    "show_prev_next": False,
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
    "show_toc_level": 2,
}
exclude_patterns = ["_templates", "auto_examples/**/*.ipynb", "auto_examples/**/*.py"]
templates_path = ["_templates"]


def skip_field(app, what, name, thing, skip, options):
    """Leave out the fields of named tuples, which are described as parameters."""
    return str(thing.__doc__).startswith("Alias for field number") or None


def setup(app):
    """Register what is left out of the reference."""
    app.connect("autodoc-skip-member", skip_field)
