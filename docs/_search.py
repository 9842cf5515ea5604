"""Words that users search for, and the page that must come first for each.

The search of the pages ranks an index entry that equals the query above all else. Each
word is therefore an entry of the form ``.. index:: ! word`` where its answer stands.
"""

import json
from pathlib import Path

from sphinx.util import logging

logger = logging.getLogger(__name__)
EXPECTED = {
    "overfitting": "guide/fit_fails",
    "install": "guide/installation",
    "covariates": "guide/sequences",
    "multivariate": "guide/forecasting",
    "heatmap": "guide/reading_attention",
    "loss curve": "guide/fit_fails",
    "missing values": "guide/sequences",
    "save model": "guide/persistence",
    "early stopping": "guide/fit_fails",
    "variable length": "guide/sequences",
    "categorical": "guide/text",
    "text": "guide/text",
    "static": "guide/sequences",
    "gpu": "guide/devices",
    "quantile": "guide/uncertainty",
    "onnx": "guide/deployment",
    "slow": "guide/speed",
    "nan": "guide/sequences",
    "reproducible": "guide/faq",
    "cite": "guide/faq",
}


def check_searches(app, error):
    """Warn of searches that lead elsewhere; a warning fails the build."""
    if error or app.builder.format != "html":
        return
    text = (Path(app.outdir) / "searchindex.js").read_text(encoding="utf-8")
    index = json.loads(text.removeprefix("Search.setIndex(").removesuffix(")"))
    names = index["docnames"]
    for query, page in EXPECTED.items():
        entries = index["indexentries"].get(query, [])
        found = {names[number] for number, _, is_main in entries if is_main}
        if found != {page}:
            logger.warning("A search for %r finds %s, not %s", query, found, page)


def write_all(app, env):
    """Write all pages in each build, as the index has entries of these alone."""
    return env.found_docs


def setup(app):
    """Check once all pages are written."""
    app.connect("env-get-updated", write_all)
    app.connect("build-finished", check_searches, priority=903)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
