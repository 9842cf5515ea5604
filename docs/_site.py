"""What is done with the finished pages: an index for programs, a check of links."""

import inspect
import pydoc
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sphinx.util import logging

logger = logging.getLogger(__name__)


class Page(HTMLParser):
    """The anchors of a page, and what it links to."""

    def __init__(self, path):
        super().__init__()
        self.anchors, self.links = {"", "top"}, set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name == "id":
                self.anchors.add(value)
            elif name in ("href", "src") and value:
                self.links.add(value)


def check_links(app, error):
    """Warn of links inside the site that lead nowhere; a warning fails the build."""
    if error or app.builder.format != "html":
        return
    root = Path(app.outdir).resolve()
    files = [*root.glob("*.html"), *root.glob("[!_]*/**/*.html")]  # none of _static
    pages = {path: Page(path) for path in sorted(files)}
    for path, page in pages.items():
        for link in sorted(page.links):
            url = urlsplit(link)
            if url.scheme or url.netloc:
                continue
            target = (path.parent / unquote(url.path)).resolve() if url.path else path
            if not target.exists():
                logger.warning("%s: no such file: %s", path.relative_to(root), link)
            elif target in pages and unquote(url.fragment) not in pages[target].anchors:
                logger.warning("%s: no such anchor: %s", path.relative_to(root), link)


def write_index(app, error):
    """Write ``llms.txt``: every page with its title, in the order of the contents."""
    if error or app.builder.format != "html":
        return
    titles = app.builder.env.titles
    inside = app.builder.env.toctree_includes
    lines = ["# skattn", "", "> Attention LSTMs as scikit-learn estimators."]
    for section in inside[app.config.root_doc]:
        lines += ["", f"## {titles[section].astext()}", ""]
        for page in [section, *inside.get(section, [])]:
            line = f"- [{titles[page].astext()}]({page}.html)"
            thing = pydoc.locate(page.removeprefix("generated/"))
            if thing is not None:
                line += ": " + inspect.getdoc(thing).split("\n")[0]
            lines.append(line)
    index = "\n".join(lines) + "\n"
    (Path(app.outdir) / "llms.txt").write_text(index, encoding="utf-8")


def undate_archives(app, error):
    """Take the times out of the downloads, so that two builds are the same."""
    for path in Path(app.outdir).glob("_downloads/*/*.zip"):
        with zipfile.ZipFile(path) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in files.items():
                archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)


def setup(app):
    """Register all, after all that still writes pages."""
    app.connect("build-finished", write_index, priority=900)
    app.connect("build-finished", check_links, priority=901)
    app.connect("build-finished", undate_archives, priority=902)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
