"""Formulas as drawings inside the page, so that pages need no network to show them.

matplotlib's mathtext draws each formula once, in the colour of the text around it.
"""

import io
import re
from html import escape

from docutils import nodes
from matplotlib import rc_context
from matplotlib.font_manager import FontProperties
from matplotlib.mathtext import math_to_image

SIZE = 12  # points in which a formula is drawn; the page scales it to its own text
SETTINGS = {
    "mathtext.fontset": "stix",
    "savefig.transparent": True,
    "svg.fonttype": "path",
    "svg.hashsalt": "skattn",
}


def draw(latex):
    """Return a formula as an SVG element, whose label is its source."""
    out = io.BytesIO()
    with rc_context(SETTINGS):
        text = f"${' '.join(latex.split())}$"
        depth = math_to_image(text, out, FontProperties(size=SIZE), 72, "svg")
    svg = out.getvalue().decode()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    height, width = (
        float(re.search(rf'{side}="([\d.]+)pt"', svg)[1]) / SIZE
        for side in ("height", "width")
    )
    head = (
        f'<svg role="img" aria-label="{escape(latex)}" fill="currentColor" '
        f'style="height: {height:.3f}em; width: {width:.3f}em; '
        f'vertical-align: {-depth / SIZE:.3f}em" '
        f'viewBox="0 0 {width * SIZE:.3f} {height * SIZE:.3f}">'
    )
    return head + svg[svg.index(">") + 1 :]


def visit_inline(self, node):
    """Write a formula within a sentence."""
    self.body.append(draw(node.astext()))
    raise nodes.SkipNode


def visit_block(self, node):
    """Write a formula in a line of its own."""
    self.body.append(f'<div class="formula">{draw(node.astext())}</div>')
    raise nodes.SkipNode


def setup(app):
    """Register the way in which formulas are written."""
    app.add_html_math_renderer("drawn", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
